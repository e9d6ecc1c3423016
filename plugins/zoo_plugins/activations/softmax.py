"""Activations that mix the columns of a row; they work in hidden layers, too."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Activation, Array
from zoo_plugins._rows import row_maximum, sums_beside
from zoo_plugins._special import largest_exponent

FEW = 64  # entries whose squares are likely to add up to little
LITTLE = 5000.0  # squares that add up to less are those of moderate numbers: none is beyond 71, and 80 - log(FEW) is 75


def minus_maximum(z: Array, out: Array) -> None:
    """Write each row less its largest entry, so that `exp` cannot overflow."""
    np.subtract(z, row_maximum(z)[:, None], out=out)


def is_moderate(z: Array) -> bool:
    """Tell whether `exp` of every entry, and the sum of a row of them, is an ordinary number; no for NaN."""
    if 0 < z.size <= FEW:
        flat = z.ravel()
        if flat.dot(flat) < LITTLE:
            return True
    bound = largest_exponent(z) - math.log(z.shape[1])
    return z.size > 0 and z.item(z.argmax()) < bound and z.item(z.argmin()) > -bound


@dataclass
class Softmax(Activation):
    """Normalized exponential: f_i(z) = exp(z_i) / sum_j exp(z_j); a row sums to 1 (Bridle 1990)."""

    name = "softmax"
    backward_is_linear = True

    def forward(self, z: Array, out: Array) -> None:
        if is_moderate(z):
            np.exp(z, out=out)
        else:
            minus_maximum(z, out)
            np.exp(out, out=out)
        out /= sums_beside(out)

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
