"""One writer at a time: a lock beside a file, which the system lets go when its holder dies, however it dies."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo_core.errors import ResourceError

FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # nobody may have us write where a link points


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file, kept in `.NAME.lock` beside it. Raises ResourceError that names the holder."""
    place = path.with_name(f".{path.name}.lock")
    try:
        descriptor = _acquire(place)
    except BlockingIOError:
        raise ResourceError(
            f"{path}: process {_holder(place)} is writing it; wait until it ends, or name another output"
        ) from None
    except OSError as error:
        raise ResourceError(f"{path}: cannot be locked: {error.strerror}; check the folder's permissions") from error
    try:
        yield
    finally:
        _remove(place)  # while it is still held: whoever waits finds a file without a name, and tries again
        os.close(descriptor)
        if WINDOWS:
            _remove(place)


def _acquire(place: Path) -> int:
    """Return the open lock file, with our number in it. Raises BlockingIOError where another holds it."""
    while True:
        descriptor = os.open(place, FLAGS, 0o666)
        try:
            lock_descriptor(descriptor, wait=False)
            if _is(descriptor, place):
                os.truncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is(descriptor: int, place: Path) -> bool:
    """Tell whether the file that is locked still is the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), place.stat())
    except FileNotFoundError:
        return False


def _remove(place: Path) -> None:
    with suppress(OSError):
        place.unlink()


def _holder(place: Path) -> str:
    with suppress(OSError):
        return place.read_text("ascii", "replace").strip()[:20] or "(unknown)"
    return "(unknown)"


WINDOWS = os.name == "nt"  # where an open file can be neither renamed nor removed
FAR = 2**30  # the byte that Windows locks, beyond all content: what is locked there cannot be read


def lock_descriptor(descriptor: int, *, wait: bool) -> bool:
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
