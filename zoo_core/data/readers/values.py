"""The values of a column of any origin as the numbers that a model takes: one function for files, frames and rows.

A column comes as a `TypedColumn`: numbers, or texts with codes. `zoo_core.parts.Column` says what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from numbers import Number
from typing import Any

import numpy as np

from zoo_core.data.columns import MAX_CATEGORIES, MAX_LETTERS, UNKNOWN
from zoo_core.data.labels import LabelIndex, label_text, whole_value
from zoo_core.data.readers._cells import MISSING, Notation, gaps_of_numbers, read_number
from zoo_core.data.readers.columns import MISSING_CODE, TypedColumn
from zoo_core.data.readers.date_orders import FORMS as DATE_FORMS, fitting_orders, likely_order
from zoo_core.data.readers.dates import read_date
from zoo_core.errors import DataError
from zoo_core.parts import Array, Column

MISSING_TYPES = ("NoneType", "NAType", "NaTType")  # of None, and of what pandas has in place of a value
DATES = (date, np.datetime64)
FEW, SHARE, MANY = 20, 0.1, 200  # different texts of a category: up to a number, or to a share of the rows
TRUTHS = {"true": 1.0, "yes": 1.0, "t": 1.0, "y": 1.0, "on": 1.0, "1": 1.0, "1.0": 1.0,
          "false": 0.0, "no": 0.0, "f": 0.0, "n": 0.0, "off": 0.0, "0": 0.0, "0.0": 0.0}  # fmt: skip
UNKNOWN_TEXT = "is a text that no training row has; a preprocessor with unknown = 'ignore' takes it as none"
PAIRS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
ORDER_OF = {"date": "", "date_dmy": "dmy", "date_mdy": "mdy"}  # the kinds of dates in a spec
KIND_OF_ORDER = {order: kind for kind, order in ORDER_OF.items()}


def text_kind(texts: Collection[str]) -> str:
    """Return the kind in a spec that different texts are by their form: boolean, one of the dates, or category.

    Only words are booleans, since 0 and 1 may be numbers.
    """
    if {text.lower() for text in texts} in PAIRS:
        return "boolean"
    orders = fitting_orders(texts)
    return KIND_OF_ORDER[likely_order(texts, orders)] if orders else "category"


class ValueFaultError(Exception):
    """A value that its column cannot have: the index of its row, and what is wrong."""

    def __init__(self, row: int, text: str) -> None:
        super().__init__(text)
        self.row = row


def may_be_category(texts: int, rows: int) -> bool:
    """Return whether a column with this number of different texts and rows has few enough to be a category."""
    return texts <= min(MANY, max(FEW, SHARE * rows))


def described(given: TypedColumn, kind: str, where: str) -> Column:
    """Return what a column means, by its kind in a spec and its values. Raises DataError for too many categories."""
    if kind in ORDER_OF:
        return Column(given.name, "date", order=ORDER_OF[kind])  # type: ignore[arg-type]
    if kind != "category":
        return Column(given.name, kind)  # type: ignore[arg-type]
    texts = as_texts(given).categories
    if len(texts) > MAX_CATEGORIES or any(len(text) > MAX_LETTERS for text in texts):
        raise DataError(
            f"{where}: column {given.name!r} has {len(texts):,} different texts, or one of over {MAX_LETTERS} letters; "
            f"a category has at most {MAX_CATEGORIES:,}: list it as 'ignore' or 'id' in data.columns"
        )
    return Column(given.name, "category", categories=sorted_categories(texts))


def sorted_categories(texts: Iterable[str]) -> tuple[str, ...]:
    """Return different texts in order: whole numbers by value, others by alphabet."""
    distinct = set(texts)
    values = {text: whole_value(text) for text in distinct}
    return tuple(sorted(distinct, key=lambda text: (values[text] is None, values[text] or 0, text)))


def column_values(given: TypedColumn, column: Column) -> Array:
    """Return the values of a column as numbers, float64, shape (rows,); NaN where there is none.

    Raises ValueFaultError for the first value that the column cannot have.
    """
    if column.kind != "category" and given.numbers is not None:
        return _checked_numbers(given.numbers, column)
    read, fault = text_reader(column)
    if given.numbers is not None:
        return _by_text(as_texts(given), partial(_any_spelling, read), fault)
    return _by_text(given, read, fault)


def text_reader(column: Column) -> tuple[Callable[[str], float | None], str]:
    """Return how a text becomes the value of a column, and what is wrong with one for which that gives None."""
    if column.kind == "category":
        index = LabelIndex(column.categories)
        return (index.find, UNKNOWN_TEXT) if column.refuses_unknown else (partial(_code, index), "")
    if column.kind == "number":
        return text_number, "is no number"
    if column.kind == "boolean":
        return lambda text: TRUTHS.get(text.lower()), "is not true or false, yes or no, 1 or 0"
    form = DATE_FORMS[column.order]
    return lambda text: read_date(text, column.order), f"is no date such as {form}"


def _code(index: LabelIndex, text: str) -> float:
    found = index.find(text)
    return UNKNOWN if found is None else found


def _any_spelling(read: Callable[[str], float | None], text: str) -> float | None:
    """Return the code of a number as a text, which categories may have with .0 or without it."""
    codes = map(read, (text, text.removesuffix(".0"), f"{text}.0"))
    return next((code for code in codes if code not in (None, UNKNOWN)), read(text))


def text_number(text: str) -> float | None:
    """Return the number that a text of Python code is, or None."""
    found = read_number(text, Notation())
    return None if found is None or found.sign not in ("", "true or false") else found.value


def _by_text(given: TypedColumn, read: Callable[[str], float | None], fault: str) -> Array:
    """Return the value of each row; each different text is read once."""
    found = [read(text) for text in given.categories]
    codes = np.asarray(given.codes)
    if None in found:
        wrong = np.isin(codes, [code for code, value in enumerate(found) if value is None])
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueFaultError(row, f"{given.categories[codes[row]][:40]!r} {fault}")
    values: Array = np.array([*(np.nan if value is None else value for value in found), np.nan])
    return values.take(codes, mode="wrap")  # -1 is the last


def _checked_numbers(numbers: Array, column: Column) -> Array:
    """Return numbers with one form of NaN. Raises ValueFaultError for one that the column cannot have."""
    values = np.array(numbers, np.float64)
    wrong = np.isinf(values)
    values[np.isnan(values)] = np.nan
    if column.kind == "boolean":
        wrong |= (values != 0) & (values != 1) & ~np.isnan(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        what = "is not true or false, 1 or 0" if column.kind == "boolean" else "is no finite number"
        raise ValueFaultError(row, f"{values[row]:g} {what}")
    return values


def as_texts(given: TypedColumn) -> TypedColumn:
    """Return a column as one of texts; a whole number has no point, unless others are fractions: 38.0 and 38.5."""
    if given.numbers is None:
        return given
    values, codes = np.unique(given.numbers, return_inverse=True)
    known = values[~np.isnan(values)]
    codes = np.where(codes < len(known), codes, MISSING_CODE)
    as_text = str if np.any(known != np.round(known)) else label_text
    return replace(given, numbers=None, codes=codes, categories=tuple(map(as_text, known.tolist())))


# ------------------------------------------------------------------ columns that Python code gives


def is_gap(value: Any, missing: Sequence[str] = MISSING) -> bool:
    """Return whether a value that Python code gives stands for a missing one; `missing` are texts that do."""
    if isinstance(value, (str, bytes)):
        return label_text(value).strip() in missing
    return type(value).__name__ in MISSING_TYPES or bool(isinstance(value, (Number, np.generic)) and value != value)


def gaps_of(values: Array, missing: Sequence[str] = MISSING) -> Array:
    """Return a mask of the missing values of an array (rows,) that Python code gives, as `is_gap`."""
    if values.dtype.kind in "fmMc":
        mask: Array = values != values  # NaN and NaT
        return mask
    if values.dtype.kind in "biu":
        return np.zeros(len(values), bool)
    return np.array([is_gap(value, missing) for value in values.tolist()], bool)


def typed_array(name: str, values: Array, kind: str, missing: Sequence[str] = MISSING) -> TypedColumn:
    """Return an array (rows,) as a column: numbers, or texts with codes. `kind` is that of the column.

    Raises ValueFaultError for a value that is neither a number, a text nor a date.
    """
    if values.dtype.kind in "iu" and kind == "category":  # a float64 would round long ones
        distinct, places_of = np.unique(values, return_inverse=True)
        return TypedColumn(name, 0, codes=places_of, categories=tuple(map(str, distinct.tolist())))
    if values.dtype.kind in "iuf":
        return TypedColumn(name, 0, numbers=values.astype(np.float64))
    if values.dtype.kind == "M" and kind == "date":
        micro = values.astype("datetime64[us]")
        seconds = np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 1e6)
        return TypedColumn(name, 0, numbers=seconds)
    cells = values.astype("datetime64[us]").tolist() if values.dtype.kind == "M" else values.tolist()
    missing = gaps_of_numbers(missing) if kind == "number" else missing
    texts = [_text(cell, row, missing) for row, cell in enumerate(cells)]
    if kind == "date" and all(text is None or isinstance(cell, DATES) for text, cell in zip(texts, cells, strict=True)):
        found = [np.nan if text is None else read_date(text) for text in texts]  # whatever comes first in texts
        if None not in found:
            return TypedColumn(name, 0, numbers=np.array(found, np.float64))
    places: dict[str, int] = {}
    codes = [MISSING_CODE if text is None else places.setdefault(text, len(places)) for text in texts]
    return TypedColumn(name, 0, codes=np.array(codes, np.int64), categories=tuple(places))


def _text(value: Any, row: int, missing: Sequence[str]) -> str | None:
    """Return a value as a text; None for a missing one."""
    if isinstance(value, (str, bytes)):
        text = label_text(value).strip()
        if isinstance(value, bytes) and "\ufffd" in text:
            raise ValueFaultError(row, f"bytes {value!r:.40} are no text in UTF-8")
        return None if text in missing else text
    if type(value).__name__ in MISSING_TYPES:
        return None
    if isinstance(value, date):
        return _date_text(value)
    if type(value).__name__ == "Decimal":  # of a database; its module takes time to import
        value = float(value)
    if not isinstance(value, (bool, int, float, np.generic)):
        way = "; give hours or the like, as numbers" if type(value).__name__ in ("timedelta", "Timedelta") else ""
        raise ValueFaultError(row, f"{type(value).__name__} {value!r:.40} is neither number, text nor date{way}")
    return None if value != value else label_text(value)


def _date_text(value: date) -> str:
    """Return a date as files have it: without a time at midnight."""
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time():
        value = value.date()
    return (value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()).replace("+00:00", "Z")
