"""Checks what a data set loaded, before anything else reads it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from zoo_core.contract import contract_error
from zoo_core.data._foreign_rows import ForeignRows
from zoo_core.data.columns import columns_fault, values_fault
from zoo_core.data.labels import as_labels
from zoo_core.errors import DataError
from zoo_core.parts import Array, Data, Dataset, Table


def checked_data(source: Dataset, data: Any) -> Data:
    """Return what a data set loaded; targets of a regression get the shape (rows, outputs), labels (rows, labels).

    Raises PluginError unless it is what `Data` and `Table` say.
    """
    if not isinstance(data, Data):
        raise contract_error(source, "load", f"returned {type(data).__name__}", "it returns a zoo_core.parts.Data")
    train = _checked_table(source, data, data.train)
    test = data.test and _checked_table(source, data, data.test)
    for table in filter(None, (train, test)):
        _check_columns(source, data, table)
    return replace(data, train=train, test=test)


def _check_columns(source: Dataset, data: Data, table: Table) -> None:
    """Raise PluginError for columns that do not describe a table."""
    fault = columns_fault(data.columns, table.x.shape[1])
    if not fault and data.columns and isinstance(table.x, np.ndarray):
        fault = values_fault(table.x, data.columns)
    names = [column.name for column in data.columns]
    if not fault and names and data.feature_names and names != list(data.feature_names):
        fault = "gives columns and feature_names that differ"
    if fault:
        raise contract_error(source, "load", fault, "`columns` says what x holds, as zoo_core.parts.Column tells")


def _checked_table(source: Dataset, data: Data, table: Table) -> Table:
    x = table.x if hasattr(table.x, "shape") and hasattr(table.x, "take") else np.asarray(table.x)
    if not isinstance(x, np.ndarray) and not type(x).__module__.startswith("zoo_core."):
        x = ForeignRows(x)
    y = np.asarray(table.y)
    _check_shapes(source, tuple(x.shape), y.shape)
    return replace(
        table,
        x=x,
        groups=_checked_column(source, "groups", "iu", table.groups, len(y)),
        times=_checked_column(source, "times", "f", table.times, len(y)),
        y=_checked_targets(source, data, y),
    )


def _check_shapes(source: Dataset, x: tuple[int, ...], y: tuple[int, ...]) -> None:
    """Raise PluginError unless there is a target for each row of a table."""
    if len(x) != 2:
        raise contract_error(source, "load", f"gave x of shape {x}", "x has shape (rows, features)")
    if not all(x):
        raise contract_error(source, "load", f"gave x of shape {x}", "there are rows and features")
    if y[:1] != x[:1]:
        raise contract_error(source, "load", f"gave {x[0]} rows and y of shape {y}", "each row has a target")


def _checked_targets(source: Dataset, data: Data, y: Array) -> Array:
    """Return targets in the form of their task. Raises PluginError for others."""
    y = y.astype(np.uint8) if y.dtype.kind == "b" else y  # True and False are the classes 1 and 0
    if data.task == "regression":
        return y[:, None] if y.ndim == 1 else y
    return _checked_labels(source, data, y) if data.task == "multilabel" else _checked_classes(source, data, y)


def _checked_classes(source: Dataset, data: Data, y: Array) -> Array:
    """Return the class of each row, integers (rows,)."""
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise contract_error(
            source, "load", f"gave labels {y.dtype} of shape {y.shape}", "labels are integers (rows,) from 0"
        )
    y = y.astype(np.int64) if y.dtype == np.uint64 else y  # NumPy takes no uint64 as an index
    classes = len(data.class_names) or math.inf
    if y.size and not 0 <= y.min() <= y.max() < classes:
        raise contract_error(source, "load", f"gave labels {y.min()} to {y.max()}", "labels count the classes, from 0")
    return y


def _checked_labels(source: Dataset, data: Data, y: Array) -> Array:
    """Return which labels each row has, 0 and 1 as uint8 (rows, labels)."""
    names = data.target_names
    try:
        found = as_labels(y, names, "y")
    except DataError as error:
        raise contract_error(source, "load", f"gave {error}", "y of several labels is 0 and 1 (rows, labels)") from None
    if names and len(names) != found.shape[1]:
        raise contract_error(
            source, "load", f"gave {len(names)} target_names for {found.shape[1]} labels", "each label has a name"
        )
    return found


def _checked_column(source: Dataset, name: str, kinds: str, values: Any, rows: int) -> Array | None:
    """Return groups or times, one for each row."""
    if values is None:
        return None
    column = np.asarray(values)
    if column.shape != (rows,) or column.dtype.kind not in kinds or not np.isfinite(column).all():
        found, wanted = (
            f"gave {name} {column.dtype} of shape {column.shape}",
            "integers" if kinds == "iu" else "float64",
        )
        raise contract_error(source, "load", found, f"{name} are finite {wanted} ({rows},)")
    return column
