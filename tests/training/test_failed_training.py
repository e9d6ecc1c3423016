"""A run that cannot have succeeded says so in one line, with the remedy; a healthy run says nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import merged
from zoo_core.errors import NumericError
from zoo_core.parts import Table
from zoo_core.registry import Registry, shipped_models
from zoo_core.training._baseline import baseline
from zoo_core.training._diagnostics import divergence
from zoo_core.training._lint import unsuitable_outputs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))
SIDE = (X[:, 0] > 0).astype(int)
LINE = X @ [0.5, -0.3, 0.2, 0.1]
NOISY = (X[:, 0] + np.random.default_rng(7).normal(scale=0.3, size=240) > 0).astype(int)
HIDDEN = {"units": 16, "activation": "relu"}
BASE: dict[str, Any] = {
    "data": {"name": "npz", "path": "t.npz", "validation": 0.25},
    "model": {"loss": "cross_entropy", "layers": [HIDDEN, {"units": 2, "activation": "softmax"}]},
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "training": {"epochs": 20},
}
VALUES = merged(BASE, {
    "data": {"task": "regression"}, "model": {"loss": "mse", "layers": [HIDDEN, {"units": 1}]},
})  # fmt: skip
RAW = merged(VALUES, {"data": {"target_preprocessor": "none"}})


def with_output(base: dict[str, Any], loss: str, *last: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return merged(merged(base, {"model": {"loss": loss, "layers": list(last)}}), changes)


def trained(tmp_path: Path, spec: dict[str, Any], y: Any = SIDE, x: Any = X) -> zoo_core.Model:
    """Train, and check that the event, the model and its file have the same warnings."""
    np.savez(tmp_path / "t.npz", x=x, y=y)
    trainer = zoo_core.prepare(merged(spec, {"data": {"path": str(tmp_path / "t.npz")}}))
    said = [event.text for event in zoo_core.follow(trainer) if type(event).__name__ == "Message" and event.warning]
    assert set(trainer.model.warnings.values()) <= set(said)
    trainer.model.save(tmp_path / "m.npz")
    assert zoo_core.load(tmp_path / "m.npz").warnings == trainer.model.warnings
    return trainer.model


DEAD = {"units": 16, "activation": "relu", "bias_initializer": {"name": "constant", "value": -1e4}}
SATURATED = {"units": 1, "activation": "hard_sigmoid", "initializer": {"name": "normal", "std": 1e4}}
FAINT = 0.3 * X[:, 0] + np.random.default_rng(7).normal(size=240)  # a line explains about 6 % of its variance
FAINT_SPEC: dict[str, Any] = {"training": {"epochs": 40}, "optimizer": {"name": "adam", "learning_rate": 0.04}}
SOFTMAX = {"units": 2, "activation": "softmax"}
FAILED: dict[str, tuple[dict[str, Any], Any, str, str]] = {
    "a huge rate of adam": (merged(BASE, {"optimizer": {"name": "adam", "learning_rate": 10.0}, "seed": 1}), RNG.integers(0, 2, 240), "learning_rate", "learning rate 10 is likely too large; try 0.001"),
    "a tiny rate": (merged(VALUES, {"optimizer": {"name": "sgd", "learning_rate": 1e-12}}), LINE * 0.01, "learning_rate", "learning rate 1e-12 is likely too small"),
    "labels of noise": (BASE, np.random.default_rng(4).integers(0, 2, 240), "below_baseline", r"is no better than always answering \d \(0\.\d+\): the inputs may not tell"),
    "targets of noise": (VALUES, RNG.normal(size=240), "below_baseline", "'target 1' is predicted no better than by its mean"),
    "prices": (RAW, 200_000 + 50_000 * LINE, "targets_unscaled", "set data.target_preprocessor = 'standard'$"),
    "years": (RAW, 2000 + LINE, "targets_unscaled", "the targets are far from 0 or large"),
    "below zero": (RAW, -5000 + LINE, "targets_unscaled", "mean -5000"),
    "one target of two": (with_output(VALUES, "mse", HIDDEN, {"units": 2}), np.c_[LINE, RNG.normal(size=240)], "below_baseline", "split 'target 2' is"),
    "cross entropy over relu": (with_output(BASE, "cross_entropy", HIDDEN, {"units": 2, "activation": "relu"}), SIDE, "unusable_outputs", "use 'softmax'"),
    "log loss over identity": (with_output(BASE, "binary_cross_entropy", HIDDEN, {"units": 1}), SIDE, "unusable_outputs", "gives no numbers from 0 to 1"),
    "margins over softplus": (with_output(BASE, "hinge", HIDDEN, {"units": 1, "activation": "softplus"}), SIDE, "unusable_outputs", r"gives only numbers above 0, where loss 'hinge' decides between two classes: all rows get the second one; use 'identity'"),
    "softmax over one unit": (with_output(BASE, "binary_cross_entropy", {"units": 1, "activation": "softmax"}), SIDE, "constant_outputs", "a softmax over one unit is always 1"),
    "a rate that ends above the majority": (with_output(BASE, "cross_entropy", {"units": 8, "activation": "tanh"}, SOFTMAX, optimizer={"name": "adam", "learning_rate": 10.0}), NOISY, "learning_rate", r"train loss \S+ is worse than that of the shares of the classes \(0\.6\d+\): the learning rate 10 "),
    "a large rate for values": (merged(VALUES, {"optimizer": {"name": "adam", "learning_rate": 20.0}}), LINE, "learning_rate", "the learning rate 20 is likely too large"),
    "a tiny rate and luck": (merged(BASE, {"seed": 3, "optimizer": {"name": "adam", "learning_rate": 1e-10}}), SIDE, "learning_rate", r"the training loss stays at \S+: the learning rate 1e-10 is likely too small; try 0.001"),
    "ages": (RAW, 41 + 9 * LINE, "targets_unscaled", "mean 41"),
    "tiny targets": (merged(RAW, {"training": {"epochs": 5}}), 1e-7 * LINE, "targets_unscaled", "the targets are small"),
    "only the mean is learnt": (with_output(RAW, "mse", DEAD, {"units": 1}, optimizer={"name": "sgd", "learning_rate": 0.1}), 50 + LINE, "targets_unscaled", "hardly better than by its mean|no better than by its mean"),
    "large counts": (with_output(VALUES, "poisson", HIDDEN, {"units": 1, "activation": "softplus"}), 3000 + 50 * LINE, "targets_unscaled", r"data.target_preprocessor = { name = 'fixed', scale = 3e\+03 }"),
    "prices over relu": (with_output(VALUES, "mse", HIDDEN, {"units": 1, "activation": "relu"}), 200_000 + 50_000 * LINE, "targets_unscaled", r"'standard' and model.layers.1.activation = 'identity'"),
    "scaled values over relu": (with_output(VALUES, "mse", HIDDEN, {"units": 1, "activation": "relu"}, data={"target_preprocessor": "standard"}), 9 + LINE, "unusable_outputs", r"% of the scaled targets lie outside; use 'identity', or data.target_preprocessor = 'none'"),
    "equal targets": (VALUES, np.full(240, 5.25), "constant_targets", "in all rows of the train split 'target 1' is 5.25"),
    "one equal target of two": (with_output(VALUES, "mse", HIDDEN, {"units": 2}), np.c_[LINE, np.zeros(240)], "constant_targets", "'target 2' is 0: there is nothing to learn"),
    "one small target of two": (with_output(RAW, "mse", HIDDEN, {"units": 2}), np.c_[8 * LINE, 1e-3 * RNG.normal(size=240)], "targets_unscaled", "'target 2'"),
    "values over sigmoid": (with_output(VALUES, "mse", HIDDEN, {"units": 1, "activation": "sigmoid"}), LINE, "unusable_outputs", r"'sigmoid', which gives numbers from 0 to 1, and \d+% of the targets lie outside; use 'identity'"),
    "values over relu": (with_output(VALUES, "mae", HIDDEN, {"units": 1, "activation": "relu"}), LINE, "unusable_outputs", "gives no number below 0"),
    "values over tanh": (with_output(VALUES, "huber", HIDDEN, {"units": 1, "activation": "tanh"}), 5 * LINE, "unusable_outputs", "from -1 to 1"),
    "values over softmax": (with_output(VALUES, "mse", {"units": 1, "activation": "softmax"}), LINE, "unusable_outputs", "gives nothing but 1"),
    "noise beside few rows": (merged(BASE, {"data": {"train": ":200", "validation": "200:208", "test": "208:216"}}), np.random.default_rng(1).integers(0, 2, 240), "below_baseline", "validation and test accuracy"),
    "a dead layer": (with_output(BASE, "cross_entropy", DEAD, SOFTMAX), SIDE, "dead_units", r"layers\.0 \('relu'\) gives 0 for every row"),
    "no gradient": (with_output(BASE, "mse", SATURATED), SIDE, "flat_loss", "the training loss is flat from the start; try another learning rate or initializer"),
    "a faint relation and a large rate": (with_output(VALUES, "mse", {"units": 1}, **FAINT_SPEC), FAINT, "learning_rate", "'target 1' is predicted hardly better than by its mean: the learning rate 0.04 is likely too large"),
    "a dead layer for prices": (with_output(VALUES, "mse", DEAD, {"units": 1}), 200_000 + 50_000 * LINE, "dead_units", "leaky_relu"),
    "a dead layer for values": (with_output(VALUES, "mse", DEAD, {"units": 1}), LINE, "dead_units", "leaky_relu"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILED)
def test_a_run_that_cannot_have_succeeded_says_so(tmp_path: Path, name: str) -> None:
    spec, y, key, words = FAILED[name]
    warnings = trained(tmp_path, spec, y).warnings
    assert list(warnings) == [key]
    assert re.search(words, warnings[key])
    assert "\n" not in warnings[key]


HEALTHY: dict[str, tuple[dict[str, Any], Any]] = {
    "classes": (BASE, SIDE),
    "three classes": (with_output(BASE, "cross_entropy", HIDDEN, {"units": 3, "activation": "softmax"}), np.digitize(X[:, 0], [-0.5, 0.5])),
    "one unit": (with_output(BASE, "binary_cross_entropy", HIDDEN, {"units": 1, "activation": "sigmoid"}), SIDE),
    "squared error of classes": (with_output(BASE, "mse", HIDDEN, SOFTMAX), SIDE),
    "rare class": (BASE, (X[:, 0] > 1.2).astype(int)),
    "balanced weights": (merged(BASE, {"model": {"loss": {"name": "cross_entropy", "class_weights": "balanced"}}}), (X[:, 0] + 0.7 * X[:, 1] + RNG.normal(size=240) > 2.2).astype(int)),
    "values": (VALUES, LINE),
    "prices": (VALUES, 200_000 + 50_000 * LINE),
    "years": (VALUES, 2000 + LINE),
    "below zero": (VALUES, -5000 + LINE),
    "seconds since 1970": (VALUES, 1.7e9 + LINE),
    "tiny targets": (VALUES, 1e-7 * LINE),
    "a price beside a share": (with_output(VALUES, "mae", HIDDEN, {"units": 2}), np.c_[2e5 + 8e4 * LINE, 1e-3 * X[:, 1]]),
    "shares over sigmoid, by their range": (with_output(VALUES, "mse", HIDDEN, {"units": 1, "activation": "sigmoid"}, data={"target_preprocessor": "min_max"}), 50 + 4 * LINE),
    "values of a small scale": (merged(VALUES, {"training": {"epochs": 60}}), LINE / 5),
    "values beside 0": (merged(VALUES, {"training": {"epochs": 60}}), LINE + 3),
    "two values": (with_output(VALUES, "mse", HIDDEN, {"units": 2}), np.c_[LINE, -X[:, 1]]),
    "absolute error": (merged(VALUES, {"model": {"loss": "mae"}}), LINE),
    "huber": (merged(VALUES, {"model": {"loss": "huber"}}), LINE),
    "a quantile": (merged(VALUES, {"model": {"loss": {"name": "quantile", "q": 0.9}}}), LINE + 0.1 * RNG.normal(size=240)),
    "a large rate that works": (merged(BASE, {"optimizer": {"name": "sgd", "learning_rate": 0.5}}), SIDE),
    "all at once": (merged(BASE, {"optimizer": "lbfgs", "training": {"batch_size": "all", "epochs": 30}}), SIDE),
    "large targets of a network that learnt them": (merged(VALUES, {"optimizer": "lbfgs", "training": {"batch_size": "all", "epochs": 200}}), 300 * LINE + 100),
    "counts": (with_output(VALUES, "poisson", HIDDEN, {"units": 1, "activation": "exponential"}), RNG.poisson(np.exp(LINE)).astype(float)),
    "shares over sigmoid": (with_output(VALUES, "mse", HIDDEN, {"units": 1, "activation": "sigmoid"}), 1 / (1 + np.exp(-4 * LINE))),
    "positive values over softplus": (with_output(VALUES, "mse", HIDDEN, {"units": 1, "activation": "softplus"}), np.exp(LINE)),
    "margins": (with_output(BASE, "hinge", HIDDEN, {"units": 1}), SIDE),
    "a target of small size beside a large one": (with_output(merged(VALUES, {"training": {"epochs": 80}}), "mse", HIDDEN, {"units": 2}), np.c_[8 * LINE, 0.3 * X[:, 1]]),
    "a faint relation": (with_output(VALUES, "mse", {"units": 1}, optimizer={"name": "adam", "learning_rate": 0.01}, training={"epochs": 40}), FAINT),
    "two steps": (merged(BASE, {"training": {"epochs": 2, "batch_size": "all"}}), RNG.integers(0, 2, 240)),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_says_nothing(tmp_path: Path, name: str) -> None:
    spec, y = HEALTHY[name]
    assert trained(tmp_path, spec, y).warnings == {}


@pytest.mark.parametrize("name", [n for n, model in shipped_models(Registry()).items() if model.weights is not None])
def test_the_shipped_models_have_nothing_to_say(name: str) -> None:
    model = zoo_core.load(name)
    assert model.warnings == {}
    assert divergence(model.history) == ""
    assert [*unsuitable_outputs(model.spec)] == []
    kept = model.history[-1]
    assert kept["test_accuracy"] > 0.5


@pytest.mark.parametrize("name", [n for n, model in shipped_models(Registry()).items() if model.weights is None])
def test_the_specs_without_weights_have_suitable_outputs(name: str) -> None:
    assert [*unsuitable_outputs(zoo_core.read_spec(name))] == []


def test_a_loss_of_others_that_is_fused_with_an_unsuitable_output_is_named() -> None:
    """Of its own losses the zoo knows that the outputs they are fused with suit them."""

    identity, entropy = Registry().get("activation", "identity"), Registry().get("loss", "binary_cross_entropy")
    shares = type("Shares", (entropy,), {"name": "shares", "fused_with": (identity,), "__module__": __name__})
    spec = with_output(BASE, "mse", {"units": 1, "activation": identity()})
    spec["model"]["loss"] = shares()
    assert "'identity', which gives no numbers from 0 to 1" in next(unsuitable_outputs(zoo_core.Spec.parse(spec)))


def test_a_class_that_training_never_sees_is_named_before_the_first_epoch(tmp_path: Path) -> None:
    y = SIDE.copy()
    y[-3:] = 2
    spec = merged(
        with_output(BASE, "cross_entropy", {"units": 3, "activation": "softmax"}), {"data": {"validation": "-40:"}}
    )
    text = trained(tmp_path, spec, y).warnings["unseen_classes"]
    assert text.startswith("classes that the training split lacks cannot be learnt: 2 only in validation; ")


def test_a_loss_that_overflows_tells_of_the_targets(tmp_path: Path) -> None:
    spec = merged(RAW, {"optimizer": {"name": "sgd", "learning_rate": 0.1}})
    with pytest.raises(NumericError, match=r"the targets are far from 0 or large \(mean .*; set data"):
        trained(tmp_path, spec, 1e6 * LINE + 1e7)


def test_the_line_stands_in_every_summary(tmp_path: Path, run_zoo: Any) -> None:
    np.savez("t.npz", x=X, y=200_000 + 50_000 * LINE)
    Path("s.json").write_text(json.dumps(RAW))
    code, out, err = run_zoo("train", "s.json", "-o", "m.npz", "--json", "-q")
    (warning,) = json.loads(out)["warnings"]
    assert (code, warning["key"]) == (0, "targets_unscaled")
    assert err == f"warning: {warning['text']}\n"
    assert f"warning: {warning['text']}" in run_zoo("train", "s.json", "-o", "m.npz", "--force")[2]
    assert json.loads(run_zoo("show", "m.npz", "--json")[1])["warnings"] == [warning]
    assert "targets are far from 0" in run_zoo("show", "m.npz")[1].replace("\n", " ")


def test_the_baseline_answers_as_the_training_split_suggests() -> None:
    train = Table(X[:6], np.array([0, 0, 0, 1, 1, 2]))
    assert baseline(train, Table(X[:4], np.array([0, 1, 1, 1]))).accuracy == 0.25
    weighed = Table(X[:3], np.array([0, 0, 1]), np.array([1.0, 1.0, 5.0]))
    assert baseline(weighed, Table(X[:2], np.array([0, 1]), np.array([3.0, 1.0]))).accuracy == 0.25
    values = Table(X[:2], np.array([[1.0], [4.0]]), np.array([1.0, 2.0]))
    assert baseline(values, values).answer.tolist() == [3.0]
