"""Rows that stay in their file: a .npy larger than memory, read row by row as they are asked for."""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.readers.npy import check_finite, read_header
from zoo_core.errors import DataError, ResourceError
from zoo_core.parts import Array

CHUNK = 4096  # rows looked at together
MAX_VIEWS = 4  # arrays that callers bring again and again, whose rows are kept at hand


class DiskRows:
    """The rows of a .npy file of numbers, as a table's `x`: shape (rows, features), all axes but the first joined.

    Only what `take` returns is in memory. Rows are read, not mapped: a map counts as memory once it was looked at.
    `sample_shape` is the shape of a row in the file; `take` may be called from any thread, one call at a time. Raises
    DataError for a file of another kind, ResourceError where it cannot be opened.
    """

    from_any_thread = True

    def __init__(self, path: Path) -> None:
        self.path = path
        rows, self.sample_shape, self.dtype, self._start = _look(path)
        self.shape = (rows, math.prod(self.sample_shape))
        self._row_bytes = self.shape[1] * self.dtype.itemsize
        try:
            self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise ResourceError(f"cannot read {path}: {error.strerror or error}") from error
        weakref.finalize(self, os.close, self._file)
        self._views: dict[object, list[list[memoryview]]] = {}

    def __len__(self) -> int:
        return self.shape[0]

    def check_finite(self) -> None:
        """Raise DataError at the first value that is NaN or infinite, as that of an array."""
        for start in range(0, len(self) if self.dtype.kind == "f" else 0, CHUNK):
            rows = self.take(np.arange(start, min(start + CHUNK, len(self))))
            check_finite(rows, str(self.path), first=start + 1)

    def take(self, indices: Array, axis: int = 0, out: Array | None = None, mode: str = "raise") -> Array:
        """Return the rows `indices`, shape (count, features), in `out` where given; `axis` must be 0."""
        rows = np.asarray(indices).tolist()
        if axis != 0 or (rows and not 0 <= min(rows) <= max(rows) < len(self)):
            raise IndexError(f"{self.path}: has rows 0 to {len(self) - 1}")
        found = np.empty((len(rows), self.shape[1]), self.dtype) if out is None else out
        if rows and rows == list(range(rows[0], rows[0] + len(rows))):
            buffers, rows = [_bytes(found)], rows[:1]
        else:
            buffers = [_bytes(row) for row in found] if out is None else self._rows_of(found)
        try:
            self._read(buffers, rows)
        except OSError as error:
            raise ResourceError(f"cannot read {self.path}: {error.strerror or error}") from error
        return found

    def _rows_of(self, out: Array) -> list[list[memoryview]]:
        """Return a buffer for each row, kept for the latest arrays: making them takes as long as reading."""
        key = (out.__array_interface__["data"][0], out.shape, out.strides)
        views = self._views.get(key)
        if views is None:
            if len(self._views) >= MAX_VIEWS:
                self._views.clear()
            views = self._views[key] = [_bytes(row) for row in out]
        return views

    def _read(self, buffers: Sequence[list[memoryview]], rows: Sequence[int]) -> None:
        """Fill each buffer from the file, from a row on."""
        file, start, size = self._file, self._start, self._row_bytes
        for buffer, row in zip(buffers, rows, strict=True):
            if _read_at(file, buffer, start + row * size) != buffer[0].nbytes:
                self._read_rest(buffer[0].cast("B"), start + row * size)

    def _read_rest(self, buffer: memoryview, at: int) -> None:
        """Fill a buffer of more bytes than one call gives. Raises DataError where the file ends before."""
        done = 0
        while done < len(buffer):
            got = _read_at(self._file, [buffer[done:]], at + done)
            if not got:
                raise DataError(f"{self.path}: has become shorter since it was opened; train on a file that stays")
            done += got


def _bytes(array: Array) -> list[memoryview]:
    return [array.data.cast("B")]


def _look(path: Path) -> tuple[int, tuple[int, ...], np.dtype[Any], int]:
    """Return rows, shape of one, dtype and where the first begins, from the header of a file."""
    (rows, *sample), fortran, dtype, start = read_header(path)
    if fortran or not dtype.isnative or not sample or dtype.kind not in "biuf":
        order = ", column by column" * fortran
        raise DataError(
            f"{path}: holds {dtype} of shape {(rows, *sample)}{order}; rows can be read one by one from numbers "
            "(rows, ...), saved with np.save(path, np.ascontiguousarray(x, x.dtype.newbyteorder('=')))"
        )
    return rows, tuple(sample), dtype, start


def _pread(file: int, buffers: Sequence[memoryview], at: int) -> int:
    """Read without a call that takes a position, which Windows lacks."""
    os.lseek(file, at, os.SEEK_SET)
    data = os.read(file, buffers[0].nbytes)
    buffers[0][: len(data)] = data
    return len(data)


_read_at = getattr(os, "preadv", _pread)
