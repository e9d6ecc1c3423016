"""A classification in figures: by class, confusion, threshold of two classes, calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array

BINS = 10  # of equal width, in a calibration


@dataclass(frozen=True)
class ClassFigures:
    """What a model reached in one class.

    Args:
        name: of the class.
        precision: the share of the rows predicted as this class that are of it; NaN if there are none.
        recall: the share of the rows of this class that were predicted as it; NaN if there are none.
        f1: the harmonic mean of both.
        support: the number of rows of this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Threshold:
    """What two classes reach if the second one is predicted from this probability on.

    Args:
        rule: how the threshold was chosen.
        threshold: a probability of the second class, 0 to 1.
        accuracy: the share of right rows.
        precision: of the second class.
        recall: of the second class.
        f1: of the second class.
    """

    rule: str
    threshold: float
    accuracy: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class CalibrationBin:
    """Rows whose probability lies between two limits; of a calibrated model, `predicted` equals `observed`.

    Args:
        low: the lower limit.
        high: the upper limit.
        rows: how many rows there are.
        predicted: the mean of their probabilities.
        observed: the share of them for which the prediction holds.
    """

    low: float
    high: float
    rows: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are from shares: of the second of two classes, else of the class that was predicted.

    Args:
        of: which probability it is.
        bins: those that have rows.
        error: the expected calibration error, 0 to 1: the mean distance of predicted and observed, weighted by rows.
    """

    of: str
    bins: list[CalibrationBin]
    error: float


def confusion(true: Array, predicted: Array, classes: int) -> Array:
    """Return counts (classes, classes): row the true class, column the predicted one."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (true, predicted), 1)
    return counts


def class_figures(counts: Array, names: Sequence[str]) -> list[ClassFigures]:
    """Return the figures of each class from a confusion matrix."""
    right, true, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = _ratio(right, predicted), _ratio(right, true)
    f1 = _ratio(2 * right, true + predicted)
    columns = (precision.tolist(), recall.tolist(), f1.tolist(), true.tolist())
    return [ClassFigures(name, *figures) for name, *figures in zip(names, *columns, strict=True)]


def _ratio(part: Array, whole: Array) -> Array:
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def thresholds(true: Array, scores: Array) -> list[Threshold]:
    """Return what 0.5 reaches, and the thresholds of the best F1 and of the best balance of both classes.

    The balance is recall minus the share of false alarms. Source: W. J. Youden, "Index for rating diagnostic tests"
    (1950).

    Args:
        true: class indices 0 and 1, shape (rows,), both of them.
        scores: probabilities of class 1, shape (rows,).
    """
    cuts, hits, alarms = _cuts(true, scores)
    positives, negatives = int(true.sum()), int(len(true) - true.sum())
    f1 = 2 * hits / (hits + alarms + positives)
    balance = hits / positives - alarms / negatives
    chosen = {"0.5": 0.5, "best F1": float(cuts[f1.argmax()]), "best balance": float(cuts[balance.argmax()])}
    return [_at(rule, threshold, true, scores) for rule, threshold in chosen.items()]


def _cuts(true: Array, scores: Array) -> tuple[Array, Array, Array]:
    """Return each threshold that changes a prediction, the largest first, with its hits and false alarms."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(true[order])[ends]
    return scores[order][ends], hits, ends + 1 - hits


def _at(rule: str, threshold: float, true: Array, scores: Array) -> Threshold:
    predicted = scores >= threshold
    hits, called, positives = int((predicted & (true == 1)).sum()), int(predicted.sum()), int(true.sum())
    accuracy = float(np.mean(predicted == (true == 1)))
    precision = hits / called if called else float("nan")
    f1 = 2 * hits / (called + positives) if called + positives else float("nan")
    return Threshold(rule, threshold, accuracy, precision, hits / positives, f1)


def calibration(true: Array, probabilities: Array, names: Sequence[str]) -> Calibration:
    """Compare probabilities with shares, in ten bins of equal width.

    Source: C. Guo and others, "On Calibration of Modern Neural Networks" (2017).
    """
    if probabilities.shape[1] == 2:
        what, scores, holds = f"probability of {names[1]}", probabilities[:, 1], true == 1
    else:
        what, scores = "probability of the predicted class", probabilities.max(axis=1)
        holds = probabilities.argmax(axis=1) == true
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = [
        CalibrationBin(at / BINS, (at + 1) / BINS, int(own.sum()), float(scores[own].mean()), float(holds[own].mean()))
        for at in range(BINS)
        if (own := place == at).any()
    ]
    error = sum(one.rows * abs(one.predicted - one.observed) for one in bins) / len(scores)
    return Calibration(what, bins, float(error))
