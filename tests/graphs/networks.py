"""Small networks around one part, whose layers hand their inputs on, so that the part meets them as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

import zoo_core
from zoo_core.model import Model
from zoo_core.parts import Array

OPTIONS: dict[str, list[dict[str, Any]]] = {  # of activations and normalizers, besides the defaults
    "leaky_relu": [{"slope": 0.3}], "elu": [{"alpha": 2.0}], "celu": [{"alpha": 0.5}], "prelu": [{"shared": True}],
    "gelu": [{"approximate": "tanh"}], "softplus": [{"beta": 3.0}], "maxout": [{"pieces": 3}],
    "hard_shrink": [{"threshold": 0.1}], "soft_shrink": [{"threshold": 0.1}], "squareplus": [{"b": 0.1}],
    "threshold": [{"threshold": 0.5, "value": -2.0}],
    "clipped_linear": [{"slope": 0.3, "offset": 0.1, "minimum": -1.0, "maximum": 2.0}],
    "layer_norm": [{"epsilon": 0.01}],
}  # fmt: skip
WIDTH = 6


def extreme_rows(columns: int, dtype: Any) -> Array:
    """Return 257 rows: numbers of all sizes, zeros of both signs, kinks, and where `exp` overflows."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 3, (257, columns))
    special = [0.0, -0.0, 0.5, -0.5, 1, -1, 2, -2, 3, -3, 6, -6, 1e-3, -1e-7, 1e-30, 20, -20, 80.5, -80.5, 87, -87, 104,
               -104, 1e3, -1e3, 1e4, -1e4]  # fmt: skip
    for row, value in enumerate(special):
        x[row] = value
        x[row + 30, row % columns] = value
    x[60:90] *= 100
    return x.astype(dtype)


def network_with(kind: str, name: str, options: dict[str, Any], dtype: str, place: str) -> Model:
    """Return an untrained model for a regression, with a part in its hidden or in its output layer."""
    part = {"name": name, **options}
    layer: dict[str, Any] = {"units": WIDTH, "bias_initializer": "normal", kind: part}
    if kind == "normalizer":
        layer["activation"] = "identity"
    layers = [layer, {"units": WIDTH, "activation": "identity"}] if place == "hidden" else [layer]
    columns = {"maxout": options.get("pieces", 2), "glu": 2, "swiglu": 2, "geglu": 2, "reglu": 2}.get(name, 1) * WIDTH
    spec = {
        "dtype": dtype,
        "data": {"preprocessor": "none", "target_preprocessor": "none"},
        "model": {"loss": "mse", "layers": layers},
        "optimizer": "sgd",
        "training": {"epochs": 1},
    }
    x = np.random.default_rng(1).normal(0, 1, (20, columns))
    model: Model = zoo_core.prepare(spec, data=(x, x[:, :WIDTH])).model
    _fill(model)
    return model


def _fill(model: Model) -> None:
    """Give matrices the values of the identity, and other parameters and state some values."""
    rng = np.random.default_rng(2)
    state = {name: array.copy() for name, array in model.network.state().items()}
    for name, array in state.items():
        if name.endswith(".weights") and array.ndim == 2:
            array[...] = np.eye(*array.shape)
        elif name.endswith(".bias"):
            array[...] = 0
        else:
            array[...] = rng.uniform(0.2, 1.5, array.shape)
    model.network.restore(state)
