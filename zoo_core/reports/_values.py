"""A regression in figures: how far the predictions of each target are from its values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class TargetFigures:
    """What a model reached for one target, in its units.

    Args:
        name: of the target.
        rmse: the root of the mean squared error.
        mae: the mean absolute error.
        r2: 1 - squared error / squared deviation from the mean; NaN if all values are equal.
        bias: the mean of prediction - value.
        error_quantiles: of prediction - value, at 5, 25, 50, 75 and 95 %.
    """

    name: str
    rmse: float
    mae: float
    r2: float
    bias: float
    error_quantiles: list[float]


def target_figures(name: str, true: Array, predicted: Array, weights: Array | None = None) -> TargetFigures:
    """Return the figures of one target; all arrays have shape (rows,). A row of weight w counts as w rows."""
    error = predicted - true
    deviation = true - np.average(true, weights=weights)
    squares, spread = (float(np.average(values**2, weights=weights)) for values in (error, deviation))
    return TargetFigures(
        name,
        rmse=float(np.sqrt(squares)),
        mae=float(np.average(np.abs(error), weights=weights)),
        r2=1 - squares / spread if spread > 0 else float("nan"),
        bias=float(np.average(error, weights=weights)),
        error_quantiles=_quantiles(error, weights),
    )


def _quantiles(values: Array, weights: Array | None) -> list[float]:
    """Return quantiles; with weights the smallest values up to which at least that share of the weight lies."""
    if weights is None:
        return list(map(float, np.quantile(values, QUANTILES)))
    order = np.argsort(values, kind="stable")
    shares = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(shares, np.array(QUANTILES) * (1 - 1e-12))
    return list(map(float, values[order][np.minimum(places, len(values) - 1)]))
