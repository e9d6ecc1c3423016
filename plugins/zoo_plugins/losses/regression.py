"""Losses for values: outputs y and targets t, both of shape (rows, columns). Each is a mean over the columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Le, Lt

from zoo_core.parts import Array, Loss
from zoo_plugins._rows import row_dot, row_mean
from zoo_plugins.activations.smooth import Exponential

SMALLEST = 1e-7  # a divisor, or the argument of a logarithm, below this counts as this


@dataclass(kw_only=True)
class Deviation(Loss):
    """Base of the losses that depend on the error d = y - t alone: the mean over the columns of `cost(d)`."""

    task: ClassVar[Literal["classification", "regression", "any"]] = "regression"
    factor: ClassVar[float] = 1.0  # multiplies what `slope` writes

    def cost(self, error: Array) -> Array:
        """Return the cost of each error, elementwise."""
        raise NotImplementedError

    def slope(self, error: Array) -> None:
        """Overwrite the error by the derivative of `cost`, divided by `factor`."""
        raise NotImplementedError

    def value(self, outputs: Array, targets: Array) -> Array:
        return row_mean(self.cost(outputs - targets))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=out)
        self.slope(out)
        out *= self.factor / outputs.shape[1]


@dataclass(kw_only=True)
class Mse(Deviation):
    """Mean squared error: mean over the columns of (y - t)^2; its gradient is 2 (y - t) / columns (Gauss 1809).

    For classes the targets are one-hot rows.
    """

    name = "mse"
    scales_targets = True  # errors in another unit: all losses change by one factor
    task = "any"
    factor = 2.0

    def cost(self, error: Array) -> Array:
        return np.square(error)

    def slope(self, error: Array) -> None:
        """Leave the error as it is."""


@dataclass(kw_only=True)
class Mae(Deviation):
    """Mean absolute error: mean over the columns of |y - t| (Boscovich 1757)."""

    name = "mae"
    scales_targets = True  # as for mse

    def cost(self, error: Array) -> Array:
        return np.abs(error)

    def slope(self, error: Array) -> None:
        np.sign(error, out=error)


@dataclass(kw_only=True)
class Huber(Deviation):
    """Squared near zero, linear beyond: d^2 / 2 up to |d| = delta, then delta (|d| - delta / 2), d = y - t.

    Mean over the columns (Huber 1964). delta: where the pieces meet, above 0 and up to 1e6. It has the unit of the
    targets that the network learns: standard deviations, if these are standardized, which is the default.
    """

    name = "huber"
    scales_targets = True  # delta has a unit, and 1 suits errors of standardized targets

    delta: Annotated[float, Gt(0), Le(1e6)] = 1.0

    def cost(self, error: Array) -> Array:
        size = np.abs(error)
        near = np.minimum(size, self.delta)
        return near * (size - near / 2)

    def slope(self, error: Array) -> None:
        np.clip(error, -self.delta, self.delta, out=error)


@dataclass(kw_only=True)
class LogCosh(Deviation):
    """Mean over the columns of log(cosh(y - t)): about d^2 / 2 near zero and |d| - log(2) far out (Keras).

    Errors have the unit of the targets that the network learns: standard deviations, if these are standardized.
    """

    name = "log_cosh"
    scales_targets = True  # its turn from squared to linear, at about 1, suits errors of standardized targets

    def cost(self, error: Array) -> Array:
        size: Array = np.abs(error)
        costs: Array = size + np.log1p(np.exp(-2 * size)) - math.log(2)
        return costs

    def slope(self, error: Array) -> None:
        np.tanh(error, out=error)


@dataclass(kw_only=True)
class Mape(Loss):
    """Mean absolute percentage error: mean over the columns of 100 |y - t| / max(|t|, 1e-7) (Keras).

    Targets are not standardized by default: a percentage counts from 0.
    """

    name = "mape"
    task = "regression"

    def value(self, outputs: Array, targets: Array) -> Array:
        return 100 * row_mean(np.abs(outputs - targets) / np.maximum(np.abs(targets), SMALLEST))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=out)
        np.sign(out, out=out)
        out /= np.maximum(np.abs(targets), SMALLEST)
        out *= 100 / outputs.shape[1]


@dataclass(kw_only=True)
class Msle(Loss):
    """Mean squared logarithmic error: mean over the columns of (log(1 + y) - log(1 + t))^2 (Keras).

    Negative outputs and targets count as 1e-7. Targets are not standardized by default: logarithms need them positive.
    """

    name = "msle"
    task = "regression"

    def value(self, outputs: Array, targets: Array) -> Array:
        return row_mean(np.square(self._difference(outputs, targets)))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.greater(outputs, SMALLEST, out=out)
        out *= self._difference(outputs, targets)
        out /= 1 + np.maximum(outputs, SMALLEST)
        out *= 2 / outputs.shape[1]

    @staticmethod
    def _difference(outputs: Array, targets: Array) -> Array:
        difference: Array = np.log1p(np.maximum(outputs, SMALLEST))
        difference -= np.log1p(np.maximum(targets, SMALLEST))
        return difference


@dataclass(kw_only=True)
class Poisson(Loss):
    """Poisson deviance without its constant term: mean over the columns of y - t log(y), y above 0 (Keras, `Poisson`).

    An output below 1e-7 counts as 1e-7. Fused with exponential: exp(z) - t z. Targets are not standardized by default:
    they are counts, and the outputs are their rates.
    """

    name = "poisson"
    task = "regression"
    fused_with = (Exponential,)

    def value(self, outputs: Array, targets: Array) -> Array:
        return row_mean(outputs - targets * np.log(np.maximum(outputs, SMALLEST)))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.divide(targets, np.maximum(outputs, SMALLEST), out=out)
        np.subtract(1.0, out, out=out)
        out *= 1 / outputs.shape[1]

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        return row_mean(outputs - targets * z)

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=out)
        out *= 1 / outputs.shape[1]


@dataclass(kw_only=True)
class Quantile(Deviation):
    """Pinball loss: mean over the columns of max(q (t - y), (q - 1) (t - y)) (Koenker and Bassett 1978).

    q: the quantile that the outputs estimate, between 0 and 1. At 0.5 the loss is half the absolute error.
    """

    name = "quantile"
    scales_targets = True  # a quantile is the same value in each unit

    q: Annotated[float, Gt(0), Lt(1)] = 0.5

    def cost(self, error: Array) -> Array:
        return np.maximum(-self.q * error, (1 - self.q) * error)

    def slope(self, error: Array) -> None:
        np.greater(error, 0.0, out=error)
        error -= self.q


@dataclass(kw_only=True)
class Cosine(Loss):
    """Cosine distance of a row: 1 - y . t / (|y| |t|); a norm below 1e-7 counts as 1e-7 (thinc, `CosineDistance`).

    For classes it needs an output for each: the target 0 of a single output has no direction. Targets are not
    standardized by default: a shift of the targets changes the angle.
    """

    name = "cosine"

    def output_widths(self, classes: int) -> tuple[int, ...]:
        """Return the number of classes."""
        return (classes,)

    def value(self, outputs: Array, targets: Array) -> Array:
        unit, aim, _ = self._units(outputs, targets)
        return 1 - row_dot(unit, aim)

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        unit, aim, size = self._units(outputs, targets)
        np.multiply(unit, row_dot(unit, aim)[:, None], out=out)
        out -= aim
        out /= size

    @staticmethod
    def _units(outputs: Array, targets: Array) -> tuple[Array, Array, Array]:
        size = np.maximum(np.sqrt(row_dot(outputs, outputs)), SMALLEST)[:, None]
        other = np.maximum(np.sqrt(row_dot(targets, targets)), SMALLEST)[:, None]
        return outputs / size, targets / other, size


PARTS = (Mse, Mae, Huber, LogCosh, Mape, Msle, Poisson, Quantile, Cosine)
