"""Activations: the derivative, and how many columns of z they need. Their other checks are those of transforms."""

from __future__ import annotations

from collections.abc import Iterator
from types import MethodType

import numpy as np

from zoo_core.parts import Activation, Array
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.gradients import gradient
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import WIDTH, forward, prepare, sample

_LIES = "input_width does not say what forward needs"


def _width(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for units in (1, 3, WIDTH):
        columns = part.input_width(units)
        claim = f"input_width({units}) is {columns}"
        if not isinstance(columns, int) or columns < 1:
            yield Finding(f"{claim}, which is no number of columns")
            return
        prepare(part, units)
        x = sample(part, 40, units)
        try:
            y = forward(part, x, units)
        except (ValueError, IndexError, TypeError) as error:
            yield Finding(f"{claim}, and forward fails with so many columns: {error}", likely=_LIES)
            return
        idle = [j for j in range(columns) if np.array_equal(y, forward(part, _moved(x, j), units))]
        if idle and columns != units:
            yield Finding(f"{claim}, and forward does not look at column {', '.join(map(str, idle))}", likely=_LIES)
            return


def _moved(x: Array, column: int) -> Array:
    other = x.copy()
    other[:, column] = np.random.default_rng(11).normal(0, 3, len(x))
    return other


def _derivative(subject: PartUnderTest) -> Iterator[Finding]:
    """Check `backward` and, where it does not go through `derivative`, that too."""
    found = list(gradient(subject.make()))
    yield from found
    kind = subject.part
    if not found and kind.backward is not Activation.backward and kind.derivative is not Activation.derivative:
        part = subject.make()
        part.backward = MethodType(Activation.backward, part)
        yield from gradient(part)


CHECKS = {
    Activation: (
        Check(
            "derivative",
            "the derivative is that of forward, by central differences",
            _derivative,
            varied=True,
        ),
        Check("width", "input_width says how many columns forward takes", _width),
    ),
}  # fmt: skip
