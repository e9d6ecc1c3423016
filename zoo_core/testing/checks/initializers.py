"""Checks of initializers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, Initializer
from zoo_core.testing.harness.buffers import overwriting
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import DTYPES
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import randomness

SHAPES = (7, 5), (5, 7), (6,), (1, 4), (4, 1)


def first_values(part: Any, shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0, fill: float = 0.0) -> Array:
    """Return the array that an initializer has filled."""
    out = np.full(shape, fill, dtype)
    part.fill(out, np.random.default_rng(seed), 1.5)
    return out


def _fill_outputs(subject: PartUnderTest, fill: float) -> dict[str, Array]:
    return {f"out of shape {shape}": first_values(subject.make(), shape, fill=fill) for shape in SHAPES}


def _check_values(subject: PartUnderTest) -> Iterator[Finding]:
    for shape in SHAPES:
        for dtype in DTYPES:
            values = first_values(subject.make(), shape, dtype)
            if not np.isfinite(values).all():
                yield Finding(
                    "some first values are not finite", f"shape {shape}, {np.dtype(dtype)}", "finite numbers",
                    str(values[~np.isfinite(values)][0]), "a division by the number of inputs or units minus one",
                )  # fmt: skip
                return


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    out = np.zeros((7, 5))
    subject.make().fill(out, rng, 1.5)
    return [out]


CHECKS = {
    Initializer: (
        overwriting(_fill_outputs, "it writes every entry of matrices and vectors"),
        Check("values", "the values are finite for all shapes, down to one row or column", _check_values),
        randomness(_draw),
    ),
}
