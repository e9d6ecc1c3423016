"""Strict reading of text tables: every cell is a plain finite number, or the message says which one is not.

`1_000`, `infinity`, blank cells and digits of other scripts are refused, though Python's `float` or other readers
accept them. Rows count from 1 below the header; messages also give the line. `zoo new`, training, evaluation and
prediction all read through `TableReader`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.data.readers._cells import NumberColumn, find_fault, is_number as is_number
from zoo_core.data.readers._open import Source, reads_foreign_bytes
from zoo_core.data.readers._rows import Block, Row, RowReader
from zoo_core.data.readers._text import read_bytes
from zoo_core.data.readers.table_format import BLANKS, DELIMITERS, TableFormat
from zoo_core.errors import DataError, nearest
from zoo_core.parts import Array

Column = str | int  # the name of a column, or its index from 0; negative indices count from the end
NO_HEADER = "where there is no header, say header = false"
DEFAULT = TableFormat()


class _CellError(DataError):
    """A cell is no number."""


@dataclass(frozen=True)
class CsvTable:
    """The contents of a text table: numbers, and the column that was kept as text, if any."""

    where: str  # the name of the file
    names: tuple[str, ...]  # of the columns of `numbers`; "" if there is no header
    numbers: Array  # float64, shape (rows, columns)
    text: tuple[str, ...] = ()  # the text column, without blanks around each cell
    text_name: str = ""
    header: tuple[str, ...] = ()  # the names of all columns of the file
    places: tuple[int, ...] = ()  # for each column of `numbers`, its index in the file
    incomplete: tuple[str, ...] = ()  # the places of rows that were left out, because they have no target

    def find(self, column: Column) -> int:
        """Return the index in `numbers` of a column, given by its name or its index in the file."""
        return self.places.index(column_index(self.header, column, self.where))


class TableReader:
    """An open text table: the names of its columns, then its rows in blocks.

    `names` has a name for each column of the file: "" without a header, and for a column that holds no data. Such a
    column holds the names of the rows, or nothing at all.
    """

    def __init__(self, raw: bytes | str, form: TableFormat, where: str) -> None:
        """Read the first rows. Raises DataError if there are none."""
        self.where, self.form, self._rows = where, form, RowReader(raw, form, where)
        first = self._rows.next_row()
        if first is None:
            raise DataError(f"{where}: is empty")
        _check_delimiter(first[1], form.delimiter, where)
        self._first: list[Row] = [first]
        self.names = ("",) * len(first[1])
        if form.header is not False:
            self._read_header(first[1])

    def _read_header(self, header: list[str]) -> None:
        second = self._rows.next_row()
        if second is None:
            raise DataError(f"{self.where}: has a header, but no rows")
        self._first = [second]
        self.names = _header_names(header, second[1], self.where, self.form.delimiter)
        if self.form.header is None and all(map(is_number, filter(None, self.names))):
            raise DataError(f"{self.where}: the header is a row of numbers; {NO_HEADER}")

    @property
    def columns(self) -> list[int]:
        """The indices of the columns that hold data."""
        return [i for i, name in enumerate(self.names) if name] or list(range(len(self.names)))

    def blocks(self) -> Iterator[Block]:
        """Yield the rows. Raises DataError for a row of another width, or for data in a column without a name."""
        unnamed = [i for i in range(1, len(self.names)) if not self.names[i]] if any(self.names) else []
        for block in self._rows.blocks(self._first, len(self.names)):
            for i in unnamed:
                if any(cells[i].strip() for cells in block.rows):
                    raise DataError(f"{self.where}: column {i + 1} has no name in the header")
            yield block

    def index(self, column: Column) -> int:
        """Return the index of a column in the file. Raises DataError if there is no such column."""
        return column_index(self.names, column, self.where)

    def column_name(self, place: int) -> str:
        """Return what messages call a column."""
        return f"column {self.names[place]!r}" if self.names[place] else f"column {place + 1}"


@reads_foreign_bytes
def read_csv(
    source: Source, form: TableFormat = DEFAULT, *, text: Column | None = None,
    columns: Sequence[Column] | None = None, targets: Sequence[Column] = (),
) -> CsvTable:  # fmt: skip
    """Read a text table for training.

    Args:
        source: a path or an open file.
        form: how the table is written.
        text: a column to keep as text, for labels.
        columns: the columns to read as numbers; by default all others.
        targets: of the columns of numbers, those without which a row is left out. It is left out without a label, too.

    Returns:
        The numbers and the text.

    Raises:
        DataError: a cell is not a finite number, a row has another number of cells than the first, or there are no
            rows. Column names are not distinct, or `columns` has one twice. The file is not in its encoding.
        ResourceError: the file cannot be opened.

    Example:
        table = read_csv("flowers.csv", text="species")
        table.numbers.shape, table.text[0]  # (150, 4), "setosa"
    """
    where, raw = read_bytes(source)
    table = TableReader(raw, form, where)
    place = None if text is None else _text_index(table, text, columns)
    wanted = _column_indices(table, columns, place)
    needed = [i for i in [place, *map(table.index, targets)] if i is not None]
    try:
        found = _read_body(table, wanted, place, needed)
    except _CellError as error:
        raise DataError(f"{error}, or name the columns to learn from in data.features") from error
    if form.header is None and found.text_name in found.text and all(map(is_number, found.names)):
        raise DataError(f"{where}: the first line is a row of numbers with a label; {NO_HEADER}")
    return found


def read_columns(table: TableReader, places: list[int]) -> Array:
    """Return the numbers in some columns of a table, shape (rows, columns). Raises DataError for other cells."""
    return _read_body(table, places, None, []).numbers


def column_index(names: Sequence[str], column: Column, where: str) -> int:
    """Return the index of a column. Raises DataError if there is no such column."""
    if isinstance(column, int):
        own = [i for i, name in enumerate(names) if name] if any(names) else range(len(names))
        places = own if column < 0 else range(len(names))
        if not -len(places) <= column < len(places):
            raise DataError(f"{where}: there is no column {column}; the file has {len(names)} columns, counted from 0")
        return places[column]
    if column not in names or not column:
        known = ", ".join(list(filter(None, names))[:12]) or "none: it has no header, so give an index from 0"
        raise DataError(
            f"{where}: there is no column {column!r}{nearest(column, filter(None, names))} (columns: {known})"
        )
    return list(names).index(column)


def _check_delimiter(cells: list[str], delimiter: str, where: str) -> None:
    """Refuse a first line of one cell that another delimiter would divide."""
    other = other_delimiter(cells, delimiter)
    if other:
        raise DataError(
            f"{where}: {delimiter!r} does not divide the first line, {other!r} would; say delimiter = {other!r}"
        )


def other_delimiter(cells: Sequence[str], delimiter: str) -> str:
    """Return the delimiter that would divide a first line of one cell, or ''."""
    if len(cells) != 1:
        return ""
    return next((d for d in (*DELIMITERS, BLANKS) if d != delimiter and d in cells[0].strip() and d != BLANKS), "")


def _header_names(cells: list[str], second: list[str], where: str, delimiter: str) -> tuple[str, ...]:
    """Return the name of each column; "" for one that holds the names of rows, or nothing.

    Where the header has one cell less than the rows, they begin with a name, or they end with a delimiter.
    """
    names = tuple(cell.strip() for cell in cells)
    if len(names) + 1 == len(second) and (not second[-1].strip() or _is_row_name(second[0], delimiter)):
        names = ("", *names) if second[-1].strip() else (*names, "")
    if not any(names):
        raise DataError(f"{where}: no column has a name in the header")
    seen: set[str] = set()
    for name in filter(None, names):
        if name in seen:
            raise DataError(f"{where}: two columns have the name {name!r}; give each its own")
        seen.add(name)
    return names


def _is_row_name(cell: str, delimiter: str) -> bool:
    """Return whether the first cell of the first row may be its name; 50,5 may be one number, in two cells."""
    return delimiter != "," or not is_number(cell) or cell.strip() in ("0", "1")


def _text_index(table: TableReader, text: Column, columns: Sequence[Column] | None) -> int:
    """Return the index of the text column; one that is given as an index may stand elsewhere than in training."""
    place = table.index(text)
    if isinstance(text, str) or not table.names[place] or table.names[place] not in (columns or ()):
        return place
    known = set(columns or ())
    rest = [i for i in table.columns if table.names[i] not in known]
    if len(rest) != 1:
        raise DataError(
            f"{table.where}: column {text} is {table.names[place]!r}, a feature; give the target by its name"
        )
    return rest[0]


def _column_indices(table: TableReader, columns: Sequence[Column] | None, text: int | None) -> list[int]:
    """Return the indices of columns. Raises DataError if one is named twice or is the text column."""
    if columns is None:
        return [i for i in table.columns if i != text]
    known = {name: i for i, name in reversed(list(enumerate(table.names))) if name}
    places = [known[c] if isinstance(c, str) and c in known else table.index(c) for c in columns]
    seen: set[int | None] = {text}
    for column, place in zip(columns, places, strict=True):
        if place in seen:
            raise DataError(
                f"{table.where}: column {column!r} is named twice; target, weights and features must differ"
            )
        seen.add(place)
    return places


def _read_body(table: TableReader, wanted: list[int], place: int | None, needed: list[int]) -> CsvTable:
    """Read the rows: numbers from the columns `wanted`, text from `place`."""
    numbers = [NumberColumn(table.form.notation, table.form.missing) for _ in wanted]
    text: list[str] = []
    incomplete: list[str] = []
    for block in table.blocks():
        block, out = complete_rows(block, needed, table.form.missing)
        incomplete += out
        if block.rows:
            columns = list(zip(*block.rows, strict=True))
            faults = [(min(odd), i, c.sign) for i, c in zip(wanted, numbers, strict=True) if (odd := c.add(columns[i]))]
            if faults:
                raise _cell_error(table, block, *min(faults, key=lambda fault: fault[:2]))
            text += map(str.strip, columns[place]) if place is not None else ()
    rows = len(numbers[0].values) if numbers else len(text)
    if not rows:
        why = f"; {len(incomplete)} have no target" if incomplete else ""
        raise DataError(f"{table.where}: has no rows to learn from{why}")
    return CsvTable(
        table.where, tuple(table.names[i] for i in wanted), _matrix(numbers, rows), tuple(text),
        "" if place is None else table.names[place], table.names, tuple(wanted), tuple(incomplete),
    )  # fmt: skip


def complete_rows(block: Block, needed: Sequence[int], missing: Sequence[str]) -> tuple[Block, list[str]]:
    """Return a block without the rows that lack a value in a column `needed`, and the places of these."""
    out = {at for i in needed for at, cells in enumerate(block.rows) if cells[i].strip() in missing}
    if not out:
        return block, []
    return block.without(out), [block.place(at) for at in sorted(out)]


def _cell_error(table: TableReader, block: Block, at: int, place: int, sign: str | None) -> _CellError:
    fault = find_fault(block.rows[at][place], table.form.notation, table.form.missing, sign)
    cell = f"{table.where}: {block.place(at)}, {table.column_name(place)}"
    return _CellError(f"{cell} {fault.text}" if fault.what.startswith("is ") else f"{cell}: {fault.text}")


def _matrix(columns: list[NumberColumn], rows: int) -> Array:
    """Return columns as one array, shape (rows, columns)."""
    matrix = np.empty((rows, len(columns)))
    for i, column in enumerate(columns):
        matrix[:, i] = np.frombuffer(column.values, np.float64)
        column.release()
    return matrix
