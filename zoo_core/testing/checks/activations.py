"""Checks of activations: the derivative, and the number of columns of z. `transforms` has their other checks."""

from __future__ import annotations

from collections.abc import Iterator
from types import MethodType

import numpy as np

from zoo_core.parts import Activation, Array
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.gradients import gradient_findings
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import (
    fitting_width,
    forward,
    sample_inputs,
    start_part,
    takes_width,
)

_WRONG_WIDTH = "input_width does not return the number of columns that forward needs"


def _check_width(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    small = [units for units in (1, 3, 4) if takes_width(subject.make(), units)]
    for units in (*small, fitting_width(subject.make)):
        columns = part.input_width(units)
        claim = f"input_width({units}) is {columns}"
        if not isinstance(columns, int) or columns < 1:
            yield Finding(f"{claim}, which is not a number of columns")
            return
        start_part(part, units)
        x = sample_inputs(part, 40, units)
        try:
            y = forward(part, x, units)
        except (ValueError, IndexError, TypeError) as error:
            yield Finding(f"{claim}, but forward fails with this number of columns: {error}", likely=_WRONG_WIDTH)
            return
        idle = [j for j in range(columns) if np.array_equal(y, forward(part, _with_other_column(x, j), units))]
        if idle and columns != units:
            yield Finding(f"{claim}, but forward does not use column {', '.join(map(str, idle))}", likely=_WRONG_WIDTH)
            return


def _with_other_column(x: Array, column: int) -> Array:
    other = x.copy()
    other[:, column] = np.random.default_rng(11).normal(0, 3, len(x))
    return other


def _check_derivative(subject: PartUnderTest) -> Iterator[Finding]:
    """Check `backward`, and also `derivative` if a part overrides both."""
    width = fitting_width(subject.make)
    found = list(gradient_findings(subject.make(), width=width))
    yield from found
    kind = subject.part
    if not found and kind.backward is not Activation.backward and kind.derivative is not Activation.derivative:
        part = subject.make()
        part.backward = MethodType(Activation.backward, part)
        yield from gradient_findings(part, width=width)


CHECKS = {
    Activation: (
        Check(
            "derivative",
            "the derivative equals that of forward by central differences",
            _check_derivative,
            varied=True,
        ),
        Check("width", "input_width returns the number of columns that forward needs", _check_width),
    ),
}  # fmt: skip
