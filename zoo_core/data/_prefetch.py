"""Reads the rows of the next batches while the present ones are learnt from."""

from __future__ import annotations

import weakref
from queue import SimpleQueue
from threading import Thread
from typing import Any

from zoo_core._arrays import aligned
from zoo_core.data._batches import number_of, take_rows
from zoo_core.parts import Array

Rows = slice | Array
Answer = SimpleQueue[Array | BaseException]
Request = tuple[Rows, Answer]


class Prefetcher:
    """Takes rows of `x` in a thread of its own, one request before they are needed; `rows` at a time at most.

    All of them are taken there, into two arrays in turns: what `take` returns is good until the next request but one.
    """

    def __init__(self, x: Any, rows: int) -> None:
        self._requests: SimpleQueue[Request | None] = SimpleQueue()  # an executor takes twice as long
        buffers = [aligned((rows, x.shape[1]), x.dtype, None) for _ in range(2)]
        arguments = (x, buffers, self._requests)
        self._thread = Thread(target=_serve, args=arguments, name="rows", daemon=True)
        self._end = weakref.finalize(self, self._requests.put, None)
        self._key, self._coming = -1, Answer()
        self._thread.start()

    def request(self, key: int, which: Rows) -> None:
        """Begin to read rows for a later `take`."""
        self._key, self._coming = key, Answer()
        self._requests.put((which, self._coming))

    def get(self, key: int, which: Rows) -> Array:
        """Return rows, those that were asked for under this key if any were. Raises what reading them raised."""
        if self._key != key:
            self.request(key, which)
        self._key = -1  # an interruption from here on leaves nothing that is asked for
        answer = self._coming.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        """End the thread, when it has read what it is at."""
        self._end()
        self._thread.join()


def _serve(x: Any, buffers: list[Array], requests: SimpleQueue[Request | None]) -> None:
    """Answer one request after the other, without holding on to the one who asks."""
    while (request := requests.get()) is not None:
        which, answer = request
        try:
            answer.put(take_rows(x, which, buffers[0][: number_of(which)]))
            buffers.reverse()
        except BaseException as error:
            answer.put(error)
