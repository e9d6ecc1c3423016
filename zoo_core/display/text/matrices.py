"""Excerpts of arrays, sums and columns as aligned lines, with as many digits as their size asks for."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from zoo_core.display.text.tables import printable
from zoo_core.parts import Array

WIDTH = 96  # of prose and rules
CELL = 12  # characters of a number, the gap before it included
LABEL = 12
MOST = 12  # decimals
STYLES = {"the same": "green", "DIFFERENT": "bold red"}


def matrix(
    name: str, note: str, array: Array, rows: Sequence[int], columns: Sequence[int], labels: Sequence[str]
) -> Iterator[Text]:
    """Yield a name with a note and the shape, then the chosen rows and columns, and how many there are besides."""
    left = array.shape[1] - len(columns)
    head = Text(f"  {name}", style="bold").append(f"  {note}", style="not bold")
    yield head.append(f"   {array.shape[0]:,} x {array.shape[1]:,}", style="not bold dim")
    titles = "".join(f"{f'[{column}]':>{CELL}}" for column in columns)
    more = f"   and {left:,} more" if left else ""
    yield Text(" " * LABEL + titles + more, style="dim")
    body = cells(array[np.ix_(rows, columns)].ravel())
    for at, label in enumerate(labels):
        own = body[at * len(columns) : (at + 1) * len(columns)]
        yield Text(f"  {label:{LABEL - 2}}", style="dim").append("".join(f"{c:>{CELL}}" for c in own), style="not dim")
    if array.shape[0] > len(rows) and labels[0]:
        yield Text(f"  and {array.shape[0] - len(rows):,} more", style="dim")


def cells(values: Array, finest: float = math.inf) -> list[str]:
    """Return numbers with a common number of decimals: five digits for the largest, two at least for `finest`."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    if largest and not 1e-4 <= largest < 1e6:
        return ["0" if value == 0 else f"{value:.3e}" for value in values]
    decimals = max(0, 4 - _power(largest), 1 - _power(finest)) if largest else 0
    return ["0" if value == 0 else f"{value:.{min(decimals, MOST)}f}" for value in values]


def _power(value: float) -> int:
    """Return the power of ten of a number's first digit."""
    return math.floor(math.log10(value)) if math.isfinite(value) else MOST


def plain(value: float, digits: int = 5) -> str:
    """Return one number with so many significant digits: 0.30103, 1.2e-05, 0."""
    if value == 0:
        return "0"
    if not math.isfinite(value) or not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}g}"
    return f"{value:.{max(0, digits - 1 - _power(abs(value)))}f}"


def section(title: str) -> Iterator[Text]:
    """Yield a heading over the whole width."""
    yield Text()
    yield Text(title, style="bold cyan")
    yield Text("─" * WIDTH, style="cyan")
    yield Text()


def layer(path: str, note: str) -> Iterator[Text]:
    """Yield the heading of a layer, counted from 1, with its path, counted from 0."""
    yield Text(f"Layer {int(path.split('.')[1]) + 1}", style="bold").append(
        f"  {path}{', ' if note else ''}{note}", style="not bold dim"
    )


def prose(text: str, before: bool = False) -> Iterator[Text]:
    """Yield text wrapped to lines, behind an empty one where asked for."""
    if before:
        yield Text()
    yield from (Text(f"  {line}") for line in textwrap.wrap(printable(text), WIDTH - 2))


def by_hand(name: str, left: Array, right: Array, shown: Sequence[int], shift: float) -> Iterator[Text]:
    """Yield a sum of products as one would write it down, the products that are not shown added up."""
    products = left.astype(float) * right
    terms = [f"{_factor(left[i])} · {_factor(right[i])}" for i in shown]
    rest = [i for i in range(len(products)) if i not in set(shown)]
    if rest:
        terms.append(f"{_factor(math.fsum(products[rest]))} ({len(rest):,} more products)")
    if shift:
        terms.append(_factor(shift))
    total = math.fsum(products) + shift
    yield from prose(f"By hand: {name} = {' + '.join(terms)} = {plain(total)}")
    yield Text()


def _factor(value: float) -> str:
    return f"({plain(value)})" if value < 0 else plain(value)


def columns_of(names: Sequence[str], columns: dict[str, list[str]]) -> Iterator[Text]:
    """Yield aligned lines: a name and a cell of each column."""
    room = max(map(len, names))
    widths = {title: max(len(title), *map(len, body)) + 3 for title, body in columns.items()}
    head = "".join(f"{title:>{widths[title]}}" for title in columns)
    yield Text((" " * (room + 2) + head).rstrip(), style="dim")
    for at, name in enumerate(names):
        line = Text(f"  {name:{room}}")
        for title, body in columns.items():
            line.append(f"{body[at]:>{widths[title]}}", style=STYLES.get(body[at], ""))
        yield line
