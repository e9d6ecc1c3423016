"""Gradients of what values flow through, against central differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Activation, Array, Transform
from zoo_core.testing.harness.differences import compare
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.transform_harness import (
    FAR,
    NEAR,
    ROWS,
    WIDTH,
    backward,
    forward,
    prepare,
    sample,
    upstream,
)
from zoo_core.testing.harness.typical_mistakes import suspects_of


def gradient(part: Transform, rows: int = ROWS, width: int = WIDTH) -> Iterator[Finding]:
    """Compare `backward` with central differences of sum(c * f(x)), near zero and farther from it.

    A part that penalizes what flows through it says by how much in a method `penalty(x)`.
    """
    for spread in (NEAR, FAR):
        prepare(part, width)
        x = sample(part, rows, width, spread=spread)
        found = list(_gradient(part, x, upstream(rows, width)))
        if spread == FAR:
            found = [replace(f, likely=f.likely or _AFAR) for f in found]
        yield from found
        if found:
            return


def _gradient(part: Transform, x: Array, c: Array) -> Iterator[Finding]:
    width = c.shape[1]
    penalty = getattr(part, "penalty", lambda x: 0.0)
    if not np.array_equal(forward(part, x, width), forward(part, x, width), equal_nan=True):
        yield Finding(
            "forward gives other numbers the second time, with the same input and the same generator",
            likely="random numbers from elsewhere than self.rng, or a state that forward changes (see `end_step`)",
        )
        return

    def objective() -> float:
        return float((c * forward(part, x, width)).sum()) + float(penalty(x))

    expected = central_differences(objective, x)
    y = forward(part, x, width)
    drawn = part.rng.bit_generator.state
    got = backward(part, x, y, c)
    again = drawn != part.rng.bit_generator.state
    shown = {"z" if isinstance(part, Activation) else "x": x, "y": y, "grad": c}
    what = "d loss / d z" if isinstance(part, Activation) else "d loss / d x"
    if y.shape != x.shape:
        shown = {key: shown[key] for key in shown if shown[key].shape == x.shape}
    suspects = [(_AGAIN, got)] if again else suspects_of(part, x, y, c)
    yield from compare(what, got, expected, shown, suspects)


_AFAR = "it is right near zero and wrong farther out: a branch, a clip or an approximation that has no counterpart"
_AGAIN = "backward draws random numbers again: keep those that forward drew"


def parameters(part: Transform, rows: int = ROWS, width: int = WIDTH) -> Iterator[Finding]:
    """Compare the gradients of the part's own parameters with central differences of sum(c * f(x))."""
    prepare(part, width)
    x, c = sample(part, rows, width), upstream(rows, width)

    def objective() -> float:
        return float((c * forward(part, x, width)).sum())

    expected = {name: central_differences(objective, weights) for name, weights in part.weights.items()}
    backward(part, x, forward(part, x, width), c)
    for name, right in expected.items():
        mean = ("the mean over the rows is taken, the sum is meant", right / rows)
        yield from compare(f"d loss / d {name}", part.gradients[name], right, {name: part.weights[name]}, [mean])
