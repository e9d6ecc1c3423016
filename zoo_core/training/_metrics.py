"""The loss and the metrics of an epoch, gathered while it is trained."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.nn import Objective, row_losses
from zoo_core.parts import Metric
from zoo_core.training._batches import TargetBlock


class EpochMetrics:
    """Counts what the network gave for the batches of a block, when the block ends.

    Outputs are those before each update. After `settle`, `loss` is the mean over the epoch so far, and
    `values` are the losses of the block's rows.
    """

    def __init__(self, objective: Objective, metrics: Sequence[Metric]) -> None:
        self.objective, self.metrics = objective, metrics

    def start(self, rows: int) -> None:
        """Begin an epoch of `rows` rows."""
        self.total = self.weight = 0.0
        for metric in self.metrics:
            metric.start(rows, self.objective.network.outputs)

    def set_state(self, total: float, weight: float) -> None:
        """Take up what was counted of an epoch that has been started. Raises TypeError for what is no number."""
        self.total, self.weight = self.total + total, self.weight + weight

    @property
    def loss(self) -> float:
        """Mean loss over the rows counted so far."""
        return self.total / self.weight if self.weight else 0.0

    def update(self, block: TargetBlock) -> None:
        """Count the batches of a block, all of which the network has seen."""
        (z, outputs), weights = block.ends, block.weights
        values = row_losses(self.objective.part, self.objective.fused, z, outputs, block.targets)
        self.total += float(values.sum() if weights is None else values @ weights)
        self.values = values
        self.weight += len(values) if weights is None else float(weights.sum())
        for metric in self.metrics:
            metric.update(outputs, block.labels, weights)
