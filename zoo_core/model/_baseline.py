"""The baseline of a table: the figures of a model that looks at no input and gives each row the same answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_core.model._assembled import AssembledModel
from zoo_core.model._description import DataDescription
from zoo_core.parts import Array, Table
from zoo_core.spec import named_figures

BLOCK = 4096  # rows that a metric gets at once
ROUNDING = 1e-6  # of a sum of shares
_ANSWERS = {"classification": "classes", "regression": "targets", "multilabel": "labels"}


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


def baseline_fault(about: DataDescription, outputs: int) -> str:
    """Return what is wrong with the baseline in a file of a network with `outputs` outputs, or ''."""
    shares, task = np.array(about.baseline), about.task
    count = about.class_count(outputs) if task == "classification" else about.target_count(outputs)
    if len(shares) not in (0, count):
        return f"about.baseline has {len(shares)} numbers, and the model has {count} {_ANSWERS[task]}"
    if task != "regression" and ((shares < 0) | (shares > 1)).any():
        return f"about.baseline holds {shares[np.argmax((shares < 0) | (shares > 1))]:g}, which is no share"
    if task == "classification" and len(shares) and abs(shares.sum() - 1) > ROUNDING:
        return f"about.baseline has shares that add up to {shares.sum():g}, not to 1"
    return ""


@np.errstate(all="ignore")
def baseline_figures(model: AssembledModel, table: Table) -> dict[str, float]:
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
