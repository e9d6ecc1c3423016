"""Learning curves: the metrics of one or several models over the epochs.

One model has a panel for each metric. A few models share a panel for each metric and split, with their names at the
ends of the lines. Of many models, each has a panel of its own: see `_model_grid.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zoo_core.display.plots._line_labels import LineLabel, distinct_names, label_lines
from zoo_core.display.plots._model_grid import MAX_MODELS, model_grid
from zoo_core.display.plots._style import (
    DASHES,
    MARKERS,
    PALETTE,
    RING,
    colours,
    is_wide,
    new_figure,
    plain_log_scale,
    styled,
    whole_epochs,
)
from zoo_core.display.text import format_number, printable
from zoo_core.errors import UsageError, nearest
from zoo_core.model.records import SPLITS, Points, metric_keys, metric_points, saved_epoch, split_key
from zoo_core.parts import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNITS = {"loss": "loss (mean over rows)", "accuracy": "accuracy (share of rows)"}
HEIGHT = 2.4  # inches of a panel
Runs = Sequence[tuple[str, Sequence[Record]]]


@styled
def learning_curves(runs: Runs, *, what: str = "loss", higher_is_better: Mapping[str, bool] | None = None) -> Figure:
    """Draw a metric of each split over the epochs, for one or several models; `runs` are (name, records).

    `what` is "loss" or the name of a metric; "loss" adds a panel for the accuracy if it was recorded, for up to seven
    models. `higher_is_better` says by the name of a metric how to sort more models. A ring marks the epoch whose
    weights a model holds. Raises UsageError if no model recorded `what`, or for
    more models than one picture can show.
    """
    recorded = _recorded_metrics(runs)
    if what not in recorded:
        raise UsageError(_unrecorded(runs, what, recorded))
    if len(runs) > MAX_MODELS:
        raise UsageError(f"{len(runs)} models are too many for one picture; draw at most {MAX_MODELS}")
    if len(runs) > len(PALETTE):
        return model_grid(runs, what, {"loss": False} | dict(higher_is_better or {}))
    panels = [what, "accuracy"] if what == "loss" and "accuracy" in recorded else [what]
    return _draw_one(*runs[0], panels) if len(runs) == 1 else _draw_few(runs, panels)


def _recorded_metrics(runs: Runs) -> list[str]:
    found = metric_keys(record for _, records in runs for record in records)
    return list(dict.fromkeys(pair[1] for key in found if (pair := split_key(key))))


def _unrecorded(runs: Runs, what: str, recorded: Sequence[str]) -> str:
    if not any(records for _, records in runs):
        names = ", ".join(printable(name) for name, _ in runs)
        return f"no model recorded {what!r}; nothing was recorded: the history of {names or 'no model'} is empty"
    if (pair := split_key(what)) and pair[1] in recorded:
        return f"{what!r} is a metric with a split; name the metric alone, {pair[1]!r}: all its splits are drawn"
    known = ", ".join(map(printable, recorded)) or "nothing"
    return f"no model recorded {what!r}{nearest(what, recorded)}; recorded: {known}"


def _split_points(records: Sequence[Record], what: str) -> dict[str, Points]:
    """Return the points of each split in which a metric was measured."""
    curves = {split: metric_points(records, f"{split}_{what}") for split in SPLITS}
    return {split: curve for split, curve in curves.items() if curve[0]}


# ------------------------------------------------------------------ one model


def _draw_one(name: str, records: Sequence[Record], panels: Sequence[str]) -> Figure:
    """Draw a panel for each metric: train is dashed, validation dotted, test solid."""
    figure = new_figure(7.0, 1.7 + 2.8 * len(panels))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, what in zip(grid, panels, strict=True):
        points = _split_points(records, what)
        for split, curve in points.items():
            marker = MARKERS[0] if len(curve[0]) < 3 else ""
            axes.plot(*curve, ls=DASHES[split], color=colours(1)[0], marker=marker, label=split)
        axes.set_title(_draw_saved(axes, points, what, colours(1)[0], saved_epoch(records)), loc="right", fontsize=9)
        _label_metric(axes, what, list(points.values()))
    grid[-1].set_xlabel("epoch")
    figure.suptitle(f"Learning curves of {printable(name)}", x=0.01, ha="left", fontsize=11)
    _draw_legend(figure, [split for split in SPLITS if any(_split_points(records, what).get(split) for what in panels)])
    return figure


def _label_metric(axes: Axes, what: str, curves: Sequence[Points]) -> None:
    axes.set_ylabel(UNITS.get(what, printable(what.replace("_", " "))))
    whole_epochs(axes)
    if is_wide([value for _, values in curves for value in values]):
        plain_log_scale(axes)


def _draw_saved(axes: Axes, points: Mapping[str, Points], what: str, colour: str, epoch: float) -> str:
    """Mark the value of the last split that was measured in the saved epoch; return it in words."""
    measured = [(split, dict(zip(*curve, strict=True))) for split, curve in points.items()]
    found = [(split, values[epoch]) for split, values in measured if epoch in values]
    if not found:
        return f"no {what} in saved epoch {epoch:g}" if points else f"no {what}"
    split, value = found[-1]
    axes.plot([epoch], [value], color=colour, label="saved", **RING)
    return f"saved epoch {epoch:g}: {split} {what} {format_number(value)}"


def _draw_legend(figure: Figure, splits: Sequence[str]) -> None:
    """Put the legend below the axes, where it cannot cover data: the splits and the ring."""
    from matplotlib.lines import Line2D

    style: list[dict[str, Any]] = [{"ls": DASHES[split]} for split in splits]
    handles = [Line2D([], [], color="#404040", **given) for given in [*style, RING]]
    figure.legend(handles, [*splits, "saved epoch"], loc="outside lower left", ncols=len(handles))


# ------------------------------------------------------------------ a few models


def _draw_few(runs: Runs, panels: Sequence[str]) -> Figure:
    """Draw a row of panels for each metric, with a panel for each split; the names stand at the ends of the lines."""
    points = {what: [_split_points(records, what) for _, records in runs] for what in panels}
    splits = [split for split in SPLITS if any(split in one for row in points.values() for one in row)]
    figure = new_figure(2.6 + 2.7 * len(splits), 1.1 + HEIGHT * len(panels))
    grid = figure.subplots(len(panels), len(splits), sharex=True, sharey="row", squeeze=False)
    for row, what in zip(grid, panels, strict=True):
        for axes, split in zip(row, splits, strict=True):
            axes.set_title(f"{split} {printable(what.replace('_', ' '))}", loc="left", fontsize=10)
            _draw_panel(axes, split, points[what], runs)
        _label_metric(row[0], what, [curve for one in points[what] for curve in one.values()])
    for row, what in zip(grid, panels, strict=True):  # the limits of the axes are now final
        for axes, split in zip(row, splits, strict=True):
            label_lines(axes, _name_labels(split, points[what], runs), HEIGHT - 0.4)
    for axes in grid[-1]:
        axes.set_xlabel("epoch")
    figure.suptitle(f"Learning curves of {len(runs)} models", x=0.01, ha="left", fontsize=11)
    _draw_legend(figure, [])
    return figure


def _draw_panel(axes: Axes, split: str, points: Sequence[Mapping[str, Points]], runs: Runs) -> None:
    count = len(runs)
    for at, (one, (name, records)) in enumerate(zip(points, runs, strict=True)):
        if split not in one:
            continue
        colour, every, epoch = colours(count)[at], max(len(one[split][0]) // 6, 1), saved_epoch(records)
        place = (at * every // count, every)
        axes.plot(*one[split], color=colour, marker=MARKERS[at], markevery=place, label=f" {printable(name)}")
        saved = dict(zip(*one[split], strict=True)).get(epoch)
        if saved is not None:
            axes.plot([epoch], [saved], color=colour, label="saved", **RING)


def _name_labels(split: str, points: Sequence[Mapping[str, Points]], runs: Runs) -> list[LineLabel]:
    """Return the labels of the models of which `split` is the last one that was measured."""
    names, found = distinct_names([name for name, _ in runs], 30), []
    for at, (one, (_, records)) in enumerate(zip(points, runs, strict=True)):
        if split not in one or split != list(one)[-1]:
            continue
        epochs, values = one[split]
        epoch = saved_epoch(records)
        saved = dict(zip(epochs, values, strict=True)).get(epoch)
        text = names[at] if saved is None else f"{names[at]}: {format_number(saved)} in epoch {epoch:g}"
        found.append(LineLabel(text, epochs[-1], values[-1], colours(len(runs))[at], MARKERS[at]))
    return found
