"""Tables from arrays and frames: inputs as numbers, labels as class indices, weights; every value is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np

from zoo_core.basics import plain_numbers
from zoo_core.data.label_words import find_words, word_values
from zoo_core.data.labels import as_labels, distinct, encode, encode_array, find_classes, label_list, row_name
from zoo_core.data.readers.npy import check_finite
from zoo_core.data.readers.values import MISSING_TYPES
from zoo_core.errors import DataError
from zoo_core.model.frames import described_matrix, frame_columns, is_frame, match_columns
from zoo_core.model.given import GivenRows, as_weights
from zoo_core.parts import Array, Column, Loss, Table, Task
from zoo_core.runs._frame_columns import MISSING as MISSING_TEXTS, describe_columns, learnt_columns
from zoo_core.runs._given_apart import given_groups, given_times


def form_of(x: Any) -> dict[str, Any]:
    """Return the shape of images and the preprocessor that suits: samples of two dimensions are images."""
    shape = None if is_frame(x) else np.shape(x)
    image = None if shape is None or len(shape) != 3 else (int(shape[1]), int(shape[2]))
    is_bytes = not is_frame(x) and getattr(x, "dtype", None) == np.uint8
    return {"image_shape": image, "preprocessor": "pixels" if is_bytes else "standard"}


def task_of(loss: Loss, y: Any, units: int) -> Task:
    """Return the task of a loss. One that takes both gets values if they are fractions, or numbers for one unit.

    One for classes that takes labels gets these if there are several columns.
    """
    if loss.task == "classification" and loss.multilabel and _width(y) > 1:
        return "multilabel"
    if loss.task != "any":
        return loss.task
    columns = list(frame_columns(y).values()) if is_frame(y) else [_array(y, "data, train, y")]
    kinds = {_kind(column) for column in columns}
    are_values = len(columns) > 1 or "f" in kinds or (units == 1 and kinds <= set("iu"))
    return "regression" if are_values or columns[0].shape[1:] not in ((), (1,)) else "classification"


def _kind(column: Array) -> str:
    """Return the kind of dtype, which for objects that are all numbers is that of the numbers."""
    are_numbers = plain_numbers(column).dtype != object
    return (np.array(column.tolist()) if are_numbers else column).dtype.kind


def _width(y: Any) -> int:
    """Return the number of columns of targets."""
    if is_frame(y):
        return len(frame_columns(y))
    array = _array(y, "data, train, y")
    return array.shape[1] if array.ndim == 2 else 1


def make_tables(
    rows: Mapping[str, GivenRows], task: str, kinds: Mapping[str, str]
) -> tuple[dict[str, Table], dict[str, Any]]:
    """Return the tables by split, and what they say of the data: columns, names of features, targets and classes.

    `kinds` are those of columns which the user says, by name.
    """
    targets = _names(rows["train"].y)
    features, columns = _features(list(rows.values()), kinds)
    x = {name: _inputs(own.x, features, columns, f"data, {name}, x") for name, own in rows.items()}
    y = {name: _targets(own, targets, len(x[name]), f"data, {name}, y") for name, own in rows.items()}
    widths = {inputs.shape[1] for inputs in x.values()}
    if len(widths) > 1:
        raise DataError(f"data: the rows have {' and '.join(map(str, sorted(widths)))} features; give all the same")
    about: dict[str, Any] = {"feature_names": features, "columns": columns}
    if task == "regression":
        y = {name: _values(own, f"data, {name}, y") for name, own in y.items()}
        about["target_names"] = targets
    elif task == "multilabel":
        y, words = _from_words(y, targets)
        about |= {"label_words": words} if words else {}
        y = {name: as_labels(own, targets, f"data, {name}, y") for name, own in y.items()}
        about["target_names"] = targets
    else:
        y, about["class_names"] = _encoded(y)
    weights = {name: as_weights(own.weights, len(x[name]), own.kept) for name, own in rows.items()}
    sizes = {name: len(own) for name, own in x.items()}
    groups, times = given_groups(rows, sizes), given_times(rows, sizes)
    x = {name: own if rows[name].kept is None else own[rows[name].kept] for name, own in x.items()}
    return {name: Table(x[name], y[name], weights[name], groups.get(name), times.get(name)) for name in rows}, about


def _names(given: Any) -> tuple[str, ...]:
    """Return the names of the columns of a frame; none for an array."""
    return tuple(frame_columns(given)) if is_frame(given) else ()


def _features(rows: Sequence[GivenRows], kinds: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[Column, ...]]:
    """Return the names of the features, if the first rows are a frame, and what they are, if not all are numbers."""
    if not is_frame(rows[0].x):
        if kinds:
            raise DataError(f"data.columns says what {next(iter(kinds))!r} is, and arrays have no names; give a frame")
        return (), ()
    frames = [frame_columns(own.x) for own in rows if is_frame(own.x)]
    names = learnt_columns(frames[0], kinds, rows[0].names)
    return tuple(names), describe_columns([frame.only(names) for frame in frames], kinds)


def _inputs(x: Any, names: tuple[str, ...], columns: tuple[Column, ...], where: str) -> Array:
    """Return inputs, shape (rows, features), not copied.

    Raises DataError for what is no finite number, or for a value that its column cannot have.
    """
    if columns:
        return described_matrix(x, columns, MISSING_TEXTS, "inputs", "the training rows")
    if is_frame(x):
        width = len(names) or len(frame_columns(x))
        x = match_columns(x, names, width, "inputs", "the training rows")
    x = plain_numbers(_array(x, where))
    if x.ndim and not len(x):
        raise DataError(f"{where}: has no rows")
    if x.ndim < 2 or x.dtype.kind not in "biuf" or not x.size:
        one = "; for one feature give x[:, None]" if x.ndim == 1 else ""
        raise DataError(f"{where}: is {x.dtype} of shape {x.shape}, not numbers (rows, features){one}")
    rows: Array = x.reshape(len(x), -1)
    check_finite(rows, where, names)
    return rows


def _targets(own: GivenRows, names: tuple[str, ...], rows: int, where: str) -> Array:
    """Return targets as an array with a row for each row of inputs that has one; one column is (rows,)."""
    y = own.y
    if is_frame(y):
        columns = frame_columns(y)
        chosen = names if set(names) <= set(columns) else columns  # by name, or else in their order
        y = [_array(columns[name], where) for name in chosen]
        y = np.column_stack(y) if len(y) > 1 else y[0]
    found = _array(y, where)
    given = found if own.kept is None else own.kept
    if given.ndim == 0 or len(given) != rows:
        raise DataError(f"{where}: is of shape {given.shape} for {rows} rows of inputs; give a target for each")
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


def _array(value: Any, where: str) -> Array:
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DataError(f"{where}: has masked values; fill them first")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise DataError(f"{where}: is no array: {error}") from error
    return array.astype(object) if array.dtype.kind == "T" else array


def _values(y: Array, where: str) -> Array:
    """Return the targets of a regression, shape (rows, outputs)."""
    y = plain_numbers(y)
    if y.dtype.kind in "OU" and y.ndim == 1:
        odd = next(((row, value) for row, value in enumerate(y.tolist()) if not isinstance(value, Number)), None)
        if odd is not None:
            raise DataError(f"{where}: {row_name(odd[0])} holds {odd[1]!r:.40}, which is no number")
    if y.ndim not in (1, 2) or y.dtype.kind not in "biuf":
        raise DataError(f"{where}: is {y.dtype} of shape {y.shape}, not numbers (rows,) or (rows, outputs)")
    check_finite(y, where)
    return (y if y.ndim == 2 else y[:, None]).astype(np.float64)


def _from_words(y: Mapping[str, Array], names: Sequence[str]) -> tuple[dict[str, Array], tuple[tuple[str, str], ...]]:
    """Return 0 and 1 in place of two words in each column, such as Ja and Nein, and the words; else `y` and nothing."""
    columns = {name: own.reshape(len(own), -1).T.tolist() for name, own in y.items()}
    if not all(isinstance(cell, str) for own in columns.values() for column in own for cell in column):
        return dict(y), ()
    of_label = list(zip(*columns.values(), strict=True))
    texts = [list(dict.fromkeys(cell.strip() for part in parts for cell in part)) for parts in of_label]
    words = tuple(find_words(own, f"data, y, label {(names or range(len(texts)))[i]!r}") for i, own in enumerate(texts))
    values = {
        name: np.column_stack(
            [word_values([c.strip() for c in column], w) for column, w in zip(own, words, strict=True)]
        )
        for name, own in columns.items()
    }
    return values, words


def _encoded(y: Mapping[str, Array]) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return class indices by split, and the classes, which training and validation rows have."""
    texts = {name: _labels(own, f"data, {name}, y") for name, own in y.items()}
    known = [label for name in ("train", "validation") for label in texts.get(name, {})]
    classes = find_classes(known, "data, y")
    return {name: _indices(own, classes, f"data, {name}, y") for name, own in y.items()}, classes


def _labels(y: Array, where: str) -> dict[str, None]:
    """Return the different labels as texts. Raises DataError for what is no label, such as a missing one."""
    is_mixed = y.dtype.kind == "O" or y.ndim != 1  # such labels cannot be sorted
    plain = y if is_mixed else distinct(y)
    for row, label in enumerate(plain.tolist() if y.ndim == 1 else []):
        if _is_missing(label):
            row = row if is_mixed else int(np.flatnonzero(np.isnan(y))[0])
            raise DataError(f"{where}: row {row} (from 0) has no label; leave such rows out")
    return dict.fromkeys(label_list(plain, where))


def _is_missing(label: Any) -> bool:
    """Return whether a label is None, NaN, or what pandas has in place of a missing value."""
    return label is None or label != label if isinstance(label, float) else type(label).__name__ in MISSING_TYPES


def _indices(y: Array, classes: tuple[str, ...], where: str) -> Array:
    return encode(label_list(y, where), classes, where) if y.dtype.kind == "O" else encode_array(y, classes, where)
