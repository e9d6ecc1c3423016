"""Metrics of predicted values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array, Metric
from zoo_plugins.metrics.classification import Mean


class Errors(Mean):
    """Base of the metrics that are the mean of `size` of the errors over rows and targets."""

    task = "regression"
    higher_is_better = False

    def size(self, errors: Array) -> Array:
        """Return the size of each error, shape (rows, targets)."""
        raise NotImplementedError

    def of_rows(self, outputs: Array, targets: Array) -> Array:
        means: Array = np.mean(self.size(outputs.astype(np.float64) - targets), axis=1)
        return means


@dataclass
class Mse(Errors):
    """Mean of squared errors over rows and targets (scikit-learn, `mean_squared_error`)."""

    name = "mse"

    def size(self, errors: Array) -> Array:
        """Return the squares."""
        return errors * errors


@dataclass
class Rmse(Mse):
    """Square root of the mean squared error over rows and targets, in the units of the targets. As in scikit-learn."""

    name = "rmse"

    def result(self) -> float:
        """Return the root."""
        return math.sqrt(super().result())


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

    As scikit-learn's `r2_score`.
    """

    name = "r2"
    task = "regression"
    state = ("weight", "error", "mean", "spread")

    def start(self, rows: int, outputs: int) -> None:
        """Reset the sums."""
        self.weight = 0.0
        self.error, self.mean, self.spread = (np.zeros(outputs) for _ in range(3))

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add some rows. Variances are merged as in Chan, Golub and LeVeque (1979), which avoids cancellation."""
        w = np.ones(len(outputs)) if weights is None else weights.astype(np.float64)
        y = targets.astype(np.float64)
        self.error += w @ (outputs - y) ** 2
        weight = float(w.sum())
        if not weight:
            return
        mean = w @ y / weight
        shift, both = mean - self.mean, self.weight + weight
        self.spread += w @ (y - mean) ** 2 + shift**2 * self.weight * weight / both
        self.mean += shift * weight / both
        self.weight = both

    def result(self) -> float:
        """Return the coefficient; NaN if the targets do not vary."""
        return float(np.mean(1 - self.error / self.spread)) if self.spread.all() else math.nan


PARTS = (Mse, Rmse, Mae, R2)
