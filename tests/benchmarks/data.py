"""The same numbers for every competitor: rows that can be learnt, and the weights that all start from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.workloads import Workload

Array = NDArray[Any]


def rows(count: int, inputs: int, classes: int) -> tuple[Array, Array]:
    """Return inputs, float32 in [-0.5, 0.5), shape (count, inputs), and the labels (int64) that a linear rule gives."""
    rng = np.random.default_rng(1)
    rule = rng.standard_normal((inputs, classes), np.float32)
    x = rng.random((count, inputs), np.float32)
    x -= 0.5
    return x, (x @ rule).argmax(axis=1)


def training_rows(work: Workload) -> tuple[Array, Array]:
    """Return what a workload trains on."""
    return rows(work.rows, work.widths[0], work.widths[-1])


def weights(layer: int, inputs: int, units: int) -> Array:
    """Return the matrix that a layer starts from, float32, uniform as Glorot and Bengio (2010) advise."""
    limit = math.sqrt(6 / (inputs + units))
    return np.random.default_rng([2, layer]).uniform(-limit, limit, (inputs, units)).astype(np.float32)


def starting_weights(work: Workload) -> list[Array]:
    """Return the matrix of each layer, shape (inputs, units); biases start at 0."""
    return [weights(i, *shape) for i, shape in enumerate(work.shapes)]


def cross_entropy(probabilities: Array, labels: Array) -> float:
    """Return the mean of -log of the probability given to the label of each row."""
    chosen = np.asarray(probabilities, np.float64)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-300)).mean())
