"""Is the first line of a table a header? Clear rules; what they leave open is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from zoo_core.data.labels import is_whole_number
from zoo_core.data.readers._cells import MISSING, NOTATIONS, Notation, read_number
from zoo_core.data.readers.date_orders import ORDERS, fitting_orders
from zoo_core.data.readers.dates import read_date
from zoo_core.errors import DataError, Hint

YEARS = range(1800, 2101)
OFTEN = 0.1  # of the rows count up, so that it means nothing
LEAST_BELOW = 3  # rows below one of units
LETTERS_OF_UNIT = 12
NO_UNITS = frozenset(("n.a.", "none", "unknown", "missing", "-", "--", ".", "..", "...", "x", "inf", "-inf"))
COUNTED = 3  # numbers that count up, at least, for a header such as 0,1,2


def find_header(first: Sequence[str], body: Sequence[Sequence[str]], where: str) -> bool:
    """Return whether the first row names the columns.

    It does if it has no number, and no date above dates; if it has a text above numbers, or a number above texts; if
    its numbers count up, as 0,1,2 or years do, and no other row does; or if they have one step above fractions.
    Raises DataError where that is not clear.
    """
    if not body or len(first) != len(body[0]):  # no other row to compare with, or a header without a name for rows
        return not all(map(_is_number, first))
    columns = list(zip(*body, strict=True))
    kinds = [_kind(cell) for cell in first]
    if "number" not in kinds:
        return not _is_among_dates(first, columns)
    for kind, column in zip(kinds, columns, strict=True):
        below = {_kind(cell) for cell in column} - {"missing"}
        if (kind == "text" and below == {"number"}) or (kind == "number" and below == {"text"}):
            return True
    texts = [i for i, kind in enumerate(kinds) if kind == "text"]
    if any(first[i] in columns[i] for i in texts) or any("." in cell for cell in first):
        return False
    return _evenly_spaced(first, columns) or _counts_up_alone(first, body, where)


def _is_among_dates(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Return whether a date, such as 2026-01-31 or 31/1/2026, stands above nothing but dates of the same order."""
    for cell, column in zip(first, columns, strict=True):
        if any(read_date(cell, order) is not None for order in ORDERS):
            below = {other for other in column if _kind(other) != "missing"}
            if below and fitting_orders({cell, *below}):
                return True
    return False


def _evenly_spaced(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Return whether whole numbers of one step, such as 400,410,420, stand above columns, most with fractions."""
    places = [i for i, cell in enumerate(first) if _kind(cell) == "number"]
    if len(places) < COUNTED or not all(is_whole_number(first[i].strip()) for i in places):
        return False
    steps = {int(first[b]) - int(first[a]) for a, b in pairwise(places)}
    fractions = sum(1 for i in places if not any(is_whole_number(cell.strip()) for cell in columns[i]))
    return len(steps) == 1 and min(steps) > 0 and fractions > len(places) / 2


def _counts_up_alone(first: Sequence[str], body: Sequence[Sequence[str]], where: str) -> bool:
    """Return whether the numbers of the first row count up from 0, 1 or a year, and those of no other row do."""
    numbers = _counting(first)
    if not numbers or numbers[0] not in (0, 1, *YEARS):
        return False
    others = sum(1 for row in body if _counting(row))
    years = numbers[0] in YEARS and not any(map(_has_year, body))
    if not others and (len(numbers) >= COUNTED or years):
        return True
    if others > OFTEN * len(body) or len(body) == 1:
        return False
    shown = ",".join(first)[:40]
    hint = Hint("table_option", option="header", value="true", other="header=false")
    raise DataError(f"{where}: the first line, {shown!r}, may be a header or a row", hint)


def find_units(body: Sequence[Sequence[str]]) -> list[str]:
    """Return the first row if it holds units of the numbers below, such as m/s; else nothing.

    Each column of numbers, of which there are two at least, has a short text there, or nothing; no other row has it.
    """
    if len(body) <= LEAST_BELOW:
        return []
    first = list(body[0])
    if sum(_kind(cell) == "text" for cell in first) < 2:
        return []
    columns = [set(column) for column in zip(*body[1:], strict=True)]
    numeric = [i for i, cells in enumerate(columns) if {*map(_kind, cells)} - {"missing"} == {"number"}]
    texts = [first[i].strip() for i in numeric if first[i].strip()]
    is_unit = all(_kind(text) == "text" and len(text) <= LETTERS_OF_UNIT for text in texts)
    is_unit = is_unit and not NO_UNITS.intersection(map(str.lower, texts))
    others = all(first[i] not in columns[i] or not first[i].strip() for i in range(len(first)) if i not in numeric)
    return first if len(texts) > 1 and is_unit and others else []


def _counting(cells: Sequence[str]) -> list[int]:
    """Return the whole numbers of a row if they count up by 1, and there are two at least; else nothing."""
    texts = [cell.strip() for cell in cells if _kind(cell) == "number"]
    if len(texts) < 2 or not all(map(is_whole_number, texts)):
        return []
    numbers = list(map(int, texts))
    return numbers if all(b - a == 1 for a, b in pairwise(numbers)) else []


def _has_year(cells: Sequence[str]) -> bool:
    return any(is_whole_number(cell.strip()) and int(cell) in YEARS for cell in cells)


def _is_number(cell: str) -> bool:
    return any(read_number(cell, notation) is not None for notation in (Notation(), *NOTATIONS))


def _kind(cell: str) -> str:
    if cell.strip() in MISSING:
        return "missing"
    return "number" if _is_number(cell) else "text"
