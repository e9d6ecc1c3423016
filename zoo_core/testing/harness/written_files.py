"""Refuses that a part under test writes files outside of the folder that it is tested in."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.remove": (0,), "os.rename": (0, 1), "os.rmdir": (0,), "os.mkdir": (0,), "os.truncate": (0,)}
allowed: list[tuple[str, frozenset[str]]] = []  # the folders in use, each with what lay beside it before


@contextmanager
def writes_only_in(folder: str) -> Iterator[None]:
    """Raise PermissionError where Python code creates, changes or removes a file elsewhere.

    New files of the folder for temporary files, devices, caches and compiled modules are allowed.
    """
    _watch()
    allowed.append((os.path.realpath(folder), frozenset(os.listdir(tempfile.gettempdir()))))  # noqa: PTH208
    try:
        yield
    finally:
        allowed.pop()


@cache
def _watch() -> None:
    """Ask before each change of a file from now on; a hook cannot be taken away."""
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not allowed or (event != "open" and event not in CHANGES):
        return
    if event == "open":
        paths = arguments[:1] if isinstance(arguments[2], int) and arguments[2] & WRITING else ()
    else:
        paths = tuple(arguments[i] for i in CHANGES[event])
    for path in paths:
        if isinstance(path, (str, bytes, os.PathLike)) and not _may_write(os.path.realpath(os.fsdecode(path))):
            raise PermissionError(
                f"it writes to {os.fsdecode(path)}; a part writes only beside `run.output`, or where an option says"
            )


def _may_write(path: str) -> bool:
    folder, before = allowed[-1]
    temporary = os.path.realpath(tempfile.gettempdir())
    if any(_is_in(path, place) for place in (folder, "/dev", "/proc", os.path.expanduser("~/.cache"))):  # noqa: PTH111
        return True
    if "__pycache__" in path or path == temporary:  # a temporary file without a name opens its folder
        return True
    return _is_in(path, temporary) and Path(os.path.relpath(path, temporary)).parts[0] not in before


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
