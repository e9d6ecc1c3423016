"""The objective: the loss of a batch plus penalties, and its gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from zoo_core.basics import aligned_like
from zoo_core.contract import checked_penalty
from zoo_core.nn._assembly import is_fused
from zoo_core.nn._evaluation import row_losses
from zoo_core.nn._layers import Layer
from zoo_core.nn._network import Network
from zoo_core.nn._workspace import Workspace
from zoo_core.parts import Array, Loss, Penalty


class Objective:
    """Runs network and loss on a batch, and writes the network's gradient vector.

    It is the `Batch` that optimizers see. The value of the loss is computed only when `loss` is read: the gradient does
    not need it.

    Args:
        network: its vector of gradients is written.
        loss: the loss of the output layer.

    Example:
        objective.set_batch(workspace, targets, None)
        objective.compute()
    """

    def __init__(self, network: Network, loss: Loss) -> None:
        self.network, self.part = network, loss
        self.fused = is_fused(loss, network)
        self._gradient = loss.fused_gradient if self.fused else None
        self._is_mean = loss.reduction == "mean"
        self.gradient_scale = 1.0  # of all gradients
        self._shared_factors: dict[int, Array] = {}  # the factor of each row without weights, by the number of rows
        self._penalties = [
            (penalty, network.weights(layer), network.weight_gradients(layer)) for layer, penalty in _penalties(network)
        ]
        self._terms = [aligned_like(weights) for _, weights, _ in self._penalties]

    def set_batch(self, workspace: Workspace, targets: Array, weights: Array | None) -> None:
        """Take a batch whose inputs are in `workspace.x`; weights (rows,) are sample weights times class weights."""
        self.workspace, self.rows, self.targets, self.weights = workspace, workspace.rows, targets, weights

    def scale_gradients(self, factor: float) -> None:
        """Multiply gradients by a number from now on. It costs nothing: each row has a factor anyway."""
        if factor != self.gradient_scale:
            self.gradient_scale = factor
            self._shared_factors.clear()

    def evaluate(self) -> float:
        """Run forward and backward with the present parameters; returns the objective.

        The outputs of the batch's first pass are kept, since metrics count those.
        """
        self.workspace = self.workspace.for_reevaluation()
        self.compute()
        return self.loss

    def compute(self) -> None:
        """Run forward and backward with the present parameters."""
        for forward, x, y in self.workspace.forward:
            forward(x, y)
        self.backward()

    def backward(self) -> None:
        """Fill the gradient vector from the outputs of the last forward pass and the present parameters."""
        workspace = self.workspace
        if self._gradient is not None:
            self._gradient(workspace.z, workspace.outputs, self.targets, workspace.delta)
        else:
            self.part.gradient(workspace.outputs, self.targets, workspace.delta)
        factor = self._shared_factors.get(self.rows) if self.weights is None else None
        workspace.delta *= self._row_factors() if factor is None else factor
        for backward, x, y, grad, out in workspace.backward_fused if self.fused else workspace.backward:
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
        """Return whether all outputs of the latest forward pass are finite."""
        outputs = self.workspace.flat_outputs
        return math.isfinite(outputs.dot(outputs)) or bool(np.isfinite(outputs).all())

    @property
    def loss(self) -> float:
        """The objective of the latest forward pass, whose gradient `compute` writes."""
        workspace = self.workspace
        values = row_losses(self.part, self.fused, workspace.z, workspace.outputs, self.targets)
        total = float(values.sum() if self.weights is None else values @ self.weights)
        return (total / self._divisor() if self._is_mean else total) + self.penalty()

    def penalty(self) -> float:
        """Return the sum of all penalties."""
        return float(sum(checked_penalty(penalty, penalty.value(weights)) for penalty, weights, _ in self._penalties))

    @property
    def has_penalties(self) -> bool:
        """Whether any layer has a penalty on its weights."""
        return bool(self._penalties)

    def _row_factors(self) -> Array:
        """Return the factor of each row's gradient, as an array, which NumPy need not convert."""
        if self.weights is not None:
            return (self.weights * (self.gradient_scale / self._divisor()))[:, None].astype(self.workspace.delta.dtype)
        factor = self._shared_factors[self.rows] = np.asarray(
            self.gradient_scale / self._divisor(), self.workspace.delta.dtype
        )
        return factor

    def _divisor(self) -> float:
        if not self._is_mean:
            return 1.0
        return float(max(self.rows, 1)) if self.weights is None else float(np.add.reduce(self.weights)) or 1.0


def _penalties(network: Network) -> Iterator[tuple[Layer, Penalty]]:
    return ((layer, penalty) for layer in network.layers for penalty in layer.penalties)
