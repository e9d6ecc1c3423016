"""An open file that one process holds at a time: the lock ends with its holder, however that ends."""

from __future__ import annotations

import errno
import os
from importlib import import_module
from typing import Any

WINDOWS = os.name == "nt"  # where an open file can be neither renamed nor removed
FAR = 2**30  # the byte that Windows locks, beyond all content: what is locked there cannot be read


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file until it is closed or the process ends; tell whether the system has such locks.

    Raises BlockingIOError where another holds it and `wait` is False, OSError for a disk that cannot lock. Windows
    does not wait.
    """
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    return True


def _lock_on_windows(descriptor: int) -> bool:
    try:
        msvcrt: Any = import_module("msvcrt")
    except ImportError:
        return False
    os.lseek(descriptor, FAR, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        raise BlockingIOError(errno.EAGAIN, error.strerror) from error
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
