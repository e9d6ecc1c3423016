"""The rows of a text table, in blocks: cells of text, all rows of one width, each with its line in the file."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice

from zoo_core.data.readers._cells import CODE, has_number
from zoo_core.data.readers._grid import Grid, divide
from zoo_core.data.readers._text import Lines, Raw, decoding_error
from zoo_core.data.readers.table_format import BLANKS, TableFormat
from zoo_core.data.readers.tables import format_of
from zoo_core.errors import DataError

BLOCK_CELLS = 2**13  # a block stays in the processor's cache
BLOCK_ROWS = 64  # at least, so that the cost for each column of a block is shared
MOST_CELLS = 2**20  # but no more, because a cell takes some 60 bytes
PIECE = 2**17  # characters that become a block without a text for each cell
_BLANKS = re.compile("[ \t]+")
Row = tuple[int, list[str]]  # the line of a row in the file, where it ends, and its cells


class Block:
    """Some rows of a table: lists of cells, or a grid of positions. Lines are counted only when somebody asks for one.

    Args:
        first: the number of the first row below the header, from 1.
        rows: those that have a value; an empty line is no row.
        before: the line before the block.
        read: the rows as they were read, with those that have no value.
        lines: known lines, in place of counted ones.
        numbers: the numbers of the rows, where some were left out.
        grid: the cells in place of `rows`; each row is a line.
    """

    def __init__(
        self, first: int, rows: list[list[str]] | None = None, before: int = 0, read: Sequence[list[str]] = (),
        lines: Sequence[int] = (), numbers: Sequence[int] = (), grid: Grid | None = None,
    ) -> None:  # fmt: skip
        self.first, self.grid, self._before, self._read, self._numbers = first, grid, before, read, numbers
        self._rows, self._lines = rows or [], lines
        self.faults: dict[int, str] = {}  # what is wrong with the width of rows, where a reader lets such pass

    def __len__(self) -> int:
        return len(self._rows if self.grid is None else self.grid)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each row."""
        return self._rows if self.grid is None else list(map(list, zip(*self._columns, strict=True)))

    def row(self, at: int) -> list[str]:
        """Return the cells of a row; -1 is the last one."""
        return self._rows[at] if self.grid is None else self.grid.row(at)

    def missing(self, place: int, texts: Collection[str]) -> list[int]:
        """Return the rows whose cell in a column is one of some texts."""
        if self.grid is None or has_number(texts):
            return [at for at, cell in enumerate(self.column(place)) if cell.strip() in texts]
        odd = self.grid.odd(place)
        return [at for at, cell in zip(odd.tolist(), self.grid.cells(place, odd), strict=True) if cell.strip() in texts]

    def first_code(self, place: int) -> int | None:
        """Return the row of the first whole number in a column that begins with a zero, such as 01, or None."""
        if self.grid is None:
            return next((at for at, cell in enumerate(self.column(place)) if CODE.fullmatch(cell.strip())), None)
        rows, found = self.grid.odd(place), self.grid.first_code(place)
        if not len(rows):
            return found
        odd = zip(rows.tolist(), self.grid.cells(place, rows), strict=True)
        other = next((at for at, cell in odd if CODE.fullmatch(cell.strip())), None)
        return min((at for at in (found, other) if at is not None), default=None)

    def column(self, place: int) -> Sequence[str]:
        """Return the cells of a column."""
        return self._columns[place] if self.grid is None else self.grid.cells(place)

    @cached_property
    def _columns(self) -> list[Sequence[str]]:
        if self.grid is None:
            return list(zip(*self._rows, strict=True))
        return [self.grid.cells(place) for place in range(self.grid.width)]

    @property
    def lines(self) -> Sequence[int]:
        """The line in the file where each row ends."""
        if self.grid is not None:
            return range(self._before + 1, self._before + 1 + len(self.grid))
        return self._lines or tuple(_count_lines(self._before, self._read))

    def line(self, at: int) -> int:
        """Return the line in the file where a row ends."""
        return self.lines[at]

    def fit(self, width: int, faults: dict[int, str]) -> Block:
        """Give rows of another width blank cells, or take cells from them; return the block."""
        self.faults = faults
        self._rows = [(cells + [""] * (width - len(cells)))[:width] for cells in self._rows]
        return self

    def place(self, at: int) -> str:
        """Return the number of a row and its line, for messages."""
        number = self._numbers[at] if self._numbers else self.first + at
        return f"row {number} (line {self.line(at)})"

    def without(self, places: Iterable[int]) -> Block:
        """Return a block without some rows; the others keep their numbers and lines."""
        out = set(places)
        keep = [at for at in range(len(self)) if at not in out]
        rows, numbers = self.rows, self._numbers or range(self.first, self.first + len(self))
        lines = [self.line(at) for at in keep]
        return Block(self.first, [rows[at] for at in keep], lines=lines, numbers=[numbers[at] for at in keep])


def _count_lines(before: int, rows: Iterable[Sequence[str]]) -> Iterator[int]:
    for cells in rows:
        before += 1 + sum(cell.count("\n") + cell.replace("\r\n", "").count("\r") for cell in cells)
        if any(cells):
            yield before


class RowReader:
    """Reads rows of cells from the contents of a table. Raises DataError for what is no table."""

    def __init__(self, raw: Raw, form: TableFormat, where: str) -> None:
        self.where, self._form, self._raw = where, (form := format_of(raw, form)), raw
        _check_encoding(form.encoding, where)
        self._lines = Lines(raw, form.encoding, where)
        lines = _table_lines(self._lines, form)
        self._reader = csv.reader(lines, delimiter=form.delimiter, strict=True, skipinitialspace=True)
        self._in_grids = 0  # lines that `csv` has not seen

    def take(self, count: int) -> list[list[str]]:
        """Return the next rows, also those without a value; fewer, or none, at the end."""
        with self._refusing():
            return list(islice(self._reader, count))

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Raise DataError for whatever `csv` or a decoder raises, with the line."""
        try:
            yield
        except csv.Error as error:
            raise DataError(f"{self.where}: line {self.line}: {error}") from error
        except UnicodeError as error:
            raise decoding_error(self._raw, self._form.encoding, self.where) from error
        except (DataError, MemoryError):
            raise
        except Exception as error:  # a decoder may raise anything
            raise DataError(f"{self.where}: line {self.line} cannot be read: {error}") from error

    @property
    def line(self) -> int:
        """The line in the file that was read last."""
        return self._form.skip_lines + self._reader.line_num + self._in_grids

    def next_row(self) -> Row | None:
        """Return the next row that has a value, or None at the end."""
        while rows := self.take(1):
            if any(rows[0]):
                return self.line, rows[0]
        return None

    def blocks(self, first: Sequence[Row], width: int, ragged: bool = False) -> Iterator[Block]:
        """Yield the rows in `first` and all others.

        Raises DataError for a row of another width, unless `ragged`: then it is told in `Block.faults`.
        """
        if first:
            own = Block(1, [cells for _, cells in first], lines=[line for line, _ in first])
            yield self._checked(own, width, ragged)
        number, row = len(first) + 1, sum(len(cell) + 1 for _, cells in first for cell in cells)
        size = max(PIECE, min(BLOCK_ROWS * row, MOST_CELLS))
        while piece := self._piece(size):
            before, grid = self.line, self._grid(piece, width)
            if grid is None:
                self._lines.push_back(piece)
                for block in self._read_blocks(number, width, ragged):
                    number += len(block)
                    yield block
            else:
                self._in_grids += len(grid)
                yield Block(number, before=before, grid=grid)
                number += len(grid)

    def _piece(self, size: int) -> str:
        with self._refusing():
            return self._lines.piece(size)

    def _grid(self, piece: str, width: int) -> Grid | None:
        """Return whole lines as a grid; None for those that need more care."""
        form = self._form
        if '"' in piece or not form.delimiter.isascii() or form.delimiter in "0123456789-" + form.decimal:
            return None
        lines = piece if piece[-1] == "\n" else piece + "\n"
        if "\r" in lines:
            lines = lines.replace("\r\n", "\n")
        if form.delimiter == BLANKS:
            lines = _BLANKS.sub(" ", lines).replace(" \n", "\n").replace("\n ", "\n").lstrip(" ")
        elif " " in lines and (form.delimiter + " " in lines or "\n " in lines or lines[0] == " "):
            return None
        if "\r" in lines:
            return None
        if form.comment and (lines.startswith(form.comment) or "\n" + form.comment in lines):
            return None
        return divide(lines, form.delimiter, form.decimal, width)

    def _read_blocks(self, number: int, width: int, ragged: bool) -> Iterator[Block]:
        """Yield the rows that begin in a piece that was pushed back."""
        count = max(1, min(BLOCK_ROWS, MOST_CELLS // width), BLOCK_CELLS // width)
        while self._lines.is_ahead:
            before = self.line
            read = self.take(count)
            rows = [cells for cells in read if any(cells)]
            if rows:
                yield self._checked(Block(number, rows, before, read), width, ragged)
            number += len(rows)

    def _checked(self, block: Block, width: int, ragged: bool) -> Block:
        if set(map(len, block.rows)) == {width}:
            return block
        end = f"not {width} as the first line"
        faults = {at: f"has {len(cells)} cells, {end}" for at, cells in enumerate(block.rows) if len(cells) != width}
        if not ragged:
            raise DataError(f"{self.where}: {block.place(min(faults))} {faults[min(faults)]}")
        return block.fit(width, faults)


def _check_encoding(encoding: str, where: str) -> None:
    """Raise DataError if Python does not know an encoding of text."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)  # refuses codecs of bytes, such as zlib
        codecs.lookup(encoding).decode(b"")  # that of the codec "undefined" always fails
    except (LookupError, ValueError) as error:
        raise DataError(f"{where}: there is no encoding {encoding[:40]!r}; write 'utf-8' or 'cp1252'") from error


def _table_lines(stream: Iterator[str], form: TableFormat) -> Iterator[str]:
    """Yield the lines of a table; a comment becomes an empty line, so that lines can be counted."""
    lines: Iterator[str] = islice(stream, form.skip_lines, None)
    if form.comment:
        lines = ("\n" if line.startswith(form.comment) else line for line in lines)
    if form.delimiter == BLANKS:
        lines = (line.rstrip("\r\n").replace("\t", " ").strip(" ") + "\n" for line in lines)
    return lines
