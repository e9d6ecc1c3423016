"""How outputs become classes is decided in one place, by output layer and loss: labels, metrics, plots agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from zoo_core.errors import PluginError, SpecError, UsageError
from zoo_core.model import Model, confusion_counts
from zoo_core.model.evaluation import evaluate_table
from zoo_core.nn import Decision
from zoo_core.parts import Array, Data, Dataset, Loss, Metric, Table
from zoo_core.registry import Registry

REGISTRY = Registry()
CENTRES = np.array([[-1.5, 0.5], [0.3, -0.6], [1.6, 1.0], [-0.4, 1.9]])
METRICS = ["accuracy", "balanced_accuracy", "confusion_matrix", "f1", "roc_auc", "log_loss", "brier"]
ONE_OUTPUT = [
    name for name in REGISTRY.names("loss")
    if REGISTRY.get("loss", name).task != "regression" and 1 in REGISTRY.get("loss", name)().output_widths(2)
]  # fmt: skip


def points(classes: int, rows: int = 240) -> tuple[Array, Array]:
    rng = np.random.default_rng(classes)
    y = np.arange(rows) % classes
    return CENTRES[y] + rng.normal(0, 0.8, (rows, 2)), y


@dataclass
class Points(Dataset):
    """Points around centres. classes: 2 to 4; named: whether they have names."""

    name = "points"
    classes: int = 2
    named: bool = True

    def load(self, folder: Any) -> Data:
        x, y = points(self.classes)
        names = ("bad", "so so", "good", "best")[: self.classes] if self.named else ()
        return Data(Table(x[80:], y[80:]), Table(x[:80], y[:80]), class_names=names)


@dataclass(kw_only=True)
class OutputCode(Loss):
    """Squared error to a code word of five bits for each of four classes; the nearest word wins."""

    name = "output_code"
    task = "classification"
    targets = "labels"

    def words(self, outputs: Array) -> Array:
        bits = [[0, 0, 0, 1, 1], [0, 1, 1, 0, 0], [1, 0, 1, 0, 1], [1, 1, 0, 1, 0]]
        return np.array(bits, outputs.dtype)

    def value(self, outputs: Array, targets: Array) -> Array:
        words = self.words(outputs)
        return ((outputs - (words[targets] if targets.ndim == 1 else targets @ words)) ** 2).sum(axis=1)

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        words = self.words(outputs)
        np.subtract(outputs, words[targets] if targets.ndim == 1 else targets @ words, out=out)
        out *= 2

    def output_widths(self, classes: int) -> tuple[int, ...]:
        return (5,)

    def distances(self, outputs: Array) -> Array:
        return ((outputs[:, None, :] - self.words(outputs)) ** 2).sum(axis=2)

    def decide(self, outputs: Array, threshold: float) -> Array:
        return self.distances(outputs).argmin(axis=1)

    def probabilities(self, outputs: Array) -> Array | None:
        return None


@dataclass(kw_only=True)
class Farthest(Loss):
    """An output is the distance to a class: the smallest wins."""

    name = "farthest"
    task = "classification"

    def value(self, outputs: Array, targets: Array) -> Array:
        return ((outputs + targets) ** 2).sum(axis=1)

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.add(outputs, targets, out=out)
        out *= 2

    def decide(self, outputs: Array, threshold: float) -> Array:
        return outputs.argmin(axis=1)


def train(
    loss: Any, units: int, activation: Any, classes: int = 2, *, named: bool = True, registry: Registry | None = None,
    metrics: Any = METRICS, epochs: int = 12, **more: Any,
) -> tuple[Model, Registry]:  # fmt: skip
    registry = registry or registry_with(Points, OutputCode, Farthest, distribution="zoo-points")
    spec = {
        "name": "decided",
        "dtype": "float64",
        "data": {"name": "points", "classes": classes, "named": named},
        "model": {"loss": loss, "layers": [{"units": units, "activation": activation}], **more},
        "optimizer": {"name": "adam", "learning_rate": 0.05},
        "training": {"epochs": epochs, "metrics": metrics},
    }
    return zoo_core.train(spec, registry=registry), registry


def reference_class(model: Model, x: Array) -> Array:
    """Return the class whose target would cost least, which no code of the decision computes."""
    outputs, classes = model.outputs(x), model.decision.class_count
    costs = []
    for k in range(classes):
        if model.loss.targets == "labels":
            target: Array = np.full(len(x), k)
        elif outputs.shape[1] == 1:
            target = np.full((len(x), 1), float(k))
        else:
            target = np.tile(np.eye(classes)[k], (len(x), 1))
        costs.append(model.loss.value(outputs, target))
    return np.argmin(costs, axis=0)


def check_every_road(model: Model, expected: Array, classes: int) -> dict[str, float]:
    x, y = points(classes)
    x, y, expected = x[:80], y[:80], expected[:80]
    labels = model.labels()
    assert model.predict(x).tolist() == labels[expected].tolist()
    found = evaluate_table(model, Table(x, y))
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (y, expected), 1)
    np.testing.assert_array_equal(confusion_counts(model, Table(x, y)), counts)
    assert found["accuracy"] == pytest.approx(np.mean(y == expected))
    cells = [value for key, value in found.items() if key.startswith("confusion_matrix_")]
    np.testing.assert_array_equal(np.reshape(cells, (classes, classes)), counts)
    last = model.history[-1]
    assert (last["test_accuracy"], last["test_f1"]) == (found["accuracy"], found["f1"])
    assert model.evaluate(x, labels[y])["accuracy"] == found["accuracy"]
    return found


@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid", "hard_sigmoid", "hard_tanh", "softsign"])
@pytest.mark.parametrize("loss", ONE_OUTPUT)
def test_one_output_is_decided_where_both_targets_cost_the_same(loss: str, activation: str, tmp_path: Path) -> None:
    model, registry = train(loss, 1, activation)
    x, _ = points(2)
    outputs = model.outputs(x)[:, 0]
    margin = loss in ("hinge", "squared_hinge")
    threshold = 0.0 if margin and "sigmoid" not in activation else 0.5
    expected = (outputs > threshold).astype(int)
    assert 0 < expected.mean() < 1
    if not (margin and "sigmoid" in activation):  # where -1 is out of reach, equal cost is no decision
        assert expected.tolist() == reference_class(model, x).tolist()
    check_every_road(model, expected, 2)
    model.save(tmp_path / "m.npz")
    again = zoo_core.load(tmp_path / "m.npz", registry)
    assert again.predict(x).tolist() == model.labels()[expected].tolist()
    assert "spec" not in vars(again)


def test_the_losses_with_one_output_are_these() -> None:
    assert set(ONE_OUTPUT) == {"binary_cross_entropy", "hinge", "squared_hinge", "mse", "notebook_error", "ordinal"}


@pytest.mark.parametrize(
    "loss", ["cross_entropy", "focal", "kl_divergence", "dice", "tversky", "cosine", "categorical_hinge"]
)
def test_other_losses_refuse_one_output(loss: str) -> None:
    with pytest.raises(SpecError, match=rf"units is 1, and the data has 2 classes; with loss '{loss}' make it 2$"):
        train(loss, 1, "sigmoid")


def test_a_log_sigmoid_is_decided_at_the_logarithm_of_one_half() -> None:
    model, _ = train("mse", 1, "log_sigmoid")
    x, _ = points(2)
    check_every_road(model, (model.outputs(x)[:, 0] > math.log(0.5)).astype(int), 2)


@pytest.mark.parametrize(
    ("loss", "units", "activation", "has"),
    [
        ("binary_cross_entropy", 1, "sigmoid", True), ("mse", 1, "sigmoid", True), ("mse", 2, "softmax", True),
        ("cross_entropy", 2, "softmax", True), ("dice", 2, "softmax", True), ("mse", 1, "hard_sigmoid", True),
        ("mse", 1, "identity", False), ("mse", 2, "identity", False), ("hinge", 1, "identity", False),
        ("hinge", 1, "sigmoid", False), ("squared_hinge", 2, "softmax", False), ("mse", 1, "tanh", False),
        ("binary_cross_entropy", 2, "sigmoid", False), ("categorical_hinge", 2, "softmax", False),
        ("mse", 1, "relu6", False),
    ],
)  # fmt: skip
def test_what_is_a_probability_does_not_depend_on_the_rows(loss: str, units: int, activation: str, has: bool) -> None:
    model, _ = train(loss, units, activation)
    x, _ = points(2)
    found = model.history[-1]
    assert math.isnan(found["test_log_loss"]) is math.isnan(found["test_brier"]) is not has
    assert 0.5 < found["test_roc_auc"] <= 1
    for rows in (x, *x[:40, None]):
        if has:
            np.testing.assert_allclose(model.predict_proba(rows).sum(axis=1), 1)
        else:
            with pytest.raises(UsageError, match=f"'{activation}', its loss '{loss}'"):
                model.predict_proba(rows)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_ordinal_classes_take_one_output_less_on_every_road(classes: int, named: bool, tmp_path: Path) -> None:
    model, registry = train("ordinal", classes - 1, "sigmoid", classes, named=named)
    x, _ = points(classes)
    outputs = model.outputs(x)
    expected = [next((k for k, p in enumerate(row) if p <= 0.5), classes - 1) for row in outputs]
    check_every_road(model, np.array(expected), classes)
    p = model.predict_proba(x)
    assert p.shape == (240, classes)
    assert p.min() >= 0
    np.testing.assert_allclose(1 - np.cumsum(p, axis=1)[:, :-1], np.minimum.accumulate(outputs, axis=1), atol=1e-12)
    assert model.history[-1]["test_log_loss"] < math.log(classes)
    model.save(tmp_path / "m.npz")
    again = zoo_core.load(tmp_path / "m.npz", registry)
    assert again.predict(x).tolist() == model.predict(x).tolist()
    assert again.labels().tolist() == model.labels().tolist()
    assert len(model.labels()) == classes


def test_the_wrong_width_is_refused_with_the_right_one() -> None:
    with pytest.raises(SpecError, match=r"units is 4, and the data has 4 classes; with loss 'ordinal' make it 3$"):
        train("ordinal", 4, "sigmoid", 4)
    with pytest.raises(SpecError, match=r"units is 3, .* with loss 'hinge' make it 1 or 2$"):
        train("hinge", 3, "identity")


@pytest.mark.parametrize("named", [True, False])
def test_an_output_code_has_more_outputs_than_classes(named: bool, tmp_path: Path) -> None:
    model, registry = train("output_code", 5, "identity", 4, named=named, epochs=30)
    x, _ = points(4)
    expected = model.loss.distances(model.outputs(x)).argmin(axis=1)  # type: ignore[attr-defined]
    assert check_every_road(model, expected, 4)["accuracy"] > 0.6
    assert all(math.isnan(model.history[-1][f"test_{name}"]) for name in ("log_loss", "brier", "roc_auc"))
    with pytest.raises(UsageError, match="no probabilities"):
        model.predict_proba(x)
    model.save(tmp_path / "m.npz")
    assert zoo_core.load(tmp_path / "m.npz", registry).predict(x).tolist() == model.predict(x).tolist()


def test_a_loss_decides_also_where_each_class_has_an_output(tmp_path: Path) -> None:
    model, registry = train("farthest", 3, "identity", 3, epochs=30)
    x, _ = points(3)
    assert check_every_road(model, model.outputs(x).argmin(axis=1), 3)["accuracy"] > 0.6
    model.save(tmp_path / "m.npz")
    assert zoo_core.load(tmp_path / "m.npz", registry).predict(x).tolist() == model.predict(x).tolist()


@pytest.mark.parametrize("more", [{"regularizers": ["mixup"]}, {"regularizers": ["label_smoothing"]}])
@pytest.mark.parametrize(("loss", "units", "classes"), [("ordinal", 1, 2), ("ordinal", 3, 4), ("output_code", 5, 4)])
def test_augmented_targets_and_class_weights_go_with_any_width(loss: str, units: int, classes: int, more: Any) -> None:
    weighted = {"name": loss, "class_weights": "balanced"}
    model, _ = train(weighted, units, "sigmoid", classes, **more)
    assert model.history[-1]["train_loss"] < model.history[0]["train_loss"]


@pytest.mark.parametrize("answer", [np.zeros(3), np.array([0, 1, 2]), np.array([[0], [1], [1]]), [0, 1, 1]])
def test_a_decision_that_is_none_is_refused(answer: Any) -> None:
    class Wrong(Loss):
        name = "wrong"

        def decide(self, outputs: Array, threshold: float) -> Any:
            return answer

    activation: Any = REGISTRY.get("activation", "identity")()
    with pytest.raises(PluginError, match="loss 'wrong': its method 'decide' returned"):
        Decision(activation, Wrong(), 1, 2).classes(np.zeros((3, 1)))


class Shares(Metric):
    """The share of each class among the predicted ones."""

    name = "shares"

    def start(self, rows: int, outputs: int) -> None:
        self.counts = np.zeros(len(self.class_names))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        self.counts += np.bincount(self.predicted_classes(outputs), minlength=len(self.counts))

    def result(self) -> float:
        return float(self.counts.max() / self.counts.sum())

    def figures(self) -> dict[str, float]:
        return {self.name: self.result(), **self.by_class(self.counts / self.counts.sum())}


def test_a_metric_of_a_plugin_knows_classes_and_their_names() -> None:
    registry = registry_with(Points, Shares, distribution="zoo-points")
    model, _ = train("ordinal", 3, "sigmoid", 4, registry=registry, metrics=["shares"])
    x, _ = points(4)
    guess = model.predict(x[:80])
    found = {key: value for key, value in model.history[-1].items() if key.startswith("test_shares_")}
    assert found == {f"test_shares_{name.replace(' ', '_')}": np.mean(guess == name) for name in model.labels()}
