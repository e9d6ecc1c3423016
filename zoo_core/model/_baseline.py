"""The baseline of a table: the figures of a model that looks at no input and gives each row the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from zoo_core.model._header import DataDescription
from zoo_core.nn import Decision, Network
from zoo_core.parts import Array, ClassDecision, Metric, Table
from zoo_core.spec import named_figures

BLOCK = 4096  # rows that a metric gets at once


class BaselineModel(Protocol):
    """What the baseline needs of a model."""

    network: Network
    about: DataDescription

    @property
    def decision(self) -> Decision:
        """How outputs become classes."""

    def metrics(self, decision: ClassDecision | None = None) -> list[Metric]:
        """Return new metrics."""


@dataclass(frozen=True)
class _ConstantDecision:
    """Gives each row the most frequent class, the shares of the classes as probabilities, and the means as values.

    Of several labels, each row has those that most rows have.
    """

    shares: Array  # (classes,), the mean of each target (targets,), or the share of each label (labels,)
    gives_probabilities: bool

    def classes(self, outputs: Array) -> Array:
        return np.full(len(outputs), self.shares.argmax())

    def probabilities(self, outputs: Array) -> Array | None:
        return np.tile(self.shares, (len(outputs), 1)) if self.gives_probabilities else None

    def values(self, outputs: Array) -> Array:
        return np.tile(self.shares, (len(outputs), 1))

    def labels(self, outputs: Array) -> Array:
        return np.tile(self.shares > 0.5, (len(outputs), 1))

    def label_probabilities(self, outputs: Array) -> Array | None:
        return np.tile(self.shares, (len(outputs), 1)) if self.gives_probabilities else None


def baseline_of(table: Table, rows: Array | slice, classes: int) -> list[float]:
    """Return the share of each class or label, or the mean of each target, in some rows; sample weights count."""
    y, weights = table.y[rows], None if table.weights is None else table.weights[rows]
    if y.ndim == 2:
        return [float(mean) for mean in np.average(y.astype(np.float64), axis=0, weights=weights)]
    counts = np.bincount(y, weights, minlength=classes)
    return [float(share) for share in counts / counts.sum()]


@np.errstate(all="ignore")
def baseline_figures(model: BaselineModel, table: Table) -> dict[str, float]:
    """Return the figures of a model that gives each row the same answer: the most frequent class, the mean, or labels.

    The training rows say which. Of several labels, each row has those that most training rows have.

    Empty if the file of the model does not tell what these are.
    """
    answer = np.array(model.about.baseline)
    task, width = model.about.task, model.network.outputs
    if len(answer) != (model.decision.class_count if task == "classification" else width):
        return {}
    outputs, own = answer if len(answer) == width else np.zeros(width), model.decision
    several = task == "multilabel"
    decision = _ConstantDecision(answer, own.gives_label_probabilities if several else own.gives_probabilities)
    metrics = model.metrics(decision)
    for metric in metrics:
        metric.start(len(table.y), len(outputs))
        for start in range(0, len(table.y), BLOCK):
            rows = slice(start, start + BLOCK)
            weights = None if table.weights is None else table.weights[rows]
            metric.update(np.tile(outputs, (len(table.y[rows]), 1)), table.y[rows], weights)
    return named_figures(metrics)
