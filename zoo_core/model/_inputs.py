"""Checks of the arrays that callers pass to a model: inputs and true targets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core.basics import plain_numbers
from zoo_core.data.columns import values_fault
from zoo_core.data.labels import LabelIndex, is_whole_number, label_list
from zoo_core.data.readers.npy import is_finite
from zoo_core.data.readers.npy_rows import DiskRows
from zoo_core.errors import DataError
from zoo_core.model.frames import described_matrix, frame_columns, is_frame, match_columns
from zoo_core.parts import Array, Column


def as_inputs(
    x: Any, features: int, image_shape: Sequence[int] | None, name: str, feature_names: Sequence[str] = (),
    columns: Sequence[Column] = (), missing: Sequence[str] = (),
) -> Any:  # fmt: skip
    """Return inputs as an array, shape (rows, features), or as rows on disk; without a copy, so it must not be changed.

    The columns of a frame are matched by name, those of an array are taken in their order. Images have shape
    (rows, height, width), or (height, width) for one. `name` is the model's. With `columns`, texts become numbers;
    `missing` are texts that stand for a missing value. Whether the values are finite is left to
    `check_values_finite`. Raises DataError for another shape or type.
    """
    if isinstance(x, DiskRows) and x.shape[1] == features:
        return x
    given = x
    x = _as_matrix(x, features, name, feature_names, columns, missing)
    if x.dtype.kind not in "buif":
        raise DataError(f"inputs must be numbers, not {x.dtype}")
    if x.ndim == 3 or (x.ndim == 2 and image_shape and x.shape == tuple(image_shape)):
        x = x.reshape(-1, x.shape[-2] * x.shape[-1])
    if x.ndim != 2 or x.shape[1] != features:
        one = f"; for one row give {_one_row(given)}" if x.shape == (features,) else ""
        raise DataError(f"inputs have shape {x.shape}, and model {name!r} needs (rows, {features}){one}")
    return x


def _as_matrix(
    x: Any, features: int, name: str, feature_names: Sequence[str], columns: Sequence[Column], missing: Sequence[str]
) -> Array:
    """Return inputs as an array of numbers, by the names and the meaning of their columns if these are known."""
    if is_frame(x):
        if columns:
            return described_matrix(x, columns, missing, "inputs", name)
        return match_columns(x, feature_names, features, "inputs", name)
    array = _as_array(x, "inputs")
    if not columns or array.ndim != 2 or array.shape[1] != features:
        return plain_numbers(array)
    if array.dtype.kind not in "buif":
        rows = x if isinstance(x, np.ndarray) else np.array(x, object)  # numbers beside texts stay numbers
        return described_matrix(rows, columns, missing, "inputs", name)
    if fault := values_fault(array, columns):
        raise DataError(f"inputs: the array {fault}, which model {name!r} cannot take; give a frame of texts")
    return array


def _one_row(given: Any) -> str:
    """Return how to write a single row as a table: names must not get lost."""
    if hasattr(given, "to_dict"):
        return "a table, such as frame.iloc[[0]], or row.to_dict(), whose names are matched"
    return "x[None, :]" if isinstance(given, np.ndarray) else "[x]"


def as_targets(
    value: Any, rows: int, count: int, class_names: Sequence[str] | None, target_names: Sequence[str] = (),
    words: Sequence[Sequence[str]] = (),
) -> Array:  # fmt: skip
    """Return true targets: class indices (rows,) if there are `class_names`, else values (rows, count).

    `words` are those in which labels may be told: lacking a label, and having it.
    A frame has one column of labels, or the columns `target_names`, if there are names. Raises DataError for another
    number of rows, or none, an unknown label, or a value that is not finite.
    """
    if is_frame(value):
        value = _target_columns(value, count, class_names is None, target_names, words)
    y = _from_words(_as_array(value, "targets"), words)
    found = len(y) if y.ndim else 1
    if y.ndim == 0 or found != rows or not rows:
        raise DataError(f"there are {rows} rows of inputs and {found} targets; give one target for each row")
    return _as_values(y, count) if class_names is None else _as_class_indices(y, class_names)


def _target_columns(
    frame: Any, count: int, are_values: bool, names: Sequence[str], words: Sequence[Sequence[str]]
) -> Array:
    columns = frame_columns(frame)
    if len(columns) == 1:
        return next(iter(columns.values()))
    if words and all(name in columns and columns[name].dtype.kind in "UO" for name in names):
        return np.column_stack([columns[name].astype(object) for name in names])  # the words of labels
    if are_values:
        return match_columns(columns, names, count, "targets", "")
    raise DataError(
        f"targets have {len(columns)} columns: {', '.join(list(columns)[:8])}; give the one with the labels"
    )


def _from_words(y: Array, words: Sequence[Sequence[str]]) -> Array:
    """Return 0 and 1 in place of the words of labels; other targets unchanged. Raises DataError for another word."""
    if y.dtype.kind not in "UO" or y.shape[1:] != (len(words),) or not all(isinstance(cell, str) for cell in y.flat):
        return y
    folded = [[word.casefold() for word in pair] for pair in words]
    cells = [[cell.strip().casefold() for cell in row] for row in y.tolist()]
    for i, row in enumerate(cells):
        wrong = next((at for at, cell in enumerate(row) if cell not in folded[at] or not cell), None)
        if wrong is not None:
            known = " or ".join(repr(word) for word in words[wrong] if word)
            raise DataError(f"targets: row {i} (from 0) has {y[i, wrong]!r}, and not {known}")
    return np.array([[cell == pair[1] for cell, pair in zip(row, folded, strict=True)] for row in cells])


def _as_class_indices(y: Array, class_names: Sequence[str]) -> Array:
    """Return the index of each true label, shape (rows,). Raises DataError for an unknown label."""
    y = y[:, 0] if y.shape[1:] == (1,) else y  # a column of labels, as training takes it
    if y.ndim != 1:
        raise DataError(f"labels have shape {y.shape}; give one for each row, shape ({len(y)},)")
    labels, index = label_list(y, "targets"), LabelIndex(class_names)
    found = {label: index.find(label) for label in set(labels)}
    unknown = next((row for row, label in enumerate(labels) if found[label] is None), None)
    if unknown is not None:
        known = ", ".join(map(str, class_labels(class_names, len(class_names))[:12]))
        raise DataError(f"label {y.tolist()[unknown]!r} is none of this model's classes ({known})")
    return np.array([found[label] for label in labels], np.intp)


def _as_values(y: Array, count: int) -> Array:
    """Return true values, shape (rows, count). Raises DataError for another shape or a value that is not finite."""
    y = plain_numbers(y[:, None] if y.ndim == 1 else y)
    if y.shape[1:] != (count,) or y.dtype.kind not in "buif":
        raise DataError(f"targets are {y.dtype} of shape {y.shape}; the model needs numbers ({len(y)}, {count})")
    check_values_finite(y, "targets")
    return y


def class_labels(names: Sequence[str], classes: int) -> Array:
    """Return the label of each class: integers if all names are whole numbers or there are none, else names.

    The names False and True become truth values, because they came from such.
    """
    names = list(names) or [str(i) for i in range(classes)]
    if names == ["False", "True"]:
        return np.array([False, True])
    whole = all(is_whole_number(name) and name == str(int(name)) for name in names)  # "007" stays a name
    return np.array([int(name) for name in names] if whole else names)


def _as_array(value: Any, what: str) -> Array:
    if "numpy.ma" in sys.modules and np.ma.is_masked(value):  # no masked array is made without that module
        raise DataError(f"{what} have masked values; fill them first")
    try:
        array = np.asarray(value)
        return array.astype(object) if array.dtype.kind == "T" else array  # texts of any length
    except ValueError as error:
        raise DataError(f"{what} are no array: the rows differ in length") from error


def check_values_finite(array: Array, what: str, first: int = 0, *, missing: bool = False) -> None:
    """Raise DataError for a value that is not finite; `first` is the number of the first row.

    With `missing`, NaN stands for a missing value, which may be there.
    """
    if array.dtype.kind == "f" and not is_finite(array):
        wrong = np.argwhere(np.isinf(array) if missing else ~np.isfinite(array))
        if not len(wrong):
            return
        row, column = wrong[0]
        value = array[row, column]
        raise DataError(f"{what} hold {value} in row {first + row}, column {column} (both from 0); only finite numbers")
