"""The mean loss and the metrics of rows that come in batches."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.contract import checked_losses
from zoo_core.nn._units import TargetUnits
from zoo_core.parts import Array, Loss, Metric
from zoo_core.spec import named_figures


def row_losses(loss: Loss, fused: bool, z: Array, outputs: Array, targets: Array) -> Array:
    """Return the loss of each row, shape (rows,). Raises PluginError if the loss gives another shape."""
    values = loss.fused_value(z, outputs, targets) if fused else loss.value(outputs, targets)
    return checked_losses(loss, values, len(outputs))


class RunningMetrics:
    """Adds up losses and metrics, batch by batch. `fused` tells whether the loss takes the output layer's input.

    Losses are of the targets that the network learns; metrics are in the user's own units, which `units` knows.
    `total` is the weighted sum of losses, `weight` that of weights, `values` the losses of the latest batch (rows,).
    """

    def __init__(self, loss: Loss, fused: bool, metrics: Sequence[Metric], units: TargetUnits) -> None:
        self.loss, self.fused, self.metrics, self.units = loss, fused, metrics, units
        self.total = self.weight = 0.0

    def start(self, rows: int, outputs: int) -> None:
        """Reset all sums and metrics, for `rows` rows of a network with `outputs` outputs."""
        self.total = self.weight = 0.0
        for metric in self.metrics:
            metric.start(rows, outputs)

    def add(self, total: float, weight: float) -> None:
        """Add sums that were counted earlier. Raises TypeError unless both are numbers."""
        self.total, self.weight = self.total + total, self.weight + weight

    def update(self, z: Array, outputs: Array, targets: Array, labels: Array, weights: Array | None) -> None:
        """Count a batch: `targets` are for the loss, `labels` for the metrics, `weights` (rows,) for both."""
        values = self.values = row_losses(self.loss, self.fused, z, outputs, targets)
        self.total += float(values.sum() if weights is None else values @ weights)
        self.weight += len(values) if weights is None else float(weights.sum())
        own = self.units.own(outputs) if self.metrics else outputs
        for metric in self.metrics:
            metric.update(own, labels, weights)

    @property
    def mean_loss(self) -> float:
        """Weighted mean of the losses; 0 if the weights add up to 0."""
        return self.total / self.weight if self.weight else 0.0

    def figures(self) -> dict[str, float]:
        """Return the metric values by name. Raises PluginError unless each is a number."""
        return named_figures(self.metrics)
