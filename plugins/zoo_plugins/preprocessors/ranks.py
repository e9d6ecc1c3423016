"""Numbers by their rank among the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Preprocessor
from zoo_plugins.preprocessors._groups import check_array, check_values, sample

BOUND = 1e-7  # ranks are kept this far from 0 and 1 where they become normal
# The quantile function of the normal distribution, algorithm AS 241 (PPND16) of Wichura, "The percentage points of the
# normal distribution" (1988): coefficients of numerator and denominator, highest power first.
_MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
     1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
     687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip


@dataclass
class Rank(Preprocessor):
    """The rank of each number among the training rows, from 0 to 1, or the quantile of a normal distribution there.

    As scikit-learn's `QuantileTransformer`. output: "normal" or "uniform"; quantiles: how many are kept of a feature,
    between which ranks are interpolated. A feature that does not vary becomes 0.
    """

    name = "rank"
    state = ("quantiles_found",)
    output: Literal["normal", "uniform"] = "normal"
    quantiles: Annotated[int, Ge(2), Le(1000)] = 1000

    def fit(self, x: Any) -> None:
        """Find the quantiles of each feature, shape (quantiles, features); at most as many as there are rows."""
        shares = np.linspace(0, 1, min(self.quantiles, max(2, int(x.shape[0]))))
        found = np.quantile(sample(x), shares, axis=0)
        self.quantiles_found = np.maximum.accumulate(found, axis=0)

    def check_state(self, inputs: int) -> None:
        """Check the shape, and that the quantiles ascend."""
        name, found = "quantiles_found", self.quantiles_found
        check_array(name, found, (-1, inputs))
        if not 2 <= len(found) <= self.quantiles:
            raise ValueError(f"{name} holds {len(found)} quantiles, and has 2 to {self.quantiles}")
        check_values(name, found[1:], found[1:] < found[:-1], "is ascending")

    def learnt(self, inputs: int) -> list[dict[str, Any]]:
        """Return the range and the median of each column."""
        found = np.quantile(self.quantiles_found, (0, 0.5, 1), axis=0)
        return [dict(zip(("smallest", "median", "largest"), column, strict=True)) for column in found.T.tolist()]

    def transform(self, x: Array, out: Array) -> None:
        """Write the ranks."""
        shares = np.linspace(0, 1, len(self.quantiles_found))
        for at, known in enumerate(self.quantiles_found.T):
            column = x[:, at].astype(np.float64)
            rank = _rank(column, known, shares)
            out[:, at] = 0 if known[0] == known[-1] else _normal(rank) if self.output == "normal" else rank

    def onnx(self, graph: Any, x: Any) -> Any:
        """Return the ranks; those of all columns become normal together."""
        shares = np.linspace(0, 1, len(self.quantiles_found))
        columns = [x[:, at].astype(np.float64) for at in range(x.shape[1])]
        ranks = [_rank(c, known, shares)[:, None] for c, known in zip(columns, self.quantiles_found.T, strict=True)]
        found = _normal(np.hstack(ranks)) if self.output == "normal" else np.hstack(ranks)
        constant = self.quantiles_found[0] == self.quantiles_found[-1]
        return np.where(constant, 0.0, found) if constant.any() else found


def _rank(column: Array, known: Array, shares: Array) -> Array:
    """Return ranks from 0 to 1; equal quantiles give the mean of their ranks."""
    up, down = np.interp(column, known, shares), np.interp(-column, -known[::-1], -shares[::-1])
    rank: Array = np.where(column <= known[0], 0.0, (up - down) / 2)
    return np.where(column >= known[-1], 1.0, rank)


def _normal(rank: Array) -> Array:
    """Return the quantiles of the standard normal distribution."""
    p = rank.clip(BOUND, 1 - BOUND)
    q = p - 0.5
    r = np.sqrt(-np.log(np.minimum(p, 1 - p)))
    middle = _ratio(_MIDDLE, 0.180625 - q * q) * q
    tail = np.sign(q) * np.where(r <= 5, _ratio(_TAIL, r - 1.6), _ratio(_FAR, r - 5))
    found: Array = np.where(np.abs(q) <= 0.425, middle, tail)
    return found


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: Array) -> Array:
    found: Array = np.polyval(coefficients[0], r) / np.polyval(coefficients[1], r)
    return found


PARTS = (Rank,)
