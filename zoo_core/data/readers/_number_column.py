"""The numbers of one column of a table, gathered block by block."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from zoo_core.data.readers._blocks import Block
from zoo_core.data.readers._cells import Notation, has_number, is_number, read_number
from zoo_core.data.readers._grid_numbers import MOST_KEY
from zoo_core.data.readers._memo import Cells, Memo, as_text, as_texts
from zoo_core.parts import Array

LARGEST_PART = 2**20  # numbers that are held in one array while a column is read
_NONE = np.zeros(0, np.intp)


class NoNumbers(NamedTuple):
    """The cells of a block without a number.

    Args:
        gaps: the rows of cells that stand for a missing value.
        others: those that are no numbers, by their row; a missing value may be among them.
    """

    gaps: Array
    others: dict[int, str]

    @property
    def first(self) -> int | None:
        """The first row, or None."""
        return min([*self.gaps[:1].tolist(), *list(self.others)[:1]], default=None)

    @property
    def rows(self) -> list[int]:
        """All rows."""
        return sorted([*self.gaps.tolist(), *self.others]) if self.others else self.gaps.tolist()


class NumberColumn:
    """The numbers of one column, filled block by block; each missing one is NaN.

    All cells have the same sign beside the number, or none: 5 and 5% do not stand in one column.
    """

    def __init__(self, notation: Notation, missing: Collection[str]) -> None:
        self.sign: str | None = None  # of the first number
        self._parts: list[Array] = []
        self._room = np.zeros(0)  # the array that holds the last part; its rest is still free
        self._notation, self._missing = notation, tuple(missing)
        self._has_number_marks = has_number(self._missing)  # such as -999
        self._needs_texts = has_number(self._missing, MOST_KEY)
        self._found = Memo(self._value)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @property
    def values(self) -> Array:
        """The numbers, float64, shape (rows,)."""
        if len(self._parts) != 1:
            self._room = np.concatenate(self._parts) if self._parts else np.zeros(0)
            self._parts = [self._room]
        return self._parts[0]

    @property
    def parts(self) -> Sequence[Array]:
        """The numbers of one block after the other."""
        return self._parts

    def add(self, cells: Cells) -> dict[int, str]:
        """Take the cells of a block. Return the cells that are no numbers, by their index in the block."""
        values, odd = self._read(cells)
        self._place(len(values))[:] = values
        return odd

    def take(self, block: Block, place: int) -> NoNumbers:
        """Take a column of a block; its plain numbers need no texts. Return the cells without a number."""
        grid = block.grid
        if grid is None:
            return NoNumbers(_NONE, self.add(block.column(place)))
        rows, odd = grid.odd(place), dict[int, str]()
        if self.sign or self._needs_texts or (len(rows) and (self.sign is None or len(rows) * 2 > len(grid))):
            return NoNumbers(_NONE, self.add(grid.raw_cells(place)))
        values, gaps = self._place(len(grid)), grid.gaps(place)
        values[:] = grid.numbers[place]
        if len(rows):
            values[rows], found = self._read(grid.raw_cells(place, rows))
            odd = {int(rows[at]): cell for at, cell in found.items()}
        if len(gaps) < len(values):
            self.sign = ""
        return NoNumbers(gaps, odd)

    def release(self) -> None:
        """Give back the memory of the values."""
        self._parts, self._room = [], np.zeros(0)

    def _place(self, size: int) -> Array:
        """Return a place for the numbers of a block, behind the earlier ones.

        An array for each block would stand among the short-lived arrays of reading, which leave gaps in memory.
        """
        used = len(self._parts[-1]) if self._parts else 0
        if used + size > len(self._room):
            self._room, used = np.empty(max(size, min(len(self) // 2, LARGEST_PART))), 0
            self._parts.append(self._room[:0])
        self._parts[-1] = self._room[: used + size]
        return self._room[used : used + size]

    def _read(self, cells: Cells) -> tuple[Array, dict[int, str]]:
        """Return the numbers in cells, and the cells that are none, by their index."""
        values = self._plain(cells)
        if values is not None:
            return values, {}
        values = self._plain_among_gaps(cells)
        if values is None:
            values = np.fromiter(self._found.of(cells), np.float64, len(cells))
        return values, {at: as_text(cells[at]) for at in np.flatnonzero(np.isnan(values)).tolist()}

    def _value(self, cell: str) -> float:
        """Return the number in a cell, NaN if there is none. The first number says the sign of all."""
        number = None if cell.strip() in self._missing else read_number(cell, self._notation)
        if number is None:
            return math.nan
        self.sign = number.sign if self.sign is None else self.sign
        return number.value if number.sign == self.sign else math.nan

    def _plain_among_gaps(self, cells: Cells) -> Array | None:
        """Return the numbers, NaN for the missing ones, if all others are plain; a grid has found its gaps."""
        if self.sign or not cells or isinstance(cells[0], bytes):
            return None
        at = [i for i, cell in enumerate(cells) if cell not in self._missing]
        found = self._plain([as_text(cells[i]) for i in at]) if len(at) < len(cells) else None
        if found is None:
            return None
        values = np.full(len(cells), math.nan)
        values[at] = found
        return values

    def _plain(self, cells: Cells) -> Array | None:
        """Return the numbers if all are plain, which is by far the most frequent case."""
        decimal, thousands = self._notation
        if self.sign or thousands or self._has_number_marks or not cells:
            return None
        if not is_number(as_text(cells[0]).replace(decimal, ".")):
            return None
        texts = as_texts(cells)
        if decimal != ".":
            texts = "\n".join(texts).replace(".", "x").replace(decimal, ".").split("\n")
            if len(texts) != len(cells):  # a cell holds the end of a line
                return None
        joined = "".join(texts)
        if not joined.isascii() or "_" in joined:  # `float` takes 1_000 and digits of other scripts
            return None
        try:
            values = np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            return None
        if not np.isfinite(values).all():
            return None
        self.sign = ""
        return values
