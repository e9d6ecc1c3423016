"""Figures of merit, gathered batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from zoo_core.parts import Array, Metric


def predicted(outputs: Array) -> Array:
    """Return the class of each row: the largest output, or the probability of class 1 against one half."""
    return outputs[:, 0] >= 0.5 if outputs.shape[1] == 1 else outputs.argmax(axis=1)


class _Mean(Metric):
    """A weighted mean over rows of what `_rows` returns."""

    def start(self, rows: int, outputs: int) -> None:
        """Forget everything."""
        self._total: float = 0
        self._weight: float = 0

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        values = self._rows(outputs, targets)
        if weights is None:
            counted = values.dtype == bool
            self._total += int(np.count_nonzero(values)) if counted else float(values.sum(dtype=np.float64))
            self._weight += len(values)
        else:
            self._total += float(values.astype(np.float64) @ weights)
            self._weight += float(weights.sum(dtype=np.float64))

    def _rows(self, outputs: Array, targets: Array) -> Array:
        raise NotImplementedError

    def result(self) -> float:
        """Return the mean."""
        return self._total / self._weight if self._weight else math.nan


class Accuracy(_Mean):
    """Share of rows whose likeliest class is the true one."""

    name = "accuracy"
    task = "classification"

    def _rows(self, outputs: Array, targets: Array) -> Array:
        correct: Array = predicted(outputs) == targets
        return correct


@dataclass
class TopKAccuracy(_Mean):
    """Share of rows whose true class is among the `k` likeliest; of equal ones the first counts, as in accuracy."""

    name = "top_k_accuracy"
    task = "classification"

    k: Annotated[int, Ge(1)] = 5

    def _rows(self, outputs: Array, targets: Array) -> Array:
        if outputs.shape[1] == 1:
            right: Array = (predicted(outputs) == targets) | (self.k > 1)
            return right
        likeliest = np.argsort(-outputs, axis=1, kind="stable")[:, : self.k]
        among: Array = (likeliest == targets[:, None]).any(axis=1)
        return among


class Mse(_Mean):
    """Mean of squared errors over rows and targets."""

    name = "mse"
    task = "regression"
    higher_is_better = False

    def _rows(self, outputs: Array, targets: Array) -> Array:
        error = outputs.astype(np.float64) - targets
        squares: Array = np.mean(error * error, axis=1)
        return squares


class Rmse(Mse):
    """Square root of the mean squared error, in the targets' own units."""

    name = "rmse"

    def result(self) -> float:
        """Return the root."""
        return math.sqrt(super().result())


class Mae(_Mean):
    """Mean of absolute errors over rows and targets."""

    name = "mae"
    task = "regression"
    higher_is_better = False

    def _rows(self, outputs: Array, targets: Array) -> Array:
        errors: Array = np.mean(np.abs(outputs.astype(np.float64) - targets), axis=1)
        return errors


class R2(Metric):
    """Coefficient of determination: 1 - squared error / variance of the targets, averaged over targets."""

    name = "r2"
    task = "regression"

    def start(self, rows: int, outputs: int) -> None:
        """Forget everything."""
        self._weight = 0.0
        self._error, self._mean, self._spread = (np.zeros(outputs) for _ in range(3))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows; the spread is merged as in Chan, Golub and LeVeque (1979), so that it does not cancel."""
        w = np.ones(len(outputs)) if weights is None else weights.astype(np.float64)
        y = targets.astype(np.float64)
        self._error += w @ (outputs - y) ** 2
        weight = float(w.sum())
        if not weight:
            return
        mean = w @ y / weight
        shift, both = mean - self._mean, self._weight + weight
        self._spread += w @ (y - mean) ** 2 + shift**2 * self._weight * weight / both
        self._mean += shift * weight / both
        self._weight = both

    def result(self) -> float:
        """Return the coefficient; NaN where the targets do not vary."""
        return float(np.mean(1 - self._error / self._spread)) if self._spread.all() else math.nan


class _Confusion(Metric):
    """A figure from the counts of true against predicted classes."""

    task = "classification"

    def start(self, rows: int, outputs: int) -> None:
        """Forget everything."""
        classes = max(outputs, 2)
        self._counts = np.zeros((classes, classes))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows."""
        np.add.at(self._counts, (targets, predicted(outputs).astype(np.intp)), 1.0 if weights is None else weights)

    def _shares(self, axis: int) -> Array:
        """Return correct / all for each class; 0 where there are none."""
        totals = self._counts.sum(axis=axis)
        shares: Array = np.divide(np.diag(self._counts), totals, out=np.zeros(len(totals)), where=totals > 0)
        return shares


class BalancedAccuracy(_Confusion):
    """Mean of the recalls of the classes that occur."""

    name = "balanced_accuracy"

    def result(self) -> float:
        """Return the mean."""
        return float(self._shares(1)[self._counts.sum(axis=1) > 0].mean())


class Precision(_Confusion):
    """Mean over classes of correct / predicted."""

    name = "precision"

    def result(self) -> float:
        """Return the mean."""
        return float(self._shares(0).mean())


class Recall(_Confusion):
    """Mean over classes of correct / true."""

    name = "recall"

    def result(self) -> float:
        """Return the mean."""
        return float(self._shares(1).mean())


class F1(_Confusion):
    """Mean over classes of the harmonic mean of precision and recall."""

    name = "f1"

    def result(self) -> float:
        """Return the mean."""
        p, r = self._shares(0), self._shares(1)
        return float(np.divide(2 * p * r, p + r, out=np.zeros(len(p)), where=p + r > 0).mean())


PARTS = (Accuracy, TopKAccuracy, BalancedAccuracy, Precision, Recall, F1, Mse, Rmse, Mae, R2)
