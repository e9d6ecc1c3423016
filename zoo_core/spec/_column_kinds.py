"""What each column of a table holds, and what is done with it, for the first spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from zoo_core.data.columns import column_line
from zoo_core.data.readers.columns import Type, TypedColumn, columns_in
from zoo_core.data.readers.csv import place_of_row
from zoo_core.data.readers.date_orders import FORMS, fitting_orders, likely_order, mixed_dates, odd_dates
from zoo_core.data.readers.dates import read_date
from zoo_core.data.readers.described import LEFT_OUT
from zoo_core.data.readers.survey import MOSTLY, ColumnSurvey, has_id_name
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.data.readers.values import FEW, KIND_OF_ORDER, may_be_category, sorted_categories, text_kind
from zoo_core.errors import DataError, Hint
from zoo_core.spec._finding import Finding

REPEATED = 2  # rows of each text or number in the mean, from which on it may be that of a person
OF_A_GROUP = 20  # rows with one text, below which it may be a person or the like
SHOWN = 3  # categories in a description
APART = {  # options that keep rows apart when they are split, and what such a column says
    "group": "which rows belong together",
    "time": "when a row was made",
}


def find_kinds(
    surveys: Sequence[ColumnSurvey], table: TableReader, raw: Any, told: Mapping[str, str], needed: Sequence[int] = (),
    *, features: bool,
) -> list[Finding]:  # fmt: skip
    """Return what each column holds.

    Args:
        surveys: of the columns.
        table: the open table.
        raw: its contents, which are read again for columns of texts.
        told: kinds that the user says, by name.
        needed: the targets; rows that lack one of them are left out.
        features: whether the user has named the columns to learn from.

    Raises:
        DataError: a column of numbers has a few cells that are none.
    """
    texts = [s.place for s in surveys if not s.has_only_numbers or s.is_code or _name(table, s.place) in told]
    types: dict[str | int, Type] = dict.fromkeys(texts, "text")
    typed = columns_in(raw, table.form, table.where, take=texts, types=types, needed=needed).columns if texts else ()
    found = {column.place: column for column in typed}
    if len(surveys) == 1 and surveys[0].is_numeric and surveys[0].counts_up:
        features = True  # the only column is learnt from, whatever it is called
    for column in typed:
        if _name(table, column.place) not in told:
            _check_dates(column, table, raw, needed)
    return [_finding(s, found.get(s.place), table, told.get(_name(table, s.place), ""), features) for s in surveys]


def _check_dates(column: TypedColumn, table: TableReader, raw: Any, needed: Sequence[int]) -> None:
    """Raise DataError for a text that is no date, where nearly all others of its column are."""
    cells = np.bincount(np.asarray(column.codes)[np.asarray(column.codes) >= 0], minlength=len(column.categories))
    order, odd = odd_dates(dict(zip(column.categories, cells.tolist(), strict=True)))
    if not odd:
        return
    row = int(np.argmax(np.asarray(column.codes) == column.categories.index(odd[0])))
    place, text = place_of_row(raw, table.form, table.where, row, needed), odd[0][:40]
    word = f"; if {text!r} stands for a missing value, add it to data.missing"
    gap = "; correct it, or leave the cell empty" if any(map(str.isdigit, text)) else word
    fault = f"{table.where}: {table.column_name(column.place)}: {place}: {text!r} is no date such as {FORMS[order]}"
    count = int(sum(cells[column.categories.index(text)] for text in odd))
    others = f", as are {count - 1} more of {cells.sum():,} cells" if count > 1 else ""
    raise DataError(f"{fault}{others}{gap}", Hint("column_kind", name=_name(table, column.place), kind="category"))


def _name(table: TableReader, place: int) -> str:
    return table.names[place] or str(place)


def _finding(survey: ColumnSurvey, texts: TypedColumn | None, table: TableReader, told: str, features: bool) -> Finding:
    own = survey.place, _name(table, survey.place)
    if told:
        return _told(*own, told, survey, texts)
    if survey.is_nearly_numeric:
        fault = f"{table.where}: {table.column_name(survey.place)}: {survey.first_fault()}"
        raise DataError(fault, Hint("column_kind", name=_name(table, survey.place), kind="category"))
    if texts is not None and (survey.is_code or not survey.has_only_numbers):
        return _of_texts(*own, texts, survey, features)
    return _of_numbers(*own, survey, features)


def _told(place: int, name: str, kind: str, survey: ColumnSurvey, texts: TypedColumn | None) -> Finding:
    if kind == "number":
        return Finding(place, name, kind, "", survey.gaps, values=survey.known_values)
    if texts is None or kind in LEFT_OUT:
        return Finding(place, name, kind, "", why="data.columns says so" if kind in LEFT_OUT else "")
    return Finding(place, name, kind, _examples(texts), texts.missing, categories=len(texts.categories))


def kept_apart(finding: Finding, key: str) -> Finding:
    """Return what is found in a column of groups or times, which the user has named."""
    return replace(finding, text=APART[key], why=f"data.{key} says that it tells {APART[key]}")


def _of_numbers(place: int, name: str, survey: ColumnSurvey, features: bool) -> Finding:
    values = survey.known_values
    if not len(values):
        return Finding(place, name, "ignore", "no value", why="no row has a value")
    objection = "" if features else survey.objection(name)
    if objection:
        return Finding(place, name, "id" if "an id" in objection else "ignore", "", why=objection, values=values)
    if values[0] == values[-1] and not features and not survey.gaps and not np.ptp(values):
        why = f"all rows have the value {values[0]:g}"
        return Finding(place, name, "ignore", "", why=why, values=values, reason="constant")
    if survey.sign == "true or false":
        return Finding(place, name, "boolean", "true or false", survey.gaps)
    repeats = has_id_name(name) and len(np.unique(values)) * REPEATED <= len(values)
    return Finding(place, name, "number", "", survey.gaps, values=values, may_group=repeats)


def _of_texts(place: int, name: str, texts: TypedColumn, survey: ColumnSurvey, features: bool) -> Finding:
    """Return what a column of texts holds: booleans, dates, categories, ids, or something that is left out."""
    distinct, known = texts.categories, len(texts) - texts.missing
    if text_kind(distinct) == "boolean":
        return Finding(place, name, "boolean", " or ".join(sorted(distinct)), texts.missing, codes=texts.codes)
    if orders := fitting_orders(distinct):
        return _of_dates(place, name, texts, orders)
    if not features and (others := mixed_dates(distinct)):
        why = f"it has dates in more than one form, such as {others}; write all as 2026-01-31 to take it"
        return Finding(place, name, "ignore", _examples(texts), why=why)
    count = len(distinct)
    if count + bool(texts.missing) == 1 and not features:
        why = f"all rows have the text {distinct[0]!r}"
        return Finding(place, name, "ignore", _examples(texts), why=why, reason="constant")
    few = may_be_category(count, known) and not (count == known > 2)
    if few or features:
        return Finding(
            place, name, "category", _examples(texts), texts.missing, note=_note_of_levels(survey), categories=count,
            codes=texts.codes, may_group=count > FEW and known < count * OF_A_GROUP,
        )  # fmt: skip
    if survey.is_code:
        return Finding(place, name, "ignore", _examples(texts), why=survey.objection(name))
    if survey.is_measured:
        return Finding(place, name, "ignore", _examples(texts), why=survey.first_fault())
    if count == known:
        why = "each row has another text, which tells nothing of new rows"
        return Finding(place, name, "id", f"{count:,} different texts", why=why)
    way = f"to take it, write {column_line(name, 'category')} in [data.columns]"
    why = f"there are {count:,} different texts in {known:,} rows; {way}"
    found, repeats = f"{count:,} different texts", count * REPEATED <= known and not texts.missing
    return Finding(place, name, "ignore", found, why=why, reason="texts", may_group=repeats)


def _note_of_levels(survey: ColumnSurvey) -> str:
    """Return why a column that mostly holds numbers is read as a category, or ''."""
    if survey.has_only_numbers or not (survey.is_code or (survey.has_levels and survey.share >= MOSTLY)):
        return ""
    (place, cell), what = survey.text, "codes" if survey.is_code else "classes"
    return f"is read as a category, because of {cell.strip()[:40]!r}, {place}: its numbers are {what}, not amounts"


def _of_dates(place: int, name: str, texts: TypedColumn, orders: list[str]) -> Finding:
    order = likely_order(texts.categories, orders)
    kind = KIND_OF_ORDER[order]
    seconds = [found for text in texts.categories if (found := read_date(text, order)) is not None]
    first, last = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s) for s in (min(seconds), max(seconds)))
    note = ""
    if len(orders) > 1:
        words = {"dmy": "day, month, year", "mdy": "month, day, year"}
        other = next(o for o in orders if o != order)
        line = column_line(name, f"date_{other}")
        note = f"is read as {words[order]}; if it is {words[other]}, write {line} in [data.columns]"
    return Finding(place, name, kind, f"{first:%Y-%m-%d} to {last:%Y-%m-%d}", texts.missing, note=note)


def _examples(texts: TypedColumn) -> str:
    names = sorted_categories(texts.categories)
    shown = ", ".join(name[:12] for name in names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return f"{len(names):,} text{'s' * (len(names) > 1)}: {shown}" if names else "no value"
