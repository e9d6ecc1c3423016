"""Class labels as people write them, names or whole numbers, and the class indices that networks learn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from zoo_core.errors import DataError
from zoo_core.parts import Array

MAX_CLASSES = 10_000
CHUNK_ROWS = 65_536  # labels looked at together
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # 18 digits always fit into 64 bits
_WHOLE_FLOAT = re.compile(r"([+-]?[0-9]{1,15})\.0*")  # 1.0, as a column of whole numbers with gaps is often saved
_FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")


def is_whole_number(label: str) -> bool:
    """Return whether a label is written as a whole number, such as 7, -1 or 007."""
    return _WHOLE.fullmatch(label) is not None


def whole_value(label: str) -> int | None:
    """Return the whole number that a label stands for, such as 7 for 7, 007 or 7.0, or None."""
    if is_whole_number(label):
        return int(label)
    found = _WHOLE_FLOAT.fullmatch(label)
    return None if found is None else int(found[1])


def row_name(row: int) -> str:
    """Return what messages call a row of an array, by its index."""
    return f"row {row} (from 0)"


def label_text(label: Any) -> str:
    """Return a label as the text that names its class: b"a" and "a" are one label, and so are 1 and 1.0."""
    if isinstance(label, bytes):
        return label.decode("utf-8", "replace")
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)


def label_list(labels: Array, where: str) -> list[str]:
    """Return the labels in an array as texts.

    Args:
        labels: whole numbers, texts, bytes, truth values, or a mixture of them as objects; shape (rows,).
        where: what messages call the array.

    Returns:
        A text for each row; True and False are "True" and "False".

    Raises:
        DataError: the array has another shape, or holds something else, such as 0.5 or None.
    """
    check_labels(labels, where)
    return list(map(label_text, labels.tolist()))


def check_labels(labels: Array, where: str) -> None:
    """Raise DataError unless an array may hold labels, as `label_list` does."""
    if labels.ndim != 1 or labels.dtype.kind not in "biufUSO":
        raise DataError(
            f"{where}: labels are {labels.dtype} of shape {labels.shape}, not whole numbers or names (rows,)"
        )
    for row, value in _strange_labels(labels):
        fraction = isinstance(value, (float, np.floating)) and not float(value).is_integer()
        if fraction or not isinstance(value, (str, bytes, bool, int, float, np.generic)):
            way = "for measurements say task = 'regression'" if fraction else "save whole numbers or names"
            raise DataError(f"{where}: labels are {labels.dtype}, and {row_name(row)} holds {value!r:.40}; {way}")


def _strange_labels(labels: Array) -> Iterator[tuple[int, Any]]:
    """Yield the row and the value of labels that may be none: fractions and objects."""
    if labels.dtype.kind == "O":
        yield from enumerate(labels.tolist())
    elif labels.dtype.kind == "f":
        for row in np.flatnonzero((labels != np.floor(labels)) | np.isinf(labels))[:1].tolist():
            yield row, labels[row].item()


def find_classes(labels: Iterable[str], where: str) -> tuple[str, ...]:
    """Find the classes of a data set, in the order of their indices.

    The classes are the labels that occur. Whole numbers are ordered by value, names by alphabet. Two spellings of
    one whole number, such as 1 and 1.0, are one class; where each has one spelling, that is its name, such as 01.

    Args:
        labels: the label of each row.
        where: the file or array, for messages.

    Returns:
        The names of the classes; class i has index i.

    Raises:
        DataError: the labels look like measurements, or there are more than 10,000 different ones.

    Example:
        find_classes(["dog", "cat", "dog"], "pets.csv")  # ("cat", "dog")
        find_classes(["10", "9"], "digits.csv")  # ("9", "10")
    """
    distinct = set(labels)
    values = {label: whole_value(label) for label in distinct}
    if distinct and None not in values.values():
        spellings: dict[int, list[str]] = {}
        for label in distinct:
            spellings.setdefault(values[label] or 0, []).append(label)
        single = all(len(found) == 1 and is_whole_number(found[0]) for found in spellings.values())
        classes = tuple(spellings[value][0] if single else str(value) for value in sorted(spellings))
    else:
        if all(map(_FRACTION.fullmatch, distinct)):
            raise DataError(
                f"{where}: labels are numbers such as {min(distinct)}; for measurements say task = 'regression'"
            )
        classes = tuple(sorted(distinct))
    if len(classes) > MAX_CLASSES:
        raise DataError(f"{where}: has {len(classes)} different labels; for measurements say task = 'regression'")
    return classes


class LabelIndex:
    """Finds the class index of labels, also where they are spelled in another way than the class."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._exact = {name: i for i, name in enumerate(classes)}
        values = [whole_value(name) for name in classes]
        numeric = None not in values and len(set(values)) == len(values)
        self._values = {value: i for i, value in enumerate(values)} if numeric else {}
        truths = {name.lower(): i for i, name in enumerate(classes)}
        self._truths = truths if set(truths) <= {"true", "false"} else {}

    def find(self, label: str) -> int | None:
        """Return the index of a label: by its name, its whole number, or as true or false in any case."""
        if label in self._exact:
            return self._exact[label]
        if self._truths:
            return self._truths.get(label.lower())
        if not self._values:
            return None
        return self._values.get({"True": 1, "False": 0}.get(label, whole_value(label)))


def encode(
    labels: Sequence[str], classes: Sequence[str], where: str, name_row: Callable[[int], str] = row_name
) -> Array:
    """Return the class index of each label.

    Args:
        labels: the label of each row.
        classes: the names of the classes, as `find_classes` returns them.
        where: the file or array, for messages.
        name_row: what messages call a row, by its index.

    Returns:
        Indices into `classes`, int64, shape (rows,).

    Raises:
        DataError: a label is not among `classes`.

    Example:
        encode(["dog", "cat"], ("cat", "dog"), "pets.csv")  # array([1, 0])
    """
    index = LabelIndex(classes)
    found = {label: index.find(label) for label in set(labels)}
    if None in found.values():
        row = next(row for row, label in enumerate(labels) if found[label] is None)
        raise DataError(_unknown_label(labels[row], name_row(row), classes, where))
    return np.array([found[label] for label in labels], np.int64)


def encode_array(labels: Array, classes: Sequence[str], where: str) -> Array:
    """Return the class index of each label, as `encode` does, for an array of whole numbers or names (rows,).

    It makes a text only for each different label, not for each row.
    """
    values, index = distinct(labels), LabelIndex(classes)
    found = [index.find(label_text(value)) for value in values.tolist()]
    if None in found:
        value = values[found.index(None)]
        row = row_name(int(np.argmax(labels == value)))
        raise DataError(_unknown_label(label_text(value.item()), row, classes, where))
    value_indices, indices = np.array(found, np.int64), np.empty(len(labels), np.int64)
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


def _unknown_label(label: str, row: str, classes: Sequence[str], where: str) -> str:
    known = ", ".join(classes[:8]) + (", ..." if len(classes) > 8 else "")
    return f"{where}: {row} has the label {label!r}; the classes are {known}"


def as_labels(y: Any, names: Sequence[str], where: str, name_row: Callable[[int], str] = row_name) -> Array:
    """Return which of several labels each row has: 0 and 1 as uint8, shape (rows, labels); one column may be (rows,).

    Raises DataError for anything but true, false, 0 and 1.
    """
    array = np.asarray(y)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise DataError(f"{where}: is {array.dtype} of shape {array.shape}, not 0 and 1 (rows, labels)")
    wrong = np.argwhere((array != 0) & (array != 1))
    if len(wrong):
        row, column = wrong[0]
        name = repr(names[column]) if column < len(names) else f"{column} (from 0)"
        raise DataError(
            f"{where}: label {name} is {array[row, column]:g} in {name_row(int(row))}; each label is true or false, "
            "or 1 or 0"
        )
    return array.astype(np.uint8)
