"""Curves drawn with braille characters, each of which has two columns and four rows of dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from zoo_core.parts import Array

DOTS = (
    (0x01, 0x08),
    (0x02, 0x10),
    (0x04, 0x20),
    (0x40, 0x80),
)  # the bit of each dot in Unicode, by row and column
EMPTY = 0x2800
DASHES = ((1,), (1, 1, 1, 0, 0), (1, 0, 0))  # solid, dashed, dotted: by column of dots
SAMPLES = ("⠤⠤⠤", "⠤ ⠤", "⠄⠄⠄")
TURN = 2  # characters that one curve owns where several meet
MIN_JUMP = 2  # rows of dots; a larger step between neighbours is drawn as a vertical stroke


@dataclass(frozen=True)
class Curve:
    """One line of a plot: values at `xs`; `dash` 0, 1, 2 is solid, dashed, dotted."""

    name: str
    xs: Sequence[float] | Array
    ys: Sequence[float] | Array
    dash: int = 0


@dataclass(frozen=True)
class BraillePlot:
    """Lines of text, and for each character the number of the curve that it shows (-1: none)."""

    lines: list[str]
    owners: list[list[int]]


def curve_legend(curves: Sequence[Curve]) -> list[str]:
    """Return for each curve its name after a sample of its dashes, such as "⠤ ⠤ train"."""
    return [f"{SAMPLES[curve.dash]} {curve.name}" for curve in curves]


def draw_curves(
    curves: Sequence[Curve], width: int, height: int, *, log: bool | None = None, title: str = ""
) -> BraillePlot:
    """Draw curves, at most `width` characters wide and `height` lines high; values that are not finite are left out.

    The scale stands at the left; the last line has the ends of the x axis and between them the title. `log` chooses a
    logarithmic scale; None uses one for values over more than two powers of ten. A character in which several curves
    meet shows the dots of all of them. Along the axis its owner changes, so that no curve hides another.
    """
    curves = [curve for curve in map(_finite_points, curves) if len(curve.xs)]
    if not curves or height < 2 or width < 16:
        return BraillePlot([""] * height, [[] for _ in range(height)])
    values = np.concatenate([curve.ys for curve in curves])
    low, high, is_wide = _value_range(values if log is False else _without_zeros(values))
    log = is_wide if log is None else log and low > 0
    labels = [_format_bound(high), _format_bound(low)]
    margin = max(map(len, labels)) + 1
    ends = min(curve.xs[0] for curve in curves), max(curve.xs[-1] for curve in curves)
    canvas = _Canvas(width - margin, height - 1)
    for number, curve in enumerate(curves):
        canvas.add(number, _column_values(curve, ends, 2 * canvas.width), (low, high, log), curve.dash)
    title = f"{title} (log)".strip() if log else title
    axis = _axis_line(_format_bound(ends[0]), _format_bound(ends[1]), title, canvas.width)
    return _framed_plot(canvas, labels, margin, axis)


def _finite_points(curve: Curve) -> Curve:
    xs, ys = np.asarray(curve.xs, float), np.asarray(curve.ys, float)
    finite = np.isfinite(xs) & np.isfinite(ys)
    return replace(curve, xs=xs[finite], ys=ys[finite])


def _without_zeros(values: Array) -> Array:
    """Return the positive values if 0 is all that keeps them from a logarithmic scale: a loss may reach 0."""
    positive = values[values > 0]
    return positive if values.min() == 0 and len(positive) and _value_range(positive)[2] else values


def _value_range(values: Array) -> tuple[float, float, bool]:
    """Return the ends of the scale, and whether they are more than two powers of ten apart."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room, False
    return low, high, low > 0 and high / low > 100


def _column_values(curve: Curve, ends: tuple[float, float], count: int) -> Array:
    """Return the value at each column of dots, NaN outside the curve's own range."""
    xs, ys = curve.xs, curve.ys
    if ends[0] == ends[1]:
        return np.where(np.arange(count) < 2, ys[0], np.nan)
    grid = np.linspace(*ends, count)
    half = (ends[1] - ends[0]) / count  # so that a single point at an end does not fall between two columns
    values: Array = np.interp(grid, xs, ys)
    values[(grid < xs[0] - half) | (grid > xs[-1] + half)] = np.nan
    return values


class _Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[EMPTY] * width for _ in range(height)]
        self.curves: list[list[list[int]]] = [[[] for _ in range(width)] for _ in range(height)]

    def add(self, number: int, values: Array, scale: tuple[float, float, bool], dash: int) -> None:
        """Draw one value for each column of dots, with strokes between neighbours that are far apart."""
        rows = _dot_rows(values, scale, 4 * self.height)
        pattern = DASHES[dash]
        previous = -1
        for column, row in enumerate(rows):
            if row >= 0 and pattern[column % len(pattern)]:
                for dot in _stroke(previous, row):
                    self._set_dot(number, dot, column)
            previous = row

    def _set_dot(self, number: int, row: int, column: int) -> None:
        self.cells[row // 4][column // 2] |= DOTS[row % 4][column % 2]
        found = self.curves[row // 4][column // 2]
        if not found or found[-1] != number:
            found.append(number)

    def owners(self) -> list[list[int]]:
        """Return which curve each character shows. Where curves meet, they take turns along the axis."""
        return [
            [found[column // TURN % len(found)] if found else -1 for column, found in enumerate(row)]
            for row in self.curves
        ]


def _dot_rows(values: Array, scale: tuple[float, float, bool], count: int) -> list[int]:
    low, high, log = scale
    if log:
        values, low, high = np.log(np.maximum(values, low)), math.log(low), math.log(high)
    share = (high - values) / (high - low)
    rows = np.rint(np.clip(np.nan_to_num(share, nan=0.0), 0, 1) * (count - 1)).astype(int)
    return [int(row) for row in np.where(np.isfinite(values), rows, -1)]


def _stroke(previous: int, row: int) -> range:
    """Return the rows of dots to set in a column: that of the value, and those between it and its left neighbour."""
    if previous < 0 or abs(row - previous) < MIN_JUMP:
        return range(row, row + 1)
    return range(previous + 1, row + 1) if previous < row else range(row, previous)


def _axis_line(first: str, last: str, title: str, width: int) -> str:
    """Return the last line; a title that does not fit ends in "…"."""
    room = max(width - len(first) - len(last), 0)
    if len(title) + 2 > room:
        title = f"{title[: room - 3]}…" if room > 4 else ""
    return f"{first}{title:^{room}}{last}"[:width]


def _format_bound(value: float) -> str:
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e5 else f"{value:.3g}"


def _framed_plot(canvas: _Canvas, labels: list[str], margin: int, axis: str) -> BraillePlot:
    left = [""] * canvas.height
    left[0], left[-1] = labels if canvas.height > 1 else (labels[0], labels[0])
    rows = ["".join(map(chr, row)) for row in canvas.cells]
    lines = [f"{label:>{margin - 1}} {row}" for label, row in zip(left, rows, strict=True)]
    owners = [[-1] * margin + row for row in canvas.owners()]
    return BraillePlot([*lines, " " * margin + axis], [*owners, []])
