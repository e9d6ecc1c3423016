"""`Model.activations` gives what each layer computes, for any number of rows, as copies."""

from __future__ import annotations

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import DataError

LAYERS = [
    {"units": 6, "activation": "tanh", "normalizer": "batch_norm", "regularizers": ["dropout"]},
    {"units": 4, "activation": "glu", "regularizers": ["l2"]},
    {"units": 1},
]
SPEC = {"model": {"loss": "mse", "layers": LAYERS}, "optimizer": "adam", "dtype": "float64", "training": {"epochs": 2}}


@pytest.fixture(scope="module")
def model() -> zoo_core.Model:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    return zoo_core.train(SPEC, data=(x, 100 * x[:, 0] + rng.normal(size=200)))


@pytest.mark.parametrize("rows", [1, 5, 3000])
def test_layers_are_those_of_the_formulas(model: zoo_core.Model, rows: int) -> None:
    x = np.random.default_rng(1).normal(size=(rows, 3))
    found, state = model.activations(x), model.network.state()
    assert {path: array.shape for path, array in found.items()} == {
        "layers.0": (rows, 6), "layers.1": (rows, 4), "layers.2": (rows, 1)
    }  # fmt: skip
    wide = found["layers.0"] @ state["layers.1.weights"] + state["layers.1.bias"]
    np.testing.assert_allclose(found["layers.1"], wide[:, :4] / (1 + np.exp(-wide[:, 4:])), rtol=1e-12, atol=1e-14)
    last = found["layers.1"] @ state["layers.2.weights"] + state["layers.2.bias"]
    np.testing.assert_allclose(found["layers.2"], last, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(model.units.own(found["layers.2"]), model.outputs(x))


def test_they_are_copies(model: zoo_core.Model) -> None:
    first = model.activations(np.zeros((5, 3)))
    kept = {path: array.copy() for path, array in first.items()}
    model.activations(np.ones((5, 3)))
    assert all((first[path] == kept[path]).all() for path in kept)


def test_wrong_rows_are_refused(model: zoo_core.Model) -> None:
    for x in (np.zeros((5, 2)), np.full((2, 3), np.nan)):
        with pytest.raises(DataError):
            model.activations(x)
