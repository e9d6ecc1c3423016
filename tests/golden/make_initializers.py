"""Makes initializers.npz: mean, standard deviation and largest size of 20 draws of PyTorch and Keras.

Run it with a Python that has torch, keras and jax. The weights have 400 inputs and 300 units; PyTorch's have the shape
(units, inputs). Constants and the identity are stored themselves. For a random orthogonal matrix, its product with its
own transpose is stored; for a sparse one also the share of zeros in a column.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import json
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import torch
from torch.nn import init

DRAWS, INPUTS, UNITS = 20, 400, 300
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def moments(values):
    return np.array([values.mean(), values.std(), np.abs(values).max()])


def by_torch(fill):
    return moments(np.stack([fill(torch.empty(UNITS, INPUTS)).numpy().T for _ in range(DRAWS)]))


def by_keras(make, **options):
    draws = [np.asarray(make(seed=seed, **options)((INPUTS, UNITS)), np.float64) for seed in range(DRAWS)]
    return moments(np.stack(draws))


def orthogonal():
    matrix = init.orthogonal_(torch.empty(4, 6), gain=1.5)
    return (matrix @ matrix.T).numpy()


def case(peer, figures, name, **options):
    return f"{name} {json.dumps(options)}", peer, figures


K, ROOT = keras.initializers, float(np.sqrt(2))
CASES = [
    case("torch", init.zeros_(torch.empty(4, 6)).numpy().T, "zeros"),
    case("torch", init.ones_(torch.empty(4, 6)).numpy().T, "ones"),
    case("torch", init.constant_(torch.empty(4, 6), 0.3).numpy().T, "constant", value=0.3),
    case("torch", init.eye_(torch.empty(4, 6)).numpy().T, "identity"),
    case("torch", orthogonal(), "orthogonal", gain=1.5),
    case("torch", by_torch(lambda w: init.uniform_(w, -1, 3)), "uniform", low=-1.0, high=3.0),
    case("torch", by_torch(lambda w: init.normal_(w, 0.5, 2)), "normal", mean=0.5, std=2.0),
    case("torch", by_torch(lambda w: init.trunc_normal_(w, 0, 3, -6, 6)), "truncated_normal", std=3.0),
    case("torch", by_torch(lambda w: init.xavier_uniform_(w, 1.5)), "glorot_uniform", gain=1.5),
    case("torch", by_torch(init.xavier_normal_), "glorot_normal"),
    case("torch", by_torch(lambda w: init.kaiming_uniform_(w, nonlinearity="relu")), "he_uniform", gain=ROOT),
    case("torch", by_torch(lambda w: init.kaiming_normal_(w, nonlinearity="relu")), "he_normal", gain=ROOT),
    case("keras", by_keras(K.LecunUniform), "lecun_uniform"),
    case("torch", by_torch(lambda w: init.kaiming_normal_(w, nonlinearity="linear")), "lecun_normal"),
    case("keras", by_keras(K.VarianceScaling), "variance_scaling"),
    case(
        "keras", by_keras(K.VarianceScaling, scale=3.0, mode="fan_out", distribution="uniform"),
        "variance_scaling", scale=3.0, mode="fan_out", distribution="uniform",
    ),
    case("torch", by_torch(lambda w: init.sparse_(w.T, 0.9, 0.5).T), "sparse", sparsity=0.9, std=0.5),
]  # fmt: skip

np.savez_compressed(
    Path(__file__).with_name("initializers.npz"),
    versions=np.array([f"{peer} {version(peer)}" for peer in ("torch", "keras")]),
    cases=np.array([key for key, _, _ in CASES]),
    peers=np.array([peer for _, peer, _ in CASES]),
    **{f"figures.{i}": figures for i, (_, _, figures) in enumerate(CASES)},
)
