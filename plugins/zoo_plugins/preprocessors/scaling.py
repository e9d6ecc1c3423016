"""Preprocessors: they are fitted on the training split alone and saved in the model file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Preprocessor
from zoo_plugins.preprocessors._groups import check_array, check_values

CHUNK = 4096  # rows converted to float64 in one go: uint8 images as a whole would need 8 times their memory


def chunks(x: Any) -> Iterator[Array]:
    """Yield the rows of `x` as float64 in chunks; `x` is an array, or has `shape` and `take`."""
    for start in range(0, x.shape[0], CHUNK):
        yield x.take(np.arange(start, min(start + CHUNK, x.shape[0])), axis=0).astype(np.float64)


def _feature_ranges(x: Any) -> tuple[Array, Array]:
    """Return the smallest and the largest value of each feature."""
    low = np.min([chunk.min(axis=0) for chunk in chunks(x)], axis=0)
    high = np.max([chunk.max(axis=0) for chunk in chunks(x)], axis=0)
    return low, high


def _clip_to_dtype(scale: Array, dtype: np.dtype[Any]) -> Array:
    """Return `scale` in another dtype, clipped to its range, so that it is never 0 or inf."""
    if scale.dtype == dtype:
        return scale
    limits = np.finfo(dtype)
    return np.clip(scale, float(limits.tiny), float(limits.max)).astype(dtype)


class NoPreprocessing(Preprocessor):
    """Returns the inputs unchanged."""

    name = "none"
    is_identity = True
    is_invertible = True

    def transform(self, x: Array, out: Array) -> None:
        """Copy the rows."""
        out[...] = x

    def inverse(self, y: Array, out: Array) -> None:
        """Copy the rows."""
        out[...] = y


class Pixels(Preprocessor):
    """x / 255: pixels from 0 to 1. In float64 it is a division, in float32 a product with the rounded 1/255."""

    name = "pixels"
    is_invertible = True

    def transform(self, x: Array, out: Array) -> None:
        """Write the scaled rows."""
        if out.dtype == np.float32:
            np.multiply(x, np.float32(1 / 255), out=out, casting="unsafe", dtype=np.float32)
        else:
            np.divide(x, 255, out=out, dtype=out.dtype)

    def inverse(self, y: Array, out: Array) -> None:
        """Write 255 y."""
        np.multiply(y, 255.0, out=out, dtype=np.float64)


class _Fitted(Preprocessor):
    """Base of the fitted preprocessors: (x - shift) / scale, where both have shape (features,)."""

    state = ("shift", "scale")
    is_invertible = True
    shift: Array
    scale: Array
    learnt_names = ("shift", "scale")  # what people call them

    def learnt(self, inputs: int) -> list[dict[str, Any]]:
        """Return shift and scale of each column."""
        values = (array.tolist() for array in (self.shift, self.scale))
        return [dict(zip(self.learnt_names, pair, strict=True)) for pair in zip(*values, strict=True)]

    def check_state(self, inputs: int) -> None:
        """Check the shapes, and that scales are above 0."""
        check_array("shift", self.shift, (inputs,))
        check_array("scale", self.scale, (inputs,))
        check_values("scale", self.scale, self.scale <= 0, "is above 0")

    def transform(self, x: Array, out: Array) -> None:
        """Write the scaled rows."""
        np.subtract(x, self.shift, out=out, casting="unsafe")  # in float64: both may be large and close
        np.divide(out, _clip_to_dtype(self.scale, out.dtype), out=out)  # in the dtype of `out`: 25 % faster for float32

    def inverse(self, y: Array, out: Array) -> None:
        """Write y * scale + shift."""
        np.multiply(y, self.scale, out=out, dtype=np.float64)
        out += self.shift

    def _store(self, shift: Array, scale: Array) -> None:
        """Store shift and scale; a constant feature is shifted, not scaled."""
        constant = np.flatnonzero(~(scale > 0))
        if constant.size:
            names = ", ".join(map(str, constant[:10])) + (", ..." if constant.size > 10 else "")
            warnings.warn(
                f"{constant.size} feature(s) do not vary and are not scaled: {names}",
                UserWarning,
                stacklevel=3,
            )
        self.shift, self.scale = shift, np.where(scale > 0, scale, 1.0)


class Standard(_Fitted):
    """(x - mean) / standard deviation of the training split, for each feature (ddof = 0).

    As scikit-learn's `StandardScaler`.
    """

    name = "standard"
    learnt_names = ("mean", "standard deviation")

    def fit(self, x: Any) -> None:
        """Compute mean and standard deviation in two passes, which avoids cancellation."""
        rows = x.shape[0]
        low, high = _feature_ranges(x)
        mean = sum(chunk.sum(axis=0) for chunk in chunks(x)) / rows
        mean = np.where(low == high, low, mean)  # exact, so that rounding gives a constant feature no deviation
        square = sum(((chunk - mean) ** 2).sum(axis=0) for chunk in chunks(x)) / rows
        self._store(np.asarray(mean), np.sqrt(square))


class WeightedStandard(_Fitted):
    """(x - mean) / standard deviation of the training split, where a row counts as much as its sample weight.

    A row of weight 2 counts as two rows, and one of weight 0 as none. As scikit-learn's `StandardScaler` with
    `sample_weight`.
    """

    name = "weighted_standard"
    wants_weights = True

    def fit(self, x: Any) -> None:
        """Compute mean and standard deviation in two passes, over the rows whose weight is not 0."""
        weights = np.ones(x.shape[0]) if self.weights is None else np.asarray(self.weights, np.float64)
        counted = np.flatnonzero(weights)
        first = x.take(counted[:1], axis=0)[0].astype(np.float64)
        mean = first + _weighted_mean(x, counted, weights, lambda rows: rows - first)  # exact for a constant feature
        self._store(mean, np.sqrt(_weighted_mean(x, counted, weights, lambda rows: (rows - mean) ** 2)))


def _weighted_mean(x: Any, rows: Array, weights: Array, change: Callable[[Array], Array]) -> Array:
    """Return the weighted mean over some rows of what `change` makes of them."""
    total = np.zeros(x.shape[1])
    for start in range(0, len(rows), CHUNK):
        own = rows[start : start + CHUNK]
        total += weights[own] @ change(x.take(own, axis=0).astype(np.float64))
    return np.asarray(total / weights[rows].sum())


class MinMax(_Fitted):
    """(x - min) / (max - min) of the training split, for each feature.

    As scikit-learn's `MinMaxScaler`.
    """

    name = "min_max"
    learnt_names = ("smallest", "largest - smallest")

    def fit(self, x: Any) -> None:
        """Find the range of each feature."""
        low, high = _feature_ranges(x)
        self._store(low, high - low)


@dataclass
class Fixed(Preprocessor):
    """(x - shift) / scale with numbers from the spec.

    shift: -1e12 to 1e12; scale: 1e-12 to 1e12.
    """

    name = "fixed"
    is_invertible = True

    shift: Annotated[float, Ge(-1e12), Le(1e12)] = 0.0
    scale: Annotated[float, Ge(1e-12), Le(1e12)] = 1.0

    def transform(self, x: Array, out: Array) -> None:
        """Write the scaled rows."""
        np.subtract(x, self.shift, out=out, casting="unsafe", dtype=np.float64)
        out /= self.scale

    def inverse(self, y: Array, out: Array) -> None:
        """Write y * scale + shift."""
        np.multiply(y, self.scale, out=out, dtype=np.float64)
        out += self.shift


PARTS = (NoPreprocessing, Pixels, Standard, WeightedStandard, MinMax, Fixed)
