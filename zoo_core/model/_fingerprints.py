"""Fingerprints of every array after every epoch: where two runs part can be seen from their files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo_core.errors import ModelFileError
from zoo_core.parts import Array, Record
from zoo_core.storage import ModelFile

NAME = "trace"  # of its array in a model file
OF_NETWORK = ("input.", "layers.")  # how the names of a network's arrays begin
MAX_BYTES = 2**20  # in a file; longer traces are thinned evenly


@dataclass
class Fingerprints:
    """One row for each epoch: its number, then the CRC-32 of each array of the network, sorted by name."""

    rows: list[list[int]] = field(default_factory=list)

    @classmethod
    def read(cls, table: Array | None, name: str) -> Fingerprints:
        """Return the trace in a file that messages call `name`; empty where it has none. Raises ModelFileError."""
        if table is not None and (table.ndim != 2 or table.dtype != np.int64):
            raise ModelFileError(f"{name}: array {NAME!r} is no table of whole numbers; get a sound file")
        if table is not None and table.nbytes > 2 * MAX_BYTES:  # as Python's numbers it would take several times that
            raise ModelFileError(f"{name}: array {NAME!r} has {table.nbytes} bytes; about {MAX_BYTES} are allowed")
        return cls([] if table is None else table.tolist())

    def append(self, epoch: int, arrays: Mapping[str, Array]) -> None:
        """Add the row of an epoch."""
        self.rows.append([epoch, *(zlib.crc32(np.ascontiguousarray(arrays[name]).data) for name in sorted(arrays))])

    def table(self) -> Array:
        """Return all rows, shape (epochs, 1 + arrays), int64."""
        return np.array(self.rows, np.int64).reshape(len(self.rows), -1 if self.rows else 0)

    def storable(self) -> Array:
        """Return what a model file keeps: the last epoch and, evenly, as many others as there is room for."""
        table = self.table()
        every = -(-table.nbytes // MAX_BYTES) or 1
        kept = np.arange(len(table)) % every == 0
        kept[-1:] = True
        thinned: Array = table[kept]
        return thinned


def compare_runs(a: ModelFile, b: ModelFile) -> dict[str, Any]:
    """Return where two runs part, from their model files: the first epoch, its first array, figures, final arrays.

    `epoch` counts from 0 and is None where no epoch tells; `array` is None where only figures, or files without
    traces, tell it.
    """
    by_array, by_figure = _arrays_part(a, b), _figures_part(a.header["history"], b.header["history"])
    epochs = [found[0] for found in (by_array, by_figure) if found]
    epoch = min(epochs, default=None)
    return {
        "same": a.sha256 == b.sha256,
        "traced": NAME in a.arrays and NAME in b.arrays,
        "epoch": epoch,
        "array": by_array[1] if by_array and by_array[0] == epoch else None,
        "figures": by_figure[1] if by_figure and by_figure[0] == epoch else [],
        "final": dict(_finals_differ(a.arrays, b.arrays)),
    }


def _arrays_part(a: ModelFile, b: ModelFile) -> tuple[int, str] | None:
    """Return the first epoch in which two traces differ, and the first array that does."""
    names = sorted(name for name in a.arrays if name.startswith(OF_NETWORK))
    if NAME not in a.arrays or NAME not in b.arrays or a.arrays[NAME].shape[1:] != b.arrays[NAME].shape[1:]:
        return None
    others = {row[0]: row[1:] for row in b.arrays[NAME].tolist()}
    for epoch, *own in a.arrays[NAME].tolist():
        for name, x, y in zip(names, own, others.get(epoch, own), strict=False):
            if x != y:
                return epoch, name
    return None


def _figures_part(a: Sequence[Record], b: Sequence[Record]) -> tuple[int, list[str]] | None:
    """Return the first epoch in which two histories differ, and the figures that do."""
    others = {record["epoch"]: record for record in b}
    for record in a:
        other = others.get(record["epoch"], record)
        differing = [key for key in sorted(record.keys() | other.keys()) if record.get(key) != other.get(key)]
        if differing:
            return record["epoch"], differing
    return None


def _finals_differ(a: Mapping[str, Array], b: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    """Yield the name of each array that differs at the end, and how."""
    for name in sorted((a.keys() | b.keys()) - {NAME}):
        x, y = a.get(name), b.get(name)
        if x is None or y is None:
            yield name, "is only in one of them"
        elif (x.shape, x.dtype) != (y.shape, y.dtype):
            yield name, f"is {x.dtype} {x.shape} in one and {y.dtype} {y.shape} in the other"
        elif x.tobytes() != y.tobytes():
            change = np.abs(x.astype(np.float64) - y)
            yield name, f"{np.count_nonzero(change):,} of {change.size:,} values differ, at most by {change.max():.3g}"
