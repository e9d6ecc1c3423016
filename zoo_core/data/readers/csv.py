"""Strict reading of CSV: every cell is a plain finite number, or the message says which one is not.

`1_000`, `infinity`, `nan`, blank cells and digits of other scripts are refused, though Python's `float` or other
readers accept them. Rows count from 1 below the header; messages also give the line.
"""

from __future__ import annotations

import array
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from zoo_core.data.readers._cells import is_number as is_number, parse_floats, parse_label
from zoo_core.data.readers._open import Source, opened, reads_foreign_bytes, source_name
from zoo_core.errors import DataError, nearest
from zoo_core.parts import Array

Column = str | int  # the name of a column, or its index from 0; negative indices count from the end
Row = tuple[int, list[str]]  # the last line of a row in the file, and its cells
DELIMITERS = (",", ";", "\t", "|")
NO_HEADER = "where there is no header, say header = false"


@dataclass(frozen=True)
class CsvTable:
    """The contents of a CSV file: numbers, and the column that was kept as text, if any."""

    where: str  # the name of the file
    names: tuple[str, ...]  # of the columns of `numbers`; "" if there is no header
    numbers: Array  # float64, shape (rows, columns)
    text: tuple[str, ...] = ()  # the text column, without blanks around each cell
    text_name: str = ""
    header: tuple[str, ...] = ()  # the names of all columns of the file
    places: tuple[int, ...] = ()  # for each column of `numbers`, its index in the file

    def find(self, column: Column) -> int:
        """Return the index in `numbers` of a column, given by its name or its index in the file."""
        return self.places.index(column_index(self.header, column, self.where))


@reads_foreign_bytes
def read_csv(
    source: Source, *, delimiter: str = ",", header: bool = True, text: Column | None = None,
    columns: Sequence[Column] | None = None,
) -> CsvTable:  # fmt: skip
    """Read a CSV file for training.

    Args:
        source: a path or an open file, in UTF-8; a byte-order mark is allowed.
        delimiter: one character.
        header: whether the first line names the columns.
        text: a column to keep as text, for labels.
        columns: the columns to read as numbers; by default all others.

    Returns:
        The numbers and the text.

    Raises:
        DataError: a cell is not a finite number, a row has another number of cells than the first, or there are no
            rows. Column names are not distinct, or `columns` has one twice. The file is not UTF-8.
        ResourceError: the file cannot be opened.

    Example:
        table = read_csv("flowers.csv", text="species")
        table.numbers.shape, table.text[0]  # (150, 4), "setosa"
    """
    where, rows = read_rows(source, delimiter)
    line = next(rows)
    _check_delimiter(line[1], delimiter, where)
    names = _header_names(line[1], where) if header else ("",) * len(line[1])
    if header and all(map(is_number, names)):
        raise DataError(f"{where}: the header is a row of numbers; {NO_HEADER}")
    place = None if text is None else column_index(names, text, where)
    wanted = None if columns is None else _column_indices(names, columns, place, where)
    table = _read_body(rows, None if header else line, names, place, where, wanted)
    if header and table.text_name in table.text and all(map(is_number, table.names)):
        raise DataError(f"{where}: the first line is a row of numbers with a label; {NO_HEADER}")
    return table


@reads_foreign_bytes
def read_features(source: Source, feature_names: Sequence[str]) -> Array:
    """Read a CSV file to predict from.

    With a header, columns are matched by name, in any order; others, such as the target, are left out. If the first
    row has numbers or the model has no names, columns are taken in their order. The delimiter is guessed.

    Args:
        source: a path or an open file, as in `read_csv`.
        feature_names: the names of the model's features; empty if it has none.

    Returns:
        Inputs, float64, shape (rows, features).

    Raises:
        DataError: as in `read_csv`, or a feature is missing.
        ResourceError: the file cannot be opened.

    Example:
        x = read_features("new-flowers.csv", model.about.feature_names)
        model.predict(x)
    """
    where, rows = read_rows(source)
    first = next(rows)
    numeric = [is_number(cell) for cell in first[1]]
    known = bool(feature_names) and set(feature_names) <= set(map(str.strip, first[1]))
    if not known and (all(numeric) or (not feature_names and any(numeric))):
        if feature_names and len(first[1]) != len(feature_names):
            raise DataError(f"{where}: has {len(first[1])} columns, but the model has {len(feature_names)} features")
        return _read_body(rows, first, ("",) * len(first[1]), None, where).numbers
    names = _header_names(first[1], where)
    wanted = _feature_columns(names, feature_names, where)
    return _read_body(rows, None, names, None, where, wanted).numbers


def column_index(names: Sequence[str], column: Column, where: str) -> int:
    """Return the index of a column. Raises DataError if there is no such column."""
    if isinstance(column, int):
        if not -len(names) <= column < len(names):
            raise DataError(f"{where}: there is no column {column}; the file has {len(names)} columns, counted from 0")
        return column % len(names)
    if column not in names:
        known = ", ".join(names[:12]) if any(names) else "none: it has no header, so give an index from 0"
        raise DataError(
            f"{where}: there is no column {column!r}{nearest(column, filter(None, names))} (columns: {known})"
        )
    return list(names).index(column)


def read_rows(source: Source, delimiter: str = "") -> tuple[str, Iterator[Row]]:
    """Return the file's name and an iterator over its rows, as cells of text. Raises DataError if there are none.

    Without `delimiter` it is guessed.
    """
    where = source_name(source)
    text = _read_text(source, where)
    rows = _parse_rows(text, delimiter or guess_delimiter(text), where)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{where}: is empty")
    return where, chain([first], rows)


def guess_delimiter(text: str) -> str:
    """Return the delimiter that divides the first line into the most cells."""
    return max(DELIMITERS, key=text.partition("\n")[0].count)


def _check_delimiter(cells: list[str], delimiter: str, where: str) -> None:
    """Refuse a first line of one cell that another delimiter would divide."""
    other = next((d for d in DELIMITERS if d != delimiter and len(cells) == 1 and d in cells[0]), None)
    if other is not None:
        raise DataError(
            f"{where}: {delimiter!r} does not divide the first line, {other!r} would; say delimiter = {other!r}"
        )


def _column_indices(names: Sequence[str], columns: Sequence[Column], text: int | None, where: str) -> list[int]:
    """Return the indices of columns. Raises DataError if one is named twice or is the text column."""
    places = [column_index(names, column, where) for column in columns]
    for at, place in enumerate(places):
        if place == text or place in places[:at]:
            raise DataError(f"{where}: column {columns[at]!r} is named twice; target, weights and features must differ")
    return places


def _read_text(source: Source, where: str) -> str:
    with opened(source) as stream:
        raw = stream.read()
    if isinstance(raw, str):
        return raw.removeprefix("\ufeff")
    try:
        return str(raw, "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{where}: line {line} is not UTF-8; save the file as UTF-8") from error


def _parse_rows(text: str, delimiter: str, where: str) -> Iterator[Row]:
    """Yield each row that is not an empty line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        raise DataError(f"{where}: line {reader.line_num}: {error}") from error


def _header_names(cells: list[str], where: str) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    for place, name in enumerate(names):
        if not name:
            raise DataError(f"{where}: column {place + 1} has no name in the header")
        if name in names[:place]:
            raise DataError(f"{where}: two columns have the name {name!r}; give each its own")
    return names


def _feature_columns(names: tuple[str, ...], wanted: Sequence[str], where: str) -> list[int]:
    """Return the index of each wanted column, or all if none is named. Raises DataError for missing ones."""
    missing = [name for name in wanted if name not in names]
    if missing:
        hint = nearest(missing[0], names)
        listed = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
        raise DataError(f"{where}: lacks {len(missing)} of the model's {len(wanted)} features: {listed}{hint}")
    return [names.index(name) for name in wanted] or list(range(len(names)))


def _read_body(
    rows: Iterator[Row], first: Row | None, names: tuple[str, ...], place: int | None, where: str,
    wanted: Sequence[int] | None = None,
) -> CsvTable:  # fmt: skip
    """Read the rows below the header: numbers from the columns `wanted` (by default all), text from `place`."""
    numbers, text = array.array("d"), []
    keep = [i for i in (wanted if wanted is not None else range(len(names))) if i != place]
    pick = keep if keep != list(range(len(names))) else None
    count = 0
    for count, (line, cells) in enumerate(chain([first], rows) if first else rows, 1):
        at = f"{where}: row {count} (line {line})"
        if len(cells) != len(names):
            raise DataError(f"{at} has {len(cells)} cells, not {len(names)} as the first line")
        if place is not None:
            text.append(parse_label(cells[place], at, names[place]))
        numbers.extend(parse_floats([cells[i] for i in pick] if pick is not None else cells, at, names, keep))
    if not count:
        raise DataError(f"{where}: has a header, but no rows")
    values = np.frombuffer(numbers, np.float64) if numbers else np.empty(0)
    kept = tuple(names[i] for i in keep)
    label = "" if place is None else names[place]
    return CsvTable(where, kept, values.reshape(count, len(keep)), tuple(text), label, names, tuple(keep))
