"""Activations that depend on all columns of a row. They also work in hidden layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.parts import Activation, Array
from zoo_plugins._rows import row_maximum, sums_beside
from zoo_plugins._special import largest_exponent

SMALL_SIZE = 64  # up to this number of entries, the sum of squares is tested first: one fast call
MODERATE_SQUARES = 5000.0  # a smaller sum of squares has no entry beyond 71, and the bound 80 - log(SMALL_SIZE) is 75


def minus_maximum(z: Array, out: Array) -> None:
    """Write each row minus its largest entry, so that `exp` cannot overflow."""
    np.subtract(z, row_maximum(z)[:, None], out=out)


def is_moderate(z: Array) -> bool:
    """Return whether `exp` of each entry, and its sum over a row, neither overflows nor underflows; false for NaN."""
    if 0 < z.size <= SMALL_SIZE:
        flat = z.ravel()
        if flat.dot(flat) < MODERATE_SQUARES:
            return True
    bound = largest_exponent(z) - math.log(z.shape[1])
    return z.size > 0 and z.item(z.argmax()) < bound and z.item(z.argmin()) > -bound


@dataclass
class Softmax(Activation):
    """Normalized exponential: f_i(z) = exp(z_i) / sum_j exp(z_j); each row sums to 1 (Bridle 1990)."""

    name = "softmax"
    backward_is_linear = True

    def forward(self, z: Array, out: Array) -> None:
        if is_moderate(z):
            np.exp(z, out=out)
        else:
            minus_maximum(z, out)
            np.exp(out, out=out)
        out /= sums_beside(out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Softmax(x)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        # The Jacobian diag(y) - y y^T times grad
        np.multiply(grad, y, out=out)
        mean = np.add.reduce(out, axis=1, keepdims=True)
        np.subtract(grad, mean, out=out)
        out *= y


@dataclass
class LogSoftmax(Activation):
    """Logarithm of softmax: f_i(z) = z_i - log(sum_j exp(z_j)) (PyTorch, `LogSoftmax`)."""

    name = "log_softmax"
    backward_is_linear = True

    def forward(self, z: Array, out: Array) -> None:
        exponentials = self.scratch(z)
        minus_maximum(z, out)
        np.exp(out, out=exponentials)
        out -= np.log(np.add.reduce(exponentials, axis=1, keepdims=True))

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.LogSoftmax(x)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        np.exp(y, out=out)
        out *= np.add.reduce(grad, axis=1, keepdims=True)
        np.subtract(grad, out, out=out)


@dataclass
class Sparsemax(Activation):
    """Projection onto the simplex: probabilities with exact zeros (Martins and Astudillo 2016, alg. 1)."""

    name = "sparsemax"
    backward_is_linear = True

    def forward(self, z: Array, out: Array) -> None:
        shifted = self.scratch(z)
        minus_maximum(z, shifted)
        np.subtract(shifted, self._threshold(shifted), out=out)
        np.maximum(out, 0.0, out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        # The threshold is the largest of (sum of the k largest entries - 1) / k.
        z = x - x.max(axis=1, keepdims=True)
        excess = np.cumsum(-np.sort(-z, axis=1), axis=1) - 1.0
        ranks = np.arange(1, z.shape[1] + 1, dtype=z.dtype)
        return np.maximum(z - (excess / ranks).max(axis=1, keepdims=True), 0.0)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        support = self.scratch(y, "support")
        np.greater(y, 0.0, out=support)
        np.multiply(grad, support, out=out)
        mean = np.add.reduce(out, axis=1, keepdims=True) / np.add.reduce(support, axis=1, keepdims=True)
        np.subtract(grad, mean, out=out)
        out *= support

    @staticmethod
    def _threshold(z: Array) -> Array:
        descending = -np.sort(-z, axis=1)
        excess = np.cumsum(descending, axis=1) - 1.0
        ranks = np.arange(1, z.shape[1] + 1, dtype=z.dtype)
        support = np.add.reduce(ranks * descending > excess, axis=1, keepdims=True)
        last: Array = np.take_along_axis(excess, support - 1, axis=1)
        last /= support
        return last


PARTS = (Softmax, LogSoftmax, Sparsemax)
