"""Checks of running statistics: they approach those of the batches, however often a batch is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.nn import part_state
from zoo_core.parts import Array, Normalizer, Transform
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import (
    backward,
    fitting_width,
    forward,
    infer,
    start_part,
    upstream_gradient,
)

ROWS = 64
STEPS, ROUNDS = 500, 6  # steps in a round, and the largest number of rounds


def _check_statistics(subject: PartUnderTest) -> Iterator[Finding]:
    part, x = _prepared(subject)
    off = [_distance(part, x)]
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            _train_step(part, x)
        off.append(_distance(part, x))
        if off[-1] < 0.25:
            return
    if not off[-1] < 0.99 * off[-2]:  # slow statistics still approach those of the batch
        yield Finding(
            "after many steps with one batch, its outputs outside training differ from those in training",
            f"{ROWS} rows, {STEPS * ROUNDS} steps; means and standard deviations of the columns",
            "those of the outputs in training", f"off by {off[-1]:.2g} standard deviations, also after more steps",
            "`end_step` does not move the running statistics towards those of the batch, or infer confuses them, "
            "such as a variance with a standard deviation",
        )  # fmt: skip


def _check_once(subject: PartUnderTest) -> Iterator[Finding]:
    (once, x), (twice, _) = _prepared(subject), _prepared(subject)
    _train_step(once, x)
    _evaluate(twice, x)
    _train_step(twice, x)
    first, second = (part_state(part, part.kind) for part in (once, twice))
    for name, value in first.items():
        if not np.array_equal(value, second[name]):
            yield Finding(
                f"a batch that is evaluated twice in a step counts twice in the state {name!r}",
                likely="`forward` updates running state; do it in `end_step`, since a step may evaluate a batch again",
            )


def _prepared(subject: PartUnderTest) -> tuple[Any, Array]:
    """Return a new part, and a batch whose columns have means and standard deviations far from 0 and 1."""
    part = subject.make()
    width = fitting_width(subject.make)
    start_part(part, width)
    for weights in part.weights.values():
        weights += 1  # far from weights that would not change the outputs
    columns = np.arange(1, width + 1)
    return part, np.random.default_rng(13).normal(2.0 * columns, 4.0 * columns, (ROWS, width))


def _evaluate(part: Transform, x: Array) -> None:
    backward(part, x, forward(part, x, x.shape[1]), upstream_gradient(*x.shape))


def _train_step(part: Transform, x: Array) -> None:
    _evaluate(part, x)
    part.end_step()


def _distance(part: Transform, x: Array) -> float:
    """Return the largest distance between the columns' statistics outside and in training, in standard deviations."""
    training, outside = forward(part, x, x.shape[1]), infer(part, x, x.shape[1])
    deviation = training.std(axis=0) + 1e-12
    means = np.abs(outside.mean(axis=0) - training.mean(axis=0)) / deviation
    return float(np.max([means, np.abs(outside.std(axis=0) / deviation - 1)]))


def _is_running(part: type[Any]) -> bool:
    return bool(part.state) or part.end_step is not Transform.end_step


CHECKS = {
    Normalizer: (
        Check("statistics", "running statistics approach those of the batches", _check_statistics, _is_running),
        Check("once", "a batch counts once in a step, however often it is evaluated", _check_once, _is_running),
    ),
}
