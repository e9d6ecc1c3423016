"""Text for reports: tables, JSON, numbers with units, curves drawn with characters."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from zoo_core.display.text.braille import terminal_plot

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["Table", "duration", "number", "print_json", "printable", "sizes", "table", "terminal_plot"]


def printable(text: str) -> str:
    """Return text on one line without control characters, so that no name can steer the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)


def number(value: float | int | None) -> str:
    """Return a number as people read it: 79,510; 0.9866; 0.00123; 1.23e-05; "-" for None."""
    if value is None:
        return "-"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if not math.isfinite(value):
        return str(float(value))
    size = abs(value)
    if size < 0.01 or size >= 1e6:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 4 - len(str(int(size))) + (size < 10))}f}"


def sizes(count: int) -> str:
    """Return a number of bytes with a decimal unit: "318 kB"."""
    amount = float(count)
    units = ["TB", "GB", "MB", "kB", "B"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop()
    whole = units[-1] == "B" or amount >= 9.95
    return f"{amount:.0f} {units[-1]}" if whole else f"{amount:.1f} {units[-1]}"


def duration(seconds: float) -> str:
    """Return a time in the two largest units: "0.8 s", "41 s", "1 min 23 s", "2 h 05 min", "3 d 04 h"."""
    if not math.isfinite(seconds):
        return "-"
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // (24 * 60)} d {minutes // 60 % 24:02} h"


def print_json(data: Any, file: TextIO, indent: int | None = 2) -> None:
    """Write data as JSON in the order it has; NaN and infinities become null, arrays lists, paths strings."""
    text = json.dumps(_jsonable(data), indent=indent, allow_nan=False, ensure_ascii=False)
    try:
        text.encode(file.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(_jsonable(data), indent=indent, allow_nan=False)
    file.write(text + "\n")


def _jsonable(data: Any) -> Any:
    if isinstance(data, (np.ndarray, np.generic)):
        return _jsonable(data.tolist())
    if isinstance(data, dict):
        return {str(key): _jsonable(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_jsonable(value) for value in data]
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    return str(data) if isinstance(data, PurePath) else data


@dataclass(frozen=True)
class Table:
    """A table to print with `console.print(it, soft_wrap=True)`: drawn on a terminal, plain elsewhere."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]  # columns to be set flush right
    title: str | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw for a terminal, else write aligned lines of whatever length they need."""
        if console.is_terminal and not console.is_dumb_terminal:
            yield self._drawn()
            return
        from rich.text import Text

        for line in self.lines():
            yield Text(line, no_wrap=True, overflow="ignore")

    def lines(self) -> list[str]:
        """Return the table as aligned lines without any decoration."""
        from rich.cells import cell_len

        body = [self.columns, *self.rows]
        widths = [max(map(cell_len, column)) for column in zip(*body, strict=True)]
        title = [self.title] if self.title else []
        return title + [self._line(cells, widths) for cells in body]

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        from rich.cells import cell_len

        def padded(cell: str, width: int, right: bool) -> str:
            space = " " * (width - cell_len(cell))
            return space + cell if right else cell + space

        return "  ".join(map(padded, cells, widths, self.numeric)).rstrip()

    def _drawn(self) -> Any:
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
        drawn.title = Text(self.title) if self.title else None
        for name, numeric in zip(self.columns, self.numeric, strict=True):
            drawn.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
        for row in self.rows:
            drawn.add_row(*map(Text, row))
        return drawn


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> Table:
    """Return a table of any values; columns that hold only numbers stand flush right.

    User text is never markup. Print it with `console.print(table(...), soft_wrap=True)`, so that lines sent
    elsewhere than to a terminal are neither wrapped nor cut.
    """
    body = [tuple(row) for row in rows]
    numeric = tuple(bool(body) and all(_is_numeric(row[at]) for row in body) for at in range(len(columns)))
    cells = tuple(tuple(map(_cell, row)) for row in body)
    return Table(tuple(map(printable, columns)), cells, numeric, printable(title) if title else None)


def _is_numeric(value: object) -> bool:
    """Tell whether a cell may stand in a column of numbers: a number, or nothing."""
    if isinstance(value, bool):
        return False
    return value is None or value == "" or isinstance(value, (int, float, np.number))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, (int, float, np.integer, np.floating)):
        return number(value)  # type: ignore[arg-type]
    return printable(str(value))
