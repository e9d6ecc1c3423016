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
            self._parts = [np.concatenate(self._parts)] if self._parts else [np.zeros(0)]
        return self._parts[0]

    @property
    def parts(self) -> Sequence[Array]:
        """The numbers of one block after the other."""
        return self._parts

    def add(self, cells: Sequence[str]) -> dict[int, str]:
        """Take the cells of a block. Return the cells that are no numbers, by their index in the block."""
        values, odd = self._read(cells)
        self._parts.append(values)
        return odd

    def take(self, block: Block, place: int) -> NoNumbers:
        """Take a column of a block; its plain numbers need no texts. Return the cells without a number."""
        grid = block.grid
        if grid is None:
            return NoNumbers(_NONE, self.add(block.column(place)))
        rows, odd = grid.odd(place), dict[int, str]()
        if self.sign or self._needs_texts or (len(rows) and (self.sign is None or len(rows) * 2 > len(grid))):
            values, odd = self._read(grid.raw_cells(place))
            self._parts.append(values)
            return NoNumbers(_NONE, odd)
        values, gaps = grid.numbers[place].copy(), grid.gaps(place)  # a view would keep all columns in memory
        if len(rows):
            values[rows], found = self._read(grid.raw_cells(place, rows))
            odd = {int(rows[at]): cell for at, cell in found.items()}
        if len(gaps) < len(values):
            self.sign = ""
        self._parts.append(values)
        return NoNumbers(gaps, odd)

    def release(self) -> None:
        """Give back the memory of the values."""
        self._parts = []

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
