"""Batches of rows: which rows come next, and how they are fetched without new memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.parts import Array

LONG_ROW = 2_048  # bytes


def number_of(indices: slice | Array) -> int:
    """Return how many rows `Batches.indices` names."""
    return indices.stop - indices.start if isinstance(indices, slice) else len(indices)


def take_rows(x: Any, indices: slice | Array, out: Array) -> Array:
    """Return the rows of `x`, shape (rows, features), that `indices` names.

    A slice of an array gives a view and leaves `out` alone; everything else is gathered into `out`, which
    must have the dtype of `x` and one row for each index. Indices are not checked: they come from `Batches`.
    """
    if isinstance(x, np.ndarray):
        if isinstance(indices, slice):
            return x[indices]
        if x.strides[0] >= LONG_ROW:
            x[:, 0][indices]  # the memory is asked for the beginning of every row at once, not of one after the other
        # "clip" lets NumPy write to `out` directly; with "raise" it fills a hidden copy first.
        return x.take(indices, 0, out, "clip")
    if isinstance(indices, slice):
        indices = np.arange(indices.start, indices.stop)
    x.take(indices, axis=0, out=out)
    return out


class Batches:
    """Divides `rows` rows into batches, epoch after epoch.

    `steps` is the number of batches in an epoch, `rows_used` how many rows they hold together (fewer than
    `rows` only where `drop_last` leaves a short last batch out).
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
        self.rows_used = min(self.steps * self.batch_size, rows)
        self.permutation: Array | None = None

    @property
    def sizes(self) -> set[int]:
        """The numbers of rows that batches have: one, or two where the last is shorter."""
        return {self.batch_size, self.rows_used % self.batch_size or self.batch_size}

    def start_epoch(self) -> None:
        """Draw the order of the rows for the epoch that follows, unless nothing is shuffled."""
        # A fresh permutation, not a reshuffled one: the order depends on the generator's state alone.
        self.permutation = self.rng.permutation(self.rows) if self.shuffle else None

    def set_state(self, step: int, permutation: Array | None) -> None:
        """Take up the order of an epoch again. Raises ValueError for one that is not of these rows."""
        if permutation is None:
            sound = not self.shuffle or not step
        else:
            sound = self.shuffle and np.array_equal(np.sort(permutation), np.arange(self.rows, dtype=permutation.dtype))
        if not sound:
            raise ValueError(f"the order of the rows is not that of {self.rows} rows")
        self.permutation = permutation

    def indices(self, step: int, count: int = 1) -> slice | Array:
        """Return the rows of `count` steps from `step` on, 0 <= step < steps: a slice, or a view of the permutation."""
        start = step * self.batch_size
        where = slice(start, min(start + count * self.batch_size, self.rows_used))
        return where if self.permutation is None else self.permutation[where]
