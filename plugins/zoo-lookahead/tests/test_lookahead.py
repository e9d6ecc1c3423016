"""Lookahead around gradient descent on p^2 / 2, compared with algorithm 1 computed by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import zoo_lookahead
from zoo_lookahead import Lookahead, zoo_parts

from zoo_core import Registry
from zoo_core.parts import Array, Layout, Optimizer
from zoo_core.testing import pytest_checks

test_conformance = pytest_checks(zoo_lookahead)


@dataclass
class GradientDescent(Optimizer):
    name = "gradient_descent"

    learning_rate: float = 0.1

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        parameters -= learning_rate * gradients


def path(part: Lookahead, start: list[float], steps: int) -> list[list[float]]:
    """Return p after each step; the gradient of p^2 / 2 is p."""
    p, seen = np.array(start), []
    part.start(Layout((), p.size, p.dtype))
    for step in range(1, steps + 1):
        part.steps = step
        part.update(p, p.copy(), part.learning_rate, batch=None)  # type: ignore[arg-type]
        seen.append(p.tolist())
    return seen


@pytest.mark.parametrize(
    ("sync_period", "slow_step", "expected"),
    [
        # fast: 1 -> 0.9 -> 0.81, slow 0.905; fast: 0.8145 -> 0.73305, slow 0.905 - 0.5 * 0.17195 = 0.819025
        (2, 0.5, [0.9, 0.905, 0.8145, 0.819025]),
        # fast: 1 -> 0.9 -> 0.81 -> 0.729, slow 1 - 0.25 * 0.271 = 0.93225; fast: 0.839025
        (3, 0.25, [0.9, 0.81, 0.93225, 0.839025]),
        # a slow step after each fast one: p (1 - 0.5 * 0.1) each time
        (1, 0.5, [0.95, 0.9025, 0.857375, 0.81450625]),
        # slow_step = 1: plain descent
        (2, 1.0, [0.9, 0.81, 0.729, 0.6561]),
    ],
)
def test_it_takes_the_steps_of_algorithm_1(sync_period: int, slow_step: float, expected: list[float]) -> None:
    seen = path(Lookahead(GradientDescent(), sync_period, slow_step), [1.0, -2.0], 4)
    assert seen == [pytest.approx([p, -2 * p], rel=1e-14) for p in expected]


def test_the_slow_weights_are_saved_with_the_model() -> None:
    part = Lookahead(GradientDescent(), sync_period=2)
    path(part, [1.0], 3)
    assert part.state == ("slow",)
    assert part.slow == pytest.approx([0.905])


def test_the_base_counts_its_steps_and_gives_the_learning_rate() -> None:
    base = GradientDescent(0.25)
    part = Lookahead(base)
    path(part, [1.0], 7)
    assert (part.learning_rate, base.steps) == (0.25, 7)
    assert (part.sync_period, part.slow_step) == (5, 0.5)


def test_the_hook_brings_it_into_a_registry() -> None:
    registry = Registry(discover=False)
    registry.add(zoo_lookahead, "zoo-lookahead", "0.1.0")
    assert registry.get("optimizer", "lookahead") is Lookahead
    assert list(zoo_parts()) == [Lookahead]
