"""Groups and times of the rows of a table, which keep rows apart when they are split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.data.readers.columns import TypedColumn
from zoo_core.data.readers.date_orders import FORMS, ORDERS, fitting_orders
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


def read_times(columns: Sequence[TypedColumn], where: Sequence[str]) -> list[Array]:
    """Return when each row of several tables was made, float64 (rows,): numbers as they are, dates in seconds.

    Dates are all in one order, such as 2026-01-31, or 31/1/2026. Raises DataError for a row without a time, for a text
    that is no date, and for dates such as 1/2/2026 alone.
    """
    for column, file in zip(columns, where, strict=True):
        _check_full(column, file, "time")
    order = _order(columns, where)
    found = []
    for column in columns:
        if column.numbers is not None:
            found.append(np.array(column.numbers))
            continue
        seconds = np.array([read_date(text, order) for text in column.categories], np.float64)
        found.append(seconds.take(np.asarray(column.codes)))
    return found


def _order(columns: Sequence[TypedColumn], where: Sequence[str]) -> str:
    """Return the order of the dates in several columns. Raises DataError where there is none, or may be two."""
    texts = {text: None for column in columns if column.numbers is None for text in column.categories}
    orders = fitting_orders(texts)
    if not texts or len(orders) == 1:
        return orders[0] if texts else ""
    fault = "may be day, month, year or month, day, year; write 2026-01-31"
    wrong = next(iter(texts))
    if not orders:
        likely = max(ORDERS, key=lambda order: sum(read_date(text, order) is not None for text in texts))
        wrong = next(text for text in texts if read_date(text, likely) is None)
        fault = f"is no time; write a number or {FORMS[likely].split()[0]}"
    column, file = next(pair for pair in zip(columns, where, strict=True) if wrong in pair[0].categories)
    raise DataError(f"{file}: column {column.name!r}: {wrong[:40]!r} {fault}")


def _check_full(column: TypedColumn, where: str, what: str) -> None:
    if column.missing:
        raise DataError(f"{where}: {column.first_missing}, column {column.name!r}: the row has no {what}; fill it in")
