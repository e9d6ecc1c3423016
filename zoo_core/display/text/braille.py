"""Curves drawn with braille characters: two columns and four rows of dots in each character."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zoo_core.parts import Array

DOTS = (
    (0x01, 0x08),
    (0x02, 0x10),
    (0x04, 0x20),
    (0x40, 0x80),
)  # Unicode's bit of each dot, by row and column
EMPTY = 0x2800
DASHES = ((1,), (1, 1, 1, 0, 0), (1, 0, 0))  # solid, dashed, dotted: by column of dots
SAMPLES = ("⠤⠤⠤", "⠤ ⠤", "⠄⠄⠄")
GAP = 2  # rows of dots that a jump must exceed to be drawn through


@dataclass(frozen=True)
class Curve:
    """One line of a plot: values at `xs`; `dash` chooses solid, dashed or dotted (0, 1, 2)."""

    name: str
    xs: Sequence[float] | Array
    ys: Sequence[float] | Array
    dash: int = 0


@dataclass(frozen=True)
class Plot:
    """Lines of text, and for each character the number of the curve that it shows (-1: none)."""

    lines: list[str]
    owners: list[list[int]]
    legend: str = ""  # the names of the curves where the last line has no room for them


def terminal_plot(xs: Sequence[float], series: Mapping[str, Sequence[float]], width: int, height: int) -> str:
    """Return a plot of named curves over `xs`, at most `width` characters wide and `height` lines high.

    The first curve is solid, the second dashed, the third dotted, and so on around. The last line holds the
    ends of the x axis and, if there are several curves, their names. Values that are not finite are left out.
    """
    dashes = range(len(series))
    curves = [Curve(name, xs, ys, dash % 3) for dash, (name, ys) in zip(dashes, series.items(), strict=True)]
    return "\n".join(draw(curves, width, height).lines)


def draw(curves: Sequence[Curve], width: int, height: int, *, log: bool | None = None) -> Plot:
    """Draw curves with a scale at the left and the ends of the x axis, and names, in the last line.

    `log` chooses a logarithmic scale or not; left to itself, values over two powers of ten get one.
    """
    curves = [curve for curve in map(_finite, curves) if len(curve.xs)]
    if not curves or height < 2 or width < 16:
        return Plot([""] * height, [[] for _ in range(height)])
    low, high, spread = _scale(np.concatenate([curve.ys for curve in curves]))
    log = spread if log is None else log and low > 0
    labels = [_label(high), _label(low)]
    margin = max(map(len, labels)) + 1
    ends = min(curve.xs[0] for curve in curves), max(curve.xs[-1] for curve in curves)
    canvas = _Canvas(width - margin, height - 1)
    for number, curve in enumerate(curves):
        canvas.add(number, _columns(curve, ends, 2 * canvas.width), (low, high, log), curve.dash)
    legend = "  ".join(f"{SAMPLES[c.dash]} {c.name}" for c in curves) if len(curves) > 1 else ""
    legend += "  (log)" if log else ""
    axis, fits = _axis(_label(ends[0]), _label(ends[1]), legend, canvas.width)
    return _framed(canvas, labels, margin, axis, "" if fits else legend)


def _finite(curve: Curve) -> Curve:
    xs, ys = np.asarray(curve.xs, float), np.asarray(curve.ys, float)
    kept = np.isfinite(xs) & np.isfinite(ys)
    return replace(curve, xs=xs[kept], ys=ys[kept])


def _scale(values: Array) -> tuple[float, float, bool]:
    low, high = float(values.min()), float(values.max())
    if low == high:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room, False
    return low, high, low > 0 and high / low > 100


def _columns(curve: Curve, ends: tuple[float, float], count: int) -> Array:
    """Return the value at each column of dots, NaN outside the curve's own range."""
    xs, ys = curve.xs, curve.ys
    if ends[0] == ends[1]:
        return np.where(np.arange(count) < 2, ys[0], np.nan)
    grid = np.linspace(*ends, count)
    half = (ends[1] - ends[0]) / count  # a lone point at an end must not fall between two columns
    values: Array = np.interp(grid, xs, ys)
    values[(grid < xs[0] - half) | (grid > xs[-1] + half)] = np.nan
    return values


class _Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[EMPTY] * width for _ in range(height)]
        self.owners = [[-1] * width for _ in range(height)]

    def add(self, number: int, values: Array, scale: tuple[float, float, bool], dash: int) -> None:
        """Draw one value for each column of dots, and what lies between neighbours."""
        rows = _rows(values, scale, 4 * self.height)
        pattern = DASHES[dash]
        previous = -1
        for column, row in enumerate(rows):
            if row >= 0 and pattern[column % len(pattern)]:
                for dot in _stroke(previous, row):
                    self._dot(number, dot, column)
            previous = row

    def _dot(self, number: int, row: int, column: int) -> None:
        self.cells[row // 4][column // 2] |= DOTS[row % 4][column % 2]
        self.owners[row // 4][column // 2] = number


def _rows(values: Array, scale: tuple[float, float, bool], count: int) -> list[int]:
    low, high, log = scale
    if log:
        values, low, high = np.log(values), math.log(low), math.log(high)
    share = (high - values) / (high - low)
    rows = np.rint(np.clip(np.nan_to_num(share, nan=0.0), 0, 1) * (count - 1)).astype(int)
    return [int(row) for row in np.where(np.isfinite(values), rows, -1)]


def _stroke(previous: int, row: int) -> range:
    """Return the rows of dots to set in a column: the value's, and the way from its left neighbour's."""
    if previous < 0 or abs(row - previous) < GAP:
        return range(row, row + 1)
    return range(previous + 1, row + 1) if previous < row else range(row, previous)


def _axis(first: str, last: str, legend: str, width: int) -> tuple[str, bool]:
    room = width - len(first) - len(last)
    fits = len(legend) + 4 <= room
    return f"{first}{legend if fits else '':^{max(room, 1)}}{last}"[:width], fits


def _label(value: float) -> str:
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e5 else f"{value:.3g}"


def _framed(canvas: _Canvas, labels: list[str], margin: int, axis: str, legend: str) -> Plot:
    left = [""] * canvas.height
    left[0], left[-1] = labels if canvas.height > 1 else (labels[0], labels[0])
    rows = ["".join(map(chr, row)) for row in canvas.cells]
    lines = [f"{label:>{margin - 1}} {row}" for label, row in zip(left, rows, strict=True)]
    owners = [[-1] * margin + row for row in canvas.owners]
    return Plot([*lines, " " * margin + axis], [*owners, []], legend)
