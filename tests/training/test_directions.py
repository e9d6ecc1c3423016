"""Which value of a metric is better is asked of the metric: by schedules, callbacks and displays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core.parts import Array, Callback, Metric, Run
from zoo_core.registry import Registry

REGISTRY = Registry()
RISING, FALLING = [0.1 * k for k in range(1, 9)], [0.9 - 0.1 * k for k in range(8)]


def rates(values: list[float], higher: bool, name: str = "on_plateau", **options: Any) -> list[float]:
    """Return the rate before each epoch, for the values of a metric."""
    part: Any = REGISTRY.get("schedule", name)(**{"monitor": "validation_x", "patience": 0, "initial": 0.1, **options})
    part.set_directions({"validation_x": higher})
    part.start(len(values), 1)
    found = []
    for epoch, value in enumerate(values):
        found.append(part.rate(float(epoch)))
        part.observe({"epoch": epoch, "validation_x": value})
    return found


@pytest.mark.parametrize("name", ["on_plateau", "adaptive"])
@pytest.mark.parametrize("shift", [0.0, -5.0, 3.0])
@pytest.mark.parametrize("higher", [True, False])
def test_a_rate_stays_while_the_metric_improves_and_falls_while_it_does_not(
    name: str, shift: float, higher: bool
) -> None:
    better, worse = ([v + shift for v in values] for values in ((RISING, FALLING) if higher else (FALLING, RISING)))
    assert set(rates(better, higher, name)) == {0.1}
    assert rates(worse, higher, name)[-1] < 0.1


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize("size", [-1.0, 1.0, -1e6, 1e-6])
def test_a_relative_threshold_takes_no_worse_value_for_a_better_one(higher: bool, size: float) -> None:
    sign = 1 if higher else -1
    slightly_worse = [size - sign * abs(size) * 1e-6 * k for k in range(8)]
    slightly_better = [size + sign * abs(size) * 1e-6 * k for k in range(8)]
    much_better = [size + sign * abs(size) * 1e-2 * k for k in range(8)]
    assert rates(slightly_worse, higher)[-1] < rates(much_better, higher)[-1] == 0.1
    assert rates(slightly_better, higher)[-1] < 0.1  # by less than the threshold


@pytest.mark.parametrize("higher", [True, False])
def test_a_mode_that_is_given_wins_over_the_metric(higher: bool) -> None:
    assert set(rates(RISING, higher, mode="max")) == set(rates(FALLING, higher, mode="min")) == {0.1}


def test_a_run_keeps_its_rate_while_validation_accuracy_rises() -> None:
    schedule = {"name": "on_plateau", "initial": 0.5, "patience": 1, "monitor": "validation_accuracy"}
    model = zoo_core.train(small_spec(
        data={"rows": 100, "validation": 0.3}, optimizer={"name": "sgd", "learning_rate": schedule},
        training={"epochs": 12},
    ))  # fmt: skip
    best, waited = -math.inf, 0
    for record, after in zip(model.history, model.history[1:], strict=False):
        value = record["validation_accuracy"]
        waited = 0 if value > best * 1.0001 else waited + 1
        best = max(best, value)
        fell = after["learning_rate"] < record["learning_rate"]
        assert fell == (waited > 1)
        waited = 0 if fell else waited


@dataclass
class Regret(Metric):
    """Rows in which another class was predicted, by true class: lower is better."""

    name = "regret"
    higher_is_better = False

    def start(self, rows: int, outputs: int) -> None:
        self.wrong = np.zeros(outputs)

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        self.wrong += np.bincount(targets[self.predicted_classes(outputs) != targets], minlength=len(self.wrong))

    def result(self) -> float:
        return float(self.wrong.sum())

    def figures(self) -> dict[str, float]:
        return {self.name: self.result(), **self.by_class(self.wrong)}


@dataclass
class Asks(Callback):
    """Asks the run which value is better."""

    name = "asks"
    answers = {}  # noqa: RUF012

    def on_epoch_end(self, record: Any, run: Run) -> None:
        for key in record:
            self.answers[key] = run.better(key, 2.0, 1.0)
        self.answers["nothing"] = run.better("test_regret", 1.0, None), run.better("test_regret", math.nan, None)
        self.answers["nan"] = run.better("test_regret", 1.0, math.nan), run.better("test_regret", math.nan, 1.0)


def test_every_figure_has_the_direction_of_its_metric() -> None:
    registry = registry_with(Regret, Asks, distribution="zoo-regret")
    metrics = ["accuracy", "regret", {"name": "f1", "per_class": True}, {"name": "roc_auc", "per_class": True}, "brier"]
    schedule = {"name": "on_plateau", "initial": 0.1, "monitor": "train_regret_3"}
    optimizer = {"name": "sgd", "learning_rate": schedule}
    spec = small_spec(training={"epochs": 1, "metrics": metrics, "callbacks": ["asks"]}, optimizer=optimizer)
    zoo_core.train(spec, registry=registry)
    for key, answer in Asks.answers.items():
        if key.startswith(("train_", "test_")):
            low = any(name in key for name in ("loss", "regret", "brier"))
            assert answer is not low, key
    assert {"test_f1_3", "test_regret_3", "test_roc_auc_9"} <= set(Asks.answers)
    assert (Asks.answers["nothing"], Asks.answers["nan"]) == ((True, False), (True, False))


@pytest.mark.parametrize("weights", ["balanced", [1.0, 9.0]])
@pytest.mark.parametrize("sampled", [False, True])
def test_class_weights_act_on_the_gradient_and_sample_weights_on_figures_too(
    tmp_path: Any, weights: Any, sampled: bool
) -> None:
    lines = [f"{i},{'ab'[i > 7]},{5 if i == 9 else 1}" for i in range(10)]
    (tmp_path / "d.csv").write_text("\n".join(["x,y,w", *lines]))
    data = {"name": "csv", "path": str(tmp_path / "d.csv"), "target": "y", "features": ["x"], "preprocessor": "none"}
    spec = {
        "data": data | ({"weights": "w"} if sampled else {}),
        "model": {
            "loss": {"name": "cross_entropy", "class_weights": weights},
            "layers": [{"units": 2, "activation": "softmax", "initializer": "zeros"}],
        },
        "optimizer": {"name": "sgd", "learning_rate": 1e-9},
        "training": {"epochs": 1, "batch_size": "all", "metrics": ["accuracy", {"name": "recall", "per_class": True}]},
    }
    last = zoo_core.train(spec).history[-1]
    spec["training"]["evaluate"] = ["train"]  # type: ignore[index]
    after = zoo_core.train(spec).history[-1]
    assert last["train_accuracy"] == pytest.approx(8 / 14 if sampled else 0.8)
    assert after["train_accuracy"] == pytest.approx(last["train_accuracy"])
    assert after["train_loss"] == pytest.approx(last["train_loss"], rel=1e-6)
    moved = zoo_core.train({**spec, "optimizer": {"name": "sgd", "learning_rate": 0.1}})
    plain = {**spec, "model": {**spec["model"], "loss": "cross_entropy"}}  # type: ignore[dict-item]
    other = zoo_core.train({**plain, "optimizer": {"name": "sgd", "learning_rate": 0.1}})
    assert not np.allclose(moved.network.parameters, other.network.parameters)
