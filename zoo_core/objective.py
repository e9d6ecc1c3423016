"""What training makes small: the loss on a batch plus penalties, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.assembly import is_fused
from zoo_core.network import Layer, Network
from zoo_core.parts import Array, Loss, Penalty


class Objective:
    """The batch at hand: evaluates network and loss into the network's gradient vector.

    It is the `Batch` that optimizers see. Put rows into `x(rows)`, then call `look_at`, then `evaluate`.
    """

    def __init__(self, network: Network, loss: Loss) -> None:
        self.network, self.part = network, loss
        self.fused = is_fused(loss, network)
        self.rows = 0
        self._penalties: list[tuple[Layer, Penalty]] = [(la, p) for la in network.layers for p in la.penalties]
        self._terms = [np.empty_like(network.weights(la)) for la, _ in self._penalties]

    def x(self, rows: int) -> Array:
        """Return the buffer for the inputs of a batch, shape (rows, features)."""
        return self.network.buffers(rows).x

    def look_at(self, rows: int, targets: Array, weights: Array | None) -> None:
        """Take a batch whose inputs are in `x(rows)`; weights (rows,) are sample times class weights."""
        self.rows, self._targets, self.weights = rows, targets, weights
        self._buffers = self.network.buffers(rows)

    def evaluate(self) -> float:
        """Run forward and backward with the parameters as they are now; returns the objective."""
        self.compute()
        return self.loss

    def compute(self) -> None:
        """Evaluate without adding up the objective, which most optimizers never ask for."""
        b = self._buffers
        self.outputs = self.network.forward(b)
        if self.fused:
            self.values = self.part.fused_value(b.inputs[-1], self.outputs, self._targets)
        else:
            self.values = self.part.value(self.outputs, self._targets)
        self.total, self.weight = self._sum(self.values)
        self.backward()

    @property
    def loss(self) -> float:
        """The objective of the latest evaluation: what the gradient is the gradient of."""
        data = self.total / self.weight if self.part.reduction == "mean" else self.total
        return data + sum(p.value(self.network.weights(la)) for la, p in self._penalties)

    def backward(self) -> None:
        """Fill the gradient vector from the outputs of the last forward pass and the parameters as they are now."""
        b = self._buffers
        if self.fused:
            self.part.fused_gradient(b.inputs[-1], self.outputs, self._targets, b.delta)
        else:
            self.part.gradient(self.outputs, self._targets, b.delta)
        self._scale(b.delta)
        self.network.backward(b, fused=self.fused)
        for (layer, penalty), term in zip(self._penalties, self._terms, strict=True):
            penalty.gradient(self.network.weights(layer), term)
            gradient = self.network.weight_gradients(layer)
            gradient += term

    def penalty(self) -> float:
        """Return the sum of all penalties."""
        return float(sum(p.value(self.network.weights(la)) for la, p in self._penalties))

    @property
    def has_penalties(self) -> bool:
        """Whether any layer has a penalty on its weights."""
        return bool(self._penalties)

    def _sum(self, values: Array) -> tuple[float, float]:
        if self.weights is None:
            return float(np.add.reduce(values)), float(self.rows)
        return float(np.dot(values, self.weights)), float(np.add.reduce(self.weights))

    def _scale(self, delta: Array) -> None:
        """Weigh rows, and divide by the sum of weights where the reduction is the mean."""
        divisor = self.weight if self.part.reduction == "mean" else 1.0
        if self.weights is not None:
            delta *= (self.weights / divisor).astype(delta.dtype)[:, None]
        elif divisor != 1.0:
            delta *= 1.0 / divisor


def measure(loss: Loss, fused: bool, z: Array, outputs: Array, targets: Array) -> Array:
    """Return the loss of each row outside training, shape (rows,)."""
    return loss.fused_value(z, outputs, targets) if fused else loss.value(outputs, targets)


def targets_for(loss: Loss, labels: Array, outputs: int, dtype: np.dtype[np.generic]) -> Array:
    """Return labels (rows,) in the form that a loss takes: as they are, one-hot, or one column of 0 and 1."""
    if labels.ndim == 2:
        return labels.astype(dtype, copy=False)
    if loss.targets == "labels" and outputs > 1:
        return labels
    return one_hot(labels, outputs, dtype)


def one_hot(labels: Array, outputs: int, dtype: np.dtype[np.generic]) -> Array:
    """Return labels (rows,) as rows of 0 and 1, shape (rows, outputs); one output is the label itself."""
    if outputs == 1:
        return labels.astype(dtype)[:, None]
    hot = np.zeros((len(labels), outputs), dtype)
    hot[np.arange(len(labels)), labels] = 1
    return hot


def class_weights(loss: Loss, labels: Array, classes: int) -> Sequence[float] | None:
    """Return a weight for each class, or None; 'balanced' is rows / (classes * rows of the class).

    Source: King and Zeng, "Logistic regression in rare events data" (2001), as in scikit-learn.
    """
    if loss.class_weights is None:
        return None
    if loss.class_weights == "balanced":
        counts = np.bincount(labels, minlength=classes)
        return [len(labels) / (classes * max(int(n), 1)) for n in counts]
    return loss.class_weights
