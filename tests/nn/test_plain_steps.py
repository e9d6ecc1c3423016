"""A plain gradient step takes its learning rate with the gradients; what a user sees does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core.parts import Array, Noise, Optimizer, Rate, Schedule
from zoo_core.training.events import Progress
from zoo_plugins.optimizers.basic import Sgd


@dataclass
class Descent(Optimizer):
    """p -= learning_rate g, without declaring that it is a plain gradient step."""

    name = "descent"

    learning_rate: Rate = 0.01

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        parameters -= learning_rate * gradients


@dataclass
class Twice(Sgd):
    """A subclass of a plain optimizer with an `update` of its own."""

    name = "twice"

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Any) -> None:
        """Note the rate, and step."""
        self.rate_given = learning_rate
        super().update(parameters, gradients, learning_rate, batch)


@dataclass
class FromNothing(Schedule):
    """A warm-up whose first rate is 0."""

    name = "from_nothing"

    def rate(self, epoch: float) -> float:
        """Rise."""
        return 0.05 * epoch


class Limit(Noise):
    """Limits the gradient: its backward is not linear, and it declares nothing."""

    name = "limit"

    def forward(self, x: Array, out: Array) -> None:
        """Pass on."""
        out[...] = x

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Limit."""
        np.clip(grad, -1e-3, 1e-3, out=out)


@dataclass
class Signs(Sgd):
    """Descent by signs: a subclass of a plain optimizer, with a step of its own."""

    name = "signs"

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        parameters -= learning_rate * np.sign(gradients)


def registry() -> zoo_core.Registry:
    return registry_with(Descent, Signs, Twice, FromNothing, Limit)


def spec(
    optimizer: str, rate: Any = 0.05, batch_size: int = 50, loss: Any = "cross_entropy", also: Any = "dropout"
) -> dict[str, Any]:
    return small_spec(
        {"activation": "tanh", "regularizers": [{"name": "l2", "strength": 0.01}, also]},
        dtype="float64",
        data={"name": "glyphs"},
        model={"loss": loss},
        optimizer={"name": optimizer, "learning_rate": rate},
        training={"epochs": 1, "batch_size": batch_size},
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch_size": 1, "rate": 0.005},
        {"rate": {"name": "cosine", "initial": 0.1}},
        {"rate": 1.0},
        {"loss": {"name": "cross_entropy", "reduction": "sum"}, "rate": 0.001},
        {"loss": {"name": "cross_entropy", "class_weights": "balanced"}},
        {"rate": "from_nothing"},
        {"also": {"name": "activity_l2", "strength": 0.5}},
        {"also": "limit"},
    ],
    ids=[
        "plain",
        "single rows",
        "a schedule",
        "a rate of 1",
        "a sum",
        "class weights",
        "a rate of 0",
        "a term added on the way back",
        "a limit on the way back",
    ],
)
def test_a_plain_step_equals_the_same_rule_that_multiplies_itself(changes: dict[str, Any]) -> None:
    plain, other = (zoo_core.train(spec(name, **changes), registry=registry()) for name in ("sgd", "descent"))
    np.testing.assert_allclose(plain.network.parameters, other.network.parameters, rtol=1e-9, atol=1e-12)
    assert plain.history[0] == pytest.approx(other.history[0], rel=1e-9)


def test_a_subclass_with_a_step_of_its_own_gets_gradient_and_rate() -> None:
    trainer = zoo_core.prepare(spec("signs", rate=0.25), registry=registry())
    before = trainer.network.parameters.copy()
    steps = trainer.loader.batches.steps
    list(zoo_core.follow(trainer))
    moved = (trainer.network.parameters - before) / 0.25
    np.testing.assert_allclose(moved, np.round(moved), atol=1e-9)  # whole steps of the rate, whatever the gradients
    assert 1 < np.abs(moved).max() <= steps


def test_a_subclass_with_an_update_of_its_own_gets_the_rate() -> None:
    trainer = zoo_core.prepare(spec("twice", rate=0.25), registry=registry())
    list(zoo_core.follow(trainer))
    assert trainer.optimizer.rate_given == 0.25


@pytest.mark.parametrize("rate", [0.05, "from_nothing"])
def test_layers_are_shown_with_the_norm_of_the_gradient(monkeypatch: pytest.MonkeyPatch, rate: Any) -> None:
    monkeypatch.setattr("zoo_core.training._speed.PROGRESS_SECONDS", -1.0)  # look at every block
    shown = {}
    for name in ("sgd", "descent"):
        trainer = zoo_core.prepare(spec(name, rate), registry=registry())
        looks = [e.layers for e in zoo_core.follow(trainer) if isinstance(e, Progress) and e.layers]
        shown[name] = [layer.gradient_norm for layer in looks[0]]
    assert shown["sgd"] == pytest.approx(shown["descent"], rel=1e-9)
