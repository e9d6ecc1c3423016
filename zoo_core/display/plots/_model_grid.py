"""Learning curves of many models: a panel for each, with the others in grey, the best one first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo_core.basics import direction
from zoo_core.display.plots._line_labels import distinct_names
from zoo_core.display.plots._style import DASHES, PALETTE, RING, is_wide, new_figure, plain_log_scale, whole_epochs
from zoo_core.display.text import format_number, printable
from zoo_core.model.records import (
    SPLITS,
    Points,
    metric_points,
    saved_epoch,
)
from zoo_core.parts import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND_HANDLE, LEGEND_CHARACTER = 0.65, 0.082  # inches of a line with its gaps, and of a letter
MAX_MODELS = 100
WIDTH, HEIGHT = 2.3, 1.7  # inches of a panel with its margins
DECIDING = ("validation", "test", "train")  # the first of these that all models measured orders them


@dataclass(frozen=True)
class _Run:
    """A model in the grid: its curves by split, the saved epoch, and its result there (None: not measured)."""

    name: str
    curves: dict[str, Points]
    epoch: float
    results: dict[str, float]


def model_grid(runs: Sequence[tuple[str, Sequence[Record]]], what: str, directions: Mapping[str, bool]) -> Figure:
    """Draw one metric of many models in panels with the same axes, as given where its better direction is unknown."""
    names = distinct_names([name for name, _ in runs], 20)
    shown = [_read(name, records, what) for name, (_, records) in zip(names, runs, strict=True)]
    split = _deciding_split(shown)
    higher = direction(what, directions)
    shown = shown if higher is None else _sorted(shown, split, higher=higher)
    columns = math.ceil(math.sqrt(len(shown)))
    rows = math.ceil(len(shown) / columns)
    figure = _new_grid(columns, rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    _draw_panels(list(grid.flat), shown, split)
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_axis_off()
    for axes in grid.flat[max(len(shown) - columns, 0) : len(shown)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("epoch", fontsize=9)
    figure.supylabel(printable(what.replace("_", " ")), fontsize=10)
    order = f", sorted by the {split} {printable(what)} of the saved epoch, the best first"
    figure.suptitle(f"{len(shown)} models{'' if higher is None else order}", x=0.01, ha="left", fontsize=11)
    _draw_legend(figure, shown, split)
    return figure


def _new_grid(columns: int, rows: int) -> Figure:
    """Return a figure with fixed margins: to compute a layout of a hundred panels takes a minute."""
    width, height = 0.8 + WIDTH * columns, 1.5 + HEIGHT * rows
    figure = new_figure(width, height, layout="none")
    figure.subplots_adjust(
        left=0.7 / width, right=1 - 0.1 / width, bottom=0.9 / height, top=1 - 0.6 / height, wspace=0.1, hspace=0.32
    )
    return figure


def _read(name: str, records: Sequence[Record], what: str) -> _Run:
    curves = {split: metric_points(records, f"{split}_{what}") for split in SPLITS}
    curves = {split: curve for split, curve in curves.items() if curve[0]}
    epoch = saved_epoch(records)
    measured = {split: dict(zip(*curve, strict=True)) for split, curve in curves.items()}
    return _Run(name, curves, epoch, {split: values[epoch] for split, values in measured.items() if epoch in values})


def _deciding_split(runs: Sequence[_Run]) -> str:
    """Return the split whose figures order the models: of those that most models measured, a choice is made by."""
    return max(DECIDING, key=lambda split: sum(split in run.results for run in runs))  # the first of equals


def _sorted(runs: Sequence[_Run], split: str, *, higher: bool) -> list[_Run]:
    """Return the models from the best to the worst, and then those without a result."""
    sign = -1 if higher else 1
    return sorted(runs, key=lambda run: sign * run.results[split] if split in run.results else math.inf)


def _draw_panels(panels: Sequence[Axes], runs: Sequence[_Run], split: str) -> None:
    from matplotlib.collections import LineCollection

    lines = [list(zip(*run.curves[split], strict=True)) for run in runs if split in run.curves]
    for place, (axes, run) in enumerate(zip(panels, runs, strict=False), 1):
        axes.add_collection(LineCollection(lines, colors="#c8c8c8", linewidths=0.6, zorder=1))
        for name, curve in run.curves.items():
            axes.plot(*curve, ls=DASHES[name], color=PALETTE[1], lw=1.4, label=name)
        result = run.results.get(split)
        if result is not None:
            axes.plot([run.epoch], [result], color=PALETTE[1], label="saved", **RING | {"markersize": 8})
        axes.set_title(f"{place}. {run.name}", loc="left", fontsize=8, pad=3)
        axes.set_title(format_number(result), loc="right", fontsize=8, pad=3)
        axes.tick_params(labelsize=8)
    whole_epochs(panels[0])
    if is_wide([value for run in runs for _, values in run.curves.values() for value in values]):
        plain_log_scale(panels[0])


def _draw_legend(figure: Figure, runs: Sequence[_Run], split: str) -> None:
    from matplotlib.lines import Line2D

    splits = [name for name in SPLITS if any(name in run.curves for run in runs)]
    handles = [Line2D([], [], color=PALETTE[1], ls=DASHES[name]) for name in splits]
    handles += [Line2D([], [], color=PALETTE[1], **RING), Line2D([], [], color="#c8c8c8")]
    labels = [*splits, "saved epoch; its value at the top right", f"{split} of the other models"]
    room = figure.get_figwidth() - LEGEND_HANDLE * len(labels)
    columns = len(labels) if LEGEND_CHARACTER * len("".join(labels)) < room else 3
    figure.legend(handles, labels, loc="lower left", ncols=columns)
