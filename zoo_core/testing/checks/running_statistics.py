"""Running figures of normalizers: they come to be those of the batches, however often a batch is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.nn import part_state
from zoo_core.parts import Array, Normalizer, Transform
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import WIDTH, backward, forward, infer, prepare, upstream

ROWS = 64
STEPS, ROUNDS = 500, 6  # steps in a round, and rounds at the most


def _statistics(subject: PartUnderTest) -> Iterator[Finding]:
    part, x = _begun(subject)
    off = [_distance(part, x)]
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            _step(part, x)
        off.append(_distance(part, x))
        if off[-1] < 0.25:
            return
    if not off[-1] < 0.99 * off[-2]:  # slow ones still come nearer
        yield Finding(
            "trained on one batch for long, it does not give that batch the same outputs outside training",
            f"{ROWS} rows, {STEPS * ROUNDS} steps; means and deviations of the columns",
            "those of the outputs in training", f"off by {off[-1]:.2g} of a deviation, and no nearer by more steps",
            "`end_step` does not bring the running figures nearer to those of the batch, or infer takes one for "
            "another, such as a deviation for a variance",
        )  # fmt: skip


def _once(subject: PartUnderTest) -> Iterator[Finding]:
    (once, x), (twice, _) = _begun(subject), _begun(subject)
    _step(once, x)
    _look(twice, x)
    _step(twice, x)
    first, second = (part_state(part, part.kind) for part in (once, twice))
    for name, value in first.items():
        if not np.array_equal(value, second[name]):
            yield Finding(
                f"a batch that is evaluated twice in a step counts twice in the state {name!r}",
                likely="`forward` updates running state; do it in `end_step`: some optimizers evaluate a batch often",
            )


def _begun(subject: PartUnderTest) -> tuple[Any, Array]:
    """Return a fresh part and a batch whose columns have means and deviations far from 0 and 1."""
    part = subject.make()
    prepare(part, WIDTH)
    for weights in part.weights.values():
        weights += 1  # far from what would leave the outputs alone
    columns = np.arange(1, WIDTH + 1)
    return part, np.random.default_rng(13).normal(2.0 * columns, 4.0 * columns, (ROWS, WIDTH))


def _look(part: Transform, x: Array) -> None:
    backward(part, x, forward(part, x, WIDTH), upstream(ROWS, WIDTH))


def _step(part: Transform, x: Array) -> None:
    _look(part, x)
    part.end_step()


def _distance(part: Transform, x: Array) -> float:
    """Return how far the columns' means and deviations outside training are from those in training, in deviations."""
    training, outside = forward(part, x, WIDTH), infer(part, x, WIDTH)
    deviation = training.std(axis=0) + 1e-12
    means = np.abs(outside.mean(axis=0) - training.mean(axis=0)) / deviation
    return float(np.max([means, np.abs(outside.std(axis=0) / deviation - 1)]))


def _is_running(part: type[Any]) -> bool:
    return bool(part.state) or part.end_step is not Transform.end_step


CHECKS = {
    Normalizer: (
        Check("statistics", "running figures come to be those of the batches", _statistics, _is_running),
        Check("once", "a step counts once, however often its batch is evaluated", _once, _is_running),
    ),
}
