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


def target_figures(name: str, true: Array, predicted: Array) -> TargetFigures:
    """Return the figures of one target; both arrays have shape (rows,)."""
    error, deviation = predicted - true, true - true.mean()
    spread = float(deviation @ deviation)
    return TargetFigures(
        name,
        rmse=float(np.sqrt(np.mean(error**2))),
        mae=float(np.mean(np.abs(error))),
        r2=1 - float(error @ error) / spread if spread > 0 else float("nan"),
        bias=float(error.mean()),
        error_quantiles=np.quantile(error, QUANTILES).tolist(),
    )
