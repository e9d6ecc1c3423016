"""What training makes small: the loss on a batch plus penalties, and its gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from zoo_core._arrays import aligned_like
from zoo_core._part_checks import checked_losses, checked_penalty
from zoo_core.nn._assembly import is_fused
from zoo_core.nn._network import Layer, Network
from zoo_core.nn._workspace import Workspace
from zoo_core.parts import Array, Loss, Penalty


class Objective:
    """The batch at hand: evaluates network and loss into the network's gradient vector.

    It is the `Batch` that optimizers see. Put rows into `passing(rows).x`, call `look_at`, then `compute`. The value
    of the loss is worked out only where somebody asks for it: the gradient does not need it.
    """

    def __init__(self, network: Network, loss: Loss) -> None:
        self.network, self.part = network, loss
        self.fused = is_fused(loss, network)
        self._gradient = loss.fused_gradient if self.fused else None
        self._mean = loss.reduction == "mean"
        self.gradient_scale = 1.0  # of all gradients
        self._shares: dict[int, Array] = {}  # the factor of each row where all weigh the same, by the number of rows
        self._penalties = [(p, network.weights(la), network.weight_gradients(la)) for la, p in _penalties(network)]
        self._terms = [aligned_like(weights) for _, weights, _ in self._penalties]

    def set_batch(self, p: Workspace, targets: Array, weights: Array | None) -> None:
        """Take a batch whose inputs are in `p.x`; weights (rows,) are sample times class weights."""
        self.workspace, self.rows, self.targets, self.weights = p, p.rows, targets, weights

    def scale_gradients(self, factor: float) -> None:
        """Have gradients multiplied by a number from now on; that costs nothing, since each row has a factor anyway."""
        if factor != self.gradient_scale:
            self.gradient_scale = factor
            self._shares.clear()

    def evaluate(self) -> float:
        """Run forward and backward with the parameters as they are now; returns the objective.

        What the batch first gave stays in its arrays, to be counted.
        """
        self.workspace = self.workspace.for_reevaluation()
        self.compute()
        return self.loss

    def compute(self) -> None:
        """Run forward and backward without working out the objective."""
        for forward, x, y in self.workspace.forward:
            forward(x, y)
        self.backward()

    def backward(self) -> None:
        """Fill the gradient vector from the outputs of the last forward pass and the parameters as they are now."""
        p = self.workspace
        if self._gradient is not None:
            self._gradient(p.z, p.outputs, self.targets, p.delta)
        else:
            self.part.gradient(p.outputs, self.targets, p.delta)
        share = self._shares.get(self.rows) if self.weights is None else None
        p.delta *= self._share() if share is None else share
        for backward, x, y, grad, out in p.backward_fused if self.fused else p.backward:
            backward(x, y, grad, out)
        if self._penalties:
            self._add_penalties()

    def _add_penalties(self) -> None:
        for (penalty, weights, gradient), term in zip(self._penalties, self._terms, strict=True):
            penalty.gradient(weights, term)
            if self.gradient_scale != 1.0:
                term *= self.gradient_scale
            gradient += term

    def is_finite(self) -> bool:
        """Tell whether all outputs of the latest forward pass are finite."""
        outputs = self.workspace.flat_outputs
        return math.isfinite(outputs.dot(outputs)) or bool(np.isfinite(outputs).all())

    @property
    def loss(self) -> float:
        """The objective of the latest evaluation: what the gradient is the gradient of."""
        p = self.workspace
        values = row_losses(self.part, self.fused, p.z, p.outputs, self.targets)
        total = float(values.sum() if self.weights is None else values @ self.weights)
        return (total / self._divisor() if self._mean else total) + self.penalty()

    def penalty(self) -> float:
        """Return the sum of all penalties."""
        return float(sum(checked_penalty(penalty, penalty.value(weights)) for penalty, weights, _ in self._penalties))

    @property
    def has_penalties(self) -> bool:
        """Whether any layer has a penalty on its weights."""
        return bool(self._penalties)

    def _share(self) -> Array:
        """Return what the gradient of each row is multiplied by; in an array, which needs no conversion."""
        if self.weights is not None:
            return (self.weights * (self.gradient_scale / self._divisor()))[:, None].astype(self.workspace.delta.dtype)
        share = self._shares[self.rows] = np.asarray(self.gradient_scale / self._divisor(), self.workspace.delta.dtype)
        return share

    def _divisor(self) -> float:
        if not self._mean:
            return 1.0
        return float(max(self.rows, 1)) if self.weights is None else float(np.add.reduce(self.weights)) or 1.0


def _penalties(network: Network) -> Iterator[tuple[Layer, Penalty]]:
    return ((layer, penalty) for layer in network.layers for penalty in layer.penalties)


def row_losses(loss: Loss, fused: bool, z: Array, outputs: Array, targets: Array) -> Array:
    """Return the loss of each row, shape (rows,). Raises PluginError where the loss gives another shape."""
    values = loss.fused_value(z, outputs, targets) if fused else loss.value(outputs, targets)
    return checked_losses(loss, values, len(outputs))


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


def class_weights(loss: Loss, labels: Array, classes: int, weights: Array | None = None) -> Sequence[float] | None:
    """Return a weight for each class, or None; 'balanced' is rows / (classes * rows of the class).

    A row with a sample weight counts as so many rows. Source: King and Zeng, "Logistic regression in rare events
    data" (2001), as in scikit-learn.
    """
    if loss.class_weights is None:
        return None
    if loss.class_weights == "balanced":
        counts = np.bincount(labels, weights, minlength=classes)
        return [float(counts.sum() / (classes * n)) if n else 1.0 for n in counts]
    return loss.class_weights
