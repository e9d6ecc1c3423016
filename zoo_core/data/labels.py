"""Class labels as people write them, names or whole numbers, and the indices that networks learn."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from zoo_core.errors import DataError
from zoo_core.parts import Array

MAX_CLASSES = 10_000
PIECE = 65_536  # rows of an array of labels looked at together
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")


def find_classes(labels: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the classes in the order of their indices, as written in `labels`.

    Whole numbers that begin at 0 are indices themselves ("0", "1", ... up to the largest); other whole
    numbers are put in numeric order, names in alphabetical order. Raises DataError where labels look like
    measurements.
    """
    distinct = set(labels)
    if all(map(_WHOLE.fullmatch, distinct)):
        numbers = sorted({int(label) for label in distinct})
        indices = bool(numbers) and numbers[0] == 0 and numbers[-1] < MAX_CLASSES
        classes = tuple(map(str, range(numbers[-1] + 1) if indices else numbers))
    else:
        if all(map(_FRACTION.fullmatch, distinct)):
            raise DataError(
                f"{where}: labels are numbers such as {labels[0]}; for measurements say task = 'regression'"
            )
        classes = tuple(sorted(distinct))
    if len(classes) > MAX_CLASSES:
        raise DataError(f"{where}: has {len(classes)} different labels; for measurements say task = 'regression'")
    return classes


def encode(labels: Sequence[str], classes: Sequence[str], where: str) -> Array:
    """Return the index of each label, int64 (rows,). Raises DataError at a label not among `classes`."""
    index = {name: i for i, name in enumerate(classes)}
    numeric = all(map(_WHOLE.fullmatch, classes))
    codes = np.empty(len(labels), np.int64)
    for row, label in enumerate(labels):
        key = str(int(label)) if numeric and _WHOLE.fullmatch(label) else label
        if key not in index:
            raise DataError(_unknown(label, row, classes, where))
        codes[row] = index[key]
    return codes


def encode_array(labels: Array, classes: Sequence[str], where: str) -> Array:
    """Return the index of each label of an array of whole numbers or names, (rows,), without a text for each row."""
    values, known = distinct(labels), set(classes)
    for value in values:
        if str(value) not in known:
            raise DataError(_unknown(str(value), int(np.argmax(labels == value)), classes, where))
    indices, codes = encode(list(map(str, values)), classes, where), np.empty(len(labels), np.int64)
    for start in range(0, len(labels), PIECE):
        codes[start : start + PIECE] = indices[np.searchsorted(values, labels[start : start + PIECE])]
    return codes


def distinct(labels: Array) -> Array:
    """Return the different labels of an array (rows,) in rising order, at the cost of little memory."""
    values = labels[:0]
    for start in range(0, len(labels), PIECE):
        values = np.union1d(values, labels[start : start + PIECE])
    return values


def _unknown(label: str, row: int, classes: Sequence[str], where: str) -> str:
    known = ", ".join(classes[:8]) + (", ..." if len(classes) > 8 else "")
    return f"{where}: row {row + 1} has the label {label!r}; the classes are {known}"
