"""Threads that share the blocks of one piece of work.

Work is cut into blocks by its shapes alone, and whoever is free takes the next block. So the result depends neither on
the number of threads nor on other programs. A thread without work sleeps.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import numpy as np

Work = Callable[[int, int], object]  # block, worker

MAX_THREADS = 4  # by default; the products of a step are too short for more
POLL = 0.001  # seconds between two looks at a helper, after an error only


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads() -> int:
    """Return how many threads share the work where nobody chose a number."""
    return min(processors(), MAX_THREADS)


class Pool:
    """Threads that share work: the caller and `threads - 1` helpers, which start at first use and sleep between.

    A pool that was closed, or that is found in a forked process, starts helpers anew when it needs them. As a context
    it closes at the end of the outermost one. NumPy gives no warnings of floating-point errors in helpers.

    Args:
        threads: how many threads work at once, at least 1. With 1 the caller works alone.

    Example:
        with Pool(2) as pool:
            pool.run(lambda block, worker: np.dot(a[block], b, c[block]), len(a))
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads, self._contexts = threads, 0
        self._reset()

    def run(self, work: Work, count: int) -> None:
        """Call `work(block, worker)` once for each block in `range(count)`; return when all calls are over.

        The worker is 0 for the caller and below `threads` for helpers: no two threads have the same number at a time.
        After an error no further block begins, and the first error is raised here. A call from inside of `work`, or
        while another thread uses the pool, works alone.
        """
        if self.threads == 1 or count < 2 or not self._begin():
            for block in range(count):
                work(block, 0)
            return
        try:
            shared = _SharedWork(work, count)
            try:
                for helper in self._helpers[: count - 1]:
                    helper.wake(shared)
                shared.take_blocks(0)
                shared.finished.acquire()
            except BaseException as error:  # such as KeyboardInterrupt, between two blocks
                shared.errors.append(error)
                self._wait_for_helpers(shared)
        finally:
            self._in_use.release()
        if shared.errors:
            raise shared.errors[0]

    def close(self) -> None:
        """End the helpers, each after its block."""
        if not self._helpers:
            return
        helpers = self._helpers[:]
        self._helpers.clear()
        if self._process == os.getpid():
            for helper in helpers:
                helper.wake(None)
            for helper in helpers:
                helper.thread.join()

    def __enter__(self) -> Pool:
        self._contexts += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._contexts -= 1
        if not self._contexts:
            self.close()

    def __reduce__(self) -> tuple[type[Pool], tuple[int]]:
        """Copy and pickle as a pool whose helpers have not started."""
        return Pool, (self.threads,)

    def _reset(self) -> None:
        self._in_use, self._process = threading.Lock(), os.getpid()
        self._helpers: list[_Helper] = []
        weakref.finalize(self, _end_helpers, self._helpers)  # a pool that nobody refers to leaves no thread

    def _begin(self) -> bool:
        """Take the pool into use, with its helpers; return whether it was free."""
        if self._process != os.getpid():  # a forked process has none of the threads
            self._reset()
        if not self._in_use.acquire(blocking=False):
            return False
        with suppress(RuntimeError):  # where no thread can start, fewer work
            while len(self._helpers) < self.threads - 1:
                self._helpers.append(_Helper(len(self._helpers) + 1))
        return True

    def _wait_for_helpers(self, shared: _SharedWork) -> None:
        """Wait until no helper is at a block: the caller may change the arrays then."""
        while any(helper.current is shared for helper in self._helpers):
            time.sleep(POLL)


class _SharedWork:
    """One call of `Pool.run`. Iterators are atomic: each block goes to one thread, and one thread counts the last."""

    def __init__(self, work: Work, count: int) -> None:
        self.errors: list[BaseException] = []
        self.finished = threading.Lock()
        self.finished.acquire()
        self._work, self._count = work, count
        self._blocks, self._done = iter(range(count)), itertools.count(1)

    def take_blocks(self, worker: int) -> None:
        """Work on blocks until none is left; after an error they only count as done."""
        for block in self._blocks:
            try:
                if not self.errors:
                    self._work(block, worker)
            except BaseException as error:
                self.errors.append(error)
            if next(self._done) == self._count:
                self.finished.release()


class _Helper:
    """A thread that sleeps until it is woken for shared work. It refers to no pool, so that one can be freed."""

    def __init__(self, worker: int) -> None:
        self.current: _SharedWork | None = None
        self._next: _SharedWork | None = None
        self._asleep = threading.Lock()
        self._asleep.acquire()
        self.thread = threading.Thread(target=self._work, args=[worker], name=f"zoo helper {worker}", daemon=True)
        self.thread.start()

    def wake(self, shared: _SharedWork | None) -> None:
        """Have the thread take part in shared work, or end. Earlier work that it has not woken for is forgotten."""
        self._next = shared
        if self._asleep.locked():
            self._asleep.release()

    def _work(self, worker: int) -> None:
        with np.errstate(all="ignore"):
            while self._asleep.acquire() and (shared := self._next) is not None:
                self.current = shared
                shared.take_blocks(worker)
                self.current = shared = None


def _end_helpers(helpers: list[_Helper]) -> None:
    for helper in helpers:
        helper.wake(None)
