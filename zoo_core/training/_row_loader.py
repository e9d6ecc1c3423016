"""Loads the inputs of batches: rows are gathered or read from disk, then prepared."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.basics import aligned
from zoo_core.contract import IN_PLACE, contract_error
from zoo_core.data import Batches, Prefetcher, count_rows, take_rows
from zoo_core.model.evaluation import prepare_all
from zoo_core.nn import Network
from zoo_core.parts import Array, Preprocessor


class RowLoader:
    """Writes the prepared inputs of a block of `block_steps` batches at a time; a thread reads rows on disk ahead."""

    def __init__(
        self,
        x: Any,
        preprocessor: Preprocessor,
        batches: Batches,
        network: Network,
        block_steps: int,
    ) -> None:
        check_preprocessor(preprocessor, x, network.inputs, network.dtype)
        self._x, self._preprocessor, self._batches = x, preprocessor, batches
        self._block_steps = block_steps
        self._prepared = prepare_all(x, preprocessor, network)
        self.reads_ahead = self._prepared is None and getattr(x, "from_any_thread", False)
        gathers = self._prepared is None and not self.reads_ahead
        self._raw = aligned((block_steps * batches.batch_size if gathers else 0, x.shape[1]), x.dtype, None)
        self._prefetcher: Prefetcher | None = None

    def load(self, step: int, out: Array) -> None:
        """Write the inputs of the block that begins with `step` into the first rows of `out`."""
        which = self._batches.indices(step, self._block_steps)
        out = out[: count_rows(which)]
        if self._prepared is not None:
            if (rows := take_rows(self._prepared, which, out)) is not out:
                out[...] = rows
        elif self.reads_ahead:
            self._preprocessor.transform(self._read(step, which), out)
            self._request(step + self._block_steps)
        else:
            self._preprocessor.transform(take_rows(self._x, which, self._raw[: len(out)]), out)

    def close(self) -> None:
        """End the thread that reads; another starts when it is needed."""
        if self._prefetcher is not None:
            self._prefetcher.close()
            self._prefetcher = None

    def _read(self, step: int, which: slice | Array) -> Array:
        """Return the rows of the block that begins with `step`, which a thread has read ahead or reads now."""
        rows = self._block_steps * self._batches.batch_size
        self._prefetcher = self._prefetcher or Prefetcher(self._x, rows)
        return self._prefetcher.get(step, which)

    def _request(self, step: int) -> None:
        """Request the rows of the next block, just before a long matrix product.

        The reader thread holds the GIL between rows, so requesting before short calls would delay each of them.
        """
        if self._prefetcher is not None and step < self._batches.steps:
            self._prefetcher.request(step, self._batches.indices(step, self._block_steps))


def check_preprocessor(preprocessor: Preprocessor, x: Any, inputs: int, dtype: np.dtype[Any]) -> None:
    """Prepare the first row of `x`. Raises PluginError if the preprocessor writes nothing."""
    out = np.full((1, inputs), np.nan, dtype)
    preprocessor.transform(x.take(np.arange(1), axis=0), out)
    if out.size and np.isnan(out).all():
        raise contract_error(preprocessor, "transform", "left `out` as it was", IN_PLACE)
