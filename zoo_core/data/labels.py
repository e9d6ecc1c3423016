"""Class labels as people write them, names or whole numbers, and the class indices that networks learn."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from zoo_core.errors import DataError
from zoo_core.parts import Array

MAX_CLASSES = 10_000
CHUNK_ROWS = 65_536  # labels looked at together
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # 18 digits always fit into 64 bits
_FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")


def is_whole_number(label: str) -> bool:
    """Return whether a label is written as a whole number, such as 7, -1 or 007."""
    return _WHOLE.fullmatch(label) is not None


def find_classes(labels: Sequence[str], where: str) -> tuple[str, ...]:
    """Find the classes of a data set, in the order of their indices.

    Whole numbers that begin at 0 are class indices: every number up to the largest is a class. Other whole numbers
    are ordered by value, names by alphabet.

    Args:
        labels: the label of each row.
        where: the file or array, for messages.

    Returns:
        The names of the classes; class i has index i.

    Raises:
        DataError: the labels look like measurements, or there are more than 10,000 different ones.

    Example:
        find_classes(["dog", "cat", "dog"], "pets.csv")  # ("cat", "dog")
        find_classes(["2", "0"], "digits.csv")  # ("0", "1", "2")
    """
    distinct = set(labels)
    if all(map(is_whole_number, distinct)):
        numbers = sorted({int(label) for label in distinct})
        are_indices = bool(numbers) and numbers[0] == 0 and numbers[-1] < MAX_CLASSES
        classes = tuple(map(str, range(numbers[-1] + 1) if are_indices else numbers))
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
    """Return the class index of each label.

    Args:
        labels: the label of each row.
        classes: the names of the classes, as `find_classes` returns them.
        where: the file or array, for messages.

    Returns:
        Indices into `classes`, int64, shape (rows,).

    Raises:
        DataError: a label is not among `classes`.

    Example:
        encode(["dog", "cat"], ("cat", "dog"), "pets.csv")  # array([1, 0])
    """
    index = {name: i for i, name in enumerate(classes)}
    numeric = all(map(is_whole_number, classes))
    indices = np.empty(len(labels), np.int64)
    for row, label in enumerate(labels):
        key = str(int(label)) if numeric and is_whole_number(label) else label
        if key not in index:
            raise DataError(_unknown_label(label, row, classes, where))
        indices[row] = index[key]
    return indices


def encode_array(labels: Array, classes: Sequence[str], where: str) -> Array:
    """Return the class index of each label, as `encode` does, for an array of whole numbers or names (rows,).

    It makes a text only for each different label, not for each row.
    """
    values, known = distinct(labels), set(classes)
    for value in values:
        if str(value) not in known:
            raise DataError(_unknown_label(str(value), int(np.argmax(labels == value)), classes, where))
    value_indices, indices = encode(list(map(str, values)), classes, where), np.empty(len(labels), np.int64)
    for start in range(0, len(labels), CHUNK_ROWS):
        chunk = labels[start : start + CHUNK_ROWS]
        indices[start : start + CHUNK_ROWS] = value_indices[np.searchsorted(values, chunk)]
    return indices


def distinct(labels: Array) -> Array:
    """Return the different labels of an array (rows,) in ascending order, with little extra memory."""
    values = labels[:0]
    for start in range(0, len(labels), CHUNK_ROWS):
        values = np.union1d(values, labels[start : start + CHUNK_ROWS])
    return values


def _unknown_label(label: str, row: int, classes: Sequence[str], where: str) -> str:
    known = ", ".join(classes[:8]) + (", ..." if len(classes) > 8 else "")
    return f"{where}: row {row + 1} has the label {label!r}; the classes are {known}"
