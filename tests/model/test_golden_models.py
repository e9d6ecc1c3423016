"""Model files of every released version load for ever and predict what plain NumPy computes from their arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from tests.golden import golden_plugin
from zoo_core import storage
from zoo_core.cli import run
from zoo_core.errors import ModelFileError, PluginError
from zoo_core.model import Model, model_from_file, provenance
from zoo_core.registry import Registry
from zoo_core.spec import parts_of

GOLDEN = Path(__file__).parents[1] / "golden"
DIGESTS = {  # a released file is never written again
    "golden-classes-0.1": "fc25adbc92847e034aa354502cfe860385a359b6e6dea343e0b94c815606c714",
    "golden-values-0.1": "56fd9df1d8bd5fa619d1ab47c8f970d866facf3af58e4d6192b3f8e2d27fb981",
    "golden-plugin-0.1": "4a4e38854d36c04425ec453e9d87ae3b808358d73ae42ac233e2dfc079af0d44",
}
X = np.random.default_rng(11).normal(size=(50, 4))


class Rival:
    """Another plugin that brings an activation `bent`."""

    @dataclass
    class Bent(golden_plugin.Bent):
        state_version = 2

    @zoo_core.hookimpl
    def zoo_parts(self) -> list[type]:
        return [self.Bent]


@pytest.fixture(scope="module")
def registry() -> Registry:
    registry = Registry()
    registry.add(golden_plugin, "zoo-golden", "1.0")
    return registry


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def classes(x: np.ndarray, a: dict[str, np.ndarray]) -> np.ndarray:
    z = ((x - a["preprocessor.shift"]) / a["preprocessor.scale"]) @ a["layers.0.weights"] + a["layers.0.bias"]
    z = (z - a["layers.0.normalizer.running_mean"]) / np.sqrt(a["layers.0.normalizer.running_variance"] + 1e-5)
    h = np.maximum(z * a["layers.0.normalizer.gamma"] + a["layers.0.normalizer.beta"], 0)
    return softmax(h @ a["layers.1.weights"] + a["layers.1.bias"])


def values(x: np.ndarray, a: dict[str, np.ndarray]) -> np.ndarray:
    h = np.tanh(((x - a["preprocessor.shift"]) / a["preprocessor.scale"]) @ a["layers.0.weights"] + a["layers.0.bias"])
    return h @ a["layers.1.weights"]


def bent(x: np.ndarray, a: dict[str, np.ndarray]) -> np.ndarray:
    z = x @ a["layers.0.weights"] + a["layers.0.bias"]
    h = 2 * np.tanh(z) + a["layers.0.activation.slope"] * z
    return 1 / (1 + np.exp(-(h @ a["layers.1.weights"] + a["layers.1.bias"])))


FORWARD = {"golden-classes-0.1": classes, "golden-values-0.1": values, "golden-plugin-0.1": bent}


def test_every_golden_file_is_tested() -> None:
    assert {path.stem for path in (GOLDEN / "models").glob("*.npz")} == DIGESTS.keys() == FORWARD.keys()


@pytest.mark.parametrize("name", DIGESTS)
def test_the_bytes_are_those_of_the_release(name: str) -> None:
    assert hashlib.sha256((GOLDEN / "models" / f"{name}.npz").read_bytes()).hexdigest() == DIGESTS[name]


@pytest.mark.parametrize(("name", "forward"), FORWARD.items(), ids=list(FORWARD))
def test_outputs_are_what_numpy_computes_from_the_arrays(
    name: str, forward: Callable[..., np.ndarray], registry: Registry
) -> None:
    path = GOLDEN / "models" / f"{name}.npz"
    model = zoo_core.load(path, registry)
    with np.load(path) as file:
        arrays = {key: file[key].astype(np.float64) for key in file.files if key != "header"}
    wanted = forward(X, arrays)
    single = model.network.dtype == np.float32
    np.testing.assert_allclose(model.outputs(X), wanted, rtol=2e-5 if single else 1e-12, atol=1e-6 if single else 0)
    if name == "golden-classes-0.1":
        assert model.predict(X).tolist() == np.array(["ash", "birch", "cedar"])[wanted.argmax(axis=1)].tolist()
    if name == "golden-plugin-0.1":
        assert model.predict(X).tolist() == (wanted[:, 0] >= 0.5).astype(int).tolist()


@pytest.mark.parametrize("name", DIGESTS)
def test_a_file_loaded_and_saved_holds_the_same(name: str, registry: Registry, tmp_path: Path) -> None:
    model = zoo_core.load(GOLDEN / "models" / f"{name}.npz", registry)
    model.save(tmp_path / "again.npz")
    again = zoo_core.load(tmp_path / "again.npz", registry)
    assert (again.spec.to_dict(), again.about, again.history) == (model.spec.to_dict(), model.about, model.history)
    np.testing.assert_array_equal(again.outputs(X), model.outputs(X), strict=True)


def test_without_its_plugin_a_file_is_refused_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    path = GOLDEN / "models" / "golden-plugin-0.1.npz"
    with pytest.raises(PluginError, match=r"activation 'bent' of plugin zoo-golden 1\.0.*zoo-golden==1\.0") as caught:
        zoo_core.load(path)
    assert caught.value.exit_code == 4
    needs = r"activation 'bent' of plugin zoo-golden 1\.0[\s\S]*pip install 'zoo-golden==1\.0'"
    for spec, earlier in ((path, None), ("glyphs-quickstart", path)):
        with pytest.raises(PluginError, match=needs):
            zoo_core.train(spec, start_from=earlier)
    assert run(["show", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["sha256"] == DIGESTS["golden-plugin-0.1"]
    assert shown["parameters"] == 4 * 4 + 4 + 4 + 4 + 1


def test_a_file_that_hides_which_plugin_it_needs_is_refused(registry: Registry) -> None:
    contents = storage.read_model_file(GOLDEN / "models" / "golden-plugin-0.1.npz")
    contents.header["plugins"] = [p for p in contents.header["plugins"] if p["distribution"] != "zoo-golden"]
    with pytest.raises(ModelFileError, match=r"uses activation 'bent' of zoo-golden, which its list of plugins leaves"):
        model_from_file(contents, "m.npz", registry)


@pytest.mark.parametrize("version", ["0.9", "1.1"])
def test_another_version_of_the_plugin_is_warned_of_once(version: str) -> None:
    registry = Registry()
    registry.add(golden_plugin, "zoo-golden", version)
    with pytest.warns(UserWarning, match=rf"plugin zoo-golden 1\.0, and version {version} is installed") as warned:
        zoo_core.load(GOLDEN / "models" / "golden-plugin-0.1.npz", registry)
    assert len(warned) == 1


def test_a_plugin_that_keeps_its_state_otherwise_is_refused() -> None:
    registry = Registry()
    registry.add(Rival(), "zoo-golden", "2.0")
    with pytest.raises(PluginError, match=r"version 2\.0 keeps its state in another form.*'zoo-golden==1\.0'"):
        zoo_core.load(GOLDEN / "models" / "golden-plugin-0.1.npz", registry)


def test_a_plugin_of_a_python_process_is_not_to_be_installed() -> None:
    registry = Registry()
    registry.add(golden_plugin)
    layers = [{"units": 4, "activation": "bent"}, {"units": 10, "activation": "softmax"}]
    spec = {"model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": {"epochs": 1}}
    data = np.random.default_rng(1).random((20, 3)), np.arange(20) % 10
    contents = zoo_core.train(spec, data=data, registry=registry).to_bytes()
    assert zoo_core.load(contents, registry).spec.model.layers[0].activation.name == "bent"
    with pytest.raises(PluginError, match=r"activation 'bent' of plugin local 0, which is not there") as caught:
        zoo_core.load(contents, Registry())
    assert "Registry.add" in str(caught.value)
    assert "pip install" not in str(caught.value)


def test_a_name_that_two_plugins_bring_means_the_one_that_the_file_names(tmp_path: Path) -> None:
    registry = Registry()
    registry.add(golden_plugin, "zoo-golden", "1.0")
    registry.add(Rival(), "zoo-rival", "1.0")
    model = zoo_core.load(GOLDEN / "models" / "golden-plugin-0.1.npz", registry)
    assert {p["distribution"] for p in model.plugins if p["name"] == "bent"} == {"zoo-golden"}
    spec = model.spec.to_dict()
    spec["model"]["layers"][0]["activation"]["name"] = "zoo-rival:bent"
    chosen = zoo_core.Spec.parse(spec, registry)
    assert chosen.to_dict()["model"]["layers"][0]["activation"]["name"] == "zoo-rival:bent"
    Model(chosen, model.about, plugins=provenance(registry, parts_of(chosen))).save(tmp_path / "rival.npz")
    again = zoo_core.load(tmp_path / "rival.npz", registry)
    assert {p["distribution"] for p in again.plugins if p["name"] == "bent"} == {"zoo-rival"}
    assert again.spec.to_dict() == chosen.to_dict()
    assert type(again.network.layers[0].activation) is Rival.Bent
    assert type(model.network.layers[0].activation) is golden_plugin.Bent
