"""Tables as text: drawn with rules on a terminal, aligned plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.display.text._values import format_number, printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table


@dataclass(frozen=True)
class TextTable:
    """Cells of text in rows and columns. Print it with `console.print(it, soft_wrap=True)`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]  # columns that are aligned at the right
    title: str | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table on a terminal; elsewhere write aligned lines, as long as they need to be."""
        if console.is_terminal and not console.is_dumb_terminal:
            yield self._rich_table()
            return
        from rich.text import Text

        for line in self.plain_lines():
            yield Text(line, no_wrap=True, overflow="ignore")

    def plain_lines(self) -> list[str]:
        """Return the table as aligned lines without rules."""
        from rich.cells import cell_len

        body = [self.columns, *self.rows]
        widths = [max(map(cell_len, column)) for column in zip(*body, strict=True)]
        title = [self.title] if self.title else []
        return title + [self._aligned_line(cells, widths) for cells in body]

    def _aligned_line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        from rich.cells import cell_len

        def padded(cell: str, width: int, right: bool) -> str:
            space = " " * (width - cell_len(cell))
            return space + cell if right else cell + space

        return "  ".join(map(padded, cells, widths, self.numeric)).rstrip()

    def _rich_table(self) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
        drawn.title = Text(self.title) if self.title else None
        for name, numeric in zip(self.columns, self.numeric, strict=True):
            drawn.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
        for row in self.rows:
            drawn.add_row(*map(Text, row))
        return drawn


def text_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> TextTable:
    """Return a table of any values; columns of numbers are aligned at the right.

    User text is never read as markup. Print it with `console.print(text_table(...), soft_wrap=True)`: outside a
    terminal, lines are then neither wrapped nor cut.
    """
    body = [tuple(row) for row in rows]
    numeric = tuple(bool(body) and all(_is_numeric(row[at]) for row in body) for at in range(len(columns)))
    cells = tuple(tuple(map(_format_cell, row)) for row in body)
    return TextTable(tuple(map(printable, columns)), cells, numeric, printable(title) if title else None)


def _is_numeric(value: object) -> bool:
    """Return whether a cell may stand in a column of numbers: it holds a number or nothing."""
    if isinstance(value, bool):
        return False
    return value is None or value == "" or isinstance(value, (int, float, np.number))


def _format_cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, (int, float, np.integer, np.floating)):
        return format_number(value)  # type: ignore[arg-type]
    return printable(str(value))
