"""Writes a file whole or not at all, even if others write or read it, or the writer is killed.

A file is first written under a temporary name beside its own. Its writer holds the temporary file locked. The lock ends
with the process, so a temporary file without a lock is left over and may be removed.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from zoo_core.errors import Hint, ResourceError, UsageError
from zoo_core.storage._lock import WINDOWS, check_file_name, lock_descriptor

OPEN_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
# Errors that some systems give when a folder is opened for fsync or synchronized, although nothing is wrong.
NO_FOLDER_SYNC = errno.EINVAL, errno.ENOTSUP, errno.EACCES
TEMPORARY_NAME = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{12}\.tmp", re.DOTALL)
NO_HARD_LINKS = errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS

Overwrite = bool | Callable[[], bool]
Check = Callable[[Path], object]
Content = bytes | Callable[[BinaryIO], object]


def write_file(path: Path | str, content: Content, *, overwrite: Overwrite = True, check: Check | None = None) -> None:
    """Write a file atomically and durably; an existing file stays until the new one is safe.

    `content` are the bytes, or a function that writes them into an open file; if it raises, nothing is changed.
    `overwrite` may be a function that is asked again just before an existing file is replaced.
    `check` may read the new file before it gets its name, and raise OSError. Without `overwrite`, one of several
    writers of a new name wins. A symbolic link is replaced, not followed. The new file has the permissions of the file
    that it replaces. Temporary files that killed writers of this name left behind are removed.

    Raises UsageError for a `path` that may not be replaced, ResourceError when the system refuses to write.
    """
    check_file_name(path)
    target = Path(path)
    _check_target(target, overwrite)
    try:
        remove_stale(target)
        _write_and_rename(target, content, overwrite, check)
    except FileExistsError:
        raise _exists_error(target) from None
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
    """Remove the temporary files for `path` whose writers have ended; those of other writers are locked and stay."""
    with suppress(OSError):  # a folder that cannot be read may still be written to
        for left in stale_files(path):
            remove_if_stale(left)


def remove_if_stale(path: Path) -> None:
    """Remove a temporary file unless its writer holds it locked, or the system does not let it be removed."""
    with suppress(OSError):
        _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    descriptor = os.open(path, OPEN_FLAGS)
    try:
        if _lock(descriptor, wait=False):
            path.unlink()
    finally:
        os.close(descriptor)


def _may_replace(overwrite: Overwrite) -> bool:
    return overwrite() if callable(overwrite) else overwrite


def _check_target(target: Path, overwrite: Overwrite) -> None:
    with suppress(OSError):  # a folder that cannot be read gives its error when the file is opened
        leads_to_stream = target.is_symlink() and target.readlink().is_relative_to("/proc")  # as /dev/stdout does
        if leads_to_stream or (target.exists() and not target.is_file()):
            raise UsageError(f"{target} is a folder or a device and not a file; name a file")
        if (target.is_symlink() or target.exists()) and not _may_replace(overwrite):
            raise _exists_error(target)


def _exists_error(target: Path) -> UsageError:
    return UsageError(f"{target} exists", Hint("overwrite"))


def _write_and_rename(
    target: Path, content: Content, overwrite: Overwrite, check: Callable[[Path], object] | None
) -> None:
    """Write a temporary file, check it, and only then rename it to the target."""
    with temporary_file(target) as (temporary, file):
        content(file) if callable(content) else file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if check is not None:
            check(temporary)
        if WINDOWS:
            file.close()
        if _may_replace(overwrite):
            temporary.replace(target)
        else:
            _rename_to_new(temporary, target)


def _rename_to_new(temporary: Path, target: Path) -> None:
    """Rename a file to a new name. Raises FileExistsError if another process has made a file of that name."""
    try:
        os.link(temporary, target)
        return
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
    # Without hard links (FAT) an empty file takes the name first: still one winner, but the file is not whole at once.
    target.touch(exist_ok=False)
    try:
        temporary.replace(target)
    except BaseException:
        target.unlink()
        raise


@contextmanager
def temporary_file(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Create a locked file beside the target, with permissions as it has; remove its name at the end."""
    path, file = _create_temporary(target)
    try:
        _copy_permissions(target, path)
        yield path, file
    finally:
        _discard(path, file)


def _create_temporary(target: Path) -> tuple[Path, BinaryIO]:
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
        _discard(path, file)  # another writer removed it before it was locked


def _copy_permissions(target: Path, temporary: Path) -> None:
    """Give a temporary file the owner, group and permissions of the file that it will replace, as far as allowed."""
    with suppress(OSError):  # there is no such file, or it is on a disk without permissions
        old = target.lstat()
        if (
            stat.S_ISREG(old.st_mode) and not WINDOWS
        ):  # where a file that is read-only can be neither renamed nor removed
            with suppress(OSError):  # only an administrator may give a file away
                os.chown(temporary, old.st_uid, old.st_gid)
            temporary.chmod(stat.S_IMODE(old.st_mode) & 0o777)


def _discard(path: Path, file: BinaryIO) -> None:
    with suppress(OSError):  # after a rename there is nothing to remove
        path.unlink()
    with suppress(OSError):  # fsync has already confirmed the content
        file.close()


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock a file until it is closed or the process ends; return whether the system locked it."""
    try:
        return lock_descriptor(descriptor, wait=wait)
    except OSError:
        return False


def _sync_folder(target: Path) -> None:
    """Make the new name survive a power cut, on systems that can synchronize a folder."""
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
