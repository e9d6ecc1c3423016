"""Reads the rows of the next batches in a thread while the network learns from the current ones."""

from __future__ import annotations

import weakref
from queue import SimpleQueue
from threading import Thread
from typing import Any

from zoo_core.basics import aligned
from zoo_core.data._batches import RowIndices, count_rows, take_rows
from zoo_core.parts import Array

Answer = SimpleQueue[Array | BaseException]
Request = tuple[RowIndices, Answer]


class Prefetcher:
    """Reads rows of `x` in a thread, one request ahead; a request has at most `rows` rows.

    Reads alternate between two buffers, so an array returned by `get` stays valid until the second request after it.
    """

    def __init__(self, x: Any, rows: int) -> None:
        self._requests: SimpleQueue[Request | None] = SimpleQueue()  # an executor takes twice as long
        buffers = [aligned((rows, x.shape[1]), x.dtype, None) for _ in range(2)]
        arguments = (x, buffers, self._requests)
        self._thread = Thread(target=_answer_requests, args=arguments, name="rows", daemon=True)
        self._end = weakref.finalize(self, self._requests.put, None)
        self._key, self._answer = -1, Answer()
        self._thread.start()

    def request(self, key: int, indices: RowIndices) -> None:
        """Start to read rows for a later `get` with the same key."""
        self._key, self._answer = key, Answer()
        self._requests.put((indices, self._answer))

    def get(self, key: int, indices: RowIndices) -> Array:
        """Return rows: those requested under this key, if any, else those of `indices`. Raises what reading raised."""
        if self._key != key:
            self.request(key, indices)
        self._key = -1  # after an interruption from here on, nothing counts as requested
        answer = self._answer.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        """End the thread, after the read that it is doing."""
        self._end()
        self._thread.join()


def _answer_requests(x: Any, buffers: list[Array], requests: SimpleQueue[Request | None]) -> None:
    """Answer requests until None comes. The thread holds no reference to the Prefetcher, so that one can be freed."""
    while (request := requests.get()) is not None:
        indices, answer = request
        try:
            answer.put(take_rows(x, indices, buffers[0][: count_rows(indices)]))
            buffers.reverse()
        except BaseException as error:
            answer.put(error)
