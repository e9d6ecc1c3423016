"""The loss and the metrics of an epoch, gathered while it is trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.objective import Objective, measure
from zoo_core.parts import Array, Metric

BLOCK_ROWS = 128  # rows that are counted together where batches are small: a metric costs as much as a small step


class Tally:
    """Counts the batches that an objective looks at, in blocks of `steps` batches.

    Outputs are those before each update. After `settle`, which ends a block, `loss` is the mean so far.
    """

    def __init__(self, objective: Objective, metrics: Sequence[Metric], batch_size: int) -> None:
        self.objective, self.metrics = objective, metrics
        self.steps = max(1, BLOCK_ROWS // batch_size)
        shape = (self.steps * batch_size, objective.network.outputs)
        self._outputs = np.empty(shape, objective.network.dtype)
        self._z = np.empty_like(self._outputs)
        self._pending: list[tuple[Array, Array | None, Array]] = []
        self._filled = 0

    def start(self, rows: int) -> None:
        """Begin an epoch of `rows` rows."""
        self.total = self.weight = 0.0
        for metric in self.metrics:
            metric.start(rows, self.objective.network.outputs)

    def go_to(self, total: float, weight: float) -> None:
        """Take up what was counted of an epoch that has been started. Raises TypeError for what is no number."""
        self.total, self.weight = self.total + total, self.weight + weight

    @property
    def loss(self) -> float:
        """Mean loss over the rows counted so far."""
        return self.total / self.weight if self.weight else 0.0

    def add(self, y: Array) -> None:
        """Take in the batch that the objective has just computed; `y` are its labels (rows,) or values."""
        o = self.objective
        if self.steps == 1:
            self._count(o.at.z, o.at.outputs, o.targets, o.weights, y)
            return
        begin, self._filled = self._filled, self._filled + o.rows
        self._outputs[begin : self._filled] = o.at.outputs
        if o.fused:
            self._z[begin : self._filled] = o.at.z
        self._pending.append((o.targets, o.weights, y))

    def settle(self) -> None:
        """Count what has been taken in since the last call."""
        if not self._pending:
            return
        targets, weights, y = zip(*self._pending, strict=True)
        weighted = None if weights[0] is None else np.concatenate(weights)
        n, self._filled = self._filled, 0
        self._pending.clear()
        self._count(self._z[:n], self._outputs[:n], np.concatenate(targets), weighted, np.concatenate(y))

    def _count(self, z: Array, outputs: Array, targets: Array, weights: Array | None, y: Array) -> None:
        values = measure(self.objective.part, self.objective.fused, z, outputs, targets)
        self.total += float(values.sum() if weights is None else values @ weights)
        self.weight += len(values) if weights is None else float(weights.sum())
        for metric in self.metrics:
            metric.update(outputs, y, weights)
