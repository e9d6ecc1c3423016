"""Metrics of probabilities: how well they rank rows, and how well they are calibrated.

The loss says what the probabilities are. Where outputs are none, such as margins, a metric that needs them is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Metric
from zoo_plugins._rows import at_labels
from zoo_plugins.metrics.classification import Mean, count_classes


def of_classes(metric: Metric, outputs: Array) -> Array:
    """Return the probability of each class, float64 (rows, classes); NaN where there are none."""
    p = metric.class_probabilities(outputs.astype(np.float64))
    return np.full((len(outputs), count_classes(metric, outputs.shape[1])), math.nan) if p is None else p


@dataclass
class LogLoss(Mean):
    """Mean of -log(p) of the true class, with p clipped to [epsilon, 1 - epsilon] of the outputs' dtype.

    Source: Good, "Rational decisions" (1952). As scikit-learn's `log_loss`.
    """

    name = "log_loss"
    task = "classification"
    higher_is_better = False

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        epsilon = float(np.finfo(outputs.dtype).eps)
        losses: Array = -np.log(np.clip(at_labels(of_classes(self, outputs), targets), epsilon, 1 - epsilon))
        return losses


@dataclass
class Brier(Mean):
    """Mean over rows of the squared error: (p_1 - t)^2 for two classes, sum_k (p_k - t_k)^2 for more.

    Source: Brier, "Verification of forecasts expressed in terms of probability" (1950), equation 2. For two classes
    it is halved, as in scikit-learn.
    """

    name = "brier"
    task = "classification"
    higher_is_better = False

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        errors = of_classes(self, outputs).copy()
        errors[np.arange(len(targets)), targets] -= 1
        squares: Array = np.sum(errors * errors, axis=1)
        return squares / 2 if errors.shape[1] == 2 else squares


@dataclass
class ExpectedCalibrationError(Metric):
    """Mean gap between confidence and accuracy: sum_b (rows in b / rows) |accuracy in b - mean confidence in b|.

    The confidence is the probability of the predicted class. b runs over bins of equal width between 0 and 1; a bin
    includes its upper end. bins: their number, 1 to 10,000. Source: Guo et al., "On calibration of modern neural
    networks" (2017), equation 3.
    """

    name = "expected_calibration_error"
    task = "classification"
    higher_is_better = False
    state = ("weight", "correct", "confidence")

    bins: Annotated[int, Ge(1), Le(10_000)] = 15

    def start(self, rows: int, outputs: int) -> None:
        """Reset the sums."""
        self.weight, self.correct, self.confidence = (np.zeros(self.bins) for _ in range(3))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        guess = self.predicted_classes(outputs)
        confidence = at_labels(of_classes(self, outputs), guess)
        place = np.clip(np.ceil(np.nan_to_num(confidence) * self.bins).astype(np.intp) - 1, 0, self.bins - 1)
        w = np.ones(len(place)) if weights is None else weights.astype(np.float64)
        for sums, values in (
            (self.weight, 1.0), (self.correct, guess == targets), (self.confidence, confidence),
        ):  # fmt: skip
            np.add.at(sums, place, w * values)

    def result(self) -> float:
        """Return the mean gap."""
        total = float(self.weight.sum())
        return float(np.abs(self.correct - self.confidence).sum()) / total if total else math.nan


@dataclass
class RocAuc(Metric):
    """Area under the ROC curve: the probability that a positive row has a higher score than a negative one.

    Equal scores count half. With more than two classes, each class is compared with the rest, and the areas are
    averaged. So it is with several labels a row. per_class: add the area of each class, such as `roc_auc_cat`. The
    value is NaN if a class has no rows or all of them. Scores are probabilities, or outputs where there are none.
    Memory: the scores of all rows of a split. Source: Hanley and McNeil, "The meaning and use of the area under a
    receiver operating characteristic (ROC) curve" (1982). As scikit-learn's `roc_auc_score` with multi_class = "ovr".
    """

    name = "roc_auc"
    task = "classification"
    multilabel = True
    state = ("scores", "labels", "weights", "seen")

    per_class: bool = False

    def start(self, rows: int, outputs: int) -> None:
        """Allocate room for the scores of all rows."""
        classes = count_classes(self, outputs)
        width = 1 if classes == 2 and not self.is_multilabel else classes
        self.scores = np.empty((rows, width))
        self.labels = np.empty((rows, width) if self.is_multilabel else rows, np.int64)
        self.weights, self.seen = np.ones(rows), 0

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Store some rows."""
        here = slice(self.seen, self.seen + len(outputs))
        self.scores[here], self.labels[here] = self._score(outputs), targets
        if weights is not None:
            self.weights[here] = weights
        self.seen = here.stop

    def _score(self, outputs: Array) -> Array | float:
        """Return the score of each class, or of the second of two; NaN where outputs do not rank the classes."""
        if self.is_multilabel:
            return outputs
        p, width = self.class_probabilities(outputs.astype(np.float64)), self.scores.shape[1]
        if p is not None:
            return p[:, 1:] if width == 1 else p
        if outputs.shape[1] == width:
            return outputs
        return outputs[:, 1:] - outputs[:, :1] if (outputs.shape[1], width) == (2, 1) else math.nan

    def result(self) -> float:
        """Return the area, or the mean of the areas of all classes."""
        return float(np.mean(self._areas()))

    def figures(self) -> dict[str, float]:
        """Return the area and, if asked for, that of each class or label; both of two classes share one."""
        areas = self._areas()
        shared = len(areas) == 1 and not self.is_multilabel
        each = self.by_class(areas * 2 if shared else areas) if self.per_class else {}
        return {self.name: float(np.mean(areas))} | each

    def _areas(self) -> list[float]:
        scores, labels, weights = (array[: self.seen] for array in (self.scores, self.labels, self.weights))
        if self.is_multilabel:
            return [area(score, own == 1, weights) for score, own in zip(scores.T, labels.T, strict=True)]
        classes = [1] if scores.shape[1] == 1 else range(scores.shape[1])
        return [area(score, labels == k, weights) for score, k in zip(scores.T, classes, strict=True)]


def area(scores: Array, positive: Array, weights: Array) -> float:
    """Return the weighted share of pairs of a positive and a negative row that are ranked correctly; ties are half."""
    _, place = np.unique(scores, return_inverse=True)
    for_it, against = (np.bincount(place, weights * chosen) for chosen in (positive, ~positive))
    below = np.cumsum(against) - against / 2
    pairs = float(for_it.sum() * against.sum())
    return float(for_it @ below) / pairs if pairs and not np.isnan(scores).any() else math.nan


PARTS = (LogLoss, Brier, ExpectedCalibrationError, RocAuc)
