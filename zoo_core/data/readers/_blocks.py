"""Some rows of a text table: cells of text, all rows of one width, each with its line in the file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from zoo_core.data.readers._cells import CODE, has_number
from zoo_core.data.readers._grid import Grid
from zoo_core.data.readers._grid_numbers import MOST_KEY
from zoo_core.data.readers._memo import Cells

BLOCK_CELLS = 2**13  # a block stays in the processor's cache
BLOCK_ROWS = 64  # at least, so that the cost for each column of a block is shared
NameOf = Callable[[int, int], str]  # what messages call a row, by its number and its line


def line_name(number: int, line: int) -> str:
    """Return what messages call a row of a file of text."""
    return f"line {line}"


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

    Attributes:
        faults: what is wrong with rows, by their index, where a reader lets such pass.
        name_of: what messages call a row, by its number and its line.
    """

    def __init__(
        self, first: int, rows: list[list[str]] | None = None, before: int = 0, read: Sequence[list[str]] = (),
        lines: Sequence[int] = (), numbers: Sequence[int] = (), grid: Grid | None = None,
    ) -> None:  # fmt: skip
        self.first, self.grid, self._before, self._read, self._numbers = first, grid, before, read, numbers
        self._rows, self._lines = rows or [], lines
        self.faults: dict[int, str] = {}
        self.name_of: NameOf = line_name

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
        """Return the rows whose cell in a column is one of the texts that stand for a missing value."""
        if self.grid is None:
            return [at for at, cell in enumerate(self.column(place)) if cell.strip() in texts]
        unknown = _not_among_gaps(tuple(texts), self.grid.missing)
        if has_number(unknown):
            return [at for at, cell in enumerate(self.column(place)) if cell.strip() in texts]
        found = self.grid.gaps(place).tolist()
        rows = self.grid.odd(place) if unknown else self.grid.unusual(place)
        cells = zip(rows.tolist(), self.grid.cells(place, rows), strict=True)
        others = [at for at, cell in cells if cell.strip() in texts]
        return sorted(found + others) if others else found

    def first_code(self, place: int) -> int | None:
        """Return the row of the first whole number in a column that begins with a zero, such as 01, or None."""
        if self.grid is None:
            return next((at for at, cell in enumerate(self.column(place)) if CODE.fullmatch(cell.strip())), None)
        found, rows = self.grid.first_code(place), self.grid.unusual(place)
        cells = zip(rows.tolist(), self.grid.cells(place, rows), strict=True)
        other = next((at for at, cell in cells if CODE.fullmatch(cell.strip())), None)
        return min((at for at in (found, other) if at is not None), default=None)

    def column(self, place: int) -> Sequence[str]:
        """Return the cells of a column."""
        return self._columns[place] if self.grid is None else self.grid.cells(place)

    def cells(self, place: int) -> Cells:
        """Return the cells of a column as they are stored: texts, or their UTF-8."""
        return self.column(place) if self.grid is None else self.grid.raw_cells(place)

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
        if not self._lines:
            ends = zip(line_ends(self._before, self._read), self._read, strict=True)
            self._lines = tuple(line for line, cells in ends if any(cells))
        return self._lines

    def line(self, at: int) -> int:
        """Return the line in the file where a row ends."""
        return self.lines[at]

    def fit(self, width: int, faults: dict[int, str]) -> Block:
        """Give rows of another width blank cells, or take cells from them; return the block."""
        self.faults = faults
        self._rows = [(cells + [""] * (width - len(cells)))[:width] for cells in self._rows]
        return self

    def place(self, at: int) -> str:
        """Return what messages call a row."""
        return self.name_of(self._numbers[at] if self._numbers else self.first + at, self.line(at))

    def without(self, places: Iterable[int]) -> Block:
        """Return a block without some rows; the others keep their numbers and lines."""
        out = set(places)
        keep = [at for at in range(len(self)) if at not in out]
        rows, numbers = self.rows, self._numbers or range(self.first, self.first + len(self))
        lines = [self.line(at) for at in keep]
        rest = Block(self.first, [rows[at] for at in keep], lines=lines, numbers=[numbers[at] for at in keep])
        rest.name_of = self.name_of
        return rest


@lru_cache
def _not_among_gaps(texts: tuple[str, ...], missing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts that are not found by a grid, which has short ones among `missing` as its gaps."""
    return tuple(t for t in texts if t not in missing or len(t.encode(errors="replace")) > MOST_KEY)


def line_ends(before: int, rows: Iterable[Sequence[str]]) -> Iterator[int]:
    """Yield the line in the file where each row ends, also one without a value."""
    for cells in rows:
        before += 1 + sum(cell.count("\n") + cell.replace("\r\n", "").count("\r") for cell in cells)
        yield before
