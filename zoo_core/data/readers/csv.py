"""Strict reading of CSV: every cell is a plain finite number, or the message says which one is not.

`1_000`, `infinity`, `nan`, blanks and digits of other scripts, all of which Python's `float` or lenient
readers take, are refused. Rows are counted from 1 below the header; messages also give the line.
"""

from __future__ import annotations

import array
import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from zoo_core.errors import DataError, ResourceError, nearest
from zoo_core.parts import Array

Source = Path | str | IO[Any]
Column = str | int
NUMBER = re.compile(r"[ \t]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*")
DELIMITERS = (",", ";", "\t", "|")
NO_HEADER = "where there is no header, say header = false"
_PLAIN = re.compile(r"[0-9eE+.,\- \t]*")  # on these characters `float` takes plain numbers alone


@dataclass(frozen=True)
class CsvTable:
    """What a CSV file holds: numbers, float64 (rows, columns), and the one column kept as text, if any."""

    where: str
    names: tuple[str, ...]  # of the columns of `numbers`; "" where there is no header
    numbers: Array
    text: tuple[str, ...] = ()
    text_name: str = ""
    header: tuple[str, ...] = ()  # the names of all columns of the file
    places: tuple[int, ...] = ()  # in the file, of the columns of `numbers`

    def find(self, column: Column) -> int:
        """Return where `numbers` holds a column of the file, given by name or by its index in the file."""
        return self.places.index(column_index(self.header, column, self.where))


def read_csv(
    source: Source, *, delimiter: str = ",", header: bool = True, text: Column | None = None,
    columns: Sequence[Column] | None = None,
) -> CsvTable:  # fmt: skip
    """Read a CSV file for training; the column `text` (name, or index from 0) is kept as it is, for labels.

    `columns` are those to read as numbers; default: all the others. `source` is a path or an open file.
    Raises DataError for ragged rows, cells that are no finite numbers, an empty file, a header alone, columns
    of one name or named twice, and bad UTF-8 (a byte-order mark is tolerated).
    """
    where, rows = read_rows(source, delimiter)
    line = next(rows)
    _check_delimiter(line[1], delimiter, where)
    names = _names(line[1], where) if header else ("",) * len(line[1])
    if header and all(map(NUMBER.fullmatch, names)):
        raise DataError(f"{where}: the header is a row of numbers; {NO_HEADER}")
    place = None if text is None else column_index(names, text, where)
    wanted = None if columns is None else _distinct(names, columns, place, where)
    table = _read_body(rows, None if header else line, names, place, where, wanted)
    if header and table.text_name in table.text and all(map(NUMBER.fullmatch, table.names)):
        raise DataError(f"{where}: the first line is a row of numbers with a label; {NO_HEADER}")
    return table


def read_features(source: Source, feature_names: Sequence[str]) -> Array:
    """Read a CSV file to predict from: float64, shape (rows, len(feature_names)).

    With a header, columns are matched by name, in any order; others, such as the target's, are left out.
    Without one (a first row of numbers), and where the model knows no names, columns count by place. Cells are
    divided by what divides the first line into most. Raises DataError as `read_csv` does, and where a feature
    is missing.
    """
    where, rows = read_rows(source)
    first = next(rows)
    numeric = [bool(NUMBER.fullmatch(cell)) for cell in first[1]]
    known = bool(feature_names) and set(feature_names) <= set(map(str.strip, first[1]))
    if not known and (all(numeric) or (not feature_names and any(numeric))):
        if feature_names and len(first[1]) != len(feature_names):
            raise DataError(f"{where}: has {len(first[1])} columns, but the model has {len(feature_names)} features")
        return _read_body(rows, first, ("",) * len(first[1]), None, where).numbers
    names = _names(first[1], where)
    wanted = _match(names, feature_names, where)
    return _read_body(rows, None, names, None, where, wanted).numbers


def column_index(names: Sequence[str], column: Column, where: str) -> int:
    """Return the place of a column given by its name, or by its index from 0 (negative: from the end)."""
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


Row = tuple[int, list[str]]  # the line of the file at which it ends, and its cells


def read_rows(source: Source, delimiter: str = "") -> tuple[str, Iterator[Row]]:
    """Return the file's name and an iterator over its rows, in cells of text; without `delimiter` it is guessed.

    Raises DataError where there is none.
    """
    where = str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "the input"))
    text = _text(source, where)
    rows = _parse(text, delimiter or guess_delimiter(text), where)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{where}: is empty")
    return where, _chain(first, rows)


def guess_delimiter(text: str) -> str:
    """Return what divides the first line into most cells."""
    return max(DELIMITERS, key=text.partition("\n")[0].count)


def _chain(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows


def _check_delimiter(cells: list[str], delimiter: str, where: str) -> None:
    """Refuse a first line of one cell that another delimiter would divide."""
    other = next((d for d in DELIMITERS if d != delimiter and len(cells) == 1 and d in cells[0]), None)
    if other is not None:
        raise DataError(
            f"{where}: {delimiter!r} does not divide the first line, {other!r} would; say delimiter = {other!r}"
        )


def _distinct(names: Sequence[str], columns: Sequence[Column], text: int | None, where: str) -> list[int]:
    """Return the places of columns. Raises DataError where one is named twice, or is the label's too."""
    places = [column_index(names, column, where) for column in columns]
    for at, place in enumerate(places):
        if place == text or place in places[:at]:
            raise DataError(f"{where}: column {columns[at]!r} is named twice; target, weights and features are apart")
    return places


def _text(source: Source, where: str) -> str:
    try:
        if not isinstance(source, (str, Path)):
            raw = source.read()
        elif not Path(source).is_file():  # a pipe would be waited for without end
            raise DataError(f"{where}: is not a file" if Path(source).exists() else f"{where}: does not exist")
        else:
            raw = Path(source).read_bytes()
    except OSError as error:
        raise ResourceError(f"cannot read {where}: {error.strerror}") from error
    if isinstance(raw, str):
        return raw.removeprefix("\ufeff")
    try:
        return str(raw, "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{where}: line {line} is not UTF-8; save the file as UTF-8") from error


def _parse(text: str, delimiter: str, where: str) -> Iterator[Row]:
    """Yield each row that is not an empty line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        raise DataError(f"{where}: line {reader.line_num}: {error}") from error


def _names(cells: list[str], where: str) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    for place, name in enumerate(names):
        if not name:
            raise DataError(f"{where}: column {place + 1} has no name in the header")
        if name in names[:place]:
            raise DataError(f"{where}: two columns have the name {name!r}; give each its own")
    return names


def _match(names: tuple[str, ...], wanted: Sequence[str], where: str) -> list[int]:
    """Return the place of each wanted column, all of them where nothing is known of what is wanted."""
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
    """Read the rows below the header: numbers from the columns `wanted` (default: all), text from `place`."""
    numbers, text = array.array("d"), []
    keep = [i for i in (wanted if wanted is not None else range(len(names))) if i != place]
    pick = keep if keep != list(range(len(names))) else None
    count = 0
    for count, (line, cells) in enumerate(_chain(first, rows) if first else rows, 1):
        at = f"{where}: row {count} (line {line})"
        if len(cells) != len(names):
            raise DataError(f"{at} has {len(cells)} cells, not {len(names)} as the first line")
        if place is not None:
            text.append(_label(cells[place], at, names[place]))
        numbers.extend(_floats([cells[i] for i in pick] if pick is not None else cells, at, names, keep))
    if not count:
        raise DataError(f"{where}: has a header, but no rows")
    values = np.frombuffer(numbers, np.float64) if numbers else np.empty(0)
    kept = tuple(names[i] for i in keep)
    label = "" if place is None else names[place]
    return CsvTable(where, kept, values.reshape(count, len(keep)), tuple(text), label, names, tuple(keep))


def _label(cell: str, at: str, name: str) -> str:
    if not (label := cell.strip()):
        raise DataError(f"{at}: the label{f' ({name})' if name else ''} is blank")
    return label


def _floats(cells: list[str], at: str, names: Sequence[str], places: Sequence[int]) -> list[float]:
    """Return the numbers of a row. Raises DataError at the first cell that is none."""
    if _PLAIN.fullmatch(",".join(cells)):
        try:
            values = list(map(float, cells))
        except ValueError:
            values = [math.nan]
        if all(map(math.isfinite, values)):
            return values
    for cell, place in zip(cells, places, strict=True):
        if not NUMBER.fullmatch(cell) or not math.isfinite(float(cell)):
            column = f"column {names[place]!r}" if names[place] else f"column {place + 1}"
            if not cell.strip():
                raise DataError(f"{at}, {column} is blank; fill it in, or leave the row out")
            if any(map(str.isalpha, cell)) and not any(map(str.isdecimal, cell)) and "inf" not in cell.lower():
                way = "turn it into numbers, or name the columns to learn from in data.features"
                raise DataError(f"{at}, {column}: {cell[:40]!r} is text, not a number; {way}")
            raise DataError(f"{at}, {column}: {cell[:40]!r} is not a finite number; write 1.5, -3 or 2e-3")
    raise AssertionError("unreachable")
