"""A classification in figures: by class, confusion, threshold of two classes, calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array

BINS = 10  # of equal width, in a calibration
MOST_EXACT = 2.0**53  # up to which float64 has all whole numbers


@dataclass(frozen=True)
class ClassFigures:
    """What a model reached in one class.

    Args:
        name: of the class.
        precision: the share of the rows predicted as this class that are of it; NaN if there are none.
        recall: the share of the rows of this class that were predicted as it; NaN if there are none.
        f1: the harmonic mean of both.
        support: the number of rows of this class, or the sum of their weights.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: float


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
        rows: how many rows there are, or the sum of their weights.
        predicted: the mean of their probabilities.
        observed: the share of them for which the prediction holds.
    """

    low: float
    high: float
    rows: float
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


def countable(weights: Array | None) -> Array | None:
    """Return weights as integers if all are whole numbers, so that sums of them are counts of rows."""
    if weights is None or not (weights == np.rint(weights)).all() or weights.sum() > MOST_EXACT:
        return weights
    return weights.astype(np.int64)


def confusion(true: Array, predicted: Array, classes: int, weights: Array | None = None) -> Array:
    """Return counts (classes, classes): row the true class, column the predicted one. A row of weight w counts w."""
    counts = np.zeros((classes, classes), np.int64 if weights is None else weights.dtype)
    np.add.at(counts, (true, predicted), 1 if weights is None else weights)
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


def thresholds(true: Array, scores: Array, weights: Array | None = None) -> list[Threshold]:
    """Return what 0.5 reaches, and the thresholds of the best F1 and of the best balance of both classes.

    The balance is recall minus the share of false alarms. Source: W. J. Youden, "Index for rating diagnostic tests"
    (1950).

    Args:
        true: class indices 0 and 1, shape (rows,), both of them with a weight above 0.
        scores: probabilities of class 1, shape (rows,).
        weights: of the rows; by default 1.
    """
    weights = np.ones(len(true)) if weights is None else weights
    cuts, hits, alarms = _cuts(true, scores, weights)
    positives, negatives = float(weights @ (true == 1)), float(weights @ (true == 0))
    f1 = 2 * hits / (hits + alarms + positives)
    balance = hits / positives - alarms / negatives
    chosen = {"0.5": 0.5, "best F1": float(cuts[f1.argmax()]), "best balance": float(cuts[balance.argmax()])}
    return [_at(rule, threshold, true, scores, weights) for rule, threshold in chosen.items()]


def _cuts(true: Array, scores: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Return each threshold that changes a prediction, the largest first, with its hits and false alarms."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits, alarms = (np.cumsum((weights * (true == one))[order])[ends] for one in (1, 0))
    return scores[order][ends], hits, alarms


def _at(rule: str, threshold: float, true: Array, scores: Array, weights: Array) -> Threshold:
    predicted = scores >= threshold
    hits, called = float(weights @ (predicted & (true == 1))), float(weights @ predicted)
    positives = float(weights @ (true == 1))
    accuracy = float(np.average(predicted == (true == 1), weights=weights))
    precision = hits / called if called else float("nan")
    f1 = 2 * hits / (called + positives) if called + positives else float("nan")
    return Threshold(rule, threshold, accuracy, precision, hits / positives, f1)


def calibration(true: Array, probabilities: Array, names: Sequence[str], weights: Array | None = None) -> Calibration:
    """Compare probabilities with shares, in ten bins of equal width.

    Source: C. Guo and others, "On Calibration of Modern Neural Networks" (2017).
    """
    if probabilities.shape[1] == 2:
        what, scores, holds = f"probability of {names[1]}", probabilities[:, 1], true == 1
    else:
        what, scores = "probability of the predicted class", probabilities.max(axis=1)
        holds = probabilities.argmax(axis=1) == true
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = [_bin(at, place == at, scores, holds, weights) for at in range(BINS) if _has_rows(place == at, weights)]
    total = sum(one.rows for one in bins)
    error = sum(one.rows * abs(one.predicted - one.observed) for one in bins) / total
    return Calibration(what, bins, float(error))


def _has_rows(own: Array, weights: Array | None) -> bool:
    return bool(own.any() if weights is None else weights[own].any())


def _bin(at: int, own: Array, scores: Array, holds: Array, weights: Array | None) -> CalibrationBin:
    w = None if weights is None else weights[own]
    rows = int(own.sum()) if w is None else w.sum().item()
    means = (float(np.average(values[own], weights=w)) for values in (scores, holds))
    return CalibrationBin(at / BINS, (at + 1) / BINS, rows, *means)
