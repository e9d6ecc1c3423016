"""Gradients of transforms, compared with central differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Activation, Array, Transform
from zoo_core.testing.harness.differences import compare_gradients
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.transform_harness import (
    FAR,
    NEAR,
    ROWS,
    WIDTH,
    backward,
    forward,
    sample_inputs,
    start_part,
    upstream_gradient,
)
from zoo_core.testing.harness.typical_mistakes import typical_mistakes


def gradient_findings(part: Transform, rows: int = ROWS, width: int = WIDTH) -> Iterator[Finding]:
    """Compare `backward` with central differences of sum(c * f(x)), for inputs near zero and farther from it.

    A part that penalizes its inputs returns the penalty in a method `penalty(x)`, which is added.
    """
    for spread in (NEAR, FAR):
        start_part(part, width)
        x = sample_inputs(part, rows, width, spread=spread)
        found = list(_compare_at(part, x, upstream_gradient(rows, width)))
        if spread == FAR:
            found = [replace(f, likely=f.likely or _FAR_FROM_ZERO) for f in found]
        yield from found
        if found:
            return


def _compare_at(part: Transform, x: Array, c: Array) -> Iterator[Finding]:
    width = c.shape[1]
    penalty = getattr(part, "penalty", lambda x: 0.0)
    if not np.array_equal(forward(part, x, width), forward(part, x, width), equal_nan=True):
        yield Finding(
            "forward returns different numbers for the same input and the same state of the generator",
            likely="random numbers from another source than self.rng, or a state that forward changes (see `end_step`)",
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
    mistakes = [(_DRAWS_AGAIN, got)] if again else typical_mistakes(part, x, y, c)
    yield from compare_gradients(what, got, expected, shown, mistakes)


_FAR_FROM_ZERO = "correct near zero, wrong farther out: backward lacks a branch, a clip or an approximation of forward"
_DRAWS_AGAIN = "backward draws new random numbers: store those of forward"


def parameter_findings(part: Transform, rows: int = ROWS, width: int = WIDTH) -> Iterator[Finding]:
    """Compare the gradients of the part's parameters with central differences of sum(c * f(x))."""
    start_part(part, width)
    x, c = sample_inputs(part, rows, width), upstream_gradient(rows, width)

    def objective() -> float:
        return float((c * forward(part, x, width)).sum())

    expected = {name: central_differences(objective, weights) for name, weights in part.weights.items()}
    backward(part, x, forward(part, x, width), c)
    for name, right in expected.items():
        mean = ("it is the mean over the rows, and should be the sum", right / rows)
        yield from compare_gradients(
            f"d loss / d {name}", part.gradients[name], right, {name: part.weights[name]}, [mean]
        )
