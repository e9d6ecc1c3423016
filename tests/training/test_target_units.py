"""The targets of a regression are scaled as they are learnt, and everything else is in their own units."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import zoo_core
from tests.golden import golden_plugin
from tests.helpers.plugins import registry_with
from tests.helpers.specs import merged
from tests.nn.test_target_widths import Coverage, Interval
from zoo_core.display.text import explanation_page
from zoo_core.errors import DataError, ModelFileError, NumericError, PluginError, SpecError
from zoo_core.parts import Array, Callback, Preprocessor
from zoo_core.registry import Registry
from zoo_core.storage import read_model_file, write_model_file
from zoo_core.training.explain import explain, in_float64
from zoo_plugins.losses.regression import Mse
from zoo_plugins.preprocessors.scaling import Standard

RNG = np.random.default_rng(3)
X = RNG.normal(size=(160, 3))
PRICES = 200_000 + 80_000 * (X @ [0.8, -0.5, 0.2]) + 5_000 * np.abs(X[:, 0])
SHARES = 1e-3 * np.sin(X[:, 1])
TRAIN, TEST = slice(0, 120), slice(120, 160)
SCALES = ["prices", "seconds since 1970", "tiny and below 0", "squares"]
HIDDEN = {"units": 16, "activation": "tanh"}


def spec(path: Path, targets: int = 1, **changes: Any) -> dict[str, Any]:
    return merged(
        {
            "dtype": "float64",
            "data": {"name": "npz", "path": str(path), "task": "regression", "preprocessor": "standard"},
            "model": {"loss": "mse", "layers": [HIDDEN, {"units": targets}]},
            "optimizer": {"name": "adam", "learning_rate": 0.01},
            "training": {"epochs": 3, "evaluate": ["train", "validation"], "metrics": ["rmse", "mae", "r2"]},
        },
        merged({"data": {"train": ":120", "validation": "120:"}}, changes),
    )


def saved(folder: Path, y: Any, name: str = "t.npz", **more: Any) -> Path:
    np.savez(folder / name, x=X, y=y, **more)
    return folder / name


def figures(y: Array, predicted: Array) -> dict[str, float]:
    """Return what scikit-learn computes: averages over the targets."""
    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    square = np.mean((y - predicted) ** 2, axis=0)
    r2 = np.mean(1 - square / y.var(axis=0))
    return {"rmse": np.mean(np.sqrt(square)), "mae": np.mean(np.abs(y - predicted)), "r2": r2}


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh", "quantile"])
@pytest.mark.parametrize("y", [PRICES, np.c_[PRICES, SHARES]], ids=["a price", "a price and a share"])
def test_all_figures_are_those_of_scaling_by_hand_and_back(tmp_path: Path, loss: str, y: Array) -> None:
    mean, deviation = y[TRAIN].mean(axis=0), y[TRAIN].std(axis=0)
    count, of = y.ndim, {"model": {"loss": loss}}
    model = zoo_core.train(spec(saved(tmp_path, y), count, **of))
    by_hand = spec(saved(tmp_path, (y - mean) / deviation, "z.npz"), count, **of, data={"target_preprocessor": "none"})
    other = zoo_core.train(by_hand)
    right = other.predict(X) * deviation + mean
    np.testing.assert_allclose(model.predict(X), right, rtol=1e-9)
    np.testing.assert_allclose(model.outputs(X).reshape(right.shape), right, rtol=1e-9)
    last = model.history[-1]
    for split, rows in (("train", TRAIN), ("validation", TEST)):
        for name, value in figures(y[rows], right[rows]).items():
            assert last[f"{split}_{name}"] == pytest.approx(value, rel=1e-6)
        assert last[f"{split}_loss"] == pytest.approx(other.history[-1][f"{split}_loss"], rel=1e-9)
    found = model.evaluate(X[TEST], y[TEST])
    assert found == pytest.approx({"loss": last["validation_loss"], **figures(y[TEST], right[TEST])}, rel=1e-6)
    model.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(zoo_core.load(tmp_path / "m.npz").predict(X), model.predict(X))


def test_the_figures_of_training_are_in_the_units_of_the_data(tmp_path: Path) -> None:
    """They count outputs before each update: with one batch an epoch, those of the epoch before."""
    training = {"epochs": 2, "batch_size": "all", "evaluate": ["validation"]}
    wanted = spec(saved(tmp_path, PRICES), training=training)
    first = zoo_core.train(merged(wanted, {"training": {"epochs": 1}}))
    last = zoo_core.train(wanted).history[-1]
    assert last["train_rmse"] == pytest.approx(figures(PRICES[TRAIN], first.predict(X[TRAIN]))["rmse"], rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [PRICES, 1.7e9 + SHARES, -1e-9 + 1e-12 * X[:, 0], 30 * X[:, 0] ** 2], ids=SCALES)
def test_no_scale_of_the_targets_harms_learning(tmp_path: Path, dtype: str, y: Array) -> None:
    model = zoo_core.train(spec(saved(tmp_path, y), dtype=dtype, training={"epochs": 150}))
    line = np.linalg.lstsq(np.c_[X, np.ones(160)][TRAIN], y[TRAIN], rcond=None)[0]
    linear = figures(y[TEST], np.c_[X, np.ones(160)][TEST] @ line)["r2"]
    assert model.history[-1]["validation_r2"] > linear - 0.02
    assert model.warnings == {}


def test_a_house_price_needs_no_work_by_hand(tmp_path: Path, run_zoo: Any) -> None:
    area = RNG.uniform(40, 200, 120)
    rows = [f"{a:.1f},{r:.2f},{2000 * a + 9000 * r:.0f}" for a, r in zip(area, RNG.uniform(1, 6, 120), strict=True)]
    Path("h.csv").write_text("\n".join(["area,rooms,price", *rows]))
    assert run_zoo("new", "house", "--data", "h.csv", "--target", "price")[0] == 0
    assert 'target_preprocessor = "standard"' in Path("house.toml").read_text()
    assert run_zoo("train", "house.toml", "-o", "h.npz", "-q")[0] == 0
    assert json.loads(run_zoo("evaluate", "h.npz", "--json")[1])["r2"] > 0.98
    assert "loss (of scaled targets)" in run_zoo("evaluate", "h.npz")[1]
    assert "the loss is of targets scaled by 'standard'" in run_zoo("evaluate", "h.npz", "--report")[1].replace(
        "\n", " "
    )
    assert "mse, of targets scaled by 'standard'" in run_zoo("show", "h.npz")[1]
    prices = np.loadtxt(run_zoo("predict", "h.npz", "h.csv")[1].splitlines())
    assert np.corrcoef(prices, 2000 * area)[0, 1] > 0.98
    assert prices.mean() == pytest.approx(2000 * area.mean() + 9000 * 3.5, rel=0.1)
    assert run_zoo("export", "h.npz", "-o", "h.safetensors")[0] == 0
    assert b"target_preprocessor.scale" in Path("h.safetensors").read_bytes()


# ------------------------------------------------------------------ when, and from which rows


class Kin(Mse):
    """Derived from a loss that takes scaled targets; it does not say so itself."""

    name = "kin"


def chosen(path: Path, registry: Registry | None = None, **changes: Any) -> str:
    part = zoo_core.prepare(spec(path, **changes), registry=registry).spec.data.target_preprocessor
    return "" if part is None else part.name


@pytest.mark.parametrize(
    ("loss", "activation", "name"),
    [(loss, "identity", "standard") for loss in ("mse", "mae", "huber", "log_cosh", "quantile")]
    + [(loss, "identity", "none") for loss in ("mape", "msle", "poisson", "cosine", "kin")]
    + [("mse", activation, "none") for activation in ("relu", "sigmoid", "softplus", "exponential", "leaky_relu")]
    + [("mse", {"name": "leaky_relu", "slope": 1.0}, "standard")],
)
def test_targets_are_standardized_where_that_is_only_another_unit(
    tmp_path: Path, loss: str, activation: Any, name: str
) -> None:
    path = saved(tmp_path, np.abs(PRICES))
    last = {"units": 1, "activation": activation}
    model = {"loss": loss, "layers": [HIDDEN, last]}
    assert chosen(path, registry_with(Kin), model=model) == name
    assert chosen(path, registry_with(Kin), model=model, data={"target_preprocessor": "min_max"}) == "min_max"


def test_the_scale_is_that_of_the_training_rows_whatever_their_weights(tmp_path: Path) -> None:
    y, weights = PRICES.copy(), np.linspace(0, 3, 160)
    y[TEST] *= 100
    path = saved(tmp_path, y, weights=weights)
    model = zoo_core.prepare(spec(path, data={"weights": "weights"})).model
    assert model.arrays()["target_preprocessor.shift"] == pytest.approx(y[TRAIN].mean())
    assert model.arrays()["target_preprocessor.scale"] == pytest.approx(y[TRAIN].std())


def test_classes_have_no_scale_and_their_specs_no_key(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", x=X, y=(X[:, 0] > 0).astype(int))
    wanted = spec(tmp_path / "c.npz", data={"task": "classification"}, training={"metrics": ["accuracy"]})
    wanted["model"] = {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]}
    for changes in ({}, {"target_preprocessor": "none"}):
        trainer = zoo_core.prepare(merged(wanted, {"data": changes}))
        assert "target_preprocessor" not in trainer.spec.to_dict()["data"]
        assert not [name for name in trainer.model.arrays() if "target" in name]
    with pytest.raises(
        SpecError, match=r"data.target_preprocessor is 'standard': it scales the targets of a regression"
    ):
        zoo_core.prepare(merged(wanted, {"data": {"target_preprocessor": "standard"}}))


def test_a_target_of_one_value_is_predicted_and_warned_of_once(tmp_path: Path) -> None:
    y = np.c_[PRICES, np.full(160, 7e5)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = zoo_core.train(spec(saved(tmp_path, y), 2, training={"epochs": 60}))
    assert list(model.warnings) == ["constant_targets"]
    np.testing.assert_allclose(model.predict(X)[:, 1], 7e5, atol=1)


def test_scaled_targets_of_a_loss_that_counts_are_doubtful(tmp_path: Path) -> None:
    model = {"loss": "poisson", "layers": [HIDDEN, {"units": 1, "activation": "softplus"}]}
    path, said = saved(tmp_path, PRICES), "to loss 'poisson' scaled targets are more than another unit"
    for part, doubtful in (("standard", True), ("none", False), ({"name": "fixed", "scale": 1e5}, False)):
        trainer = zoo_core.prepare(spec(path, model=model, data={"target_preprocessor": part}, training={"epochs": 1}))
        lines = [e.text for e in zoo_core.follow(trainer) if type(e).__name__ == "Message" and said in e.text]
        assert len(lines) == doubtful
        assert list(trainer.model.warnings.values()) == lines  # the file and the report say it too
    assert np.abs(trainer.model.predict(X)).max() > 1e4


# ------------------------------------------------------------------ runs that go on, files


class Watch(Callback):
    """Predicts while the model is trained."""

    name = "watch"

    def on_epoch_end(self, record: Any, run: Any) -> None:
        assert run.model.evaluate(X[TEST], PRICES[TEST])["rmse"] == pytest.approx(record["validation_rmse"])


def test_callbacks_see_the_units_of_the_data(tmp_path: Path) -> None:
    wanted = spec(saved(tmp_path, PRICES), training={"callbacks": ["watch"]})
    assert zoo_core.train(wanted, registry=registry_with(Watch)).history[-1]["validation_rmse"] > 1000


def test_a_run_that_goes_on_keeps_its_scale(tmp_path: Path) -> None:
    model = zoo_core.train(spec(saved(tmp_path, PRICES)), output=tmp_path / "m.npz")
    elsewhere = spec(saved(tmp_path, 9e6 + PRICES, "other.npz"), training={"epochs": 1})
    later = zoo_core.train(elsewhere, start_from=tmp_path / "m.npz")
    for name in ("shift", "scale"):
        key = f"target_preprocessor.{name}"
        np.testing.assert_array_equal(later.arrays()[key], model.arrays()[key])
    with pytest.raises(SpecError, match=r"data.target_preprocessor is 'none', and the weights .* with 'standard'"):
        zoo_core.train(merged(elsewhere, {"data": {"target_preprocessor": "none"}}), start_from=tmp_path / "m.npz")


def test_a_resumed_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    wanted, registry = spec(saved(tmp_path, PRICES), training={"epochs": 4, "callbacks": ["stop"]}), registry_with(Stop)
    whole = zoo_core.train(wanted, registry=registry)
    Stop.at = 2
    with pytest.raises(PluginError):
        zoo_core.train(wanted, registry=registry, output=tmp_path / "m.npz", checkpoint_every="1steps")
    Stop.at = -1
    rest = zoo_core.resume(tmp_path / "m.npz", registry=registry)
    np.testing.assert_array_equal(rest.predict(X), whole.predict(X))


class Stop(Callback):
    """Fails once."""

    name = "stop"
    at = -1

    def on_train_begin(self, run: Any) -> None:
        self.count = 0

    def on_batch_end(self, run: Any) -> None:
        if run.epoch == Stop.at:
            raise RuntimeError("stopped")


def test_a_file_of_an_earlier_version_scales_nothing() -> None:
    registry = Registry()
    registry.add(golden_plugin, "zoo-golden", "1.0")
    old = zoo_core.load(Path(golden_plugin.__file__).parent / "models" / "golden-values-0.1.npz", registry)
    assert old.target_preprocessor is None
    assert "target_preprocessor" not in old.spec.to_dict()["data"]
    x = np.random.default_rng(1).normal(size=(5, 4))
    assert old.outputs(x).dtype == old.network.dtype


def test_a_file_whose_scale_does_not_fit_is_refused(tmp_path: Path) -> None:
    zoo_core.train(spec(saved(tmp_path, PRICES)), output=tmp_path / "m.npz")
    contents = read_model_file(tmp_path / "m.npz")
    about = {k: v for k, v in contents.header.items() if k not in ("format", "version", "requires", "arrays", "sha256")}
    scale = "target_preprocessor.scale"

    def loaded(header: dict[str, Any], arrays: dict[str, Array]) -> zoo_core.Model:
        write_model_file(tmp_path / "w.npz", header, arrays)
        return zoo_core.load(tmp_path / "w.npz")

    with pytest.raises(ModelFileError, match=rf"array '{scale}' of preprocessor 'standard' is missing"):
        loaded(about, {k: a for k, a in contents.arrays.items() if k != scale})
    with pytest.raises(ModelFileError, match=rf"array '{scale}' of preprocessor 'standard' has shape \(2,\)"):
        loaded(about, {**contents.arrays, scale: np.ones(2)})
    with pytest.raises(ModelFileError, match=r"array 'target_preprocessor.odd' is not part of its spec"):
        loaded(about, {**contents.arrays, "target_preprocessor.odd": np.ones(1)})
    with pytest.raises(NumericError, match=r"'target_preprocessor.scale' holds values that are not finite"):
        loaded(about, {**contents.arrays, scale: np.array([np.nan])}).predict(X)
    without = {k: v for k, v in about["spec"]["data"].items() if k != "target_preprocessor"}
    with pytest.raises(ModelFileError, match=r"array 'target_preprocessor.scale' is not part of its spec"):
        loaded(merged_data(about, without), dict(contents.arrays))
    for wrong, words in (("shuffled", "shuffled"), ("pixels", "not part of its spec")):
        with pytest.raises((ModelFileError, PluginError), match=words):
            loaded(merged_data(about, without | {"target_preprocessor": wrong}), dict(contents.arrays))
    with pytest.raises(ModelFileError, match=r"scales the targets of a regression, and these are classes"):
        loaded({**about, "about": {**about["about"], "task": "classification"}}, dict(contents.arrays))


class Picky(Standard):
    """Refuses a target of 0, as data or for want of memory."""

    name = "picky"
    raises: ClassVar[type[Exception]] = DataError

    def transform(self, x: Array, out: Array) -> None:
        if not x.any():
            raise Picky.raises("0 is no price")
        super().transform(x, out)


def test_a_file_loads_whose_preprocessor_refuses_a_row_of_zeros(tmp_path: Path, monkeypatch: Any) -> None:
    wanted, registry = spec(saved(tmp_path, PRICES), data={"target_preprocessor": "picky"}), registry_with(Picky)
    model = zoo_core.train(wanted, registry=registry, output=tmp_path / "m.npz")
    np.testing.assert_array_equal(zoo_core.load(tmp_path / "m.npz", registry).predict(X), model.predict(X))
    monkeypatch.setattr(Picky, "raises", MemoryError)
    with pytest.raises(PluginError, match=r"'picky' .*MemoryError: 0 is no price"):
        zoo_core.load(tmp_path / "m.npz", registry)


def merged_data(about: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    return {**about, "spec": {**about["spec"], "data": data}}


# ------------------------------------------------------------------ preprocessors and losses of plugins


class OneWay(Preprocessor):
    """Has no way back."""

    name = "one_way"

    def transform(self, x: Array, out: Array) -> None:
        out[...] = np.log(x)


class Logarithm(OneWay):
    """Learns the logarithm of targets."""

    name = "logarithm"
    is_invertible = True

    def inverse(self, y: Array, out: Array) -> None:
        np.exp(y, out=out)


class Untouched(Logarithm):
    """Leaves `out` alone."""

    name = "untouched"

    def inverse(self, y: Array, out: Array) -> None:
        return None


class Wrong(Logarithm):
    """Comes back twice as large."""

    name = "wrong"

    def inverse(self, y: Array, out: Array) -> None:
        np.multiply(np.exp(y), 2, out=out)


class Forgetful(Standard):
    """Does not say that a model file must hold its scale."""

    name = "forgetful"
    state = ()

    def __init__(self) -> None:
        self.shift, self.scale = np.zeros(1), np.ones(1)


PLUGIN = registry_with(OneWay, Logarithm, Untouched, Wrong, Forgetful)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("one_way", SpecError, "data.target_preprocessor is 'one_way': it has no way back"),
        ("untouched", PluginError, "'untouched': its method 'inverse' left `out` as it was"),
        ("wrong", PluginError, r"'inverse' gave \S+ for the target \S+; it undoes what `transform` does"),
        ("forgetful", PluginError, "'forgetful' is the first part that differs"),
    ],
)
def test_a_preprocessor_that_does_not_lead_back_is_refused(
    tmp_path: Path, name: str, error: type[Exception], words: str
) -> None:
    wanted = spec(saved(tmp_path, np.abs(PRICES)), data={"target_preprocessor": name})
    with pytest.raises(error, match=words):
        zoo_core.train(wanted, registry=PLUGIN, output=tmp_path / "m.npz")


def test_a_preprocessor_of_a_plugin_scales_targets(tmp_path: Path) -> None:
    y = np.exp(X @ [0.5, 0.2, -0.3])
    wanted = spec(saved(tmp_path, y), data={"target_preprocessor": "logarithm"}, training={"epochs": 80})
    model = zoo_core.train(wanted, registry=PLUGIN)
    assert model.predict(X).min() > 0
    assert model.history[-1]["validation_r2"] == pytest.approx(figures(y[TEST], model.predict(X[TEST]))["r2"])
    assert model.history[-1]["validation_r2"] > 0.95


@dataclass(kw_only=True)
class Quantiles(Interval):
    """An interval whose ends are values in the unit of the target."""

    name = "quantiles"
    scales_targets = True


def test_both_ends_of_an_interval_have_the_scale_of_their_target(tmp_path: Path) -> None:
    y, registry = np.c_[PRICES + 3e4 * RNG.normal(size=160), SHARES], registry_with(Quantiles, Interval, Coverage)
    more = {"training": {"epochs": 150, "metrics": ["coverage", "rmse"]}}
    model = zoo_core.train(spec(saved(tmp_path, y), 4, model={"loss": "quantiles"}, **more), registry=registry)
    low, high = model.outputs(X)[:, ::2], model.outputs(X)[:, 1::2]
    assert model.history[-1]["train_coverage"] == pytest.approx(np.mean(((low <= y) & (y <= high))[TRAIN]), abs=0.05)
    np.testing.assert_allclose(model.predict(X), (low + high) / 2)
    for target in (0, 1):
        assert figures(y[:, target], model.predict(X)[:, target])["r2"] > 0.6
        assert np.mean((low <= y) & (y <= high), axis=0)[target] == pytest.approx(0.8, abs=0.15)
    unsaid = {"model": {"loss": "interval"}, "data": {"target_preprocessor": "standard"}}
    with pytest.raises(SpecError, match=r"the 4 outputs of loss 'interval' for 2 target\(s\)"):
        zoo_core.prepare(spec(saved(tmp_path, y), 4, **unsaid, **more), registry=registry)


def test_an_explained_step_shows_both_units(tmp_path: Path) -> None:
    y = np.c_[PRICES, SHARES]
    trainer = in_float64(zoo_core.prepare(spec(saved(tmp_path, y), 2, dtype="float32")))
    step = explain(trainer)
    assert step.cost.scaled_by == "standard"
    np.testing.assert_allclose(step.cost.own_targets, y[step.rows], rtol=1e-9)
    np.testing.assert_allclose(step.cost.targets, (y[step.rows] - y[TRAIN].mean(0)) / y[TRAIN].std(0), rtol=1e-6)
    page = "\n".join(line.plain for line in explanation_page(step, {"explained": "a step"}))
    row = step.excerpt.rows[0]
    assert "the targets, scaled by standard" in page
    shown = re.search(r"targets in the units of the data: (\S+), ", page)
    assert shown is not None
    assert float(shown[1].replace(",", "")) == pytest.approx(y[step.rows[row], 0], rel=1e-5)
    plain = explain(in_float64(zoo_core.prepare(spec(saved(tmp_path, y), 2, data={"target_preprocessor": "none"}))))
    assert (plain.cost.scaled_by, plain.cost.own_targets) == ("", None)
