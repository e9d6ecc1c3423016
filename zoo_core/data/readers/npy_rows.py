"""Rows that stay in their file: a .npy file larger than memory, from which single rows are read when needed."""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.readers._open import cannot_read
from zoo_core.data.readers.npy import check_finite, read_npy_header
from zoo_core.errors import DataError
from zoo_core.parts import Array

CHUNK_ROWS = 4096  # rows checked at a time
MAX_VIEWS = 4  # output arrays whose row buffers are kept, because callers use the same arrays again


class DiskRows:
    """The rows of a .npy file of numbers, usable as the `x` of a table.

    Only the rows that `take` returns are in memory. They are read, not mapped, because mapped pages count as memory
    once they have been used. `take` may be called from any thread, one call at a time.

    Args:
        path: a .npy file of shape (rows, ...), row by row, in the machine's byte order.

    Attributes:
        shape: (rows, features); all axes of the file but the first are joined.
        sample_shape: the shape of a row in the file, such as (28, 28).
        dtype: the type of the numbers.

    Raises:
        DataError: the file holds something else.
        ResourceError: the file cannot be opened.

    Example:
        x = DiskRows(Path("samples.npy"))
        x.take(np.array([3, 0]))  # shape (2, features)
    """

    from_any_thread = True

    def __init__(self, path: Path) -> None:
        self.path = path
        rows, self.sample_shape, self.dtype, self._start = _row_layout(path)
        self.shape = (rows, math.prod(self.sample_shape))
        self._row_bytes = self.shape[1] * self.dtype.itemsize
        try:
            self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise cannot_read(path, error) from error
        weakref.finalize(self, os.close, self._file)
        self._buffers: dict[object, list[list[memoryview]]] = {}

    def __len__(self) -> int:
        return self.shape[0]

    def check_finite(self, *, gaps: bool = False) -> None:
        """Raise DataError at the first value that is infinite, or NaN if `gaps` is false; it names row and column."""
        for start in range(0, len(self) if self.dtype.kind == "f" else 0, CHUNK_ROWS):
            rows = self.take(np.arange(start, min(start + CHUNK_ROWS, len(self))))
            check_finite(rows, str(self.path), first=start, gaps=gaps)

    def take(self, indices: Array, axis: int = 0, out: Array | None = None, mode: str = "raise") -> Array:
        """Read rows.

        Args:
            indices: row numbers from 0, shape (count,).
            axis: must be 0.
            out: where to write the rows, shape (count, features); by default a new array.
            mode: has no effect; it is there because `numpy.ndarray.take` has it.

        Returns:
            The rows, shape (count, features).

        Raises:
            IndexError: a row does not exist.
            DataError: the file has become shorter.
            ResourceError: the file cannot be read.
        """
        rows = np.asarray(indices).tolist()
        if axis != 0 or (rows and not 0 <= min(rows) <= max(rows) < len(self)):
            raise IndexError(f"{self.path}: has rows 0 to {len(self) - 1}")
        found = np.empty((len(rows), self.shape[1]), self.dtype) if out is None else out
        if rows and rows == list(range(rows[0], rows[0] + len(rows))):
            buffers, rows = [_buffer_of(found)], rows[:1]
        else:
            buffers = [_buffer_of(row) for row in found] if out is None else self._row_buffers(found)
        try:
            self._read_rows(buffers, rows)
        except OSError as error:
            raise cannot_read(self.path, error) from error
        return found

    def _row_buffers(self, out: Array) -> list[list[memoryview]]:
        """Return a buffer for each row of `out`, kept for the latest arrays: making them takes as long as reading."""
        key = (out.__array_interface__["data"][0], out.shape, out.strides)
        buffers = self._buffers.get(key)
        if buffers is None:
            if len(self._buffers) >= MAX_VIEWS:
                self._buffers.clear()
            buffers = self._buffers[key] = [_buffer_of(row) for row in out]
        return buffers

    def _read_rows(self, buffers: Sequence[list[memoryview]], rows: Sequence[int]) -> None:
        """Fill each buffer with the bytes that begin at its row."""
        file, start, size = self._file, self._start, self._row_bytes
        for buffer, row in zip(buffers, rows, strict=True):
            if _read_at(file, buffer, start + row * size) != buffer[0].nbytes:
                self._read_rest(buffer[0].cast("B"), start + row * size)

    def _read_rest(self, buffer: memoryview, at: int) -> None:
        """Fill a buffer by several calls, where one returned too few bytes. Raises DataError if the file ends."""
        done = 0
        while done < len(buffer):
            count = _read_at(self._file, [buffer[done:]], at + done)
            if not count:
                raise DataError(f"{self.path}: has become shorter since it was opened; train on a file that stays")
            done += count


def _buffer_of(array: Array) -> list[memoryview]:
    return [array.data.cast("B")]


def _row_layout(path: Path) -> tuple[int, tuple[int, ...], np.dtype[Any], int]:
    """Return the number of rows, the shape of one, the dtype and the position of the first, from the header."""
    shape, is_fortran, dtype, start = read_npy_header(path)
    rows, *sample = shape or (0,)  # without dimensions there are no rows
    if is_fortran or not dtype.isnative or not sample or dtype.kind not in "biuf":
        order = ", column by column" * is_fortran
        raise DataError(
            f"{path}: holds {dtype} of shape {shape}{order}; rows can be read one by one from numbers "
            "(rows, ...), saved with np.save(path, np.ascontiguousarray(x, x.dtype.newbyteorder('=')))"
        )
    return rows, tuple(sample), dtype, start


def _seek_and_read(file: int, buffers: Sequence[memoryview], at: int) -> int:
    """Read at a position by two calls, because Windows has no single one."""
    os.lseek(file, at, os.SEEK_SET)
    data = os.read(file, buffers[0].nbytes)
    buffers[0][: len(data)] = data
    return len(data)


_read_at = getattr(os, "preadv", _seek_and_read)
