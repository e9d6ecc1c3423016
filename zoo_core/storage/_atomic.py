"""Writing a file whole or not at all, whoever else writes, reads or is killed meanwhile.

A file is written under a temporary name beside its own, which its writer holds locked: the lock ends with the
process, however it ends, so that a temporary without one is known to be left over.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from zoo_core.errors import Hint, ResourceError, UsageError
from zoo_core.storage._lock import WINDOWS, lock_descriptor

LOOK = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
# What folders on some systems answer to fsync, or to being opened for it, although nothing is wrong.
NO_FOLDER_SYNC = errno.EINVAL, errno.ENOTSUP, errno.EACCES
TEMPORARY_NAME = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{12}\.tmp", re.DOTALL)
NO_HARD_LINKS = errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS


def write_file(
    path: Path | str, content: bytes, *, overwrite: bool = True, check: Callable[[Path], object] | None = None
) -> None:
    """Write a file atomically and durably; what was there stays until the new file is safe.

    `check` may look at the new file before it takes its name, and raise OSError. Without `overwrite` one of
    several writers of a new name wins. A symbolic link is replaced, not followed. Temporaries that killed
    writers of this name left behind are removed.

    Raises UsageError for a `path` that may not be replaced, ResourceError when the system does not let it be
    written.
    """
    target = Path(path)
    _check_target(target, overwrite)
    try:
        remove_stale(target)
        _put(target, content, overwrite, check)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        raise ResourceError(
            f"{target} cannot be written: {error.strerror or error}; nothing was changed. "
            "Check the folder, its permissions and the space on the disk, or write to another place"
        ) from error
    _sync_folder(target)


def temporary_files(folder: Path) -> dict[Path, str]:
    """Return the temporary files in a folder, each with the name of the file that it was written for."""
    matches = {path: TEMPORARY_NAME.fullmatch(path.name) for path in folder.iterdir()}
    return {path: match["target"] for path, match in matches.items() if match}


def stale_files(path: Path | str) -> list[Path]:
    """Return temporary files for `path` that killed writers left behind, or that writers are writing now."""
    target = Path(path)
    return sorted(p for p, name in temporary_files(target.parent).items() if name == target.name)


def remove_stale(path: Path | str) -> None:
    """Remove the temporaries for `path` whose writers are gone; those of living writers are locked and stay."""
    with suppress(OSError):  # a folder that cannot be read may still be written to
        for left in stale_files(path):
            with suppress(OSError):
                _remove_unlocked(left)


def _remove_unlocked(path: Path) -> None:
    descriptor = os.open(path, LOOK)
    try:
        if _lock(descriptor, wait=False):
            path.unlink()
    finally:
        os.close(descriptor)


def _check_target(target: Path, overwrite: bool) -> None:
    if "\0" in str(target):
        raise UsageError(f"{str(target)!r} is no file name: it holds a NUL character")
    with suppress(OSError):  # a folder that cannot be looked into says so when the file is opened
        if target.exists() and not target.is_file():
            raise UsageError(f"{target} is a folder or a device and not a file; name a file")
        if not overwrite and (target.is_symlink() or target.exists()):
            raise _exists(target)


def _exists(target: Path) -> UsageError:
    return UsageError(f"{target} exists", Hint("overwrite"))


def _put(target: Path, content: bytes, overwrite: bool, check: Callable[[Path], object] | None) -> None:
    """Write beside the target, have it checked, and only then take the target's place."""
    with _temporary(target) as (temporary, file):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if check is not None:
            check(temporary)
        if WINDOWS:
            file.close()
        if overwrite:
            temporary.replace(target)
        else:
            _give_new_name(temporary, target)


def _give_new_name(temporary: Path, target: Path) -> None:
    """Move a file to a name that nobody has; raises FileExistsError where somebody was faster."""
    try:
        os.link(temporary, target)
        return
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
    # Without hard links (FAT) the name is taken by an empty file first: one winner still, but not whole at once.
    target.touch(exist_ok=False)
    try:
        temporary.replace(target)
    except BaseException:
        target.unlink()
        raise


@contextmanager
def _temporary(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Make a locked file beside the target, readable by whom the umask lets; afterwards its name is gone."""
    path, file = _create(target)
    try:
        yield path, file
    finally:
        _discard(path, file)


def _create(target: Path) -> tuple[Path, BinaryIO]:
    while True:
        path = target.with_name(f".{target.name}.{os.urandom(6).hex()}.tmp")
        file = path.open("xb")
        try:
            _lock(file.fileno(), wait=True)
            if os.fstat(file.fileno()).st_nlink:
                return path, file
        except BaseException:
            _discard(path, file)
            raise
        _discard(path, file)  # another writer swept it away before it was locked


def _discard(path: Path, file: BinaryIO) -> None:
    with suppress(OSError):  # after a replace there is nothing to remove
        path.unlink()
    with suppress(OSError):  # what matters has been confirmed by fsync
        file.close()


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock a file until it is closed or the process ends; tell whether the system did."""
    try:
        return lock_descriptor(descriptor, wait=wait)
    except OSError:
        return False


def _sync_folder(target: Path) -> None:
    """Make the new name outlast a power cut, where the system can."""
    if WINDOWS:
        return
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise ResourceError(
                f"{target} is written, but the disk did not confirm it: {error.strerror}; check the disk"
            ) from error
