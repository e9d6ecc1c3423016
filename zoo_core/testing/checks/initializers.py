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

ROWS, LAYERS = 20, 3
SHAPES = (7, 5), (5, 7), (6,), (1, 4), (4, 1)


def first_values(part: Any, shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0, fill: float = 0.0) -> Array:
    """Return the array that an initializer has filled."""
    out = np.full(shape, fill, dtype)
    place(part, shape, dtype)
    part.fill(out, np.random.default_rng(seed), 1.5)
    return out


def place(part: Any, shape: tuple[int, ...], dtype: Any, depth: int = 1) -> None:
    """Tell an initializer of its layer, one of three, and of rows that reach it if it wants them."""
    rows = np.random.default_rng(5).normal(size=(ROWS, shape[0])).astype(dtype)
    vars(part).update(depth=depth, layers=LAYERS, inputs=rows if part.wants_inputs else None)


def _check_places(subject: PartUnderTest) -> Iterator[Finding]:
    """Compare nothing: an error, or a value that is not finite, is the finding."""
    for depth in range(LAYERS):
        for shape in SHAPES:
            part, out = subject.make(), np.zeros(shape)
            place(part, shape, np.float64, depth)
            rows = part.inputs
            yield from _bad_values(part, out, f"layer {depth} of {LAYERS}, shape {shape}")
            if rows is not None:
                given = rows.copy()
                yield from _bad_values(part, out, f"with rows, shape {shape}")
                if not np.array_equal(rows, given):
                    yield Finding("it changes `inputs`", f"shape {shape}", likely="an in-place operation")
                part.inputs = np.ones_like(rows)
                yield from _bad_values(part, out, f"with equal rows, shape {shape}")
                part.inputs = None
                yield from _bad_values(part, out, f"without data, shape {shape}")


def _bad_values(part: Any, out: Array, where: str) -> Iterator[Finding]:
    part.fill(out, np.random.default_rng(0), 1.5)
    if not np.isfinite(out).all():
        yield Finding("some first values are not finite", where, "finite numbers", str(out[~np.isfinite(out)][0]))


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
    part, out = subject.make(), np.zeros((7, 5))
    place(part, out.shape, np.float64)
    part.fill(out, rng, 1.5)
    return [out]


CHECKS = {
    Initializer: (
        overwriting(_fill_outputs, "it writes every entry of matrices and vectors"),
        Check("values", "the values are finite for all shapes, down to one row or column", _check_values),
        Check("places", "it works in every layer, with rows of data and without", _check_places),
        randomness(_draw),
    ),
}
