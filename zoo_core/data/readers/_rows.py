"""The rows of a text table, in blocks: cells of text, all rows of one width, each with its line in the file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress, islice

from zoo_core.data.readers._text import as_lines, decoding_error
from zoo_core.data.readers.table_format import BLANKS, TableFormat
from zoo_core.data.readers.tables import format_of
from zoo_core.errors import DataError

BLOCK_CELLS = 2**13  # a block stays in the processor's cache
BLOCK_ROWS = 64  # at least, so that the cost for each column of a block is shared
MOST_CELLS = 2**20  # but no more, because a cell takes some 60 bytes
Row = tuple[int, list[str]]  # the line of a row in the file, where it ends, and its cells


@dataclass(frozen=True)
class Block:
    """Some rows of a table. The lines of a block are counted only when somebody asks for one."""

    first: int  # the number of the first row below the header, from 1
    rows: list[list[str]]  # those that have a value; an empty line is no row
    before: int = 0  # the line before the block
    read: Sequence[list[str]] = ()  # the rows as they were read, with those that have no value
    lines: tuple[int, ...] = ()  # known lines, in place of counted ones
    numbers: tuple[int, ...] = ()  # the numbers of the rows, where some were left out

    def column(self, place: int) -> Sequence[str]:
        """Return the cells of a column."""
        return self._columns[place]

    @cached_property
    def _columns(self) -> list[tuple[str, ...]]:
        return list(zip(*self.rows, strict=True))

    def line(self, at: int) -> int:
        """Return the line in the file where a row ends."""
        return (self.lines or tuple(_count_lines(self.before, self.read)))[at]

    def place(self, at: int) -> str:
        """Return the number of a row and its line, for messages."""
        number = self.numbers[at] if self.numbers else self.first + at
        return f"row {number} (line {self.line(at)})"

    def without(self, places: Iterable[int]) -> Block:
        """Return a block without some rows; the others keep their numbers and lines."""
        out = set(places)
        keep = [at not in out for at in range(len(self.rows))]
        lines = self.lines or tuple(_count_lines(self.before, self.read))
        numbers = compress(range(self.first, self.first + len(keep)), keep)
        return replace(
            self, rows=list(compress(self.rows, keep)), lines=tuple(compress(lines, keep)), numbers=tuple(numbers)
        )


def _count_lines(before: int, rows: Iterable[Sequence[str]]) -> Iterator[int]:
    for cells in rows:
        before += 1 + sum(cell.count("\n") + cell.replace("\r\n", "").count("\r") for cell in cells)
        if any(cells):
            yield before


class RowReader:
    """Reads rows of cells from the bytes of a table. Raises DataError for what is no table."""

    def __init__(self, raw: bytes | str, form: TableFormat, where: str) -> None:
        self.where, self._form, self._raw = where, (form := format_of(raw, form)), raw
        _check_encoding(form.encoding, where)
        lines = _lines(as_lines(raw, form.encoding, where), form)
        self._reader = csv.reader(lines, delimiter=form.delimiter, strict=True, skipinitialspace=True)

    def take(self, count: int) -> list[list[str]]:
        """Return the next rows, also those without a value; fewer, or none, at the end."""
        try:
            return list(islice(self._reader, count))
        except csv.Error as error:
            raise DataError(f"{self.where}: line {self.line}: {error}") from error
        except UnicodeError as error:
            raise decoding_error(self._raw, error, self._form.encoding, self.where) from error
        except (DataError, MemoryError):
            raise
        except Exception as error:  # a decoder may raise anything
            raise DataError(f"{self.where}: line {self.line} cannot be read: {error}") from error

    @property
    def line(self) -> int:
        """The line in the file that was read last."""
        return self._form.skip_lines + self._reader.line_num

    def next_row(self) -> Row | None:
        """Return the next row that has a value, or None at the end."""
        while rows := self.take(1):
            if any(rows[0]):
                return self.line, rows[0]
        return None

    def blocks(self, first: Sequence[Row], width: int) -> Iterator[Block]:
        """Yield the rows in `first` and all others. Raises DataError for a row of another width."""
        if first:
            yield self._checked(Block(1, [cells for _, cells in first], lines=tuple(line for line, _ in first)), width)
        number, count = len(first) + 1, max(1, min(BLOCK_ROWS, MOST_CELLS // width), BLOCK_CELLS // width)
        while True:
            before = self.line
            if not (read := self.take(count)):
                return
            rows = [cells for cells in read if any(cells)]
            if rows:
                yield self._checked(Block(number, rows, before, read), width)
            number += len(rows)

    def _checked(self, block: Block, width: int) -> Block:
        if set(map(len, block.rows)) != {width}:
            at = next(i for i, cells in enumerate(block.rows) if len(cells) != width)
            raise DataError(
                f"{self.where}: {block.place(at)} has {len(block.rows[at])} cells, not {width} as the first line"
            )
        return block


def _check_encoding(encoding: str, where: str) -> None:
    """Raise DataError if Python does not know an encoding of text."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)  # refuses codecs of bytes, such as zlib
        codecs.lookup(encoding).decode(b"")  # that of the codec "undefined" always fails
    except (LookupError, ValueError) as error:
        raise DataError(f"{where}: there is no encoding {encoding[:40]!r}; write 'utf-8' or 'cp1252'") from error


def _lines(stream: Iterator[str], form: TableFormat) -> Iterator[str]:
    """Yield the lines of a table; a comment becomes an empty line, so that lines can be counted."""
    lines: Iterator[str] = islice(stream, form.skip_lines, None)
    if form.comment:
        lines = ("\n" if line.startswith(form.comment) else line for line in lines)
    if form.delimiter == BLANKS:
        lines = (line.rstrip("\r\n").replace("\t", " ").strip(" ") + "\n" for line in lines)
    return lines
