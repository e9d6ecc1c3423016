"""A lock that a forked process finds free, and that a fork waits for."""

from __future__ import annotations

import os
import threading
import time
import weakref

PATIENCE = 5.0  # seconds that a fork waits for the work of other threads


class ThreadLock:
    """Lets one thread in at a time; the same thread may enter again.

    A fork waits until no other thread is inside, and lets none in before it is over. So a forked process, which has
    none of these threads, finds nothing half done.
    """

    def __init__(self) -> None:
        self.renew()
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self, seconds: float) -> bool:
        """Enter within a limited time; return whether that was possible."""
        return self._lock.acquire(timeout=seconds)

    def release(self) -> None:
        """Leave."""
        try:  # noqa: SIM105 - `suppress` takes as long as a layer for one row
            self._lock.release()
        except RuntimeError:  # a process that was forked inside the lock has a new one
            pass

    def renew(self) -> None:
        """Make the lock free."""
        self._lock = threading.RLock()

    def __reduce__(self) -> tuple[type[ThreadLock], tuple[()]]:
        """Copy and pickle as a new, free lock."""
        return ThreadLock, ()


_LOCKS: weakref.WeakSet[ThreadLock] = weakref.WeakSet()
_forking = threading.local()  # `locks`: those that the thread has entered for its fork


def _enter_locks() -> None:
    end = time.monotonic() + PATIENCE
    _forking.locks = [lock for lock in list(_LOCKS) if lock.acquire(max(0.0, end - time.monotonic()))]


def _leave_locks() -> None:
    for lock in _forking.locks:
        lock.release()
    del _forking.locks


def _renew_locks() -> None:
    del _forking.locks
    for lock in list(_LOCKS):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_enter_locks, after_in_parent=_leave_locks, after_in_child=_renew_locks)
