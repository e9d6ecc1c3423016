"""Groups and times of the rows of a table, which keep rows apart when they are split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.data.readers.columns import TypedColumn
from zoo_core.data.readers.dates import read_date
from zoo_core.data.readers.values import as_texts
from zoo_core.errors import DataError
from zoo_core.parts import Array


def group_codes(columns: Sequence[TypedColumn], where: Sequence[str]) -> list[Array]:
    """Return the group of each row of several tables as integers (rows,); the same value has the same number.

    Raises DataError for a row without a group.
    """
    places: dict[str, int] = {}
    found = []
    for column, file in zip(columns, where, strict=True):
        _check_full(column, file, "group")
        texts = as_texts(column)
        own = np.array([places.setdefault(text, len(places)) for text in texts.categories], np.int64)
        found.append(own[np.asarray(texts.codes)])
    return found


def read_times(column: TypedColumn, where: str) -> Array:
    """Return when each row was made, float64 (rows,): numbers as they are, dates such as 2026-01-31 in seconds.

    Raises DataError for a row without a time, or with a text that is no date.
    """
    _check_full(column, where, "time")
    if column.numbers is not None:
        return np.array(column.numbers)
    found = [read_date(text, "") for text in column.categories]
    wrong = next((text for text, value in zip(column.categories, found, strict=True) if value is None), None)
    if wrong is not None:
        raise DataError(f"{where}: column {column.name!r}: {wrong[:40]!r} is no time; write a number or 2026-01-31")
    times: Array = np.array(found, np.float64).take(np.asarray(column.codes))
    return times


def _check_full(column: TypedColumn, where: str, what: str) -> None:
    if column.missing:
        raise DataError(f"{where}: {column.first_missing}, column {column.name!r}: the row has no {what}; fill it in")
