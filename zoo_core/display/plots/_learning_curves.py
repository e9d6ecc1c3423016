"""Learning curves: the metrics of one or several models over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zoo_core.display._records import (
    SPLITS,
    Points,
    metric_keys,
    metric_points,
    saved_epoch,
    split_key,
)
from zoo_core.display.plots._style import DASHES, MARKERS, colours, new_figure, plain_log_scale, styled
from zoo_core.display.text import format_number, printable
from zoo_core.errors import UsageError, nearest
from zoo_core.parts import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNITS = {"loss": "loss (mean over rows)", "accuracy": "accuracy (share of rows)"}
RING: dict[str, Any] = {"marker": "o", "markersize": 11, "mfc": "none", "mew": 1.6, "ls": ""}
Runs = Sequence[tuple[str, Sequence[Record]]]


@styled
def learning_curves(runs: Runs, *, what: str = "loss") -> Figure:
    """Draw a metric of each split over the epochs, for one or several models; `runs` are (name, records).

    Each model has a colour and a marker. Train is dashed, validation dotted, test solid. A ring marks the epoch
    whose weights the model holds, on the test curve or on that of the last split there is. `what` is "loss" or the name
    of a metric; "loss" adds a panel for the accuracy if it was recorded. Raises UsageError if no model recorded `what`.
    """
    recorded = _recorded_metrics(runs)
    if what not in recorded:
        known = ", ".join(recorded) or "nothing"
        raise UsageError(f"no model recorded {what!r}{nearest(what, recorded)}; recorded: {known}")
    panels = [what, "accuracy"] if what == "loss" and "accuracy" in recorded else [what]
    figure = new_figure(7.0, 1.5 + 2.8 * len(panels) + 0.18 * len(runs))
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    notes = [_draw_panel(*panel, runs) for panel in zip(axes, panels, strict=True)]
    axes[-1].set_xlabel("epoch")
    title = printable(runs[0][0]) if len(runs) == 1 else f"{len(runs)} models"
    figure.suptitle(f"Learning curves of {title}", x=0.01, ha="left", fontsize=11)
    if len(runs) == 1:
        for panel, note in zip(axes, notes, strict=True):
            panel.set_title(note[0], loc="right", fontsize=9)
    _draw_legend(figure, runs, notes[0])
    return figure


def _recorded_metrics(runs: Runs) -> list[str]:
    found = metric_keys(record for _, records in runs for record in records)
    return list(dict.fromkeys(pair[1] for key in found if (pair := split_key(key))))


def _draw_panel(axes: Axes, what: str, runs: Runs) -> list[str]:
    """Draw one metric of all models; return for each model its value in the saved epoch."""
    from matplotlib.ticker import MaxNLocator

    notes, values = [], []
    for at, (_, records) in enumerate(runs):
        curves = {split: metric_points(records, f"{split}_{what}") for split in SPLITS}
        points = {split: curve for split, curve in curves.items() if curve[0]}
        for split, curve in points.items():
            _draw_curve(axes, curve, split, at, len(runs))
            values += curve[1]
        notes.append(_draw_saved(axes, points, what, colours(len(runs))[at], saved_epoch(records)))
    axes.set_ylabel(UNITS.get(what, what.replace("_", " ")))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if values and min(values) > 0 and max(values) > 100 * min(values):
        plain_log_scale(axes)
    return notes


def _draw_curve(axes: Axes, curve: Points, split: str, at: int, count: int) -> None:
    """Draw one split of one model, with markers only if there are several models or few points."""
    points = len(curve[0])
    every = max(points // 6, 1)
    marker = MARKERS[at % len(MARKERS)] if count > 1 or points < 3 else ""
    place = (at * every // count, every)
    axes.plot(*curve, ls=DASHES[split], color=colours(count)[at], marker=marker, markevery=place, label=split)


def _draw_saved(axes: Axes, points: Mapping[str, Points], what: str, colour: str, epoch: float) -> str:
    """Mark the value of the last split that was measured in the saved epoch; return it in words."""
    measured = [(split, dict(zip(*curve, strict=True))) for split, curve in points.items()]
    found = [(split, values[epoch]) for split, values in measured if epoch in values]
    if not found:
        return f"no {what} in saved epoch {epoch:g}" if points else f"no {what}"
    split, value = found[-1]
    axes.plot([epoch], [value], color=colour, label="saved", **RING)
    return f"saved epoch {epoch:g}: {split} {what} {format_number(value)}"


def _draw_legend(figure: Figure, runs: Runs, notes: Sequence[str]) -> None:
    """Put the legend below the axes, where it cannot cover data: the splits, the ring, the models."""
    from matplotlib.lines import Line2D

    found = {pair[0] for key in metric_keys(r for _, records in runs for r in records) if (pair := split_key(key))}
    labels = [split for split in SPLITS if split in found]
    handles = [Line2D([], [], color="#404040", ls=DASHES[split]) for split in labels]
    handles.append(Line2D([], [], color="#404040", **RING))
    labels.append("saved")
    if len(runs) > 1:
        for at, (name, _) in enumerate(runs):
            handles.append(Line2D([], [], color=colours(len(runs))[at], marker=MARKERS[at % len(MARKERS)]))
            labels.append(f" {printable(name)}: {notes[at]}")  # a label that begins with _ would be left out
    figure.legend(handles, labels, loc="outside lower left", ncols=len(labels) if len(runs) == 1 else 1)
