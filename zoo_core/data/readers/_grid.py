"""Cells of a piece of text as positions, and the plain decimal numbers among them, without a text for each cell.

A cell with at most 8 digits before and 18 after the decimal mark is read by NumPy, eight digits at a time, as D. Lemire
describes (2018, "Quickly parsing eight digits"). Its digits make a whole number, which is divided by a power of ten.
Where the number is at most 2^53, both are exact, so the quotient is the number that `float` gives (W. Clinger, 1990,
"How to read floating point numbers accurately"). Larger ones need 64 bits, as the processors of Intel and AMD have; see
`_scaled_long`. An exponent only changes the power. Any other cell is odd: it is left to `_cells`.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from zoo_core.data.readers._cells import MAX_EXACT
from zoo_core.parts import Array

MAX_CELL = 2**17  # bytes; what is longer is left to `csv`, which refuses it
MOST_DIGITS = 8  # before the decimal mark
MOST_DECIMALS = 18
_MASKS = np.array([2**64 - 2 ** (8 * (8 - n)) if n else 0 for n in range(9)], np.uint64)
_TENS = 10 ** np.arange(MOST_DECIMALS + 1)
_EXACT_TENS = np.array([float(10**n) for n in range(23)])  # the powers of ten that float64 has
_LONG_TENS = np.cumprod([np.longdouble(1), *[np.longdouble(10)] * 27])  # and those that 64 bits have
_HAS_64_BITS = np.finfo(np.longdouble).nmant == 63 and _LONG_TENS.itemsize == 16
MOST_DIGITS_OF_64_BITS = 19
MOST_POWER_DIGITS = 3
FEW_POWERS = 16  # so many exponents are read faster one by one
_PAIRS = ((2561, 8, 0x00FF00FF00FF00FF), (6553601, 16, 0x0000FFFF0000FFFF), (42949672960001, 32, 2**32 - 1))
_PAD = b"\n" * 8  # before the text, so that eight bytes end at each position
_NONE = np.zeros(0, np.intp)
_LINE, _MINUS, _ZERO, _PLUS, _POWER = b"\n-0+e"
_SMALL = np.uint8(0x20)  # the bit of small letters


class _Powers(NamedTuple):
    """The cells with an exponent, where its mark and its sign stand, and its value."""

    cells: Array
    marks: Array
    signs: Array
    tens: Array


class Grid:
    """A piece of text without quotes, in rows of equal width. `divide` makes one.

    Positions count the bytes of its UTF-8. `ends` and `points` have shape (rows * width,): where cells end, and where
    their last decimal marks are, or else their ends.
    """

    def __init__(self, raw: bytes, width: int, ends: Array, points: Array, crowded: Array, others: Array) -> None:
        self.width, self.ends, self.points = width, ends, points
        self._raw, self._crowded = raw, crowded  # whether a cell has two decimal marks
        self._others = others  # bytes that are no digits, ends of cells or decimal marks
        self._data = np.frombuffer(raw, np.uint8)[len(_PAD) :]
        self.starts = np.concatenate([[0], ends[:-1] + 1])

    def __len__(self) -> int:
        return len(self.ends) // self.width

    def cells(self, place: int, rows: Array | None = None) -> list[str]:
        """Return the texts of some cells of a column, by default of all."""
        starts, ends = self.starts[place :: self.width], self.ends[place :: self.width]
        if rows is not None:
            starts, ends = starts[rows], ends[rows]
        return self._texts(starts, ends)

    def _texts(self, starts: Array, ends: Array) -> list[str]:
        begins, text = (starts + len(_PAD)).tolist(), self._raw
        cells = [text[a:b] for a, b in zip(begins, (ends + len(_PAD)).tolist(), strict=True)]
        return b"\n".join(cells).decode("utf-8", "surrogatepass").split("\n") if cells else []

    def row(self, at: int) -> list[str]:
        """Return the texts of a row; -1 is the last one."""
        cells = slice(at % len(self) * self.width, (at % len(self) + 1) * self.width)
        return self._texts(self.starts[cells], self.ends[cells])

    def first_code(self, place: int) -> int | None:
        """Return the row of the first cell of a column that is digits alone, at least two, the first a zero; or None.

        Odd cells are not looked at.
        """
        return self._first_codes.get(place)

    @cached_property
    def _first_codes(self) -> dict[int, int]:
        found = (self._data[self.starts] == _ZERO) & (self.ends - self.starts > 1) & (self.points == self.ends)
        if self._powers is not None:
            found[self._powers.cells] = False
        codes = found.reshape(-1, self.width) & ~self._numbers[1].T
        return {int(place): int(codes[:, place].argmax()) for place in np.flatnonzero(codes.any(axis=0))}

    @property
    def numbers(self) -> Array:
        """The numbers in the cells, shape (width, rows); those of odd cells mean nothing."""
        return self._numbers[0]

    def odd(self, place: int) -> Array:
        """Return the rows of the odd cells in a column."""
        return np.flatnonzero(self._numbers[1][place]) if place in self._odd_columns else _NONE

    @cached_property
    def _odd_columns(self) -> set[int]:
        return set(np.flatnonzero(self._numbers[1].any(axis=1)).tolist())

    @cached_property
    def _numbers(self) -> tuple[Array, Array]:
        """Numbers, and whether a cell is odd."""
        negative, powers = self._negative, self._powers
        stops, points = self.ends, self.points
        if powers is not None:
            stops = stops.copy()
            stops[powers.cells] = powers.marks
            points = np.minimum(points, stops)
        whole = points - self.starts - negative
        decimals = stops - points
        decimals -= decimals > 0
        odd = self._crowded | (whole > MOST_DIGITS) | (decimals > MOST_DECIMALS) | (whole + decimals == 0)
        self._mark_others(odd)
        if odd.any():
            whole[odd] = decimals[odd] = 0
        before = self._digits(points, whole)
        digits = before * _TENS[decimals] + self._digits(stops, decimals)
        if decimals.max(initial=0) > MOST_DECIMALS - MOST_DIGITS:  # the digits may make no number of 64 bits
            odd |= before >= _TENS[np.minimum(MOST_DIGITS_OF_64_BITS - decimals, MOST_DECIMALS)]
            if digits.min() < 0:
                digits = digits.view(np.uint64)
        values = digits / _TENS[decimals]
        tens = -decimals
        if powers is not None:
            tens[powers.cells] += powers.tens
            values[powers.cells], is_sure = _scaled(digits[powers.cells], tens[powers.cells])
            odd[powers.cells] |= ~is_sure
        if len(large := np.flatnonzero(digits > MAX_EXACT)):
            values[large], is_sure = _scaled_long(digits[large], tens[large])
            odd[large] |= ~is_sure
        np.negative(values, out=values, where=negative)
        by_column = (np.ascontiguousarray(found.reshape(-1, self.width).T) for found in (values, odd))
        return next(by_column), next(by_column)

    @cached_property
    def _negative(self) -> Array:
        found: Array = self._data[self.starts] == _MINUS
        return found

    @cached_property
    def _has_others(self) -> bool:
        return bool(np.count_nonzero(self._others) != np.count_nonzero(self._negative))

    def _mark_others(self, odd: Array) -> None:
        """Mark cells with a byte that is no digit, beside their decimal mark, a minus before it, and their exponent."""
        if not self._has_others:
            return
        others = self._others.copy()
        others[self.starts[self._negative]] = False
        if self._powers is not None:
            others[self._powers.marks] = others[self._powers.signs] = False
        odd[np.searchsorted(self.ends, np.flatnonzero(others))] = True

    @cached_property
    def _powers(self) -> _Powers | None:
        """The exponents, if there are many; what is written otherwise keeps a byte among `_others`: its cell is odd."""
        if not self._has_others or self._raw.count(b"e") + self._raw.count(b"E") < FEW_POWERS:
            return None
        marks = np.flatnonzero(self._others)
        marks = marks[self._data[marks] | _SMALL == _POWER]
        cells = np.searchsorted(self.ends, marks)
        ends, following = self.ends[cells], self._data[marks + 1]
        is_signed = (following == _PLUS) | (following == _MINUS)
        count = ends - marks - 1 - is_signed
        fits = (count > 0) & (count <= MOST_POWER_DIGITS) & (marks > self.starts[cells])
        fits &= (self.points[cells] < marks) | (self.points[cells] == ends)  # no decimal mark behind
        fits[1:] &= cells[1:] != cells[:-1]
        tens = self._digits(ends[fits], count[fits])
        tens[following[fits] == _MINUS] *= -1
        return _Powers(cells[fits], marks[fits], marks[fits & is_signed] + 1, tens)

    def _digits(self, ends: Array, count: Array) -> Array:
        """Return the whole numbers of the digits before positions, as int64."""
        most = int(count.max(initial=0))
        found = self._eight_digits(ends, count if most <= 8 else np.minimum(count, 8))
        for done in range(8, most, 8):
            more = self._eight_digits(np.maximum(ends - done, 0), np.clip(count - done, 0, 8))
            found += more * 10**done
        return found

    def _eight_digits(self, ends: Array, count: Array) -> Array:
        windows = np.ndarray(len(self._data) + 1, "<u8", self._raw, strides=(1,))
        found = windows[ends]
        found &= _MASKS[count]
        found &= np.uint64(0x0F0F0F0F0F0F0F0F)
        for factor, shift, mask in _PAIRS:  # pairs of digits, of pairs, of fours
            found *= np.uint64(factor)
            found >>= np.uint64(shift)
            found &= np.uint64(mask)
        return found.view(np.int64)


def _scaled(digits: Array, tens: Array) -> tuple[Array, Array]:
    """Return digits * 10^tens as float64, and whether the power is exact."""
    sizes = np.abs(tens)
    powers = _EXACT_TENS[np.minimum(sizes, len(_EXACT_TENS) - 1)]
    return np.where(tens < 0, digits / powers, digits * powers), sizes < len(_EXACT_TENS)


def _scaled_long(digits: Array, tens: Array) -> tuple[Array, Array]:
    """Return digits * 10^tens as float64, and whether each is surely the nearest one.

    The result is rounded to 64 bits and then to 53. That is one rounding too many only where the first ends in the
    middle between two float64: its last 11 bits are 1 and ten zeros.
    """
    if not _HAS_64_BITS:
        return np.zeros(len(digits)), np.zeros(len(digits), bool)
    sizes, exact = np.abs(tens), digits.astype(np.longdouble)
    powers = _LONG_TENS[np.minimum(sizes, len(_LONG_TENS) - 1)]
    found = exact / powers
    if len(up := np.flatnonzero(tens > 0)):
        found[up] = exact[up] * powers[up]
    is_middle = found.view(np.uint64)[::2] & np.uint64(0x7FF) == 0x400
    return found.astype(np.float64), (sizes < len(_LONG_TENS)) & ~is_middle


def divide(text: str, delimiter: str, decimal: str, width: int) -> Grid | None:
    """Divide whole lines of text; None if a line has another number of cells, blank ones only, or a very long one."""
    raw = _PAD + text.encode("utf-8", "surrogatepass")
    data = np.frombuffer(raw, np.uint8)[len(_PAD) :]
    is_point = data == ord(decimal)
    is_mark = data == ord(delimiter)
    is_mark |= data == _LINE
    is_mark |= is_point
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
    points = np.where(has_point[at - 1], marks[at - 1], ends)
    others = data - np.uint8(_ZERO) > 9
    others &= ~is_mark
    return Grid(raw, width, ends, points, np.diff(at, prepend=-1) > 2, others)
