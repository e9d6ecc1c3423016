"""A regression loss with other outputs than a value for each target: predict, metrics and warnings use its values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from annotated_types import Gt, Lt

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import regression_spec
from zoo_core.display.samples import part_curves
from zoo_core.display.text import explanation_page
from zoo_core.errors import DataError, PluginError, SpecError
from zoo_core.parts import Array, Loss, Metric
from zoo_core.testing import check_part
from zoo_core.training.explain import explain

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = np.c_[X @ [1.0, -2.0, 0.5] + 0.3 * RNG.normal(size=200), X[:, 0]]


@dataclass(kw_only=True)
class Interval(Loss):
    """Pinball losses at share and 1 - share: for each target a lower and an upper output; their middle is predicted.

    share: of the rows below the lower output, above 0 and below 1/2.
    """

    name = "interval"
    task = "regression"
    share: Annotated[float, Gt(0), Lt(0.5)] = 0.1

    def value_widths(self, targets: int) -> tuple[int, ...]:
        return (2 * targets,)

    def predicted_values(self, outputs: Array) -> Array:
        return (outputs[:, ::2] + outputs[:, 1::2]) / 2

    def errors(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        levels = np.resize(np.array([self.share, 1 - self.share], outputs.dtype), outputs.shape[1])
        return np.repeat(targets, 2, axis=1) - outputs, levels

    def value(self, outputs: Array, targets: Array) -> Array:
        errors, levels = self.errors(outputs, targets)
        return np.maximum(levels * errors, (levels - 1) * errors).sum(axis=1)

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        errors, levels = self.errors(outputs, targets)
        np.subtract(errors < 0, levels, out=out)


@dataclass
class Coverage(Metric):
    """Share of targets between the lower and the upper output."""

    name = "coverage"
    task = "regression"
    state = ("inside", "count")

    def start(self, rows: int, outputs: int) -> None:
        self.inside, self.count = 0.0, 0

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        self.inside += float(((outputs[:, ::2] <= targets) & (targets <= outputs[:, 1::2])).sum())
        self.count += targets.size

    def result(self) -> float:
        return self.inside / self.count if self.count else math.nan


class Unsaid(Interval):
    """An interval whose author forgot which value is predicted."""

    name = "unsaid"

    def predicted_values(self, outputs: Array) -> Array:
        return outputs


@pytest.fixture(scope="module")
def registry() -> Any:
    return registry_with(Interval, Coverage, distribution="zoo-interval")


def spec(path: Path, targets: int, units: int, **changes: Any) -> dict[str, Any]:
    np.savez(path, x=X, y=Y[:, :targets])
    return regression_spec(
        path, data={"validation": 0.25}, model={"loss": "interval", "layers": [{"units": units}]},
        optimizer={"name": "adam", "learning_rate": 0.05},
        training={"epochs": 40, "metrics": ["rmse", "r2", "mae", "mse", "coverage"]}, **changes,
    )  # fmt: skip


@pytest.mark.parametrize("targets", [1, 2])
def test_every_road_uses_the_values_that_the_loss_predicts(tmp_path: Path, registry: Any, targets: int) -> None:
    trained = zoo_core.train(spec(tmp_path / "t.npz", targets, 2 * targets), registry=registry)
    trained.save(tmp_path / "m.npz")
    model, y = zoo_core.load(tmp_path / "m.npz", registry), Y[:, :targets]
    outputs = model.outputs(X)
    values = (outputs[:, ::2] + outputs[:, 1::2]) / 2
    assert np.array_equal(model.predict(X), values[:, 0] if targets == 1 else values)
    assert model.about.target_names == [f"target {i + 1}" for i in range(targets)]
    figures, errors = model.evaluate(X, y), values - y
    assert figures["mse"] == pytest.approx(np.mean(errors**2))
    assert figures["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2, axis=0)).mean())
    assert figures["mae"] == pytest.approx(np.abs(errors).mean())
    assert figures["r2"] == pytest.approx(np.mean(1 - (errors**2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)))
    assert 0.6 < figures["coverage"] < 0.95
    assert figures["loss"] == pytest.approx(Interval().value(outputs, y).mean())
    assert model.warnings == {}
    assert model.history[-1]["validation_r2"] > 0.8
    with pytest.raises(DataError, match=rf"the model needs numbers \(200, {targets}\)"):
        model.evaluate(X, np.c_[y, y])


@pytest.mark.parametrize(("targets", "units", "words"), [(1, 1, "1 target column.*make it 2"), (2, 2, "make it 4")])
def test_another_width_is_refused_with_the_right_one(
    tmp_path: Path, registry: Any, targets: int, units: int, words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        zoo_core.prepare(spec(tmp_path / "t.npz", targets, units), registry=registry)


def test_a_run_that_learns_nothing_says_so_for_each_target(tmp_path: Path, registry: Any) -> None:
    hopeless = spec(tmp_path / "t.npz", 2, 4) | {"optimizer": {"name": "adam", "learning_rate": 1e-9}}
    np.savez(tmp_path / "t.npz", x=X, y=RNG.normal(size=(200, 2)))
    text = zoo_core.train(hopeless, registry=registry).warnings["learning_rate"]
    assert "'target 1', 'target 2' is predicted no better than by its mean" in text


def test_the_checks_pass_for_it_and_find_a_forgotten_method(tmp_path: Path, registry: Any) -> None:
    others = registry_with(Unsaid, Coverage, distribution="zoo-unsaid")
    assert [r.check for r in check_part(Interval, registry) if r.state == "failed"] == []
    assert [r.check for r in check_part(Unsaid, others) if r.state == "failed"] == ["values"]
    wrong = spec(tmp_path / "t.npz", 1, 2) | {"model": {"loss": "unsaid", "layers": [{"units": 2}]}}
    with pytest.raises(PluginError, match=r"'predicted_values' returned ndarray of shape .*numbers of shape \("):
        zoo_core.train(wrong, registry=others)


def test_what_explains_the_loss_knows_its_outputs(tmp_path: Path, registry: Any) -> None:
    step = explain(zoo_core.prepare(spec(tmp_path / "t.npz", 1, 2), registry=registry))
    assert any("the targets" in text.plain for text in explanation_page(step, {"data": "npz"}))
    assert part_curves(Interval()) is None
