"""Writes the files of an export into a folder, which appears whole or not at all; files of others stay as they are."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ResourceError, UsageError
from zoo_core.storage import write_file

LIST = "config.json"  # lists under "files" which files of the folder an export wrote


def check_folder(folder: Path, overwrite: bool) -> None:
    """Raise UsageError unless files can be exported into a folder: a new one, an empty one, or one to overwrite."""
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
    """Write a new folder under a temporary name beside its own, and rename it."""
    folder = folder.resolve()
    temporary = folder.with_name(f".{folder.name}.{os.urandom(6).hex()}.tmp")
    try:
        temporary.mkdir()
        for name, content in contents.items():
            write_file(temporary / name, content, overwrite=False)
        temporary.rename(folder)
    except OSError as error:
        text = f"{folder}: cannot be written: {error.strerror or error}; nothing was changed. Name another folder"
        raise ResourceError(text) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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
