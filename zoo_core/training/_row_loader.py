"""Loads the inputs of batches: rows are gathered or read from disk, then prepared."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core._arrays import aligned, row_slices
from zoo_core._part_checks import IN_PLACE, contract_error
from zoo_core.data import Batches, Prefetcher, count_rows, take_rows
from zoo_core.nn import Network
from zoo_core.parts import Array, Preprocessor

PREPARED_BYTES = 32 * 2**20  # inputs of this size are prepared once, larger ones batch by batch
CHUNK_ROWS = 4096  # prepared at a time
READ_BYTES = 4 * 2**20  # of rows read together, unless one batch has more


class RowLoader:
    """Writes the prepared inputs of `batches_per_load` batches at a time.

    A thread reads rows from disk one block ahead. If a block has more than READ_BYTES, it reads one load ahead.
    `block_steps`, the batches in a block, is a multiple of `batches_per_load`.
    """

    def __init__(
        self,
        x: Any,
        preprocessor: Preprocessor,
        batches: Batches,
        network: Network,
        block_steps: int,
        batches_per_load: int,
    ) -> None:
        check_preprocessor(preprocessor, x, network.inputs, network.dtype)
        self._x, self._preprocessor, self._batches = x, preprocessor, batches
        self._batches_per_load = batches_per_load
        self._prepared = _prepare_all(x, preprocessor, network.inputs, network.dtype)
        self.reads_ahead = self._prepared is None and getattr(x, "from_any_thread", False)
        row_bytes, size = x.shape[1] * np.dtype(x.dtype).itemsize, batches.batch_size
        self._batches_per_read = block_steps if block_steps * size * row_bytes <= READ_BYTES else batches_per_load
        gathers = self._prepared is None and not self.reads_ahead
        self._raw = aligned((batches_per_load * size if gathers else 0, x.shape[1]), x.dtype, None)
        self._read, self._read_from = self._raw[:0], 0  # rows that were read together, and their first step
        self._prefetcher: Prefetcher | None = None

    def start_epoch(self) -> None:
        """Discard rows that were read in the order of the previous epoch."""
        self._read = self._read[:0]

    def load(self, step: int, out: Array) -> None:
        """Write the inputs of the batches from `step` on into the first rows of `out`."""
        which = self._batches.indices(step, self._batches_per_load)
        out = out[: count_rows(which)]
        if self._prepared is not None:
            if (rows := take_rows(self._prepared, which, out)) is not out:
                out[...] = rows
        elif self.reads_ahead:
            self._preprocessor.transform(self._rows_read(step, len(out)), out)
            self._request_next(step)
        else:
            self._preprocessor.transform(take_rows(self._x, which, self._raw[: len(out)]), out)

    def close(self) -> None:
        """End the thread that reads; another starts when it is needed."""
        if self._prefetcher is not None:
            self._prefetcher.close()
            self._prefetcher = None

    def _rows_read(self, step: int, rows: int) -> Array:
        """Return the rows of the batches from `step` on; read them first if they are not in memory."""
        size = self._batches.batch_size
        first = (step - self._read_from) * size
        if not 0 <= first <= len(self._read) - rows:
            self._prefetcher = self._prefetcher or Prefetcher(self._x, self._batches_per_read * size)
            first, self._read_from = 0, step
            self._read = self._prefetcher.get(step, self._batches.indices(step, self._batches_per_read))
        return self._read[first : first + rows]

    def _request_next(self, step: int) -> None:
        """Request the next rows just before a long matrix product.

        The reader thread holds the GIL between rows, so requesting before short calls would delay each of them.
        """
        following = step + self._batches_per_read
        if self._prefetcher is not None and step == self._read_from and following < self._batches.steps:
            self._prefetcher.request(following, self._batches.indices(following, self._batches_per_read))


def check_preprocessor(preprocessor: Preprocessor, x: Any, inputs: int, dtype: np.dtype[Any]) -> None:
    """Prepare the first row of `x`. Raises PluginError if the preprocessor writes nothing."""
    out = np.full((1, inputs), np.nan, dtype)
    preprocessor.transform(x.take(np.arange(1), axis=0), out)
    if out.size and np.isnan(out).all():
        raise contract_error(preprocessor, "transform", "left `out` as it was", IN_PLACE)


def _prepare_all(x: Any, preprocessor: Preprocessor, inputs: int, dtype: np.dtype[np.generic]) -> Array | None:
    """Return all rows prepared, or None if they are on disk or large."""
    if isinstance(x, np.ndarray) and x.dtype == dtype and preprocessor.is_identity:
        return x
    if not isinstance(x, np.ndarray) or x.shape[0] * inputs * dtype.itemsize > PREPARED_BYTES:
        return None
    prepared = aligned((x.shape[0], inputs), dtype, None)
    for which in row_slices(x.shape[0], CHUNK_ROWS):
        preprocessor.transform(x[which], prepared[which])
    return prepared
