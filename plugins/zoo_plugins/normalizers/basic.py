"""Normalizers with a trained scale gamma and shift beta for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import DTypeLike

from zoo_core.parts import Array, Normalizer, Parameter

Epsilon = Annotated[float, Gt(0), Le(1)]


def row_means(left: Array, right: Array) -> Array:
    """Return the mean over the columns of left * right, shape (rows, 1)."""
    mean: Array = np.einsum("ij,ij->i", left, right)
    mean /= left.shape[1]
    return mean[:, None]


@dataclass
class BatchNorm(Normalizer):
    """Normalize each column over the batch: gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Source: Ioffe and Szegedy 2015, alg. 1. Outside training, running statistics replace those of the batch. They are
    updated once a step: running = (1 - momentum) * running + momentum * batch. As in PyTorch, momentum is the weight
    of the new batch (Keras: of the old), and the running variance is the unbiased one, divided by rows - 1.
    A batch of one row gives beta and does not change the running statistics.
    momentum: above 0 and up to 1; epsilon: above 0 and up to 1.
    """

    name = "batch_norm"
    backward_is_linear = True
    state = ("running_mean", "running_variance")

    momentum: Annotated[float, Gt(0), Le(1)] = 0.1
    epsilon: Epsilon = 1e-5

    def parameters(self, width: int) -> dict[str, Parameter]:
        return {"gamma": Parameter((width,), 1.0), "beta": Parameter((width,), 0.0)}

    def start(self, width: int, dtype: DTypeLike) -> None:
        self.running_mean: Array = np.zeros(width, dtype)
        self.running_variance: Array = np.ones(width, dtype)
        self._rows = 0

    def forward(self, x: Array, out: Array) -> None:
        normalized = self.scratch(x, "normalized")
        self._rows = len(x)
        self._mean = np.add.reduce(x, axis=0) / len(x)
        np.subtract(x, self._mean, out=normalized)
        self._variance = np.einsum("ij,ij->j", normalized, normalized) / len(x)
        self._inverse = 1 / np.sqrt(self._variance + self.epsilon)
        normalized *= self._inverse
        np.multiply(normalized, self.weights["gamma"], out=out)
        out += self.weights["beta"]

    def infer(self, x: Array, out: Array) -> None:
        np.subtract(x, self.running_mean, out=out)
        out *= self.weights["gamma"] / np.sqrt(self.running_variance + self.epsilon)
        out += self.weights["beta"]

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        normalized, gamma, beta = (
            self.scratch(x, "normalized"),
            self.gradients["gamma"],
            self.gradients["beta"],
        )
        np.einsum("ij,ij->j", grad, normalized, out=gamma)
        np.add.reduce(grad, axis=0, out=beta)
        # out = gamma / sqrt(variance + epsilon) * (grad - mean(grad) - normalized * mean(grad * normalized))
        np.multiply(normalized, gamma / -len(x), out=out)
        out -= beta / len(x)
        out += grad
        out *= self.weights["gamma"] * self._inverse

    def end_step(self) -> None:
        if self._rows < 2:
            return
        self.running_mean *= 1 - self.momentum
        self.running_mean += self.momentum * self._mean
        self.running_variance *= 1 - self.momentum
        self.running_variance += self.momentum * self._rows / (self._rows - 1) * self._variance


@dataclass
class LayerNorm(Normalizer):
    """Normalize each row over its columns: gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Source: Ba, Kiros and Hinton 2016, eq. 4.
    epsilon: above 0 and up to 1.
    """

    name = "layer_norm"
    backward_is_linear = True

    epsilon: Epsilon = 1e-5

    def parameters(self, width: int) -> dict[str, Parameter]:
        return {"gamma": Parameter((width,), 1.0), "beta": Parameter((width,), 0.0)}

    def forward(self, x: Array, out: Array) -> None:
        normalized = self.scratch(x, "normalized")
        np.subtract(x, np.add.reduce(x, axis=1, keepdims=True) / x.shape[1], out=normalized)
        variance = np.einsum("ij,ij->i", normalized, normalized) / x.shape[1]
        self._inverse = (1 / np.sqrt(variance + self.epsilon))[:, None]
        normalized *= self._inverse
        np.multiply(normalized, self.weights["gamma"], out=out)
        out += self.weights["beta"]

    def onnx(self, graph: Any, x: Any) -> Any:
        gamma, beta = self.weights["gamma"], self.weights["beta"]
        return graph.LayerNormalization(x, gamma, beta, axis=1, epsilon=self.epsilon)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        normalized, scaled = self.scratch(x, "normalized"), self.scratch(x, "scaled")
        np.einsum("ij,ij->j", grad, normalized, out=self.gradients["gamma"])
        np.add.reduce(grad, axis=0, out=self.gradients["beta"])
        # out = (g - mean(g) - normalized * mean(g * normalized)) / sqrt(variance + epsilon), g = gamma * grad
        np.multiply(grad, self.weights["gamma"], out=scaled)
        np.multiply(normalized, row_means(scaled, normalized), out=out)
        np.subtract(scaled, out, out=out)
        out -= np.add.reduce(scaled, axis=1, keepdims=True) / x.shape[1]
        out *= self._inverse


@dataclass
class RmsNorm(Normalizer):
    """Divide each row by its root mean square: gamma x / sqrt(mean(x^2) + epsilon) (Zhang and Sennrich 2019).

    epsilon: above 0 and up to 1.
    """

    name = "rms_norm"
    backward_is_linear = True

    epsilon: Epsilon = 1e-6

    def parameters(self, width: int) -> dict[str, Parameter]:
        return {"gamma": Parameter((width,), 1.0)}

    def forward(self, x: Array, out: Array) -> None:
        normalized = self.scratch(x, "normalized")
        self._inverse = 1 / np.sqrt(row_means(x, x) + self.epsilon)
        np.multiply(x, self._inverse, out=normalized)
        np.multiply(normalized, self.weights["gamma"], out=out)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        normalized, scaled = self.scratch(x, "normalized"), self.scratch(x, "scaled")
        np.einsum("ij,ij->j", grad, normalized, out=self.gradients["gamma"])
        np.multiply(grad, self.weights["gamma"], out=scaled)
        np.multiply(normalized, row_means(scaled, normalized), out=out)
        np.subtract(scaled, out, out=out)
        out *= self._inverse


PARTS = (BatchNorm, LayerNorm, RmsNorm)
