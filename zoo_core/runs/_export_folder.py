"""Writes the files of an export into a folder, which appears whole or not at all; files of others stay as they are."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ResourceError, UsageError
from zoo_core.storage import remove_stale, temporary_file, write_file

TEMPORARY_FOLDER = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{12}\.tmpd", re.DOTALL)
LIST = "config.json"  # lists under "files" which files of the folder an export wrote


def check_folder(folder: Path, overwrite: bool) -> None:
    """Raise UsageError unless files can be exported into a folder: a new one, an empty one, or one to overwrite."""
    if not Path(os.path.realpath(folder)).name:
        raise UsageError(f"{folder}: is the root of all folders; name a folder that is empty or new")
    try:
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            raise UsageError(f"{folder}: is a file; name a folder that is empty or new")
        if not folder.is_dir() and not folder.absolute().parent.is_dir():
            raise UsageError(f"{folder}: the folder above it does not exist; make it first")
        if not overwrite and folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder}: the folder is not empty", Hint("export_folder"))
    except OSError as error:
        raise ResourceError(f"{folder}: cannot be read: {error.strerror or error}; name another folder") from error


def write_folder(folder: Path, contents: Mapping[str, bytes], overwrite: bool) -> list[Path]:
    """Write files by name into a folder, and return their paths.

    A new folder gets its name when it is whole. In one that exists each file is replaced atomically.

    Raises UsageError for a folder that is not empty and may not be overwritten, and for a file that no export wrote.
    Raises ResourceError when the system refuses to write.
    """
    check_folder(folder, overwrite)
    if folder.is_dir():
        _check_own(folder, contents)
        _fill(folder, contents, overwrite)
    else:
        _make(folder, contents)
    return [folder / name for name in contents]


def _make(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a new folder under a temporary name beside its own, and rename it.

    A file of the same name but the last letter is locked meanwhile. So what a killed writer left is known by its lock.
    """
    folder = Path(os.path.realpath(folder))
    _remove_stale(folder)
    try:
        with temporary_file(folder) as (lock, _):
            _make_beside(lock.with_name(f"{lock.name}d"), folder, contents)
    except OSError as error:
        text = f"{folder}: cannot be written: {error.strerror or error}; nothing was changed. Name another folder"
        raise ResourceError(text) from error


def _make_beside(temporary: Path, folder: Path, contents: Mapping[str, bytes]) -> None:
    try:
        temporary.mkdir()
        for name, content in contents.items():
            write_file(temporary / name, content, overwrite=False)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_stale(folder: Path) -> None:
    """Remove the temporary folders for `folder` whose writers were killed; beside others lies a locked file."""
    remove_stale(folder)
    with suppress(OSError):  # a folder that cannot be read may still be written to
        for path in folder.parent.iterdir():
            match = TEMPORARY_FOLDER.fullmatch(path.name)
            if match and match["target"] == folder.name and not os.path.lexists(path.with_name(path.name[:-1])):
                shutil.rmtree(path, ignore_errors=True)


def _check_own(folder: Path, names: Collection[str]) -> None:
    """Raise UsageError if a file would be replaced that no earlier export wrote."""
    own = _listed(folder)
    for name in names:
        path = folder / name
        if name not in own and (path.exists() or path.is_symlink()):
            raise UsageError(f"{path}: no export wrote this file, so none replaces it; move it away")


def _listed(folder: Path) -> list[Any]:
    """Return the names of the files that an earlier export wrote into a folder."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads((folder / LIST).read_bytes())
        files = found.get("files") if isinstance(found, dict) else None
        return files if isinstance(files, list) else []
    return []


def _fill(folder: Path, contents: Mapping[str, bytes], overwrite: bool) -> None:
    """Write files into a folder that exists; after an error, those that are new there are removed."""
    new = [folder / name for name in contents if not (folder / name).exists()]
    try:
        for name in sorted(contents, key=lambda name: name != LIST):  # the list first: it says whose the others are
            write_file(folder / name, contents[name], overwrite=overwrite)
    except BaseException:
        for path in new:
            with suppress(OSError):
                path.unlink()
        raise
