"""Text tables whose columns are described: numbers, categories, booleans and dates, each with missing values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress

import numpy as np

from zoo_core.data.columns import recoded
from zoo_core.data.label_words import find_words, word_values
from zoo_core.data.readers._cells import read_number
from zoo_core.data.readers._open import Source, reads_foreign_bytes
from zoo_core.data.readers.columns import Type, TypedColumn, columns_in
from zoo_core.data.readers.csv import CsvTable, column_indices, place_of_row, text_index, weights_index
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import Column as Named, TableReader
from zoo_core.data.readers.tables import format_of, read_table
from zoo_core.data.readers.values import ValueFaultError, column_values, described, sorted_categories
from zoo_core.errors import DataError
from zoo_core.parts import Array, Column

LEFT_OUT = ("id", "ignore")
KINDS = ("number", "category", "boolean", "date", "date_dmy", "date_mdy", *LEFT_OUT)


@dataclass(frozen=True)
class DescribedTable(CsvTable):
    """A text table; `columns` says what the first columns of `numbers`, the features, mean.

    `beside` has the columns that are read beside features, targets and weights, such as groups. `label_words` says for
    each label how the file writes that a row lacks it, and that it has it.
    """

    columns: tuple[Column, ...] = ()
    beside: tuple[TypedColumn, ...] = ()
    label_words: tuple[tuple[str, str], ...] = ()


@reads_foreign_bytes
def read_described(
    source: Source, form: TableFormat, kinds: Mapping[str, str], *, text: Named | None = None,
    features: Sequence[Named] | None = None, targets: Sequence[Named] = (), weights: Named | None = None,
    beside: Sequence[Named] = (), words: bool = False,
) -> DescribedTable:  # fmt: skip
    """Read a text table for training by the kinds of its columns.

    Args:
        source: a path or an open file.
        form: how the table is written.
        kinds: the kind of columns by name, or by index as a text; those that are not listed are numbers. All must be
            in the file.
        text: a column of labels.
        features: the columns to learn from; by default all others that are not of the kinds "id" and "ignore".
        targets: columns of numbers to predict. A row without a label or a target is left out.
        weights: the column with the weight of each row.
        beside: columns of any type that are read, and not learnt from.
        words: whether the targets are labels, which two words may tell, such as yes and no.

    Returns:
        The features, then targets and weights; NaN is a missing feature.

    Raises:
        DataError: a value does not fit its column; the message has its line. There is no such column.
        ResourceError: the file cannot be opened.
    """
    where, raw = read_table(source)
    form = format_of(raw, form)
    plan = _plan(TableReader(raw, form, where), kinds, text, features, targets, weights, beside)
    types = plan.types | dict.fromkeys(plan.needed if words else (), "text")
    found = columns_in(raw, form, where, take=[*types, *plan.beside], types=types, needed=plan.needed)
    by_place = {column.place: column for column in found.columns}
    features_found = [_named(by_place[i]) for i in plan.features]
    full = _full_rows([by_place[i] for i in plan.needed], found.rows)
    if not full.any():
        count = len(found.incomplete) + found.rows
        raise DataError(f"{where}: has no rows to learn from; {count} have no target")
    name_row = partial(place_of_row, raw, form, where, needed=plan.needed)
    columns = tuple(described(c, plan.kind(c.place), where) for c in features_found)
    values = [_values(c, column, where, name_row) for c, column in zip(features_found, columns, strict=True)]
    pairs = {
        i: find_words(by_place[i].categories, f"{where}: column {by_place[i].name!r}") for i in plan.needed if words
    }
    others = [
        _label_values(by_place[i], pairs[i]) if i in pairs else _targets(by_place[i], where, i in plan.needed)
        for i in plan.numbers
    ]
    places = (*plan.features, *plan.numbers)
    label = None if plan.label is None else by_place[plan.label]
    texts = () if label is None else tuple(map(str, compress(label.texts(), full)))
    first = "" if full.all() else name_row(int(np.argmin(full)))
    kept = np.flatnonzero(full)
    return DescribedTable(
        where, tuple(found.names[i] for i in places), np.column_stack([*values, *others])[full], texts,
        "" if label is None else label.name, found.names, places, (*found.incomplete, *(first,) * int((~full).sum())),
        lambda row: name_row(int(kept[row])), columns,
        tuple(_some_rows(by_place[i], full) for i in plan.beside), tuple(pairs.values()),
    )  # fmt: skip


def holds_words(source: Source, form: TableFormat, columns: Sequence[Named]) -> bool:
    """Return whether columns begin with texts, and not with numbers, true or false."""
    where, raw = read_table(source)
    table = TableReader(raw, form, where)
    places = {table.index(column) for column in columns}
    for block in table.blocks():
        for place in list(places):
            cells = [cell for cell in block.column(place) if cell.strip() not in form.missing]
            if any(read_number(cell, form.notation) is None for cell in cells):
                return True
            places -= {place} if cells else set()
        if not places:
            break
    return False


def _label_values(column: TypedColumn, words: tuple[str, str]) -> Array:
    """Return 1 where a row has the label, 0 where it lacks it; NaN where the cell says neither."""
    values: Array = np.array([*word_values(column.categories, words), np.nan])
    return values.take(np.asarray(column.codes), mode="wrap")  # -1 is the last


def _some_rows(column: TypedColumn, which: Array) -> TypedColumn:
    """Return a column with some of its rows."""
    if column.numbers is not None:
        return replace(column, numbers=column.numbers[which])
    return replace(column, codes=np.asarray(column.codes)[which])


@dataclass(frozen=True)
class _Plan:
    """Which columns are read, by their indices in the file."""

    features: list[int]
    numbers: list[int]  # targets of a regression, then weights
    label: int | None
    needed: list[int]  # without a value in one of them a row is left out
    kinds: dict[int, str]
    beside: list[int]

    def kind(self, place: int) -> str:
        """Return the kind of a column."""
        return self.kinds.get(place, "number")

    @property
    def types(self) -> dict[Named, Type]:
        """The types of all columns that are read."""
        found: dict[Named, Type] = {i: "number" if self.kind(i) == "number" else "text" for i in self.features}
        found |= dict.fromkeys(self.numbers, "number")
        return found if self.label is None else {**found, self.label: "text"}


def _plan(
    table: TableReader, kinds: Mapping[str, str], text: Named | None, features: Sequence[Named] | None,
    targets: Sequence[Named], weights: Named | None, beside: Sequence[Named],
) -> _Plan:  # fmt: skip
    """Return which columns are read. Raises DataError for one that does not exist, or that is named twice."""
    own = None if features is None else [_place(table, name) for name in features]
    label = None if text is None else text_index(table, text, own and [table.names[i] for i in own])
    weighing = [] if weights is None else [weights_index(table, weights)]
    numbers = [*map(table.index, targets), *weighing]
    others = [_place(table, column) for column in beside]
    by_place = {_place(table, name): kind for name, kind in kinds.items()}
    if own is None:
        out = {label, *numbers, *others} | {i for i, kind in by_place.items() if kind in LEFT_OUT}
        own = [i for i in table.columns if i not in out]
    if not own:
        raise DataError(f"{table.where}: data.columns leaves no column to learn from")
    column_indices(table, [*own, *numbers, *others], label)  # refuses one that is named twice
    return _Plan(
        own, numbers, label, [i for i in (label, *map(table.index, targets)) if i is not None], by_place, others
    )


def _place(table: TableReader, name: Named) -> int:
    """Return the index of a column; in a table without a header its name is its index, as a text."""
    index = isinstance(name, str) and not any(table.names) and name.isascii() and name.isdigit()
    return table.index(int(name) if index else name)


def _named(column: TypedColumn) -> TypedColumn:
    """Return a column with a name: that of the header, or its index in the file."""
    return column if column.name else replace(column, name=str(column.place))


def _full_rows(needed: Sequence[TypedColumn], rows: int) -> Array:
    """Return a mask of the rows that have a value in all needed columns."""
    full = np.ones(rows, bool)
    for column in needed:
        full &= np.asarray(column.codes) >= 0 if column.numbers is None else ~np.isnan(column.numbers)
    return full


def _targets(column: TypedColumn, where: str, may_lack: bool) -> Array:
    """Return targets or weights. Raises DataError for a missing weight."""
    if column.missing and not may_lack:
        raise DataError(f"{where}: {column.first_missing}, column {column.name!r}: the row has no weight")
    return np.asarray(column.numbers)


def _values(given: TypedColumn, column: Column, where: str, name_row: Callable[[int], str]) -> Array:
    """Return the values of a column. Raises DataError with the line of one that it cannot have."""
    try:
        return column_values(given, column)
    except ValueFaultError as fault:
        raise DataError(f"{where}: {name_row(fault.row)}, column {column.name!r}: {fault}") from None


def with_equal_categories(tables: Sequence[CsvTable]) -> list[CsvTable]:
    """Return tables with the same columns, whose categories are those of all tables; others are left alone."""
    own = [table for table in tables if isinstance(table, DescribedTable)]
    joint = [
        replace(same[0], categories=sorted_categories(text for column in same for text in column.categories))
        for same in zip(*(table.columns for table in own), strict=True)
    ]
    changed = [replace(table, columns=tuple(joint), numbers=_recoded(table, joint)) for table in own]
    return [*changed] if own else [*tables]


def _recoded(table: DescribedTable, columns: Sequence[Column]) -> Array:
    """Return the numbers of a table with the codes of other columns."""
    width = len(columns)
    return np.hstack([recoded(table.numbers[:, :width], table.columns, columns), table.numbers[:, width:]])
