"""The curves of metrics beside or below their table: one plot for each metric, with a curve for each split."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from zoo_core.display._colours import BLUE, MAGENTA
from zoo_core.display.progress._lines import styled_text
from zoo_core.display.progress._metric_table import Metrics, by_metric
from zoo_core.display.progress._run_progress import MetricHistory
from zoo_core.display.text import Curve, curve_legend, draw_curves, printable
from zoo_core.model.records import SPLITS

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {"train": BLUE, "validation": MAGENTA, "test": "bold"}  # without colours, the dashes tell them apart
DASHES = {"train": 1, "validation": 2, "test": 0}  # dashed, dotted, solid, as in the plots
MIN_WIDTH, MIN_HEIGHT = 24, 5  # characters and lines of a plot
SHAPE = 5.0  # characters of width for each line of height, in a plot that is well read
GAP = 3  # characters between two plots


@dataclass(frozen=True)
class Arrangement:
    """Plots in columns and rows."""

    count: int
    columns: int
    width: int  # of each plot
    heights: Sequence[int]  # of each row of plots


def curve_lines(metrics: Metrics, width: int, height: int) -> tuple[list[Text], Text]:
    """Return plots of as many metrics as have room, and a legend that may be wider; nothing if none has room."""
    plots = {name: found for name, found in by_metric(metrics).items() if _is_drawable(found)}
    placed = _arrangement(len(plots), width, height)
    if placed is None:
        return [], styled_text()
    drawn = [
        _plot_lines(name, plots[name], placed.width, placed.heights[number // placed.columns])
        for number, name in enumerate(list(plots)[: placed.count])
    ]
    lines = []
    for row in range(len(placed.heights)):
        lines += _beside(drawn[row * placed.columns : (row + 1) * placed.columns], placed.width)
    return lines, _legend(plots, len(plots) - placed.count)


def _is_drawable(found: Mapping[str, MetricHistory]) -> bool:
    return any(len(metric.points[0]) > 1 for metric in found.values())


def _arrangement(count: int, width: int, height: int) -> Arrangement | None:
    """Return how to show as many plots as possible, in the shape that is read best; None if none has room."""
    best: tuple[tuple[int, float], Arrangement] | None = None
    for columns in range(1, count + 1):
        rows = min(-(-count // columns), height // MIN_HEIGHT)
        wide = (width - GAP * (columns - 1)) // columns
        if wide < MIN_WIDTH or rows < 1:
            continue
        heights = [height // rows + (row < height % rows) for row in range(rows)]
        rank = (min(count, columns * rows), -abs(math.log(wide / heights[0] / SHAPE)))
        if best is None or rank > best[0]:
            best = rank, Arrangement(rank[0], columns, wide, heights)
    return best[1] if best else None


def _plot_lines(name: str, found: Mapping[str, MetricHistory], width: int, height: int) -> list[Text]:
    shown = [split for split in SPLITS if split in found and len(found[split].points[0])]
    curves = [Curve(split, *found[split].points, DASHES[split]) for split in shown]
    log = False if found[shown[0]].higher_is_better else None  # shares are not drawn by powers of ten
    plot = draw_curves(curves, width, height, log=log, title=printable(name).replace("_", " "))
    styles = [STYLES[split] for split in shown]
    return [_coloured_line(*row, styles) for row in zip(plot.lines, plot.owners, strict=True)]


def _coloured_line(line: str, owners: list[int], styles: list[str]) -> Text:
    if not owners:
        return styled_text((line, "dim"))
    runs = groupby(zip(owners, line, strict=True), key=lambda pair: pair[0])
    return styled_text(*(("".join(c for _, c in run), styles[owner] if owner >= 0 else "") for owner, run in runs))


def _beside(plots: Sequence[list[Text]], width: int) -> list[Text]:
    lines = []
    for row in zip_longest(*plots):
        line = styled_text()
        for number, piece in enumerate(row):
            line.pad_right(number * (width + GAP) - line.cell_len)
            line.append_text(piece)
        lines.append(line)
    return lines


def _legend(plots: Mapping[str, Mapping[str, MetricHistory]], left_out: int) -> Text:
    """Return the names of the curves in their colours, and how many metrics have no plot."""
    shown = [split for split in SPLITS if any(split in found for found in plots.values())]
    names = curve_legend([Curve(split, (), (), DASHES[split]) for split in shown])
    pieces: list[str | tuple[str, str]] = []
    for split, name in zip(shown, names, strict=True):
        pieces += [(name, STYLES[split]), "  "]
    if left_out:
        pieces.append((f"no room for {left_out} more", "dim"))
    line = styled_text(*pieces)
    line.rstrip()
    return line
