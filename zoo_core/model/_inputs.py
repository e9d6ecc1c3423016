"""What callers give a model, inputs and true targets, checked against what its data mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core.data.readers.npy import is_finite
from zoo_core.data.readers.npy_rows import DiskRows
from zoo_core.errors import DataError
from zoo_core.parts import Array

WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")  # a class's name that stands for itself as an integer


def as_inputs(given: Any, features: int, image_shape: Sequence[int] | None, name: str) -> Any:
    """Return inputs as an array (rows, features), or rows on disk: the caller's own if so, never to be written to.

    Images may have the shape (rows, height, width), or (height, width) for one. Raises DataError for anything
    else; `name` is the model's. Their values are not looked at: see `check_finite`.
    """
    if isinstance(given, DiskRows) and given.shape[1] == features:
        return given
    x = _array(given, "inputs")
    if x.dtype.kind not in "buif":
        raise DataError(f"inputs must be numbers, not {x.dtype}")
    if x.ndim == 3 or (x.ndim == 2 and image_shape and x.shape == tuple(image_shape)):
        x = x.reshape(-1, x.shape[-2] * x.shape[-1])
    if x.ndim != 2 or x.shape[1] != features:
        one = "; for one row give x[None, :]" if x.shape == (features,) else ""
        raise DataError(f"inputs have shape {x.shape}, and model {name!r} needs (rows, {features}){one}")
    return x


def as_targets(given: Any, rows: int) -> Array:
    """Return true targets as an array of `rows` rows. Raises DataError where there are more, fewer or none."""
    y = _array(given, "targets")
    count = len(y) if y.ndim else 1
    if y.ndim == 0 or count != rows or not rows:
        raise DataError(f"there are {rows} rows of inputs and {count} targets; give one target for each row")
    return y


def as_class_indices(y: Array, labels: Array) -> Array:
    """Return the index of each true label among `labels`, shape (rows,). Raises DataError for others."""
    if y.ndim != 1:
        raise DataError(f"labels have shape {y.shape}; give one for each row, shape ({len(y)},)")
    index = {label: at for at, label in enumerate(labels.tolist())}
    try:
        return np.array([index[value] for value in y.tolist()], np.intp)
    except (KeyError, TypeError) as error:
        raise DataError(f"label {error} is none of this model's classes ({', '.join(map(str, index))})") from error


def as_values(y: Array, outputs: int) -> Array:
    """Return true values, shape (rows, outputs). Raises DataError for another shape or what is no finite number."""
    y = y[:, None] if y.ndim == 1 else y
    if y.shape[1:] != (outputs,) or y.dtype.kind not in "buif":
        raise DataError(f"targets are {y.dtype} of shape {y.shape}; the model needs numbers ({len(y)}, {outputs})")
    check_finite(y, "targets")
    return y


def class_labels(names: Sequence[str], classes: int) -> Array:
    """Return the label of each class: integers where all names are whole numbers or there are none, else names."""
    names = list(names) or [str(i) for i in range(classes)]
    return np.array([int(n) for n in names] if all(map(WHOLE_NUMBER.fullmatch, names)) else names)


def class_indices(outputs: Array) -> Array:
    """Return the index of the likeliest class of each row, shape (rows,)."""
    return (outputs[:, 0] >= 0.5).astype(np.intp) if outputs.shape[1] == 1 else outputs.argmax(axis=1)


def are_probabilities(outputs: Array) -> bool:
    """Tell whether no output is negative and each row sums to 1, to three digits."""
    if not len(outputs):
        return True
    sums = outputs.dot(np.ones(outputs.shape[1], outputs.dtype))
    least, most = sums.item(sums.argmin()), sums.item(sums.argmax())
    return bool(outputs.item(outputs.argmin()) >= 0 and least >= 0.999 and most <= 1.001)


def _array(given: Any, what: str) -> Array:
    try:
        return np.asarray(given)
    except ValueError as error:
        raise DataError(f"{what} are no array: the rows differ in length") from error


def check_finite(array: Array, what: str, first: int = 0) -> None:
    """Raise DataError at a value that is not finite; the first row of `array` is counted as `first`."""
    if array.dtype.kind == "f" and not is_finite(array):
        row, column = np.argwhere(~np.isfinite(array))[0]
        value = array[row, column]
        raise DataError(f"{what} hold {value} in row {first + row}, column {column} (both from 0); only finite numbers")
