"""What predicts is made from the half of a model file that it needs, and gives what the whole model gives."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import Site
from zoo_core import storage
from zoo_core.errors import ModelFileError, PluginError
from zoo_core.hookspecs import LazyParts
from zoo_core.model import model_from_contents
from zoo_core.model._loading import predictor_from_contents
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


def knowing(*parts: type) -> Registry:
    registry = Registry()
    registry.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: list(parts))), "zoo-drift", "1.0")
    return registry


def spec(optimizer: str = "sgd", activation: str = "tanh") -> dict[str, Any]:
    return {
        "name": "drifting",
        "data": {"name": "glyphs", "rows": 60, "test_rows": 20},
        "model": {
            "loss": "cross_entropy",
            "layers": [{"units": 6, "activation": activation}, {"units": 10, "activation": "softmax"}],
        },
        "optimizer": optimizer,
        "training": {"epochs": 1},
    }


def trained(path: Path, registry: Registry, **parts: str) -> Path:
    zoo_core.train(spec(**parts), registry=registry).save(path)
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_it_gives_what_the_model_gives(name: str) -> None:
    model, predictor = zoo_core.load(name), zoo_core.load_predictor(name)
    np.testing.assert_array_equal(predictor.outputs(X), model.outputs(X), strict=True)
    assert predictor.predict(X).tolist() == model.predict(X).tolist()
    assert repr(predictor) == repr(model).replace("<Model", "<Predictor")


def test_a_part_that_draws_when_it_predicts_draws_the_same(tmp_path: Path) -> None:
    registry = knowing(Shaken)
    path = trained(tmp_path / "m.npz", registry, activation="shaken")
    model, predictor = zoo_core.load(path, registry), zoo_core.load_predictor(path, registry)
    for _ in range(2):
        np.testing.assert_array_equal(predictor.outputs(X), model.outputs(X), strict=True)


@pytest.mark.parametrize("loads", [zoo_core.load, zoo_core.load_predictor])
@pytest.mark.parametrize(("part", "place"), [(Drift, "optimizer"), (Shaken, "activation")])
def test_a_plugin_that_is_gone_is_named(tmp_path: Path, loads: Any, part: type, place: str) -> None:
    path = trained(tmp_path / "m.npz", knowing(part), **{place: part.name})  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match=rf"{place} .* of plugin zoo-drift 1\.0.*pip install 'zoo-drift==1\.0'"):
        loads(path)


def test_a_plugin_of_another_version_is_warned_of_where_it_is_used(tmp_path: Path) -> None:
    registry = knowing(Shaken)
    path = trained(tmp_path / "m.npz", registry, activation="shaken")
    newer = Registry()
    newer.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: [Shaken])), "zoo-drift", "2.0")
    with pytest.warns(UserWarning, match=r"plugin zoo-drift 1\.0, and version 2\.0 is installed"):
        zoo_core.load_predictor(path, newer)


def test_an_optimizer_that_no_longer_imports_does_not_stop_a_prediction(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.install("zoo-drift", FAMILY)
    (tmp_path / "drift_parts.py").write_text(DRIFT)
    np.save(tmp_path / "x.npy", X)
    spec_file = tmp_path / "s.json"
    spec_file.write_text(json.dumps(spec(optimizer="drift") | {"name": "drift"}))  # which says nothing of its parts
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
    ("where", "wrong", "said"),
    [
        (("model", "layers", 0, "units"), -1, r"spec: model\.layers\.0\.units: must be at least 1"),
        (("model", "layers", 0, "activation"), 7, "must be a name or a table"),
        (("data", "preprocessor"), None, r"data\.preprocessor is left open"),
        (("model",), "mlp", r"spec\.model\.layers: no list of layers"),
        (("model", "layers"), [], r"spec\.model\.layers: no list of layers"),
        (("model", "depth"), 7, r"spec: model\.depth: unknown key"),
        (("momentum",), 7, r"spec: momentum: unknown key"),
        (("dtype",), "float16", "dtype"),
    ],
)
def test_a_half_that_describes_no_network_is_refused(tmp_path: Path, where: Any, wrong: Any, said: str) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    *path, last = where
    table = contents.header["spec"]
    for key in path:
        table = table[key]
    table[last] = wrong
    with pytest.raises(ModelFileError, match=f"^m.npz: its header does not describe a model: .*{said}"):
        predictor_from_contents(contents, "m.npz", Registry())


def test_the_other_half_is_not_looked_at(tmp_path: Path) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    wanted = zoo_core.load(tmp_path / "m.npz").predict(X).tolist()
    contents.header["spec"] |= {"training": {"epochs": -1}, "optimizer": {"name": "sgd", "learning_rate": -1}}
    assert predictor_from_contents(contents, "m.npz", Registry()).predict(X).tolist() == wanted


@pytest.mark.parametrize("key", ["name", "description", "seed", "dtype", "generator"])
@pytest.mark.parametrize("read", [model_from_contents, predictor_from_contents])
def test_a_key_that_an_older_file_lacks_has_its_default(tmp_path: Path, key: str, read: Any) -> None:
    contents = storage.read_model_file(trained(tmp_path / "m.npz", Registry()))
    del contents.header["spec"][key]
    del contents.header["spec"]["model"]["regularizers"]
    wanted = zoo_core.load(tmp_path / "m.npz").predict(X).tolist()
    assert read(contents, "m.npz", Registry()).predict(X).tolist() == wanted


def test_a_model_that_cannot_be_loaded_may_still_predict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lost_parts.py").write_text("import a_library_that_is_gone")
    path = trained(tmp_path / "m.npz", knowing(Drift), optimizer="drift")
    registry = Registry()
    family = LazyParts("optimizer", "lost_parts", "drift")
    registry.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: [family])), "zoo-drift", "1.0")
    with pytest.raises(PluginError, match="a_library_that_is_gone"):
        zoo_core.load(path, registry)
    assert len(zoo_core.load_predictor(path, registry).predict(X)) == len(X)


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


def test_streams_are_given_out_in_order_for_training_and_as_they_are_drawn_from_for_predicting(tmp_path: Path) -> None:
    registry = knowing(Wilful, Listening)
    given = spec() | {"generator": "listening"}
    given["model"]["layers"][1]["activation"] = "wilful"
    given["model"] |= {"loss": "mse", "regularizers": [{"name": "dropout", "rate": 0.5}]}
    zoo_core.train(given, registry=registry).save(tmp_path / "m.npz")
    places = [f"layers.{i}{what}" for i in (0, 1) for what in ("", ".activation")]
    Listening.asked.clear()
    zoo_core.load(tmp_path / "m.npz", registry)
    assert Listening.asked == ["input.regularizers.0", *places]
    Listening.asked.clear()
    zoo_core.load_predictor(tmp_path / "m.npz", registry).predict(X)
    assert Listening.asked == ["layers.1.activation"]


def test_only_the_file_that_is_wanted_is_read(tmp_path: Path) -> None:
    path = trained(tmp_path / "m.npz", Registry())
    digest = zoo_core.load(path).sha256
    assert len(zoo_core.load_predictor(path, sha256=digest, limit=path.stat().st_size).predict(X)) == len(X)
    with pytest.raises(ModelFileError, match="sha256"):
        zoo_core.load_predictor(path, sha256="0" * 64)
    with pytest.raises(ModelFileError, match="bytes"):
        zoo_core.load_predictor(path, limit=path.stat().st_size - 1)
