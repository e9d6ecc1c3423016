"""Losses for classes: margins, which take raw scores, and overlaps, which take probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Loss
from zoo_plugins._rows import one_hot, row_dot, row_maximum, row_mean, row_sum

SMOOTH = 1e-7  # added to both terms of an overlap, so that 0 / 0 does not occur


def signs(targets: Array) -> Array:
    """Return 1 for targets above 0 and -1 for the others."""
    positive = (targets > 0).astype(targets.dtype)
    return 2 * positive - 1


@dataclass(kw_only=True)
class Hinge(Loss):
    """Mean over the columns of max(1 - t y, 0), for targets -1 or 1, or 0 or 1 (Cortes and Vapnik 1995)."""

    name = "hinge"
    task = "classification"
    decision_threshold = 0.0

    def value(self, outputs: Array, targets: Array) -> Array:
        return row_mean(self._shortfall(outputs, targets))

    def probabilities(self, outputs: Array) -> Array | None:
        """Return None: margins are scores."""
        return None

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.greater(self._shortfall(outputs, targets), 0.0, out=out)
        out *= signs(targets)
        out *= -1 / outputs.shape[1]

    @staticmethod
    def _shortfall(outputs: Array, targets: Array) -> Array:
        shortfall: Array = np.maximum(1 - signs(targets) * outputs, 0.0)
        return shortfall


@dataclass(kw_only=True)
class SquaredHinge(Hinge):
    """Mean over the columns of max(1 - t y, 0)^2, for targets -1 or 1, or 0 or 1 (Keras, `SquaredHinge`)."""

    name = "squared_hinge"

    def value(self, outputs: Array, targets: Array) -> Array:
        return row_mean(self._shortfall(outputs, targets) ** 2)

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.multiply(self._shortfall(outputs, targets), signs(targets), out=out)
        out *= -2 / outputs.shape[1]


@dataclass(kw_only=True)
class CategoricalHinge(Loss):
    """Margin to the best other class: max(max_k((1 - t_k) y_k) - sum_k(t_k y_k) + 1, 0).

    Source: Keras, `CategoricalHinge`; the idea is by Crammer and Singer 2001.
    """

    name = "categorical_hinge"
    targets = "labels"
    task = "classification"

    def value(self, outputs: Array, targets: Array) -> Array:
        shares = one_hot(targets, outputs)
        right = row_dot(shares, outputs)
        margin: Array = np.maximum(row_maximum((1 - shares) * outputs) - right + 1, 0.0)
        return margin

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        shares = one_hot(targets, outputs)
        rows = np.arange(len(outputs))
        rival = np.argmax((1 - shares) * outputs, axis=1)
        np.negative(shares, out=out)
        out[rows, rival] += 1 - shares[rows, rival]
        out *= self.value(outputs, targets)[:, None] > 0

    def probabilities(self, outputs: Array) -> Array | None:
        """Return None: margins are scores."""
        return None


@dataclass(kw_only=True)
class Overlap(Loss):
    """Base of the losses 1 - common / whole of a row, where both are linear in the outputs."""

    targets = "labels"
    task = "classification"
    output_range = "unit_interval"

    def sums(self, outputs: Array, shares: Array) -> tuple[Array, Array]:
        """Return the overlap of outputs and targets, and the whole; both of shape (rows, 1)."""
        raise NotImplementedError

    def slopes(self, shares: Array) -> tuple[Array, Array | float]:
        """Return the derivatives of both with respect to the outputs."""
        raise NotImplementedError

    def value(self, outputs: Array, targets: Array) -> Array:
        common, whole = self.sums(outputs, one_hot(targets, outputs))
        return (1 - common / whole)[:, 0]

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        shares = one_hot(targets, outputs)
        common, whole = self.sums(outputs, shares)
        of_common, of_whole = self.slopes(shares)
        np.multiply(common / whole, of_whole, out=out)
        out -= of_common
        out /= whole


@dataclass(kw_only=True)
class Tversky(Overlap):
    """One minus the Tversky index of a row: 1 - TP / (TP + alpha FP + beta FN) (Salehi et al. 2017, eq. 3).

    TP = sum t p, FP = sum (1 - t) p, FN = sum t (1 - p) over the columns; 1e-7 is added to numerator and denominator.
    alpha: cost of false positives; beta: cost of false negatives; both 0 to 100.
    """

    name = "tversky"

    alpha: Annotated[float, Ge(0), Le(100)] = 0.5
    beta: Annotated[float, Ge(0), Le(100)] = 0.5

    def sums(self, outputs: Array, shares: Array) -> tuple[Array, Array]:
        common = row_dot(shares, outputs)[:, None]
        extra = row_dot(1 - shares, outputs)[:, None]
        missed = row_dot(shares, 1 - outputs)[:, None]
        return common + SMOOTH, common + self.alpha * extra + self.beta * missed + SMOOTH

    def slopes(self, shares: Array) -> tuple[Array, Array | float]:
        return shares, self.alpha + (1 - self.alpha - self.beta) * shares


@dataclass(kw_only=True)
class Dice(Overlap):
    """One minus the Dice coefficient of a row: 1 - 2 sum(t p) / (sum t + sum p) (Milletari et al. 2016).

    The sums run over the columns; 1e-7 is added to numerator and denominator.
    """

    name = "dice"

    def sums(self, outputs: Array, shares: Array) -> tuple[Array, Array]:
        common = 2 * row_dot(shares, outputs)[:, None]
        return common + SMOOTH, row_sum(shares + outputs)[:, None] + SMOOTH

    def slopes(self, shares: Array) -> tuple[Array, Array | float]:
        return 2 * shares, 1.0


PARTS = (Hinge, SquaredHinge, CategoricalHinge, Tversky, Dice)
