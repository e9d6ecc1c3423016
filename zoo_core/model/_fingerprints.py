"""Fingerprints of every array after every epoch: they show in which epoch two runs became different."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from zoo_core.errors import ModelFileError
from zoo_core.model._array_names import FINGERPRINTS
from zoo_core.parts import Array

MAX_BYTES = 2**20  # in a file; a longer table is thinned evenly


@dataclass
class Fingerprints:
    """A row for each epoch: its number, then the CRC-32 of each array of the network, sorted by name."""

    rows: list[list[int]] = field(default_factory=list)

    @classmethod
    def read(cls, table: Array | None, name: str) -> Fingerprints:
        """Return the fingerprints in a file, called `name`; empty if `table` is None. Raises ModelFileError."""
        if table is not None and (table.ndim != 2 or table.dtype != np.int64):
            raise ModelFileError(f"{name}: array {FINGERPRINTS!r} is no table of whole numbers; get another file")
        if table is not None and table.nbytes > 2 * MAX_BYTES:  # Python's integers take several times as much
            raise ModelFileError(
                f"{name}: array {FINGERPRINTS!r} has {table.nbytes} bytes; about {MAX_BYTES} are allowed"
            )
        return cls([] if table is None else table.tolist())

    def append(self, epoch: int, arrays: Mapping[str, Array]) -> None:
        """Add the row of an epoch."""
        self.rows.append([epoch, *(zlib.crc32(np.ascontiguousarray(arrays[name]).data) for name in sorted(arrays))])

    def table(self) -> Array:
        """Return all rows, shape (epochs, 1 + arrays), int64."""
        return np.array(self.rows, np.int64).reshape(len(self.rows), -1 if self.rows else 0)

    def thinned(self) -> Array:
        """Return the rows that a model file keeps: evenly spaced epochs, as many as fit, and the last epoch."""
        table = self.table()
        every = -(-table.nbytes // MAX_BYTES) or 1
        kept = np.arange(len(table)) % every == 0
        kept[-1:] = True
        rows: Array = table[kept]
        return rows
