"""A step that is `plain` takes its learning rate with the gradients; what a user sees stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.events import Progress
from zoo_core.parts import Array, Optimizer, Rate
from zoo_plugins.optimizers import Sgd


@dataclass
class Descent(Optimizer):
    """p -= learning_rate g, which does not say that it is plain."""

    name = "descent"

    learning_rate: Rate = 0.01

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        parameters -= learning_rate * gradients


@dataclass
class Signs(Sgd):
    """Descent by signs: a subclass of a plain optimizer, with a step of its own."""

    name = "signs"

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        parameters -= learning_rate * np.sign(gradients)


def registry() -> zoo_core.Registry:
    found = zoo_core.Registry()
    found.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: [Descent, Signs])), "mine")
    return found


def spec(optimizer: str, rate: Any = 0.05, batch_size: int = 50, loss: Any = "cross_entropy") -> dict[str, Any]:
    layer = {"units": 8, "activation": "tanh", "regularizers": [{"name": "l2", "strength": 0.01}]}
    return {
        "dtype": "float64",
        "data": {"name": "glyphs"},
        "model": {"loss": loss, "layers": [layer, {"units": 10, "activation": "softmax"}]},
        "optimizer": {"name": optimizer, "learning_rate": rate},
        "training": {"epochs": 1, "batch_size": batch_size},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch_size": 1, "rate": 0.005},
        {"rate": {"name": "cosine", "initial": 0.1}},
        {"rate": 1.0},
        {"loss": {"name": "cross_entropy", "reduction": "sum"}, "rate": 0.001},
        {"loss": {"name": "cross_entropy", "class_weights": "balanced"}},
    ],
    ids=["plain", "single rows", "a schedule", "a rate of 1", "a sum", "class weights"],
)
def test_it_gives_what_the_same_rule_gives_that_multiplies_for_itself(changes: dict[str, Any]) -> None:
    plain, other = (zoo_core.train(spec(name, **changes), registry=registry()) for name in ("sgd", "descent"))
    np.testing.assert_allclose(plain.network.parameters, other.network.parameters, rtol=1e-9, atol=1e-12)
    assert plain.history[0] == pytest.approx(other.history[0], rel=1e-9)


def test_a_subclass_with_a_step_of_its_own_gets_gradient_and_rate() -> None:
    trainer = zoo_core.prepare(spec("signs", rate=0.25), registry=registry())
    before = trainer.network.parameters.copy()
    steps = trainer.feed.batches.steps
    list(zoo_core.follow(trainer))
    moved = (trainer.network.parameters - before) / 0.25
    np.testing.assert_allclose(moved, np.round(moved), atol=1e-9)  # whole steps of the rate, whatever the gradients
    assert 1 < np.abs(moved).max() <= steps


def test_layers_are_shown_with_the_norm_of_the_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo_core.training.PROGRESS_SECONDS", -1.0)  # look at every block
    shown = {}
    for name in ("sgd", "descent"):
        trainer = zoo_core.prepare(spec(name), registry=registry())
        looks = [e.layers for e in zoo_core.follow(trainer) if isinstance(e, Progress) and e.layers]
        shown[name] = [layer.gradient_norm for layer in looks[0]]
    assert shown["sgd"] == pytest.approx(shown["descent"], rel=1e-9)
