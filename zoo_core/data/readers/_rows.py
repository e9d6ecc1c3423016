"""Reads the rows of a text table, in blocks. A fault of a row has its line in the file."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from zoo_core.data.readers._blocks import BLOCK_CELLS, BLOCK_ROWS, Block, NameOf, line_ends, line_name
from zoo_core.data.readers._columns_text import ColumnsText
from zoo_core.data.readers._grid import Grid, divide
from zoo_core.data.readers._quotes import find_open_quote
from zoo_core.data.readers._text import Lines, Raw, decoding_error
from zoo_core.data.readers.table_format import BLANKS, TableFormat
from zoo_core.data.readers.tables import format_of
from zoo_core.errors import DataError

MOST_CELLS = 2**20  # but no more, because a cell takes some 60 bytes
PIECE = 2**18  # characters that become a block without a text for each cell
_BLANKS = re.compile("[ \t]+")


class Row(NamedTuple):
    """The line of a row in the file, where it ends, its cells, and what is wrong with its quotes."""

    line: int
    cells: list[str]
    fault: str = ""


class RowReader:
    """Reads rows of cells from the contents of a table. Raises DataError for what is no table."""

    def __init__(self, raw: Raw, form: TableFormat, where: str) -> None:
        self.where, self._form, self._raw = where, (form := format_of(raw, form)), raw
        _check_encoding(form.encoding, where)
        self._lines = Lines(raw, form.encoding, where)
        self._name_of: NameOf = raw.row_name if isinstance(raw, ColumnsText) else line_name
        self._is_columns = isinstance(raw, ColumnsText)
        self._before = form.skip_lines  # lines that this `csv.reader` has not seen
        self._seen: list[str] = []  # lines of the rows that were taken last
        self._reader = self._open(form)
        self.bare_lines, self.first_bare = 0, 0  # lines of delimiters alone, which are no rows, and the first of them

    def _open(self, form: TableFormat) -> Any:
        lines = self._noted(_table_lines(self._lines, form))
        return csv.reader(lines, delimiter=form.delimiter, strict=True, skipinitialspace=True)

    def _noted(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self._seen.append(line)
            yield line

    def take(self, count: int) -> list[list[str]]:
        """Return the next rows, also those without a value; fewer, or none, at the end."""
        rows, odd = self._take(count)
        if odd is not None:
            raise DataError(f"{self.where}: {self._name_of(0, odd.line)} {odd.fault}")
        return rows

    def _take(self, count: int) -> tuple[list[list[str]], Row | None]:
        """Return the next rows as `take`, and the row behind them if its quotes are wrong."""
        before = self.line
        self._seen.clear()
        with self._refusing():
            try:
                return list(islice(self._reader, count)), None
            except csv.Error:
                found = find_open_quote(self._seen, self._form.delimiter)
                if found is None:
                    raise
        self._lines.push_front(self._seen[found.line + 1 :])
        self._before = before + found.line + 1
        self._reader = self._open(self._form.changed({"skip_lines": 0}))
        return found.rows, Row(self._before, found.cells, found.why)

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
        return self._before + int(self._reader.line_num)

    def next_row(self, *, pass_quotes: bool = False) -> Row | None:
        """Return the next row that has a value, or None at the end.

        Raises DataError for a row whose quotes are wrong, unless `pass_quotes`: then it has a fault.
        """
        while True:
            rows, odd = self._take(1) if pass_quotes else (self.take(1), None)
            if odd is not None or not rows:
                return odd
            if self._is_row(rows[0]):
                return Row(self.line, rows[0])
            self._note_bare(self.line - 1, rows)

    def _is_row(self, cells: list[str]) -> bool:
        """Return whether cells are a row; in text, a line without a value is none."""
        return self._is_columns or any(cells)

    def _note_bare(self, before: int, rows: Sequence[list[str]]) -> None:
        for line, cells in zip(line_ends(before, rows), rows, strict=True):
            if cells and not any(cells):
                self.bare_lines, self.first_bare = self.bare_lines + 1, self.first_bare or line

    def blocks(self, first: Sequence[Row], width: int, ragged: bool = False) -> Iterator[Block]:
        """Yield the rows in `first` and all others.

        Raises DataError for a row of another width, or with wrong quotes, unless `ragged`: then it is told in
        `Block.faults`.
        """
        for block in self._blocks(first, width, ragged):
            block.name_of = self._name_of
            yield block

    def _blocks(self, first: Sequence[Row], width: int, ragged: bool) -> Iterator[Block]:
        for number, odd in enumerate(first, 1):
            own = Block(number, [odd.cells], lines=[odd.line])
            yield self._checked(own, width, ragged, odd.fault)
        number, row = len(first) + 1, sum(len(cell) + 1 for odd in first for cell in odd.cells)
        size = max(PIECE, min(BLOCK_ROWS * row, MOST_CELLS))
        while piece := self._piece(size):
            before, grid = self.line, self._grid(piece, width)
            if grid is None:
                self._lines.push_back(piece)
                for block in self._read_blocks(number, width, ragged):
                    number += len(block)
                    yield block
            else:
                self._before += len(grid)
                yield Block(number, before=before, grid=grid)
                number += len(grid)

    def _piece(self, size: int) -> str:
        with self._refusing():
            return self._lines.piece(size)

    def _grid(self, piece: str, width: int) -> Grid | None:
        """Return whole lines as a grid; None for those that need more care."""
        form = self._form
        is_quoted = '"' in piece
        if not form.delimiter.isascii() or form.delimiter in '0123456789-"' + form.decimal:
            return None
        lines = piece if piece[-1] == "\n" else piece + "\n"
        if "\r" in lines:
            lines = lines.replace("\r\n", "\n")
        if form.delimiter == BLANKS:
            if is_quoted:
                return None
            lines = _BLANKS.sub(" ", lines).replace(" \n", "\n").replace("\n ", "\n").lstrip(" ")
        elif " " in lines and not is_quoted and (form.delimiter + " " in lines or "\n " in lines or lines[0] == " "):
            return None
        if "\r" in lines:
            return None
        if form.comment and (lines.startswith(form.comment) or "\n" + form.comment in lines):
            return None
        return divide(lines, form.delimiter, form.decimal, width, form.missing)

    def _read_blocks(self, number: int, width: int, ragged: bool) -> Iterator[Block]:
        """Yield the rows that begin in a piece that was pushed back."""
        count = max(1, min(BLOCK_ROWS, MOST_CELLS // width), BLOCK_CELLS // width)
        while self._lines.is_ahead:
            before = self.line
            read, odd = self._take(count)
            rows = list(filter(self._is_row, read))
            if len(rows) < len(read):
                self._note_bare(before, read)
            if rows:
                lines = range(number, number + len(rows)) if self._is_columns else ()
                yield self._checked(Block(number, rows, before, read, lines), width, ragged)
            number += len(rows)
            if odd is not None:
                yield self._checked(Block(number, [odd.cells], lines=[odd.line]), width, ragged, odd.fault)
                number += 1

    def _checked(self, block: Block, width: int, ragged: bool, fault: str = "") -> Block:
        if not fault and set(map(len, block.rows)) == {width}:
            return block
        end = f"not {width} as the first line"
        faults = {at: f"has {len(cells)} cells, {end}" for at, cells in enumerate(block.rows) if len(cells) != width}
        faults = {0: fault} if fault else faults
        if not ragged:
            block.name_of = self._name_of
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
