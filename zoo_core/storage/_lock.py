"""One writer at a time: a lock file beside a file. The system releases the lock when its holder ends, in any way."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo_core.errors import ResourceError, UsageError

LOCK_CONTENT = re.compile(rb"[0-9]*\n?")  # the number of the process that holds it
FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # a link must not redirect the writing to another file


def check_file_name(path: Any) -> None:
    """Raise UsageError for a path that the system cannot have: of another type, with a NUL, or half a character."""
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(f"an output is the path of a file, not {type(path).__name__}")
    try:
        if "\0" in os.fspath(path):
            raise UsageError(f"{str(path)!r} is no file name: it holds a NUL character")
        os.fsencode(path)
    except UnicodeError as error:
        raise UsageError(f"{str(path)!a} is no file name: it holds what is no character") from error


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is `.NAME.lock` beside it.

    Raises ResourceError that names the holder, UsageError where another file has the name of the lock.
    """
    check_file_name(path)
    lock_path = path.with_name(f".{path.name}.lock")
    try:
        descriptor = _acquire(lock_path)
    except BlockingIOError:
        raise ResourceError(
            f"{path}: process {_read_holder(lock_path)} is writing it; wait until it ends, or name another output"
        ) from None
    except FileExistsError:
        raise UsageError(f"{lock_path}: is no lock that the zoo made; move it away, or name another output") from None
    except OSError as error:
        raise ResourceError(f"{path}: cannot be locked: {error.strerror}; check the folder's permissions") from error
    try:
        yield
    finally:
        _remove_name(lock_path)  # before it is released: a process that then locks the nameless file tries again
        os.close(descriptor)
        if WINDOWS:
            _remove_name(lock_path)


def _acquire(lock_path: Path) -> int:
    """Return the open lock file with the number of this process in it. Raises BlockingIOError if another holds it."""
    while True:
        descriptor = os.open(lock_path, FLAGS, 0o666)
        try:
            lock_descriptor(descriptor, wait=False)
            if _still_names(descriptor, lock_path):
                _check_content(descriptor)
                os.truncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _check_content(descriptor: int) -> None:
    """Raise FileExistsError for a file that is no lock: it belongs to somebody else, and stays as it is."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not LOCK_CONTENT.fullmatch(os.read(descriptor, 100)):
        raise FileExistsError
    os.lseek(descriptor, 0, os.SEEK_SET)


def _still_names(descriptor: int, lock_path: Path) -> bool:
    """Return whether the path still names the locked file."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock_path.stat())
    except FileNotFoundError:
        return False


def _remove_name(lock_path: Path) -> None:
    with suppress(OSError):
        lock_path.unlink()


def _read_holder(lock_path: Path) -> str:
    with suppress(OSError):
        return lock_path.read_text("ascii", "replace").strip()[:20] or "(unknown)"
    return "(unknown)"


WINDOWS = os.name == "nt"  # there an open file can be neither renamed nor removed
LOCKED_BYTE = 2**30  # beyond all content, because Windows lets nobody read a locked byte


def lock_descriptor(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file until it is closed or the process ends; return whether the system has such locks.

    Raises BlockingIOError if another holds it and `wait` is False, OSError for a disk without locks. Windows never
    waits.
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
    os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        raise BlockingIOError(errno.EAGAIN, error.strerror) from error
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
