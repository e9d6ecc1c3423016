"""Reads the columns of a table with the reader that a plugin brings for the ending of its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import DataError, PluginError, ResourceError
from zoo_core.parts import Array
from zoo_core.registry._registry import Registry
from zoo_core.registry._tools import Tool


def reader_of(path: str | Path, registry: Registry) -> Tool | None:
    """Return the reader of a plugin for the longest ending of a file, such as ".feather.gz", or None."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    endings = ("".join(suffixes[at:]) for at in range(len(suffixes)))
    return next((tool for ending in endings if (tool := registry.tool("reader", ending))), None)


def read_columns(path: str | Path, registry: Registry) -> dict[str, Array]:
    """Return the columns of a file by name: one-dimensional arrays of numbers or texts, all of one length.

    Raises PluginError if no plugin reads such files, or if its reader breaks the contract. Raises DataError for a file
    without rows, ResourceError for one that cannot be opened.
    """
    reader = reader_of(path, registry)
    if reader is None:
        raise PluginError(f"{path}: no plugin reads such files; install one that does")
    if Path(path).exists() and not Path(path).is_file():  # opening a pipe would wait for its writer
        raise DataError(f"{path}: is not a file")
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise ResourceError(f"{path}: {error.strerror or error}") from error
    columns = _checked_columns(reader, reader.call(Path(path)))
    if not columns or not len(next(iter(columns.values()))):
        raise DataError(f"{path}: has no rows; there is nothing to read")
    return columns


def _checked_columns(reader: Tool, answer: Any) -> dict[str, Array]:
    if not isinstance(answer, Mapping):
        raise PluginError(f"{reader} returned {type(answer).__name__}; it returns a mapping of names to arrays")
    columns = {name: np.asarray(values) for name, values in answer.items()}
    for name, values in columns.items():
        if not isinstance(name, str):
            raise PluginError(f"{reader} calls a column {name!r}; names are texts")
        if values.dtype.kind == "O" and values.ndim == 1 and all(isinstance(value, str) for value in values):
            values = columns[name] = values.astype(str)
        if values.ndim != 1 or values.dtype.kind not in "biufU":
            kind = f"{values.dtype} of shape {values.shape}"
            raise PluginError(f"{reader} gives column {name!r} as {kind}; a column is a 1-D array of numbers or texts")
    if len({len(values) for values in columns.values()}) > 1:
        lengths = ", ".join(f"{name!r} {len(values)}" for name, values in columns.items())
        raise PluginError(f"{reader} gives columns of several lengths: {lengths}")
    return columns
