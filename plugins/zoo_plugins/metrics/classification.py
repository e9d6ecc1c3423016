"""Metrics of predicted classes that are means over rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from zoo_core.parts import Array, Metric


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
    """Share of rows whose predicted class is the true one. As scikit-learn's `accuracy_score`.

    Of several labels a row: the share of labels that are right, 1 - `hamming_loss` of scikit-learn. The share of rows
    that have all labels right is `subset_accuracy`.
    """

    name = "accuracy"
    task = "classification"
    multilabel = True

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        correct: Array
        if self.is_multilabel:
            correct = self.of_labels(self.predicted_labels(outputs) == targets)
        else:
            correct = self.predicted_classes(outputs) == targets
        return correct

    def of_labels(self, right: Array) -> Array:
        """Return the value of each row, (rows,), from what is right in each label, (rows, labels)."""
        shares: Array = right.mean(axis=1)
        return shares


@dataclass
class SubsetAccuracy(Accuracy):
    """Share of rows whose labels are all right, of several labels a row. As scikit-learn's `accuracy_score` of these.

    Of classes it is the accuracy.
    """

    name = "subset_accuracy"

    def of_labels(self, right: Array) -> Array:
        """Return whether each row is right in all labels, (rows,)."""
        whole: Array = np.all(right, axis=1)
        return whole


@dataclass
class TopKAccuracy(Mean):
    """Share of rows whose true class is among the `k` most probable ones. With k = 1 it is the accuracy.

    k: 1 or more. Without probabilities the outputs rank the classes. As scikit-learn's `top_k_accuracy_score`, except
    that of equal outputs the first ranks higher, and that k may exceed the number of classes.
    """

    name = "top_k_accuracy"
    task = "classification"

    k: Annotated[int, Ge(1)] = 5

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        classes = count_classes(self, outputs.shape[1])
        if self.k == 1 or self.k >= classes:
            right: Array = (self.predicted_classes(outputs) == targets) | (self.k > 1)
            return right
        found = self.class_probabilities(outputs)
        scores = outputs if found is None else found
        if scores.shape[1] != classes:
            return np.full(len(outputs), math.nan)
        likeliest = np.argsort(-scores, axis=1, kind="stable")[:, : self.k]
        among: Array = (likeliest == targets[:, None]).any(axis=1)
        return among


def count_classes(metric: Metric, outputs: int) -> int:
    """Return the number of classes that a metric sees."""
    return len(metric.class_names) or max(outputs, 2)


PARTS = (Accuracy, SubsetAccuracy, TopKAccuracy)
