"""A table of many columns: several tables below each other, each as wide as the terminal at most."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from zoo_core.display.text._table import TextTable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

MAX_CELL = 30  # characters of a line of a cell
MAX_KEY = 40  # characters of the first column
GAP = 2  # characters between two columns
PIECE = re.compile(r"[^_./\\ -]*[_./\\ -]|.+")  # a cell is broken behind these characters


@dataclass(frozen=True)
class WideTable:
    """A table whose columns are spread over several tables where they have no room beside each other.

    Each of them repeats the first column. Long cells take several lines; nothing is cut.
    """

    table: TextTable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of each table, headings in bold on a terminal."""
        from rich.text import Text

        for number, (heading, lines) in enumerate(self.tables(console.width)):
            yield from [Text()] if number else []
            yield from (Text(line, style="bold", no_wrap=True, overflow="ignore") for line in heading)
            yield from (Text(line, no_wrap=True, overflow="ignore") for line in lines)

    def tables(self, width: int) -> Iterator[tuple[list[str], list[str]]]:
        """Yield for each table the lines of its heading, and those below."""
        from rich.cells import cell_len

        lines = self.table.plain_lines()
        if max(map(cell_len, lines)) <= width:
            yield lines[:1], lines[1:]
            return
        columns = list(zip(self.table.columns, *self.table.rows, strict=True))
        rooms = [max(min(width // 3, MAX_KEY), MAX_CELL // 2), *map(_column_room, columns[1:])]
        folded = [[_fold(cell, room) for cell in column] for column, room in zip(columns, rooms, strict=True)]
        widths = [max(cell_len(line) for cell in column for line in cell) for column in folded]
        for group in _groups(widths, width):
            yield self._table_lines(group, [folded[at] for at in group])

    def _table_lines(self, group: list[int], columns: list[list[list[str]]]) -> tuple[list[str], list[str]]:
        """Return the lines of the heading and those of the rows, from the cells of some columns."""
        rows = [list(zip_longest(*cells, fillvalue="")) for cells in zip(*columns, strict=True)]
        body = tuple(line for row in rows for line in row)
        lines = TextTable(body[0], body[1:], tuple(self.table.numeric[at] for at in group)).plain_lines()
        return lines[: len(rows[0])], lines[len(rows[0]) :]


def _column_room(column: Sequence[str]) -> int:
    """Return the width of a column: that of its values, or of the longest part of its heading."""
    from rich.cells import cell_len

    heading, *values = column
    widest = max([*map(cell_len, PIECE.findall(heading)), *map(cell_len, values)])
    return min(widest, MAX_CELL)


def _fold(cell: str, room: int) -> list[str]:
    """Return a cell as lines of at most `room` characters, broken behind "_", ".", "/", "-" and blanks if possible."""
    from rich.cells import cell_len, chop_cells

    lines = [""]
    for piece in PIECE.findall(cell):
        if lines[-1] and cell_len(lines[-1]) + cell_len(piece) > room:
            lines.append("")
        first, *rest = chop_cells(lines[-1] + piece, room)
        lines[-1:] = [first, *rest]
    return lines


def _groups(widths: Sequence[int], width: int) -> list[list[int]]:
    """Return the columns of each table; all begin with the first one."""
    groups, used = [[0]], widths[0]
    for at in range(1, len(widths)):
        if used + GAP + widths[at] > width and len(groups[-1]) > 1:
            groups.append([0])
            used = widths[0]
        groups[-1].append(at)
        used += GAP + widths[at]
    return groups
