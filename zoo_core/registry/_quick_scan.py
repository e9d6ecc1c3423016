"""Finds the built-in plugin where it is the only one, without `importlib.metadata`.

To import that module and to read all entry points takes half as long as a prediction. What is found here is certain:
folders on the path, and one distribution that names the group of plugins. In all other cases `_discovery` decides.
"""

# ruff: noqa: PTH113, PTH118, PTH123, PTH208 - pathlib takes longer than all that is done here
from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

DISTRIBUTION = "mlp-zoo"
MARK = b"[zoo]"  # the group of entry points, as entry_points.txt writes it
POINT = re.compile(rb"\[zoo\]\s*\nmlp-zoo\s*=\s*([\w.]+)\s*(\n\[|$)")
FIELDS = re.compile(r"(Name|Version): *(\S+) *\n")
ABSENT = FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError  # what others ignore too


class BuiltIn(NamedTuple):
    """The version and the module of the built-in plugin."""

    version: str
    module: str


class _UnsureError(Exception):
    """Only `importlib.metadata` can tell."""


def only_built_in() -> BuiltIn | None:
    """Return the built-in plugin, or None where there may be others, or none."""
    try:
        texts = {folder: _content(folder, "entry_points.txt") for folder in _distributions()}
        plugins = [folder for folder, text in texts.items() if MARK in text]
        if len(plugins) != 1 or not (point := POINT.search(texts[plugins[0]])):
            return None
        fields = dict(FIELDS.findall(_content(plugins[0], "METADATA").decode().partition("\n\n")[0] + "\n"))
    except (_UnsureError, OSError, ValueError):
        return None
    if fields.get("Name") != DISTRIBUTION or "Version" not in fields:
        return None
    return BuiltIn(fields["Version"], point[1].decode())


def _distributions() -> Iterator[str]:
    """Yield the folder of each distribution on the path."""
    others = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "PathFinder"]
    if any(hasattr(finder, "find_distributions") for finder in others):
        raise _UnsureError
    for entry in dict.fromkeys(sys.path):
        if not isinstance(entry, str) or entry.lower().rstrip("/\\").endswith(".egg") or os.path.isfile(entry):
            raise _UnsureError
        try:
            names = os.listdir(entry or ".")
        except OSError:
            continue
        yield from (os.path.join(entry, n) for n in names if n.lower().endswith((".dist-info", ".egg-info")))


def _content(folder: str, name: str) -> bytes:
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except ABSENT:
        return b""
