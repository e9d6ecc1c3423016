"""Regularizers of weight matrices, shape (inputs, units): penalties, and constraints after each update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core.errors import UsageError
from zoo_core.parts import Array, Constraint, Penalty

Strength = Annotated[float, Ge(0), Le(1e6)]
Norm = Annotated[float, Ge(0), Le(1e6)]

SMALLEST = 1e-7  # a smaller norm counts as this


def sum_of_squares(weights: Array) -> float:
    """Return the sum of all entries squared."""
    flat = weights.ravel()
    return float(flat.dot(flat))


def norms(weights: Array) -> Array:
    """Return the Euclidean norm of each column: the incoming weights of one unit."""
    squares: Array = np.einsum("ij,ij->j", weights, weights)
    return np.sqrt(squares)


@dataclass
class L1(Penalty):
    """Sum of absolute values: strength * sum |w|, with the gradient strength * sign(w) (Tibshirani 1996).

    strength: 0 to 1e6.
    """

    name = "l1"

    strength: Strength = 1e-4

    def value(self, weights: Array) -> float:
        return self.strength * float(np.abs(weights).sum())

    def gradient(self, weights: Array, out: Array) -> None:
        np.sign(weights, out=out)
        out *= self.strength


@dataclass
class L2(Penalty):
    """Sum of squares: strength * sum w^2, with the gradient 2 * strength * w (Hoerl and Kennard 1970).

    As in Keras, without a factor 1/2. PyTorch's `weight_decay` adds weight_decay * w to the gradient (in AdamW, to
    the update). Set strength = weight_decay / 2 for the same effect.
    strength: 0 to 1e6.
    """

    name = "l2"

    strength: Strength = 1e-4

    def value(self, weights: Array) -> float:
        return self.strength * sum_of_squares(weights)

    def gradient(self, weights: Array, out: Array) -> None:
        np.multiply(weights, 2 * self.strength, out=out)


@dataclass
class L1L2(Penalty):
    """The elastic net, the sum of both penalties: l1 * sum |w| + l2 * sum w^2 (Zou and Hastie 2005).

    l1, l2: 0 to 1e6.
    """

    name = "l1_l2"

    l1: Strength = 1e-4
    l2: Strength = 1e-4

    def value(self, weights: Array) -> float:
        return self.l1 * float(np.abs(weights).sum()) + self.l2 * sum_of_squares(weights)

    def gradient(self, weights: Array, out: Array) -> None:
        np.sign(weights, out=out)
        out *= self.l1
        out += 2 * self.l2 * weights


@dataclass
class Orthogonal(Penalty):
    """Mean absolute cosine between vectors: strength * mean over pairs of |u_i . u_j| (Keras).

    The unit vectors u are the rows or columns of the matrix.
    strength: 0 to 1e6; mode: "rows" or "columns".
    """

    name = "orthogonal"

    strength: Strength = 0.01
    mode: Literal["rows", "columns"] = "rows"

    def value(self, weights: Array) -> float:
        unit, _ = self._unit_rows(weights)
        return self.strength * float(np.abs(self._cosines(unit)).sum()) / self._pairs(unit)

    def gradient(self, weights: Array, out: Array) -> None:
        unit, size = self._unit_rows(weights)
        by_unit = np.sign(self._cosines(unit)) @ unit
        # The derivative of v / |v| has no component along v.
        by_unit -= np.einsum("ij,ij->i", by_unit, unit)[:, None] * unit
        by_unit *= 2 * self.strength / self._pairs(unit) / size
        np.copyto(out, by_unit if self.mode == "rows" else by_unit.T)

    def _unit_rows(self, weights: Array) -> tuple[Array, Array]:
        rows = weights if self.mode == "rows" else weights.T
        size = np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), SMALLEST)[:, None]
        return rows / size, size

    @staticmethod
    def _cosines(unit: Array) -> Array:
        product: Array = unit @ unit.T
        np.fill_diagonal(product, 0)
        return product

    @staticmethod
    def _pairs(unit: Array) -> int:
        return max(len(unit) * (len(unit) - 1), 1)


@dataclass
class MaxNorm(Constraint):
    """Shrink the incoming weights of each unit to a norm of at most max_value (Srivastava et al. 2014).

    max_value: above 0 and up to 1e6.
    """

    name = "max_norm"

    max_value: Annotated[float, Gt(0), Le(1e6)] = 2.0

    def constrain(self, weights: Array) -> None:
        weights *= self.max_value / np.maximum(norms(weights), self.max_value)


@dataclass
class UnitNorm(Constraint):
    """Scale the incoming weights of each unit to norm 1; a norm below 1e-7 counts as 1e-7 (Keras, `UnitNorm`)."""

    name = "unit_norm"

    def constrain(self, weights: Array) -> None:
        weights /= np.maximum(norms(weights), SMALLEST)


@dataclass
class MinMaxNorm(Constraint):
    """Move the norm of each unit's incoming weights into a range, by a share of the way (Keras).

    min_value, max_value: the range, 0 to 1e6; rate: the share, above 0 and up to 1. A norm below 1e-7 counts as 1e-7.
    Raises UsageError if min_value is above max_value.
    """

    name = "min_max_norm"

    min_value: Norm = 0.0
    max_value: Norm = 1.0
    rate: Annotated[float, Gt(0), Le(1)] = 1.0

    def __post_init__(self) -> None:
        if self.min_value > self.max_value:
            raise UsageError(f"min_max_norm: min_value {self.min_value} is above max_value {self.max_value}; swap them")

    def constrain(self, weights: Array) -> None:
        size = np.maximum(norms(weights), SMALLEST)
        aim = np.clip(size, self.min_value, self.max_value)
        weights *= 1 - self.rate + self.rate * aim / size


@dataclass
class NonNeg(Constraint):
    """Set negative weights to zero (Keras, `NonNeg`)."""

    name = "non_neg"

    def constrain(self, weights: Array) -> None:
        np.maximum(weights, 0, out=weights)


PARTS = (L1, L2, L1L2, Orthogonal, MaxNorm, UnitNorm, MinMaxNorm, NonNeg)
