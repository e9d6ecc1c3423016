"""Blocks of an explanation's page: headings, paragraphs, excerpts of arrays, sums, columns of numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from zoo_core.display.text._values import printable
from zoo_core.parts import Array

WIDTH = 80  # characters of paragraphs and rules
CELL = 12  # characters of a number, with the gap before it
LABEL = 12
MAX_DECIMALS = 12
STYLES = {"the same": "green", "DIFFERENT": "bold red"}


def heading(title: str) -> Iterator[Text]:
    """Yield a heading with a rule over the whole width."""
    yield Text()
    yield Text(title, style="bold cyan")
    yield Text("─" * WIDTH, style="cyan")
    yield Text()


def layer_heading(path: str, note: str) -> Iterator[Text]:
    """Yield the heading of a layer: its number, from 1, then its path, which counts from 0."""
    yield Text(f"Layer {int(path.split('.')[1]) + 1}", style="bold").append(
        f"  {path}{', ' if note else ''}{note}", style="not bold dim"
    )


def paragraph(text: str, blank_before: bool = False) -> Iterator[Text]:
    """Yield text wrapped to lines."""
    if blank_before:
        yield Text()
    yield from (Text(f"  {line}") for line in textwrap.wrap(printable(text), WIDTH - 2))


def matrix_lines(
    name: str, note: str, array: Array, rows: Sequence[int], columns: Sequence[int], labels: Sequence[str]
) -> Iterator[Text]:
    """Yield a name with a note and the shape, the chosen rows and columns, and how many are left out."""
    left = array.shape[1] - len(columns)
    head = Text(f"  {name}", style="bold").append(f"  {note}", style="not bold")
    yield head.append(f"   {array.shape[0]:,} x {array.shape[1]:,}", style="not bold dim")
    titles = "".join(f"{f'[{column}]':>{CELL}}" for column in columns)
    more = f"   and {left:,} more" if left else ""
    yield Text(" " * LABEL + titles + more, style="dim")
    body = format_column(array[np.ix_(rows, columns)].ravel())
    for at, label in enumerate(labels):
        own = body[at * len(columns) : (at + 1) * len(columns)]
        yield Text(f"  {label:{LABEL - 2}}", style="dim").append("".join(f"{c:>{CELL}}" for c in own), style="not dim")
    if array.shape[0] > len(rows) and labels[0]:
        yield Text(f"  and {array.shape[0] - len(rows):,} more", style="dim")


def format_column(values: Array, finest: float = math.inf) -> list[str]:
    """Return numbers with equally many decimals: five digits for the largest, at least two for `finest`."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    if largest and not 1e-4 <= largest < 1e6:
        return ["0" if value == 0 else f"{value:.3e}" for value in values]
    decimals = max(0, 4 - _exponent(largest), 1 - _exponent(finest)) if largest else 0
    return ["0" if value == 0 else f"{value:.{min(decimals, MAX_DECIMALS)}f}" for value in values]


def _exponent(value: float) -> int:
    """Return the power of ten of a number's first digit."""
    return math.floor(math.log10(value)) if math.isfinite(value) else MAX_DECIMALS


def format_digits(value: float, digits: int = 5) -> str:
    """Return a number with this many significant digits: 0.30103, 1.2e-05, 0."""
    if value == 0:
        return "0"
    if not math.isfinite(value) or not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}g}"
    return f"{value:.{max(0, digits - 1 - _exponent(abs(value)))}f}"


def written_sum(name: str, left: Array, right: Array, shown: Sequence[int], shift: float) -> Iterator[Text]:
    """Yield a sum of products, written out for the indices `shown`; the other products are added up."""
    products = left.astype(float) * right
    terms = [f"{_factor(left[i])} · {_factor(right[i])}" for i in shown]
    rest = [i for i in range(len(products)) if i not in set(shown)]
    if rest:
        terms.append(f"{_factor(math.fsum(products[rest]))} ({len(rest):,} more products)")
    if shift:
        terms.append(_factor(shift))
    total = math.fsum(products) + shift
    yield from paragraph(f"By hand: {name} = {' + '.join(terms)} = {format_digits(total)}")
    yield Text()


def _factor(value: float) -> str:
    return f"({format_digits(value)})" if value < 0 else format_digits(value)


def column_lines(names: Sequence[str], columns: dict[str, list[str]]) -> Iterator[Text]:
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
