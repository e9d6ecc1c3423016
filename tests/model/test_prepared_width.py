"""A preprocessor may change the number of columns; models, files and displays go by it."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Ge, Le

import zoo_core
from tests.helpers.plugins import Site, registry_with
from tests.helpers.specs import small_spec
from zoo_core.errors import DataError, ModelFileError, PluginError
from zoo_core.parts import Preprocessor
from zoo_core.storage import read_model_file, write_model_file
from zoo_core.testing import check_part

SOURCE = '''
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from zoo_core import hookimpl
from zoo_core.parts import Preprocessor


@dataclass
class Powers(Preprocessor):
    """Appends x^2, ..., x^degree to the columns x. degree: 1 to 9."""

    name = "powers"
    degree: Annotated[int, Ge(1), Le(9)] = 2

    def output_width(self, inputs):
        return self.degree * inputs

    def transform(self, x, out):
        n = x.shape[1]
        for k in range(self.degree):
            np.power(x, k + 1, out=out[:, k * n : (k + 1) * n], dtype=out.dtype, casting="unsafe")


class DropConstant(Preprocessor):
    """Leaves out columns that do not vary in the training split."""

    name = "drop_constant"
    state = ("kept",)

    def fit(self, x):
        first = x.take(np.arange(1), axis=0)
        varies = np.zeros(x.shape[1], bool)
        for start in range(0, x.shape[0], 1000):
            varies |= (x.take(np.arange(start, min(start + 1000, x.shape[0])), axis=0) != first).any(axis=0)
        self.kept = np.flatnonzero(varies)

    def output_width(self, inputs):
        return len(self.kept)

    def transform(self, x, out):
        out[...] = x[:, self.kept]


@hookimpl
def zoo_parts():
    return [Powers, DropConstant]
'''
module = {"__name__": __name__}
exec(SOURCE, module)
Powers, DropConstant = module["Powers"], module["DropConstant"]
REGISTRY = registry_with(Powers, DropConstant)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    x[:, 2] = 7
    np.savez("t.npz", x=x, y=(x[:, 0] ** 2 + x[:, 1] > 1).astype(int))
    lines = [",".join(map(str, [*row, int(row[0] > 0)])) for row in x.tolist()]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,d,label", *lines]))
    return x


def spec(preprocessor, path="t.npz", **model):
    layers = [{"units": 6, "activation": "tanh"}, {"units": 2, "activation": "softmax"}]
    return {
        "data": {"name": path[-3:], "path": path, "validation": 0.2, "test": 0.2, "preprocessor": preprocessor},
        "model": {"loss": "cross_entropy", "layers": layers, **model},
        "optimizer": "adam",
        "training": {"epochs": 3, "batch_size": 30},
    }


CASES = {"powers": ({"name": "powers", "degree": 3}, 12), "drop_constant": ("drop_constant", 3)}


def prepared(name, x):
    return np.hstack([x, x**2, x**3]) if name == "powers" else x[:, [0, 1, 3]]


@pytest.mark.parametrize("name", CASES)
def test_the_network_has_the_prepared_columns_and_the_model_those_of_the_data(data, name):
    part, width = CASES[name]
    model = zoo_core.train(spec(part), registry=REGISTRY, output="m.npz")
    assert (model.about.inputs, model.network.inputs) == (4, width)
    assert f"4 -> {width} -> 6 tanh" in repr(model)
    w = model.network.state()
    hidden = np.tanh(prepared(name, data).astype(np.float32) @ w["layers.0.weights"] + w["layers.0.bias"])
    z = hidden @ w["layers.1.weights"] + w["layers.1.bias"]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.outputs(data), p, rtol=1e-4, atol=1e-6)
    loaded = zoo_core.load("m.npz", REGISTRY)
    assert (loaded.about.inputs, loaded.network.inputs) == (4, width)
    np.testing.assert_array_equal(loaded.outputs(data), model.outputs(data))
    with pytest.raises(DataError, match=r"needs \(rows, 4\)"):
        loaded.predict(prepared(name, data))


@pytest.mark.parametrize("name", CASES)
def test_a_run_is_resumed_and_started_from(data, name):
    part, width = CASES[name]
    registry = registry_with(Powers, DropConstant)
    whole = zoo_core.train(spec(part), registry=registry, output="whole.npz")
    trainer = zoo_core.prepare(spec(part), registry=registry)
    from zoo_core.runs import Output
    from zoo_core.runs._checkpoint_writer import save_checkpoint

    for event in trainer.events():
        if type(event).__name__ == "EpochEnded":
            break
    save_checkpoint(Output("m.npz"), trainer)
    resumed = zoo_core.resume("m.npz", registry=registry)
    np.testing.assert_array_equal(resumed.network.parameters, whole.network.parameters)
    further = zoo_core.train(spec(part), registry=registry, start_from="whole.npz")
    assert further.network.inputs == width
    assert further.outputs(data).shape == (300, 2)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.slow
def test_every_command_works_with_it(data, tmp_path, name):
    site = Site(tmp_path)
    site.install("zoo-mine", SOURCE)
    part = CASES[name][0]
    table = part if isinstance(part, dict) else {"name": part}
    options = "".join(f", {k} = {v}" for k, v in table.items() if k != "name")
    (tmp_path / "s.toml").write_text(
        f'''name = "s"
[data]
name = "csv"
path = "t.csv"
target = "label"
validation = 0.2
test = 0.2
preprocessor = {{ name = "{name}"{options} }}
[model]
loss = "cross_entropy"
layers = [{{ units = 6, activation = "tanh" }}, {{ units = 2, activation = "softmax" }}]
[optimizer]
name = "adam"
[training]
epochs = 2
batch_size = 30
'''
    )
    for command in (
        ["train", "s.toml", "-o", "m.npz", "-q"],
        ["evaluate", "m.npz"],
        ["evaluate", "m.npz", "--data", "t.csv"],
        ["predict", "m.npz", "t.csv"],
        ["explain", "s.toml"],
        ["explain", "m.npz"],
        ["plot", "m.npz"],
        ["plot", "m.npz", "--kind", "confusion"],
        ["show", "m.npz"],
        ["compare", "m.npz", "m.npz"],
        ["plugins", "check", "zoo-mine"],
    ):
        done = site.zoo(*command)
        if command[0] == "predict":
            assert done.returncode == 0 or "label" in done.stderr, done.stderr
        elif command != ["explain", "m.npz"]:
            assert done.returncode == 0, (command, done.stdout[-800:], done.stderr)


def test_weights_that_are_no_longer_pixels_are_no_pictures(tmp_path, monkeypatch, run_zoo):
    site = Site(tmp_path)
    site.install("zoo-mine", SOURCE)
    model = zoo_core.train(small_spec(data={"preprocessor": "powers"}), registry=REGISTRY)
    model.save(tmp_path / "m.npz")
    done = site.zoo("plot", tmp_path / "m.npz", "--kind", "weights", "-o", tmp_path / "w.png")
    assert done.returncode == 2
    assert "its preprocessor 'powers' makes 1568 columns of 784 pixels" in done.stderr


def change(path, **arrays):
    contents = read_model_file(path)
    own = {k: v for k, v in contents.header.items() if k not in ("format", "version", "requires", "arrays", "sha256")}
    new = {k: v for k, v in {**contents.arrays, **arrays}.items() if v is not None}
    write_model_file(path, own, new)


@pytest.mark.parametrize("kept", [None, np.arange(2), np.arange(0), np.array([0, 1, 9]), np.zeros((3, 3))])
def test_a_file_whose_preprocessor_gives_another_width_is_refused(data, kept):
    zoo_core.train(spec("drop_constant"), registry=REGISTRY, output="m.npz")
    change("m.npz", **{"preprocessor.kept": kept})
    with pytest.raises((ModelFileError, PluginError)) as error:
        zoo_core.load("m.npz", REGISTRY)
    assert "m.npz" in str(error.value) or "drop_constant" in str(error.value)


@pytest.mark.parametrize("width", [0, -1, 2.5, None, "3", True])
def test_a_width_that_is_no_number_of_columns_is_the_fault_of_the_part(data, width):
    wrong = type("Wrong", (Powers,), {"name": "wrong", "output_width": lambda self, inputs: width})
    with pytest.raises(PluginError, match="preprocessor 'wrong': its method 'output_width' returned"):
        zoo_core.train(spec("wrong"), registry=registry_with(wrong))
    assert {r.check: r.state for r in check_part(wrong)}["width"] == "failed"


@pytest.mark.parametrize("part", [Powers, DropConstant])
def test_the_kit_passes_them(part):
    assert [r for r in check_part(part, REGISTRY) if r.state == "failed"] == []


def test_the_kit_finds_a_width_that_is_not_in_the_state():
    forgets = type("Forgets", (DropConstant,), {"state": (), "__doc__": DropConstant.__doc__})
    assert {r.check: r.state for r in check_part(forgets, REGISTRY)}["state"] == "failed"


@dataclass
class Shifted(Preprocessor):
    """Subtracts the mean, times `share`: a dataclass, which has no hash."""

    name = "shifted"
    state = ("mean",)
    share: Annotated[float, Ge(0), Le(1)] = 0.5

    def fit(self, x):
        self.mean = x.take(np.arange(x.shape[0]), axis=0).mean(axis=0)

    def transform(self, x, out):
        np.subtract(x, self.share * self.mean, out=out, casting="unsafe")


def test_a_preprocessor_with_options_and_state_comes_back(tmp_path):
    registry, spec = registry_with(Shifted), small_spec(data={"preprocessor": {"name": "shifted", "share": 0.25}})
    made = zoo_core.train(spec, registry=registry, output=tmp_path / "m.npz")
    x = np.random.default_rng(0).uniform(0, 255, (5, made.about.inputs))
    np.testing.assert_array_equal(zoo_core.load(tmp_path / "m.npz", registry).outputs(x), made.outputs(x))


class Unsaved(Preprocessor):
    """Twice the columns, times a number that the model file does not hold."""

    name = "unsaved"
    factor = 1.0

    def fit(self, x):
        self.factor = 2.0

    def output_width(self, inputs):
        return 2 * inputs

    def transform(self, x, out):
        out[...] = self.factor * np.hstack([x, x])


def test_outputs_that_would_differ_after_loading_are_refused(tmp_path):
    registry = registry_with(Unsaved)
    with pytest.raises(PluginError, match=r"other outputs after loading\. preprocessor 'unsaved' is the first"):
        zoo_core.train(small_spec(data={"preprocessor": "unsaved"}), registry=registry, output=tmp_path / "m.npz")
