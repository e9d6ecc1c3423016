"""Plain decimal numbers read from positions in a text by NumPy, without a text for each cell.

A cell with at most 18 digits before and after the decimal mark, 19 in all, is read eight digits at a time, as D. Lemire
describes (2018, "Quickly parsing eight digits"). Its digits make a whole number, which is divided by a power of ten.
Where the number is at most 2^53, both are exact, so the quotient is the number that `float` gives (W. Clinger, 1990,
"How to read floating point numbers accurately"). Larger ones need 64 bits, as the processors of Intel and AMD have; see
`_scaled_long`. An exponent only changes the power. Any other cell is odd: it is left to `_cells`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from zoo_core.data.readers._cells import MAX_EXACT, has_number
from zoo_core.data.readers._positions import Cells
from zoo_core.parts import Array

MOST_DIGITS = 18  # before the decimal mark, and behind it
_MASKS = np.array([2**64 - 2 ** (8 * (8 - n)) if n else 0 for n in range(9)], np.uint64)
_TENS = 10 ** np.arange(MOST_DIGITS + 1)
_EXACT_TENS = np.array([float(10**n) for n in range(23)])  # the powers of ten that float64 has
_LONG_TENS = np.cumprod([np.longdouble(1), *[np.longdouble(10)] * 27])  # and those that 64 bits have
_HAS_64_BITS = np.finfo(np.longdouble).nmant == 63 and _LONG_TENS.itemsize == 16
MOST_DIGITS_OF_64_BITS = 19
MOST_POWER_DIGITS = 3
MOST_KEY = 8  # bytes of a text that stands for a missing value and is found without its text
_PAIRS = ((2561, 8, 0x00FF00FF00FF00FF), (6553601, 16, 0x0000FFFF0000FFFF), (42949672960001, 32, 2**32 - 1))
_MINUS, _PLUS, _POWER = b"-+e"
_SMALL = np.uint8(0x20)  # the bit of small letters


class Numbers(NamedTuple):
    """The numbers in cells: NaN in one that stands for a missing value; that of an odd one means nothing.

    Args:
        values: float64, shape (cells,).
        odd: whether a cell is no plain number.
        gaps: whether it stands for a missing value; None if there is none.
        powers: those that have an exponent; None if there is none.
    """

    values: Array
    odd: Array
    gaps: Array | None
    powers: Array | slice | None


class _Powers(NamedTuple):
    """The cells with an exponent, where its mark and its sign stand, and its value."""

    cells: Array | slice
    marks: Array
    signs: Array
    tens: Array


class NumberReader:
    """Reads the numbers of cells; `missing` are the texts that stand for a missing value."""

    def __init__(self, cells: Cells, others: Array, missing: Collection[str]) -> None:
        """Take the cells, and which bytes of the text are no digits, ends of cells or decimal marks."""
        self._cells, self._data, self._others = cells, cells.data, others
        self.missing = tuple(missing)
        self._negative = self._data[cells.starts] == _MINUS

    def read(self) -> Numbers:
        """Return the numbers."""
        cells, negative, has_others = self._cells, self._negative, self._has_others
        powers = self._find_powers() if has_others else None
        stops, points = cells.ends, cells.points
        if powers is not None:
            stops = stops.copy()
            stops[powers.cells] = powers.marks
            points = np.minimum(points, stops)
        whole = points - cells.starts
        whole -= negative
        decimals = stops - points
        decimals -= decimals > 0
        odd = (whole > MOST_DIGITS) | (decimals > MOST_DIGITS) | (whole + decimals == 0)
        odd |= cells.crowded
        if has_others:
            self._mark_others(odd, powers)
        if odd.any():
            whole[odd] = decimals[odd] = 0
        digits = self._all_digits(points, whole, stops, decimals, odd)
        values = self._scale(digits, decimals, powers, odd)
        np.negative(values, out=values, where=negative)
        gaps = self._take_gaps(values, odd) if has_others or has_number(self.missing) or odd.any() else None
        return Numbers(values, odd, gaps, None if powers is None else powers.cells)

    @property
    def _has_others(self) -> bool:
        return bool(np.count_nonzero(self._others) != np.count_nonzero(self._negative))

    def _all_digits(self, points: Array, whole: Array, stops: Array, decimals: Array, odd: Array) -> Array:
        """Return the digits of cells as whole numbers of 64 bits. A cell where they are none becomes odd."""
        digits, most = self._digits(points, whole), int(decimals.max(initial=0))
        if not most:
            return digits
        before = digits
        digits = before * _TENS[decimals]
        digits += self._digits(stops, decimals)
        if most + int(whole.max(initial=0)) > MOST_DIGITS:
            odd |= before >= _TENS[np.minimum(MOST_DIGITS_OF_64_BITS - decimals, MOST_DIGITS)]
            if digits.min() < 0:
                digits = digits.view(np.uint64)
        return digits

    def _scale(self, digits: Array, decimals: Array, powers: _Powers | None, odd: Array) -> Array:
        """Return the values of digits. A cell for which that is not surely the nearest float64 becomes odd."""
        values: Array = digits / _TENS[decimals] if decimals.any() else digits.astype(np.float64)
        tens = -decimals
        if powers is not None:
            tens[powers.cells] += powers.tens
            values[powers.cells], is_sure = _scaled(digits[powers.cells], tens[powers.cells])
            odd[powers.cells] |= ~is_sure
        if len(large := np.flatnonzero(digits > MAX_EXACT)):
            values[large], is_sure = _scaled_long(digits[large], tens[large])
            odd[large] |= ~is_sure
        return values

    def _mark_others(self, odd: Array, powers: _Powers | None) -> None:
        """Mark cells with a byte that is no digit, beside their decimal mark, a minus before it, and their exponent."""
        others = self._others.copy()
        others[self._cells.starts[self._negative]] = False
        if powers is not None:
            others[powers.marks] = others[powers.signs] = False
        others[:-1] &= ~others[1:]  # the last of each word
        odd[np.searchsorted(self._cells.ends, np.flatnonzero(others))] = True

    def _find_powers(self) -> _Powers | None:
        """The exponents; what is written otherwise keeps a byte among the others: its cell is odd."""
        cells, is_mark = self._cells, self._data | _SMALL == _POWER
        is_mark &= self._others  # and no delimiter
        is_mark[1:] &= ~self._others[:-1]  # an `e` of a word stands between letters
        if not (marks := np.flatnonzero(is_mark)).size:
            return None
        following = self._data[marks + 1]
        is_signed = (following == _PLUS) | (following == _MINUS)
        which: Array | slice = slice(None)
        if len(marks) != len(cells.ends) or not ((cells.starts < marks) & (marks < cells.ends)).all():
            which = np.searchsorted(cells.ends, marks)
        ends = cells.ends[which]
        count = ends - marks - 1 - is_signed
        fits = (count > 0) & (count <= MOST_POWER_DIGITS) & (marks > cells.starts[which])
        fits &= (cells.points[which] < marks) | (cells.points[which] == ends)  # no decimal mark behind
        if isinstance(which, slice) and fits.all():
            found = _Powers(which, marks, marks[is_signed] + 1, self._digits(ends, count))
        else:
            places = np.searchsorted(cells.ends, marks)
            fits[1:] &= places[1:] != places[:-1]
            marks, is_signed, following = marks[fits], is_signed[fits], following[fits]
            found = _Powers(places[fits], marks, marks[is_signed] + 1, self._digits(ends[fits], count[fits]))
        found.tens[following == _MINUS] *= -1
        return found

    def _take_gaps(self, values: Array, odd: Array) -> Array | None:
        """Make the cells that stand for a missing value NaN; return them."""
        wanted = _keys(self.missing)
        if not len(wanted[0]):
            return None
        size = self._cells.ends - self._cells.starts
        at = np.flatnonzero((odd | has_number(self.missing)) & (size <= MOST_KEY))
        if not len(at):
            return None
        keys, sizes = wanted
        found = self._windows(self._cells.ends[at], size[at])
        near = np.searchsorted(keys, found).clip(max=len(keys) - 1)
        at = at[(keys[near] == found) & (sizes[near] == size[at])]
        values[at] = np.nan
        gaps = np.zeros(len(odd), bool)
        gaps[at] = True
        return gaps

    def _digits(self, ends: Array, count: Array) -> Array:
        """Return the whole numbers of the digits before positions, as int64."""
        most = int(count.max(initial=0))
        found = self._eight_digits(ends, count if most <= 8 else np.minimum(count, 8))
        for done in range(8, most, 8):
            more = self._eight_digits(np.maximum(ends - done, 0), np.clip(count - done, 0, 8))
            more *= 10**done
            found += more
        return found

    def _windows(self, ends: Array, count: Array) -> Array:
        """Return the bytes before positions, up to eight, as numbers."""
        found: Array = np.ndarray(len(self._cells.raw) - 7, "<u8", self._cells.raw, strides=(1,))[ends]
        found &= _MASKS[count]
        return found

    def _eight_digits(self, ends: Array, count: Array) -> Array:
        found = self._windows(ends, count)
        found &= np.uint64(0x0F0F0F0F0F0F0F0F)
        for factor, shift, mask in _PAIRS:  # pairs of digits, of pairs, of fours
            found *= np.uint64(factor)
            found >>= np.uint64(shift)
            found &= np.uint64(mask)
        return found.view(np.int64)


@lru_cache
def _keys(missing: tuple[str, ...]) -> tuple[Array, Array]:
    """Return short texts as `NumberReader._windows` gives them, in order, and their sizes in bytes.

    Longer ones are left to `_cells`.
    """
    raw = [text.encode("utf-8", "surrogatepass") for text in missing if text == text.strip()]
    found = sorted((int.from_bytes(t.rjust(8, b"\0"), "little"), len(t)) for t in raw if len(t) <= MOST_KEY)
    return np.array([key for key, _ in found], np.uint64), np.array([size for _, size in found], np.intp)


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
