"""An open text table: its header, then its rows in blocks, each as wide as the header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoo_core.data.readers._blocks import Block as Block
from zoo_core.data.readers._cells import is_number
from zoo_core.data.readers._rows import Row, RowReader
from zoo_core.data.readers._text import Raw
from zoo_core.data.readers.table_format import BLANKS, DELIMITERS, TableFormat
from zoo_core.data.readers.tables import format_of
from zoo_core.errors import DataError, nearest

Column = str | int  # the name of a column, or its index from 0; negative indices count from the end
NO_HEADER = "where there is no header, say header = false"


class TableReader:
    """An open text table: the names of its columns, then its rows in blocks.

    `names` has a name for each column of the file: "" without a header, and for a column that holds no data. Such a
    column holds the names of the rows, or nothing at all.
    """

    def __init__(self, raw: Raw, form: TableFormat, where: str) -> None:
        """Read the first rows. Raises DataError if there are none."""
        self.where, self.form = where, (form := format_of(raw, form))
        self._rows = RowReader(raw, form, where)
        first = self._rows.next_row()
        if first is None:
            raise DataError(f"{where}: is empty")
        _check_delimiter(first.cells, form.delimiter, where)
        self._first: list[Row] = [first]
        self.names = ("",) * len(first.cells)
        if form.header is not False:
            self._read_header(first.cells)

    def _read_header(self, header: list[str]) -> None:
        second = self._rows.next_row(pass_quotes=True)
        if second is None:
            raise DataError(f"{self.where}: has a header, but no rows")
        self._first = [second]
        self.names = _header_names(header, second.cells, self.where, self.form.delimiter)
        if self.form.header is None and all(map(is_number, filter(None, self.names))):
            raise DataError(f"{self.where}: the header is a row of numbers; {NO_HEADER}")

    @property
    def columns(self) -> list[int]:
        """The indices of the columns that hold data."""
        return [i for i, name in enumerate(self.names) if name] or list(range(len(self.names)))

    def blocks(self, ragged: bool = False) -> Iterator[Block]:
        """Yield the rows. Raises DataError for data in a column without a name.

        A row of another width, or with wrong quotes, is an error, too, unless `ragged`: then it is told in
        `Block.faults`.
        """
        unnamed = [i for i in range(1, len(self.names)) if not self.names[i]] if any(self.names) else []
        for block in self._rows.blocks(self._first, len(self.names), ragged):
            for i in unnamed:
                if any(map(str.strip, block.column(i))):
                    raise DataError(f"{self.where}: column {i + 1} has no name in the header")
            yield block

    @property
    def note(self) -> str:
        """What is to be said of the lines that were read: those without a value are no rows; '' if there are none."""
        count, first = self._rows.bare_lines, self._rows.first_bare
        return f"{count:,} line(s) without any value are no rows; the first is line {first}" if count else ""

    def index(self, column: Column) -> int:
        """Return the index of a column in the file. Raises DataError if there is no such column."""
        return column_index(self.names, column, self.where)

    def column_name(self, place: int) -> str:
        """Return what messages call a column."""
        return f"column {self.names[place]!r}" if self.names[place] else f"column {place + 1} (index {place})"


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
