"""Metrics of predicted classes: means over rows, and metrics from counts of true and predicted classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from zoo_core.parts import Array, Metric


def predicted(outputs: Array) -> Array:
    """Return the class of each row: that of the largest output; for one output, 1 from a probability of 1/2."""
    return outputs[:, 0] >= 0.5 if outputs.shape[1] == 1 else outputs.argmax(axis=1)


class Mean(Metric):
    """Base of the metrics that are a weighted mean over rows of `of_rows`."""

    state = ("total", "weight")

    def start(self, rows: int, outputs: int) -> None:
        """Reset the sums."""
        self.total: float = 0
        self.weight: float = 0

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        values = self.of_rows(outputs, targets)
        if weights is None:
            counted = values.dtype == bool
            self.total += int(np.count_nonzero(values)) if counted else float(values.sum(dtype=np.float64))
            self.weight += len(values)
        else:
            self.total += float(values.astype(np.float64) @ weights)
            self.weight += float(weights.sum(dtype=np.float64))

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        """Return the value of each row, shape (rows,)."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the mean."""
        return float(self.total / self.weight) if self.weight else math.nan


@dataclass
class Accuracy(Mean):
    """Share of rows whose class with the largest output is the true one. As scikit-learn's `accuracy_score`."""

    name = "accuracy"
    task = "classification"

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        correct: Array = predicted(outputs) == targets
        return correct


@dataclass
class TopKAccuracy(Mean):
    """Share of rows whose true class is among the `k` classes with the largest outputs.

    k: 1 or more. As scikit-learn's `top_k_accuracy_score`, except that of equal outputs the first ranks higher.
    """

    name = "top_k_accuracy"
    task = "classification"

    k: Annotated[int, Ge(1)] = 5

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        if outputs.shape[1] == 1:
            right: Array = (predicted(outputs) == targets) | (self.k > 1)
            return right
        likeliest = np.argsort(-outputs, axis=1, kind="stable")[:, : self.k]
        among: Array = (likeliest == targets[:, None]).any(axis=1)
        return among


@dataclass
class Counts(Metric):
    """Base of the metrics from counts of rows, or sums of their weights, by true and predicted class."""

    task = "classification"
    state = ("counts",)

    def start(self, rows: int, outputs: int) -> None:
        """Reset the counts."""
        classes = max(outputs, 2)
        self.counts = np.zeros((classes, classes))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        np.add.at(self.counts, (targets, predicted(outputs).astype(np.intp)), 1.0 if weights is None else weights)

    def shares(self, axis: int) -> Array:
        """Return correct / total for each class, and 0 for a class with total 0."""
        totals = self.counts.sum(axis=axis)
        shares: Array = np.divide(np.diag(self.counts), totals, out=np.zeros(len(totals)), where=totals > 0)
        return shares


@dataclass
class ConfusionMatrix(Counts):
    """Counts of rows by true and predicted class, each as `confusion_matrix_<true>_<predicted>`.

    Classes are numbered from 0. With sample weights the counts are sums of weights. As in scikit-learn.
    """

    name = "confusion_matrix"

    def result(self) -> float:
        """Return the sum of all counts."""
        return float(self.counts.sum())

    def figures(self) -> dict[str, float]:
        """Return the counts."""
        return {f"{self.name}_{true}_{guess}": float(n) for (true, guess), n in np.ndenumerate(self.counts)}


@dataclass
class BalancedAccuracy(Counts):
    """Mean of the recalls of the classes that occur (Brodersen et al. 2010, as in scikit-learn)."""

    name = "balanced_accuracy"

    def result(self) -> float:
        """Return the mean; NaN where no class occurs."""
        occurs = self.counts.any(axis=1)
        return float(self.shares(1)[occurs].mean()) if occurs.any() else math.nan


@dataclass
class Averaged(Counts):
    """Base of the metrics of each class and their average.

    `average` is "macro" (the mean over classes that occur as true or predicted), "weighted" (by the number of true
    rows) or "micro" (all classes together). `per_class` adds the value of each class, such as `recall_0`, `recall_1`.
    """

    average: Literal["macro", "weighted", "micro"] = "macro"
    per_class: bool = False

    def each(self) -> Array:
        """Return the value of each class, shape (classes,)."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the average; NaN where there are no rows."""
        true, guessed = self.counts.sum(axis=1), self.counts.sum(axis=0)
        if not true.any():
            return math.nan
        if self.average == "micro":
            return float(np.trace(self.counts) / true.sum())
        return float(np.average(self.each(), weights=true if self.average == "weighted" else true + guessed > 0))

    def figures(self) -> dict[str, float]:
        """Return the average and, if asked for, the value of each class."""
        each = self.each() if self.per_class else ()
        return super().figures() | {f"{self.name}_{i}": float(value) for i, value in enumerate(each)}


@dataclass
class Precision(Averaged):
    """Correct / predicted rows of a class, averaged over classes by `average` (scikit-learn, `precision_score`)."""

    name = "precision"

    def each(self) -> Array:
        """Return the precision of each class."""
        return self.shares(0)


@dataclass
class Recall(Averaged):
    """Correct / true rows of a class, averaged over classes by `average` (scikit-learn, `recall_score`)."""

    name = "recall"

    def each(self) -> Array:
        """Return the recall of each class."""
        return self.shares(1)


@dataclass
class F1(Averaged):
    """Harmonic mean of precision and recall of a class, averaged over classes by `average` (van Rijsbergen 1979)."""

    name = "f1"

    def each(self) -> Array:
        """Return the F1 score of each class."""
        p, r = self.shares(0), self.shares(1)
        both: Array = np.divide(2 * p * r, p + r, out=np.zeros(len(p)), where=p + r > 0)
        return both


PARTS = (Accuracy, TopKAccuracy, ConfusionMatrix, BalancedAccuracy, Precision, Recall, F1)
