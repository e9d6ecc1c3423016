"""A lock that a forked process finds free."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 5.0  # seconds that a fork waits for other threads


class ForkGate:
    """Keeps other threads from new work while one forks.

    OpenBLAS ends its threads before a fork. If another Python thread has them multiply just then, both wait for ever.
    """

    def __init__(self) -> None:
        self._lock, self._owner = threading.Lock(), 0
        self._mine = threading.local()
        self.waits: list[Callable[[], None]] = []  # each waits for a sort of work to end

    @property
    def is_closed(self) -> bool:
        """Whether another thread forks, and this one is at no work that the fork waits for."""
        return self._owner not in (0, threading.get_ident()) and not self._depth

    @property
    def _depth(self) -> int:
        return getattr(self._mine, "depth", 0)

    def begin(self) -> None:
        """Note that this thread is at work that a fork waits for."""
        self._mine.depth = self._depth + 1

    def end(self) -> None:
        """Note that it has ended."""
        self._mine.depth = self._depth - 1

    def close(self) -> None:
        """Let no other thread begin, and wait for those that are at work."""
        self._lock.acquire()
        self._owner = threading.get_ident()
        for wait in self.waits:
            wait()

    def open(self) -> None:
        """Let all threads begin again."""
        self._owner = 0
        self._lock.release()

    def wait(self) -> None:
        """Wait until the fork is over, for a limited time."""
        if self._lock.acquire(timeout=PATIENCE):
            self._lock.release()


GATE = ForkGate()


class ThreadLock:
    """Lets one thread in at a time; the same thread may enter again.

    After a fork it is free in the new process, which has none of the threads that held it.
    """

    def __init__(self) -> None:
        self._lock, self.holder = threading.RLock(), 0  # `holder` is the thread that entered last, 0 when it has left
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()
        if GATE.is_closed:
            self._lock.release()
            GATE.wait()
            self._lock.acquire()
        GATE.begin()
        self.holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self.holder = 0
        GATE.end()
        with suppress(RuntimeError):  # a process that was forked inside the lock has a new one
            self._lock.release()

    def wait_until_free(self, seconds: float) -> None:
        """Wait until no other thread is inside, for a limited time."""
        if self._lock.acquire(timeout=seconds):
            self._lock.release()

    def renew(self) -> None:
        """Make the lock free."""
        self._lock, self.holder = threading.RLock(), 0

    def __reduce__(self) -> tuple[type[ThreadLock], tuple[()]]:
        """Copy and pickle as a new, free lock."""
        return ThreadLock, ()


_LOCKS: weakref.WeakSet[ThreadLock] = weakref.WeakSet()


def _wait_for_locks() -> None:
    end = time.monotonic() + PATIENCE
    for lock in list(_LOCKS):
        lock.wait_until_free(max(0.0, end - time.monotonic()))


def _renew_locks() -> None:
    """Make all locks free in a forked process.

    If another thread was at work, it may have held the lock of OpenBLAS's threads too, which nobody can free. A
    product on one thread does not take that lock.
    """
    locks = list(_LOCKS)
    if any(lock.holder not in (0, threading.get_ident()) for lock in locks):
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1, user_api="blas")
    for lock in locks:
        lock.renew()
    GATE.open()


GATE.waits.append(_wait_for_locks)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=GATE.close, after_in_parent=GATE.open, after_in_child=_renew_locks)
