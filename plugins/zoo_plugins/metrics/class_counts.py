"""Metrics from counts of true and predicted classes."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zoo_core.errors import SpecError
from zoo_core.parts import Array, Metric
from zoo_plugins.metrics.classification import count_classes


@dataclass
class Counts(Metric):
    """Base of the metrics from counts of rows, or sums of their weights, by true and predicted class."""

    task = "classification"
    state = ("counts",)

    def start(self, rows: int, outputs: int) -> None:
        """Reset the counts."""
        classes = count_classes(self, outputs)
        self.counts = np.zeros((classes, classes))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        np.add.at(self.counts, (targets, self.predicted_classes(outputs)), 1.0 if weights is None else weights)

    def shares(self, axis: int) -> Array:
        """Return correct / total for each class, and 0 for a class with total 0."""
        return _ratios(np.diag(self.counts), self.counts.sum(axis=axis))


def _ratios(part: Array, whole: Array) -> Array:
    """Return part / whole, and 0 where `whole` is 0."""
    found: Array = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return found


@dataclass
class ConfusionMatrix(Counts):
    """Counts of rows by true and predicted class, each as `confusion_matrix_<true>_<predicted>`.

    These are the names of the classes, or their numbers where names would be ambiguous. With sample weights the counts
    are sums of weights. As in scikit-learn.
    """

    name = "confusion_matrix"

    def result(self) -> float:
        """Return the sum of all counts."""
        return float(self.counts.sum())

    def figures(self) -> dict[str, float]:
        """Return the counts."""
        classes = len(self.counts)
        for keys in (self.class_keys(classes), [str(i) for i in range(classes)]):
            cells = np.ndenumerate(self.counts)
            found = {f"{self.name}_{keys[true]}_{keys[guess]}": float(count) for (true, guess), count in cells}
            if len(found) == self.counts.size:
                break
        return found


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
    """Base of the metrics of each class, or of each of several labels, and their average."""

    multilabel = True

    average: Literal["auto", "binary", "macro", "weighted", "micro"] = "auto"
    per_class: bool = False

    def start(self, rows: int, outputs: int) -> None:
        """Reset the counts. Raises SpecError for the average "binary" of more than two classes, or of labels."""
        super().start(rows, outputs)
        if self.is_multilabel:
            self.counts = np.zeros((outputs, 2, 2))  # of each label, by its true and its predicted value
        if self.average == "binary" and self.is_multilabel:
            raise SpecError(
                f"metric {self.name!r}: average is 'binary', and each row may have several labels; "
                "leave it out, or write 'macro', 'weighted' or 'micro'"
            )
        if self.average == "binary" and len(self.counts) > 2:
            raise SpecError(
                f"metric {self.name!r}: average is 'binary', and there are {len(self.counts)} classes; "
                "leave it out, or write 'macro', 'weighted' or 'micro'"
            )

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        if not self.is_multilabel:
            super().update(outputs, targets, weights)
            return
        w, predicted = np.ones(len(targets)) if weights is None else weights, self.predicted_labels(outputs)
        for true in (0, 1):
            for guess in (0, 1):
                self.counts[:, true, guess] += w @ ((targets == true) & (predicted == guess))

    def shares(self, axis: int) -> Array:
        """Return correct / total for each class or label, and 0 for one with total 0."""
        if self.is_multilabel:
            return _ratios(self.counts[:, 1, 1], self.counts.sum(axis=axis + 1)[:, 1])
        return super().shares(axis)

    def each(self) -> Array:
        """Return the value of each class or label, shape (classes,)."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the average; NaN where there are no rows."""
        if self.is_multilabel:
            return self._average_of_labels() if self.counts.any() else math.nan
        true, guessed = self.counts.sum(axis=1), self.counts.sum(axis=0)
        if not true.any():
            return math.nan
        if self.average == "micro":
            return float(np.trace(self.counts) / true.sum())
        if self.average == "binary" or (self.average == "auto" and len(true) == 2):
            return float(self.each()[1])
        return float(np.average(self.each(), weights=true if self.average == "weighted" else true + guessed > 0))

    def _average_of_labels(self) -> float:
        if self.average == "micro":
            together = copy.copy(self)
            together.counts = self.counts.sum(axis=0, keepdims=True)
            return float(together.each()[0])
        rows = self.counts[:, 1].sum(axis=1)  # that have the label
        if self.average == "weighted":
            return float(self.each() @ rows / rows.sum()) if rows.any() else 0.0
        return float(self.each().mean())

    def figures(self) -> dict[str, float]:
        """Return the average and, if asked for, the value of each class or label."""
        return super().figures() | (self.by_class(self.each()) if self.per_class else {})


@dataclass
class Precision(Averaged):
    """Correct / predicted rows of a class: of the second of two classes, or the mean over more than two.

    average: "auto" is "binary" for two classes and "macro" for more. "binary" is the value of the second class, the
    positive one; "macro" the mean over classes that occur as true or predicted; "weighted" that mean by the number of
    true rows; "micro" counts all classes together. per_class: add the value of each class, such as `precision_cat`.
    A class of weight 0 does not occur. 0 / 0 counts as 0. With several labels a row,
    each label is a positive class, and "auto" is "macro", over all labels.
    As scikit-learn's `precision_score`, where "binary" is the default.
    """

    name = "precision"

    def each(self) -> Array:
        """Return the precision of each class."""
        return self.shares(0)


@dataclass
class Recall(Averaged):
    """Correct / true rows of a class: of the second of two classes, or the mean over more than two.

    average: "auto" is "binary" for two classes and "macro" for more. "binary" is the value of the second class, the
    positive one; "macro" the mean over classes that occur as true or predicted; "weighted" that mean by the number of
    true rows; "micro" counts all classes together. per_class: add the value of each class, such as `recall_cat`.
    A class of weight 0 does not occur. 0 / 0 counts as 0. With several labels a row,
    each label is a positive class, and "auto" is "macro", over all labels.
    As scikit-learn's `recall_score`, where "binary" is the default.
    """

    name = "recall"

    def each(self) -> Array:
        """Return the recall of each class."""
        return self.shares(1)


@dataclass
class F1(Averaged):
    """Harmonic mean of precision and recall: of the second of two classes, or the mean over more than two.

    average: "auto" is "binary" for two classes and "macro" for more. "binary" is the value of the second class, the
    positive one; "macro" the mean over classes that occur as true or predicted; "weighted" that mean by the number of
    true rows; "micro" counts all classes together. per_class: add the value of each class, such as `f1_cat`.
    A class of weight 0 does not occur. 0 / 0 counts as 0. With several labels a row,
    each label is a positive class, and "auto" is "macro", over all labels.
    As scikit-learn's `f1_score`, where "binary" is the default. Source: van Rijsbergen, "Information retrieval" (1979).
    """

    name = "f1"

    def each(self) -> Array:
        """Return the F1 score of each class."""
        p, r = self.shares(0), self.shares(1)
        both: Array = np.divide(2 * p * r, p + r, out=np.zeros(len(p)), where=p + r > 0)
        return both


PARTS = (ConfusionMatrix, BalancedAccuracy, Precision, Recall, F1)
