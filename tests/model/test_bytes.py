"""A model as bytes: `to_bytes`, loading from bytes and open files, pickles."""

import copy
import io
import pickle
import subprocess
import sys

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from zoo_core.errors import ModelFileError, UsageError
from zoo_core.parts import Activation

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(100, 20)), RNG.integers(0, 2, 100)
LAYERS = [{"units": 16, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
SPEC = {"model": {"loss": "cross_entropy", "layers": LAYERS}, "optimizer": "adam", "training": {"epochs": 2}}


class Square(Activation):
    name = "bytes_square"

    def forward(self, x, out):
        np.square(x, out=out)

    def derivative(self, z, a, out):
        np.multiply(z, 2, out=out)


@pytest.fixture(scope="module")
def model():
    return zoo_core.train(SPEC, data=(X, Y))


def test_the_bytes_are_those_of_the_file(model, tmp_path):
    model.save(tmp_path / "m.npz")
    assert model.to_bytes() == (tmp_path / "m.npz").read_bytes()
    assert np.load(io.BytesIO(model.to_bytes()))["layers.0.weights"].shape == (20, 16)


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, io.BytesIO])
def test_a_model_is_loaded_from_bytes(model, form):
    other = zoo_core.load(form(model.to_bytes()))
    np.testing.assert_array_equal(other.outputs(X), model.outputs(X))
    assert other.evaluate(X, Y) == model.evaluate(X, Y)


def test_bytes_are_read_as_strictly_as_files(model, tmp_path):
    good = model.to_bytes()
    path = tmp_path / "bad.npz"
    for bad in (b"", b"no model", good[:-1], good[:200] + bytes([good[200] ^ 1]) + good[201:], pickle.dumps(model)):
        path.write_bytes(bad)
        with pytest.raises(ModelFileError) as from_file:
            zoo_core.load(path)
        with pytest.raises(ModelFileError) as caught:
            zoo_core.load(bad)
        assert str(caught.value) == str(from_file.value).replace(str(path), "the given file")
        assert isinstance(caught.value, ValueError)
    for given in (good, io.BytesIO(good)):
        with pytest.raises(ModelFileError, match="more than the limit"):
            zoo_core.load(given, limit=len(good) - 1)
    with pytest.raises(ModelFileError, match="sha256"):
        zoo_core.load(good, sha256="0" * 64)
    with pytest.raises(UsageError, match="'rb'"):
        zoo_core.load(io.StringIO("text"))


@pytest.mark.parametrize("name", ["glyphs-quickstart", ""])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_about_as_large_as_the_file(model, name, protocol):
    given = zoo_core.load(name) if name else model
    data = pickle.dumps(given, protocol)
    if protocol > 2:  # older ones write bytes as text
        assert len(data) <= 1.2 * len(given.to_bytes())
    other = pickle.loads(data)
    assert other.header() == given.header()
    assert other.sha256 == given.sha256
    for key, array in given.arrays().items():
        np.testing.assert_array_equal(other.arrays()[key], array)


def test_a_pickle_needs_no_registry(tmp_path):
    """Pickle finds the class of a part that only one registry of another process knew."""
    spec = {**SPEC, "model": {"loss": "mse", "layers": [{"units": 1, "activation": "bytes_square"}]}}
    model = zoo_core.train(spec, registry=registry_with(Square), data=(X, Y))
    (tmp_path / "m.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "x.npy", X)
    code = f"import pickle, numpy as np; m = pickle.load(open({str(tmp_path / 'm.pickle')!r}, 'rb')); "
    code += f"print(repr(m.outputs(np.load({str(tmp_path / 'x.npy')!r})).tobytes()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(model.outputs(X).tobytes())


def test_a_copy_goes_on_on_its_own(model):
    other = copy.deepcopy(model)
    other.network.parameters[:] = 0
    assert np.any(model.network.parameters)
    assert other.spec == model.spec
