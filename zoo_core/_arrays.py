"""Arrays that live as long as a run and that the processor's vector instructions read at full speed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LINE = 64  # bytes of a cache line, and of the longest vector: one that begins elsewhere lies in two lines


def aligned(shape: int | tuple[int, ...], dtype: DTypeLike, fill: float | None = 0.0) -> NDArray[Any]:
    """Return a new array that begins with a cache line; NumPy's own begin 16 bytes behind one as a rule.

    With `fill` None it holds whatever was in the memory.
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
    """Return a buffer of the form of an array, with whatever was in the memory."""
    return aligned(array.shape, array.dtype, None)


def row_slices(rows: int, size: int) -> Iterator[slice]:
    """Yield slices that cover `rows` rows, `size` at a time."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
