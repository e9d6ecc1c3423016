"""Metrics of predicted values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array, Metric
from zoo_plugins.metrics.classification import Mean


def count_targets(metric: Metric, outputs: int) -> int:
    """Return the number of targets that a metric sees."""
    return len(metric.target_names) or outputs


class Errors(Mean):
    """Base of the metrics that are the mean of `size` of the errors over rows and targets."""

    task = "regression"
    higher_is_better = False

    def size(self, errors: Array) -> Array:
        """Return the size of each error, shape (rows, targets)."""
        raise NotImplementedError

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        errors = self.predicted_values(outputs).astype(np.float64) - targets
        means: Array = np.mean(self.size(errors), axis=1)
        return means


@dataclass
class Mse(Errors):
    """Mean of squared errors over rows and targets (scikit-learn, `mean_squared_error`)."""

    name = "mse"

    def size(self, errors: Array) -> Array:
        """Return the squares."""
        return errors * errors


@dataclass
class Rmse(Metric):
    """Square root of the mean squared error of a target, in its units; of several targets, the mean of their roots.

    As scikit-learn's `root_mean_squared_error`.
    """

    name = "rmse"
    task = "regression"
    higher_is_better = False
    state = ("total", "weight")

    def start(self, rows: int, outputs: int) -> None:
        """Reset the sums."""
        self.total, self.weight = np.zeros(count_targets(self, outputs)), 0.0

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows, target by target, so that one target gives the same bits as among others."""
        columns = np.square(self.predicted_values(outputs).astype(np.float64, copy=False) - targets).T
        self.total += [column.sum() if weights is None else column @ weights for column in columns]
        self.weight += len(outputs) if weights is None else float(weights.sum(dtype=np.float64))

    def result(self) -> float:
        """Return the mean of the roots."""
        return float(np.mean(np.sqrt(self.total / self.weight))) if self.weight else math.nan


@dataclass
class Mae(Errors):
    """Mean of absolute errors over rows and targets (scikit-learn, `mean_absolute_error`)."""

    name = "mae"

    def size(self, errors: Array) -> Array:
        """Return the absolute values."""
        return np.abs(errors)


@dataclass
class R2(Metric):
    """Coefficient of determination: 1 - squared error / variance of the targets, averaged over targets.

    A target that does not vary gives 1 where all errors are 0, else 0; a single row gives NaN. As scikit-learn's
    `r2_score`, but also where the mean of equal targets is rounded.
    """

    name = "r2"
    task = "regression"
    state = ("weight", "error", "mean", "spread")

    def start(self, rows: int, outputs: int) -> None:
        """Reset the sums."""
        self.rows, self.weight = rows, 0.0
        self.error, self.mean, self.spread = (np.zeros(count_targets(self, outputs)) for _ in range(3))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows. Variances are merged as in Chan, Golub and LeVeque (1979), which avoids cancellation."""
        w = np.ones(len(outputs)) if weights is None else weights.astype(np.float64)
        y = targets.astype(np.float64, copy=False)
        self.error += w @ (self.predicted_values(outputs) - y) ** 2
        weight = float(len(w)) if weights is None else float(w.sum())
        if not weight:
            return
        mean = _exact_mean(y, w) if weights is None else _exact_mean(y[w > 0], w[w > 0])
        spread = w @ (y - mean) ** 2
        if self.weight:
            shift, both = mean - self.mean, self.weight + weight
            spread += shift**2 * self.weight * weight / both
            mean = self.mean + shift * weight / both
        self.spread, self.mean, self.weight = self.spread + spread, mean, self.weight + weight

    def result(self) -> float:
        """Return the coefficient."""
        if not self.weight or self.rows < 2:
            return math.nan
        varies = self.spread > 0
        unexplained = np.divide(self.error, self.spread, out=(self.error > 0).astype(np.float64), where=varies)
        return float(np.mean(1 - unexplained))


def _exact_mean(y: Array, w: Array) -> Array:
    """Return the mean of each column; that of equal values is their value, without rounding."""
    mean: Array = w @ y / w.sum()
    for column in np.flatnonzero(y[0] == y[-1]).tolist():  # most columns are left out here: they vary
        mean[column] = y[0, column] if (y[:, column] == y[0, column]).all() else mean[column]
    return mean


PARTS = (Mse, Rmse, Mae, R2)
