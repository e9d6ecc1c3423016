"""A lock that a forked process finds free."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress


class ThreadLock:
    """Lets one thread in at a time; the same thread may enter again.

    After a fork it is free in the new process, which has none of the threads that held it.
    """

    def __init__(self) -> None:
        self._lock, self.holder = threading.RLock(), 0  # `holder` is the thread that entered last, 0 when it has left
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()
        self.holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self.holder = 0
        with suppress(RuntimeError):  # a process that was forked inside the lock has a new one
            self._lock.release()

    def renew(self) -> None:
        """Make the lock free."""
        self._lock, self.holder = threading.RLock(), 0

    def __reduce__(self) -> tuple[type[ThreadLock], tuple[()]]:
        """Copy and pickle as a new, free lock."""
        return ThreadLock, ()


_LOCKS: weakref.WeakSet[ThreadLock] = weakref.WeakSet()


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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
