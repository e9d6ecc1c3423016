"""A sketch of the rows of a table. It tells how many rows of another table are among them.

Each row gets a hash of its inputs and targets, and the smallest hashes are kept. Of a small table all are kept. Of a
large one they are a random sample of its distinct rows, from which the shared part of two tables is estimated.
Source: Bar-Yossef et al., "Counting distinct elements in a data stream" (2002), algorithm 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from zoo_core.basics import row_slices
from zoo_core.parts import Array, Table

SKETCH_SIZE = 1024  # hashes that are kept, 8 bytes each
BLOCK = 512  # rows that are hashed at once, so that their bits stay in the cache
MOST = 2**16  # rows of a table that are compared; more would only make the estimate finer


@dataclass(frozen=True)
class SharedRows:
    """How many rows of a table are in a sketch: `shared` of the `compared` rows, which are a random sample."""

    rows: int  # of the table
    compared: int
    shared: int

    def __str__(self) -> str:
        """Return such as "63 of the 90" or "about 12% of the 10,000"."""
        if self.compared == self.rows:
            return f"{self.shared:,} of the {self.rows:,}"
        return f"about {self.share:.0%} of the {self.rows:,}"

    @property
    def share(self) -> float:
        """The share of the rows that are in the sketch, 0 to 1."""
        return self.shared / max(self.compared, 1)


@dataclass(frozen=True)
class RowSketch:
    """The smallest hashes of some rows: int64, 0 or more, ascending, at most `SKETCH_SIZE`."""

    hashes: Array = field(default_factory=lambda: np.empty(0, np.int64))

    def with_hashes(self, hashes: Iterable[Array]) -> RowSketch:
        """Return the sketch of these rows and of those with the given hashes, which come block by block."""
        kept = self.hashes
        for block in hashes:
            kept = np.unique(np.concatenate([kept, block]))[:SKETCH_SIZE]
        return RowSketch(kept)

    def shared_with(self, table: Table) -> SharedRows:
        """Return how many rows of a table are among these rows; equal classes need equal indices."""
        rows, stride = len(table.y), -(-len(table.y) // MOST)
        found = [row_hashes(x, y) for x, y in row_blocks(table, np.arange(0, rows, stride))]
        hashes = np.concatenate(found) if found else self.hashes[:0]
        if len(self.hashes) == SKETCH_SIZE:
            hashes = hashes[hashes <= self.hashes[-1]]  # larger ones were not kept
        shared = int(np.isin(hashes, self.hashes).sum())
        return SharedRows(rows, len(hashes), shared)


def row_blocks(table: Table, indices: Array) -> Iterator[tuple[Array, Array]]:
    """Yield inputs and targets of some rows, block by block."""
    for which in row_slices(len(indices), BLOCK):
        yield np.asarray(table.x.take(indices[which], axis=0)), table.y[indices[which]]


def row_hashes(x: Array, y: Array) -> Array:
    """Return the hash of each row, shape (rows,), int64, 0 or more.

    All numbers count as float32, so that a row has the same hash whichever type its file gave it. The sum of the bits
    times random odd numbers is a universal hash: Dietzfelbinger et al., "A reliable randomized algorithm for the
    closest-pair problem" (1997).
    """
    total = np.zeros(len(x), np.uint64)
    for at, columns in enumerate((y if y.ndim == 2 else y[:, None], x)):
        with np.errstate(all="ignore"):
            numbers = columns.astype(np.float32) + np.float32(0)  # minus zero becomes zero
            numbers[np.isnan(numbers)] = np.nan  # a missing value has many forms of bits
        total += numbers.view(np.uint32).astype(np.uint64) @ _factors(at, columns.shape[1])
    return (_mix(total) >> np.uint64(1)).astype(np.int64)


@lru_cache(maxsize=4)  # of targets and inputs: blocks of rows, and runs on the same data, ask for them again
def _factors(at: int, columns: int) -> Array:
    """Return an odd number for each column of targets, which are at 0, or of inputs, which are at 1."""
    return _mix(np.arange(columns, dtype=np.uint64) + np.uint64(at << 40)) | np.uint64(1)


def _mix(values: Array) -> Array:
    """Return 64-bit numbers with their bits mixed. Source: Steele et al., "Fast splittable generators" (2014)."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = z ^ (z >> np.uint64(31))
    return mixed
