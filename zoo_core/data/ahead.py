"""Reads the rows of the next batches while the present ones are learnt from."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from zoo_core.buffers import buffer
from zoo_core.data.batches import number_of, take_rows
from zoo_core.parts import Array

Rows = slice | Array


class Ahead:
    """Takes rows of `x` in a thread of its own, one request before they are needed; `rows` at a time at most.

    Two arrays take turns: what `take` returns is good until the call after the next.
    """

    def __init__(self, x: Any, rows: int) -> None:
        self._x = x
        self._buffers = [buffer((rows, x.shape[1]), x.dtype, None) for _ in range(2)]
        self._thread = ThreadPoolExecutor(1, "rows")
        self._key = -1
        self._coming: Future[Array] | None = None

    def take(self, key: int, which: Rows) -> Array:
        """Return rows, those that were asked for under this key if any were."""
        coming, self._coming = self._coming, None
        found = None if coming is None else coming.result()
        if found is None or self._key != key:
            found = self._read(which)
        self._buffers.reverse()
        return found

    def ask(self, key: int, which: Rows) -> None:
        """Begin to read rows for a later `take`."""
        self._key = key
        self._coming = self._thread.submit(self._read, which)

    def close(self) -> None:
        """End the thread, when it has read what it is at."""
        self._thread.shutdown(cancel_futures=True)

    def _read(self, which: Rows) -> Array:
        return take_rows(self._x, which, self._buffers[0][: number_of(which)])
