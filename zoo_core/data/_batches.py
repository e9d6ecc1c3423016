"""Batches of rows: the order of the rows in an epoch, and gathering rows without new memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.parts import Array

LONG_ROW = 2_048  # bytes
RowIndices = slice | Array  # row numbers: contiguous ones as a slice, others as an array (count,)


def count_rows(indices: RowIndices) -> int:
    """Return the number of rows that indices select."""
    return indices.stop - indices.start if isinstance(indices, slice) else len(indices)


def take_rows(x: Any, indices: RowIndices, out: Array) -> Array:
    """Return the selected rows of `x`, shape (rows, features).

    A slice of an array gives a view, and `out` is not used. Otherwise rows are gathered into `out`, which has the
    dtype of `x` and one row for each index. Indices are not checked: they come from `Batches`.
    """
    if isinstance(x, np.ndarray):
        if isinstance(indices, slice):
            return x[indices]
        if x.strides[0] >= LONG_ROW:
            x[:, 0][indices]  # so that the cache misses of all rows overlap
        # "clip" lets NumPy write to `out` directly; with "raise" it fills a hidden copy first.
        return x.take(indices, 0, out, "clip")
    if isinstance(indices, slice):
        indices = np.arange(indices.start, indices.stop)
    x.take(indices, axis=0, out=out)
    return out


class Batches:
    """Divides `rows` rows into batches, in a new order for each epoch if `shuffle` is true.

    `steps` is the number of batches in an epoch and `rows_used` the number of rows in them. With `drop_last`, an
    incomplete last batch is left out, and `rows_used` may be less than `rows`.
    """

    def __init__(
        self, rows: int, batch_size: int, *, shuffle: bool, rng: np.random.Generator, drop_last: bool = False
    ) -> None:
        if rows < 1 or batch_size < 1:
            raise ValueError(f"rows and batch_size must be at least 1, not {rows} and {batch_size}")
        self.rows, self.batch_size = rows, min(batch_size, rows)
        self.shuffle, self.rng = shuffle, rng
        whole, rest = divmod(rows, self.batch_size)
        self.steps = whole if drop_last or not rest else whole + 1
        self.rows_used = self.rows_of(self.steps)
        self.permutation: Array | None = None

    def rows_of(self, steps: int) -> int:
        """Return how many rows the first `steps` batches of an epoch have."""
        return min(steps * self.batch_size, self.rows)

    def start_epoch(self) -> None:
        """Draw the order of the rows for the next epoch, if rows are shuffled."""
        # A new permutation, not a reshuffled one, so that the order depends only on the state of the generator.
        self.permutation = self.rng.permutation(self.rows) if self.shuffle else None

    def set_state(self, step: int, permutation: Array | None) -> None:
        """Restore the order of rows after `step` steps of an epoch. Raises ValueError if it does not fit these rows."""
        if permutation is None:
            fits = not self.shuffle or not step
        else:
            fits = self.shuffle and np.array_equal(np.sort(permutation), np.arange(self.rows, dtype=permutation.dtype))
        if not fits:
            raise ValueError(f"the order of the rows is not that of {self.rows} rows")
        self.permutation = permutation

    def indices(self, step: int, count: int = 1) -> RowIndices:
        """Return the rows of `count` steps from `step` on, 0 <= step < steps: a slice, or a view of the permutation."""
        start = step * self.batch_size
        rows = slice(start, min(start + count * self.batch_size, self.rows_used))
        return rows if self.permutation is None else self.permutation[rows]
