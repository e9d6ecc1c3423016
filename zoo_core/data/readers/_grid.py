"""Cells of a piece of text as positions: rows of equal width, without a text for each cell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np

from zoo_core.data.readers._grid_numbers import NumberReader, Numbers
from zoo_core.data.readers._memo import as_texts
from zoo_core.data.readers._positions import END, PAD, Cells
from zoo_core.parts import Array

MAX_CELL = 2**17  # bytes; what is longer is left to `csv`, which refuses it
_NONE = np.zeros(0, np.intp)
_LINE, _BLANK, _QUOTE, _ZERO, _ASCII = b'\n "0\x7f'


class Grid:
    """A piece of text in rows of equal width, each on its line. `divide` makes one."""

    def __init__(self, width: int, cells: Cells, reader: NumberReader) -> None:
        self.width, self._positions, self._reader = width, cells, reader

    def __len__(self) -> int:
        return len(self._positions.ends) // self.width

    @property
    def missing(self) -> tuple[str, ...]:
        """The texts that stand for a missing value."""
        return self._reader.missing

    def raw_cells(self, place: int, rows: Array | None = None) -> list[bytes]:
        """Return the UTF-8 of some cells of a column, by default of all."""
        return self._positions.texts(slice(place, None, self.width), rows)

    def cells(self, place: int, rows: Array | None = None) -> Sequence[str]:
        """Return the texts of some cells of a column, by default of all."""
        return as_texts(self.raw_cells(place, rows))

    def row(self, at: int) -> list[str]:
        """Return the texts of a row; -1 is the last one."""
        begin = at % len(self) * self.width
        return list(as_texts(self._positions.texts(slice(begin, begin + self.width))))

    def first_code(self, place: int) -> int | None:
        """Return the row of the first cell of a column that is digits alone, at least two, the first a zero; or None.

        Odd cells are not looked at.
        """
        return self._first_codes.get(place)

    @cached_property
    def _first_codes(self) -> dict[int, int]:
        cells, powers = self._positions, self._numbers.powers
        found = (cells.data[cells.starts] == _ZERO) & (cells.points == cells.ends)
        found &= cells.ends - cells.starts > 1
        if powers is not None:
            found[powers] = False
        codes = found.reshape(-1, self.width) & ~self._numbers.odd.reshape(-1, self.width)
        return {int(place): int(codes[:, place].argmax()) for place in np.flatnonzero(codes.any(axis=0))}

    @cached_property
    def numbers(self) -> Array:
        """The numbers in the cells, shape (width, rows); those of odd cells mean nothing. Missing ones are NaN."""
        found: Array = np.ascontiguousarray(self._numbers.values.reshape(-1, self.width).T)
        return found

    def odd(self, place: int) -> Array:
        """Return the rows of the cells in a column that are neither plain numbers nor missing values."""
        return self._odd_rows.get(place, _NONE)

    def unusual(self, place: int) -> Array:
        """Return the rows of the odd cells in a column that may have blanks around them, or begin with a zero."""
        rows, data = self.odd(place), self._positions.data
        if not len(rows):
            return rows
        first = data[self._positions.starts[place :: self.width][rows]]
        last = data[self._positions.ends[place :: self.width][rows] - 1]
        may_be = (first <= _BLANK) | (last <= _BLANK) | (first > _ASCII) | (last > _ASCII) | (first == _ZERO)
        found: Array = rows[may_be]
        return found

    def gaps(self, place: int) -> Array:
        """Return the rows of the missing values in a column; one that is written in an unusual way may be odd."""
        return self._gap_rows.get(place, _NONE)

    @cached_property
    def _odd_rows(self) -> dict[int, Array]:
        odd, gaps = self._numbers.odd, self._numbers.gaps
        return self._rows_by_column(odd if gaps is None else odd & ~gaps)

    @cached_property
    def _gap_rows(self) -> dict[int, Array]:
        return {} if self._numbers.gaps is None else self._rows_by_column(self._numbers.gaps)

    def _rows_by_column(self, which: Array) -> dict[int, Array]:
        """Return the rows of some cells by their column."""
        by_row = which.reshape(-1, self.width)
        return {place: np.flatnonzero(by_row[:, place]) for place in np.flatnonzero(by_row.any(axis=0)).tolist()}

    @cached_property
    def _numbers(self) -> Numbers:
        return self._reader.read()


def divide(text: str, delimiter: str, decimal: str, width: int, missing: Collection[str] = ()) -> Grid | None:
    """Divide whole lines of text, which have no blanks behind a delimiter unless there are quotes.

    It is None if a line has another number of cells, blank ones only, or a very long one; and if quotes are not those
    around whole cells, or have the end of a line between them.
    """
    raw = b"".join((PAD, text.encode("utf-8", "surrogatepass"), END))
    data = np.frombuffer(raw, np.uint8)[len(PAD) : -len(END)]
    is_point = data == ord(decimal)
    is_mark = data == ord(delimiter)
    is_mark |= data == _LINE
    is_mark |= is_point
    is_quoted = '"' in text
    if is_quoted and not _leave_quoted(data, is_mark, is_point):
        return None
    marks = np.flatnonzero(is_mark)
    has_point = is_point[marks]
    at = np.flatnonzero(~has_point)  # of each cell's end, among the marks
    ends = marks[at]
    is_line = data[ends] == _LINE
    lines = ends[width - 1 :: width]
    regular = len(ends) == len(lines) * width and is_line[width - 1 :: width].all()
    lengths = np.diff(lines, prepend=-1)  # of the lines, with their ends
    if not regular or np.count_nonzero(is_line) != len(lines) or (lengths == width).any():
        return None
    if lengths.max() > MAX_CELL and np.diff(ends, prepend=-1).max() > MAX_CELL:
        return None
    others = data - np.uint8(_ZERO) > 9
    others &= ~is_mark
    starts = np.concatenate([[0], ends[:-1] + 1])
    if is_quoted:
        within = _within_quotes(data, starts, ends, others)
        if within is None or not (within[1] - within[0]).reshape(-1, width).any(axis=1).all():
            return None
        starts, ends = within
    if len(ends) == len(marks):
        cells = Cells(raw, starts, ends, ends, False)
    else:
        points = np.where(has_point[at - 1], marks[at - 1], ends)
        cells = Cells(raw, starts, ends, points, np.diff(at, prepend=-1) > 2)
    return Grid(width, cells, NumberReader(cells, others, missing))


def _leave_quoted(data: Array, is_mark: Array, is_point: Array) -> bool:
    """Let delimiters between quotes be no marks. Return whether all quotes close before the end of a line."""
    is_quote = data == _QUOTE
    found = np.flatnonzero(is_mark | is_quote)
    at_quote = is_quote[found]
    inside = np.cumsum(at_quote, dtype=np.uint8) & 1 == 1  # whether the number of quotes up to here is odd
    inner = found[inside & ~at_quote & ~is_point[found]]
    is_mark[inner] = False
    return not inside[-1] and not (data[inner] == _LINE).any()


def _within_quotes(data: Array, starts: Array, ends: Array, others: Array) -> tuple[Array, Array] | None:
    """Return where cells begin and end within their quotes, which are no others.

    It is None if a quote is not at the begin and the end of a cell, or if a cell begins with a blank.
    """
    first = data[starts]
    quoted = first == _QUOTE
    begins, stops = starts[quoted], ends[quoted] - 1
    whole = (data[stops] == _QUOTE) & (stops > begins)
    if not whole.all() or np.count_nonzero(data == _QUOTE) != 2 * len(begins) or (first == _BLANK).any():
        return None
    others[begins] = others[stops] = False
    return starts + quoted, ends - quoted
