"""How inputs are scaled before the first layer: fitted on the training split alone, kept in the model file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Preprocessor

CHUNK = 4096  # rows at a time: uint8 images must not be blown up to float64 whole


def chunks(x: Any) -> Iterator[Array]:
    """Yield the rows of `x` as float64, some at a time; `x` is an array or has `shape` and `take`."""
    for start in range(0, x.shape[0], CHUNK):
        yield x.take(np.arange(start, min(start + CHUNK, x.shape[0])), axis=0).astype(np.float64)


def _range(x: Any) -> tuple[Array, Array]:
    """Return the least and the largest value of each feature."""
    low = np.min([chunk.min(axis=0) for chunk in chunks(x)], axis=0)
    high = np.max([chunk.max(axis=0) for chunk in chunks(x)], axis=0)
    return low, high


def _within(scale: Array, dtype: np.dtype[Any]) -> Array:
    """Return `scale` in another dtype; what lies beyond its range goes to the end of it, never to 0 or inf."""
    if scale.dtype == dtype:
        return scale
    limits = np.finfo(dtype)
    return np.clip(scale, float(limits.tiny), float(limits.max)).astype(dtype)


class NoPreprocessing(Preprocessor):
    """Inputs as they are."""

    name = "none"
    is_identity = True

    def transform(self, x: Array, out: Array) -> None:
        """Copy."""
        out[...] = x


class Pixels(Preprocessor):
    """x / 255: pixels from 0 to 1. In float64 a true division, in float32 a product with the rounded 1/255."""

    name = "pixels"

    def transform(self, x: Array, out: Array) -> None:
        """Write the scaled rows."""
        if out.dtype == np.float32:
            np.multiply(x, np.float32(1 / 255), out=out, casting="unsafe", dtype=np.float32)
        else:
            np.divide(x, 255, out=out, dtype=out.dtype)


class _Fitted(Preprocessor):
    """(x - shift) / scale with what was learnt from the training split; both have shape (features,)."""

    state = ("shift", "scale")
    shift: Array
    scale: Array

    def transform(self, x: Array, out: Array) -> None:
        """Write the scaled rows."""
        np.subtract(x, self.shift, out=out, casting="unsafe")  # in float64: the two may be large and close
        np.divide(out, _within(self.scale, out.dtype), out=out)  # in out's dtype: a quarter faster for float32

    def _keep(self, shift: Array, scale: Array) -> None:
        """Keep shift and scale; a feature that does not vary is only shifted."""
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
    """(x - mean) / standard deviation of the training split, feature by feature (ddof = 0).

    As scikit-learn's `StandardScaler`.
    """

    name = "standard"

    def fit(self, x: Any) -> None:
        """Learn mean and deviation in two passes, which lose no digits."""
        rows = x.shape[0]
        low, high = _range(x)
        mean = sum(chunk.sum(axis=0) for chunk in chunks(x)) / rows
        mean = np.where(low == high, low, mean)  # rounding must not give a constant a deviation
        square = sum(((chunk - mean) ** 2).sum(axis=0) for chunk in chunks(x)) / rows
        self._keep(np.asarray(mean), np.sqrt(square))


class MinMax(_Fitted):
    """(x - min) / (max - min) of the training split, feature by feature.

    As scikit-learn's `MinMaxScaler`.
    """

    name = "min_max"

    def fit(self, x: Any) -> None:
        """Learn the range."""
        low, high = _range(x)
        self._keep(low, high - low)


@dataclass
class Fixed(Preprocessor):
    """(x - shift) / scale with numbers from the spec."""

    name = "fixed"

    shift: Annotated[float, Ge(-1e12), Le(1e12)] = 0.0
    scale: Annotated[float, Ge(1e-12), Le(1e12)] = 1.0

    def transform(self, x: Array, out: Array) -> None:
        """Write the scaled rows."""
        np.subtract(x, self.shift, out=out, casting="unsafe", dtype=np.float64)
        out /= self.scale


PARTS = (NoPreprocessing, Pixels, Standard, MinMax, Fixed)
