"""What kind a column of a frame is, by the types of its values; a few values of another type are refused by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from zoo_core.data.readers.date_orders import FORMS, MOSTLY, mixed_dates, odd_dates
from zoo_core.data.readers.dates import read_date
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.values import DATES, TRUTHS, is_gap, text_kind, text_number
from zoo_core.errors import DataError
from zoo_core.parts import Array

MISSING = TableFormat().missing
BY_DTYPE = {"b": "boolean", "M": "date", "i": "number", "u": "number", "f": "number"}
Cell = tuple[int, Any]  # the row and the value


def kind_of(name: str, values: Array) -> str:
    """Return the kind of a column in a spec. Raises DataError for a value unlike nearly all others."""
    if kind := BY_DTYPE.get(values.dtype.kind):
        return kind
    cells = values.tolist() if values.ndim == 1 else []
    present = [(row, cell) for row, cell in enumerate(cells) if not is_gap(cell, MISSING)]
    types = {type(cell) for _, cell in present}
    if types and all(issubclass(t, str) for t in types):
        return _kind_of_texts(name, [(row, cell.strip()) for row, cell in present])
    for kind, is_native, is_one in RULES:
        if any(is_native(cell) for _, cell in present):
            odd = [(row, cell) for row, cell in present if not is_one(cell)]
            if not odd:
                return kind
            if len(odd) <= (1 - MOSTLY) * len(present):
                raise _odd_value(name, odd, f"no {kind}")
    return "category"


def reads_as_number(value: Any) -> bool:
    """Return whether a value is a number, or a text such as 1.5."""
    if isinstance(value, str):
        return text_number(value.strip()) is not None
    return isinstance(value, Number) and not _is_truth(value)


def _is_truth(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_date(value: Any) -> bool:
    return isinstance(value, DATES)


RULES: Sequence[tuple[str, Callable[[Any], bool], Callable[[Any], bool]]] = (  # kind, what it needs, what it takes
    ("boolean", _is_truth, lambda cell: _is_truth(cell) or str(cell).strip().lower() in TRUTHS),
    ("number", lambda cell: isinstance(cell, Number), reads_as_number),
    ("date", _is_date, lambda cell: _is_date(cell) or (isinstance(cell, str) and read_date(cell) is not None)),
)


def _kind_of_texts(name: str, present: Sequence[Cell]) -> str:
    counts = Counter(text for _, text in present)
    kind = text_kind(counts)
    if kind != "category":
        return kind
    order, odd = odd_dates(counts)
    if odd:
        raise _odd_value(name, [cell for cell in present if cell[1] in odd], f"no date such as {FORMS[order]}")
    if forms := mixed_dates(counts):
        raise DataError(
            f"data: column {name!r} has dates in more than one form, such as {forms}; write all as 2026-01-31, or say "
            f"that they are texts: data.columns = {{{name!r}: 'category'}}"
        )
    return "category"


def _odd_value(name: str, odd: Sequence[Cell], what: str) -> DataError:
    """Return an error for values unlike nearly all others of a column."""
    row, value = odd[0]
    more = f", as are {len(odd) - 1} more" if len(odd) > 1 else ""
    return DataError(
        f"data: column {name!r}, row {row} (from 0): {value!r:.40} is {what}{more}, and nearly all others are; write "
        f"None for a missing value, or say what the column is: data.columns = {{{name!r}: 'category'}}"
    )
