"""A loaded model predicts without the half of its spec that only training needs; that half is checked at its use."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import Site, registry_with
from tests.helpers.specs import small_spec
from zoo_core import storage
from zoo_core.errors import ModelFileError, PluginError, SpecError
from zoo_core.hookspecs import LazyParts
from zoo_core.model import Model, model_from_file
from zoo_core.parts import Activation, Array
from zoo_core.registry import Registry, shipped_models
from zoo_plugins.generators.pcg64 import Pcg64
from zoo_plugins.optimizers.basic import Sgd

X = np.random.default_rng(0).integers(0, 256, (5, 784), dtype=np.uint8)
SHIPPED = sorted(name for name, model in shipped_models(Registry()).items() if model.weights is not None)

DRIFT = """
from zoo_plugins.optimizers.basic import Sgd

class Drift(Sgd):
    name = "drift"

PARTS = (Drift,)
"""
FAMILY = """
from zoo_core import LazyParts, hookimpl

@hookimpl
def zoo_parts():
    return [LazyParts("optimizer", "drift_parts", "drift")]
"""


class Drift(Sgd):
    """Gradient descent, of a plugin."""

    name = "drift"


class Shaken(Activation):
    """The identity, with a little noise, also outside training."""

    name = "shaken"

    def forward(self, x: Array, out: Array) -> None:
        np.add(x, self.rng.normal(size=x.shape), out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        out.fill(1.0)


def knowing(*parts: type | LazyParts, version: str = "1.0") -> Registry:
    return registry_with(*parts, distribution="zoo-drift", version=version)


def trained(path: Path, registry: Registry, **parts: str) -> Path:
    spec = small_spec(
        {"activation": parts.get("activation", "tanh")}, optimizer=parts.get("optimizer", "sgd"), name="drifting"
    )
    zoo_core.train(spec, registry=registry).save(path)
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_predicts_the_same_whether_or_not_its_whole_spec_is_read(name: str) -> None:
    model, whole = zoo_core.load(name), zoo_core.load(name)
    assert len(whole.metrics()) == len(whole.spec.training.metrics)
    np.testing.assert_array_equal(model.outputs(X), whole.outputs(X), strict=True)
    assert model.predict(X).tolist() == whole.predict(X).tolist()
    assert "spec" not in vars(model)
    assert model.spec.to_dict() == whole.spec.to_dict()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_loaded_model_predicts_and_evaluates_on_its_own(copied: Callable[[Model], Model]) -> None:
    model = zoo_core.load("glyphs-quickstart")
    other, wanted = copied(model), model.predict(X).tolist()
    assert other.lock is not model.lock
    with model.lock, ThreadPoolExecutor(1) as pool:
        assert pool.submit(other.predict, X).result(10).tolist() == wanted
    assert other.evaluate(X, other.predict(X)) == model.evaluate(X, model.predict(X))
    assert (other.spec.to_dict(), other.header()) == (model.spec.to_dict(), model.header())


def test_a_shallow_copy_shares_the_network_and_the_lock() -> None:
    model = zoo_core.load("glyphs-quickstart")
    other = copy.copy(model)
    assert (other.network, other.lock) == (model.network, model.lock)
    assert other.predict(X).tolist() == model.predict(X).tolist()


def test_a_part_that_draws_when_it_predicts_draws_the_same(tmp_path: Path) -> None:
    registry = knowing(Shaken)
    path = trained(tmp_path / "m.npz", registry, activation="shaken")
    model, whole = zoo_core.load(path, registry), zoo_core.load(path, registry)
    assert whole.spec.optimizer
    for _ in range(2):
        np.testing.assert_array_equal(model.outputs(X), whole.outputs(X), strict=True)


@pytest.mark.parametrize(("part", "place"), [(Drift, "optimizer"), (Shaken, "activation")])
def test_a_plugin_that_is_gone_is_named(tmp_path: Path, part: type, place: str) -> None:
    path = trained(tmp_path / "m.npz", knowing(part), **{place: part.name})  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match=rf"{place} .* of plugin zoo-drift 1\.0.*pip install 'zoo-drift==1\.0'"):
        zoo_core.load(path)


def test_a_plugin_of_another_version_is_warned_of_where_it_is_used(tmp_path: Path) -> None:
    registry = knowing(Shaken)
    path = trained(tmp_path / "m.npz", registry, activation="shaken")
    newer = knowing(Shaken, version="2.0")
    with pytest.warns(UserWarning, match=r"plugin zoo-drift 1\.0, and version 2\.0 is installed"):
        zoo_core.load(path, newer)


@pytest.mark.slow
def test_an_optimizer_that_no_longer_imports_does_not_stop_a_prediction(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.install("zoo-drift", FAMILY)
    (tmp_path / "drift_parts.py").write_text(DRIFT)
    np.save(tmp_path / "x.npy", X)
    spec_file = tmp_path / "s.json"
    spec_file.write_text(json.dumps(small_spec(optimizer="drift", name="drift")))  # which says nothing of its parts
    path = tmp_path / "m.npz"
    assert site.zoo("train", spec_file, "-o", path, "-q").returncode == 0
    whole = site.zoo("predict", path, tmp_path / "x.npy")
    (tmp_path / "drift_parts.py").write_text("import a_library_that_is_gone")
    broken = site.zoo("predict", path, tmp_path / "x.npy")
    assert (broken.returncode, broken.stdout, broken.stderr) == (0, whole.stdout, "")
    refused = site.zoo("evaluate", path)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "a_library_that_is_gone" in refused.stderr


@pytest.mark.parametrize(
    ("where", "wrong", "problem"),
    [
        (("model", "layers", 0, "units"), -1, r"spec: model\.layers\.0\.units: must be at least 1"),
        (("model", "layers", 0, "activation"), 7, "must be a name or a table"),
        (("data", "preprocessor"), None, r"data\.preprocessor is missing"),
        (("model",), "mlp", r"spec\.model\.layers: no list of layers"),
        (("model", "layers"), [], r"spec\.model\.layers: no list of layers"),
        (("model", "depth"), 7, r"spec: model\.depth: unknown key"),
        (("momentum",), 7, r"spec: momentum: unknown key"),
        (("dtype",), "float16", "dtype"),
    ],
)
def test_a_half_that_describes_no_network_is_refused(tmp_path: Path, where: Any, wrong: Any, problem: str) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    *path, last = where
    table = contents.header["spec"]
    for key in path:
        table = table[key]
    table[last] = wrong
    with pytest.raises(ModelFileError, match=f"^m.npz: its header does not describe a model: .*{problem}"):
        model_from_file(contents, "m.npz", Registry())


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"training": {"epochs": -1}}, r"spec: training\.epochs: must be at least 1"),
        ({"training": "long"}, "spec: training: must be a table"),
        ({"optimizer": {"name": "sgd", "learning_rate": -1}}, r"spec: optimizer\.learning_rate"),
        ({"optimizer": {"name": "sgd", "momentun": 0.9}}, r"spec: optimizer\.momentun: unknown key"),
        ({"optimizer": {}}, r"spec: optimizer: needs a name"),
    ],
)
def test_the_half_for_training_is_refused_at_its_first_use(tmp_path: Path, changed: Any, problem: str) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    wanted = zoo_core.load(tmp_path / "m.npz").predict(X).tolist()
    contents.header["spec"] |= changed
    model = model_from_file(contents, "m.npz", Registry())
    assert model.predict(X).tolist() == wanted
    for use in (lambda: model.evaluate(X, [0] * len(X)), lambda: model.spec, lambda: model.save(tmp_path / "n.npz")):
        with pytest.raises(ModelFileError, match=f"^m.npz: its header does not describe a model: {problem}"):
            use()
    assert not (tmp_path / "n.npz").exists()


@pytest.mark.parametrize("name", ["nobody", "zoo-drift:nobody", 7])
def test_an_unknown_optimizer_is_refused_at_its_first_use(tmp_path: Path, name: Any) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    contents.header["spec"]["optimizer"] = {"name": name}
    model = model_from_file(contents, "m.npz", Registry())
    assert len(model.predict(X)) == len(X)
    with pytest.raises((PluginError, ModelFileError), match=r"^m.npz: .*(unknown optimizer '.*nobody'|needs a name)"):
        model.evaluate(X, [0] * len(X))


def test_metrics_that_a_file_leaves_out_are_missed_at_their_first_use(tmp_path: Path) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    contents.header["spec"]["training"]["metrics"] = None
    model = model_from_file(contents, "m.npz", Registry())
    with pytest.raises(SpecError, match=r"^spec 'drifting': training\.metrics is missing; name them"):
        model.evaluate(X, [0] * len(X))


@pytest.mark.parametrize("key", ["optimizer", "data", "model"])
def test_a_table_that_is_missing_is_refused_at_once(tmp_path: Path, key: str) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    del contents.header["spec"][key]
    with pytest.raises(ModelFileError, match=r"^m.npz: its header does not describe a model: "):
        model_from_file(contents, "m.npz", Registry())


@pytest.mark.parametrize("key", ["name", "description", "seed", "dtype", "generator"])
def test_a_key_that_an_older_file_lacks_has_its_default(tmp_path: Path, key: str) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    del contents.header["spec"][key]
    del contents.header["spec"]["model"]["regularizers"]
    wanted = zoo_core.load(tmp_path / "m.npz").predict(X).tolist()
    assert model_from_file(contents, "m.npz", Registry()).predict(X).tolist() == wanted


def test_a_model_that_cannot_be_trained_further_may_still_predict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lost_parts.py").write_text("import a_library_that_is_gone")
    path = trained(tmp_path / "m.npz", knowing(Drift), optimizer="drift")
    registry = knowing(LazyParts("optimizer", "lost_parts", "drift"))
    model = zoo_core.load(path, registry)
    assert len(model.predict(X)) == len(X)
    further = partial(zoo_core.prepare, small_spec(), None, registry, start_from=path)
    for use in (lambda: model.evaluate(X, [0] * len(X)), further):
        with pytest.raises(PluginError, match=r"m.npz: needs optimizer 'drift' .*a_library_that_is_gone"):
            use()


def test_an_optimizer_that_keeps_its_state_otherwise_is_refused_at_its_first_use(tmp_path: Path) -> None:
    class Changed(Drift):
        state_version = 2

    path = trained(tmp_path / "m.npz", knowing(Drift), optimizer="drift")
    model = zoo_core.load(path, knowing(Changed))
    assert len(model.predict(X)) == len(X)
    with pytest.raises(PluginError, match=r"optimizer 'drift' .* version 1\.0 keeps its state in another form"):
        model.evaluate(X, [0] * len(X))


class Wilful(Activation):
    """Draws before it is needed."""

    name = "wilful"

    def start(self, width: int, dtype: Any) -> None:
        self.rng.random()

    def forward(self, x: Array, out: Array) -> None:
        np.copyto(out, x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        out.fill(1.0)


class Listening(Pcg64):
    """Remembers what it was asked for."""

    name = "listening"
    asked: ClassVar[list[str]] = []

    def stream(self, purpose: str) -> np.random.Generator:
        self.asked.append(purpose)
        return super().stream(purpose)


def test_streams_are_made_in_order_for_training_and_when_they_are_drawn_from_for_predicting(tmp_path: Path) -> None:
    registry = knowing(Wilful, Listening)
    layers = [{"units": 6, "activation": "tanh"}, {"units": 10, "activation": "wilful"}]
    model = {"loss": "mse", "layers": layers, "regularizers": [{"name": "dropout", "rate": 0.5}]}
    spec = small_spec(generator="listening", model=model)
    zoo_core.train(spec, registry=registry).save(tmp_path / "m.npz")
    places = [f"layers.{i}{what}" for i in (0, 1) for what in ("", ".activation")]
    Listening.asked.clear()
    zoo_core.prepare(spec, registry=registry)
    assert Listening.asked[: 2 + len(places)] == ["split", "input.regularizers.0", *places]
    Listening.asked.clear()
    zoo_core.load(tmp_path / "m.npz", registry).predict(X)
    assert Listening.asked == ["layers.1.activation"]


def test_only_the_file_that_is_wanted_is_read(tmp_path: Path) -> None:
    path = trained(tmp_path / "m.npz", Registry())
    digest = zoo_core.load(path).sha256
    assert len(zoo_core.load(path, sha256=digest, limit=path.stat().st_size).predict(X)) == len(X)
    with pytest.raises(ModelFileError, match="sha256"):
        zoo_core.load(path, sha256="0" * 64)
    with pytest.raises(ModelFileError, match="bytes"):
        zoo_core.load(path, limit=path.stat().st_size - 1)
