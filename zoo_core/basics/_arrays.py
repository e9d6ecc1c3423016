"""Arrays that begin at a cache line, so that vector instructions read them at full speed; slices of rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LINE = 64  # bytes of a cache line and of the longest vector; a vector that begins elsewhere spans two lines


def aligned(shape: int | tuple[int, ...], dtype: DTypeLike, fill: float | None = 0.0) -> NDArray[Any]:
    """Return a new array that begins at a cache line. Those of NumPy mostly begin 16 bytes after one.

    With `fill` None its values are undefined.
    """
    dtype, dimensions = np.dtype(dtype), shape if isinstance(shape, tuple) else (shape,)
    size = math.prod(map(int, dimensions)) * dtype.itemsize
    try:
        raw = np.zeros(size + LINE, np.uint8) if fill == 0 else np.empty(size + LINE, np.uint8)
    except MemoryError:
        raise MemoryError(f"unable to allocate {size:,} bytes for an array {dimensions} of {dtype}") from None
    start = -raw.__array_interface__["data"][0] % LINE
    array = raw[start : start + size].view(dtype).reshape(dimensions)
    if fill:
        array.fill(fill)
    return array


def aligned_like(array: NDArray[Any]) -> NDArray[Any]:
    """Return an aligned array with the shape and dtype of another one; its values are undefined."""
    return aligned(array.shape, array.dtype, None)


def row_slices(rows: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` rows that cover `rows` rows."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def plain_numbers(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of Python objects as float64 if each is a number or a truth value; any other array as it is."""
    kinds = (bool, int, float, np.bool_, np.integer, np.floating)
    if array.dtype != object or not all(isinstance(value, kinds) for value in array.flat):
        return array
    try:
        return array.astype(np.float64)
    except OverflowError:  # a whole number above all floats
        return array
