"""Plots of what models have learnt: pure functions from plain data to a Matplotlib figure, and `save`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.display.plots.parts import activation_curve, schedule_curve
from zoo_core.display.plots.style import DASHES, MARKERS, colours, new_figure, plain_log_scale, save, styled
from zoo_core.display.text.figures import SPLITS, best, divide, higher_is_better, keys, series
from zoo_core.display.text.tables import number, printable
from zoo_core.errors import UsageError, nearest
from zoo_core.parts import Array, Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "activation_curve",
    "comparison",
    "confusion_matrix",
    "first_layer_weights",
    "learning_curves",
    "save",
    "schedule_curve",
]

UNITS = {"loss": "loss (mean over rows)", "accuracy": "accuracy (share of rows)"}
RING: dict[str, Any] = {"marker": "o", "markersize": 11, "mfc": "none", "mew": 1.6, "ls": ""}
ANNOTATED = 20  # classes; the counts of more would be too small to read
Runs = Sequence[tuple[str, Sequence[Record]]]


@styled
def learning_curves(runs: Runs, *, what: str = "loss", higher_is_better: Mapping[str, bool] | None = None) -> Figure:
    """Draw a figure of each split over the epochs, for one model or several; `runs` are (name, records).

    A colour and a marker for each model; train dashed, validation dotted, test solid; the best test point (or
    that of the last split there is) ringed. `what` is "loss" or a metric's name; beside the loss, accuracy
    has a panel of its own where it was recorded. Raises UsageError where no model recorded `what`.
    """
    recorded = _recorded(runs)
    if what not in recorded:
        known = ", ".join(recorded) or "nothing"
        raise UsageError(f"no model recorded {what!r}{nearest(what, recorded)}; recorded: {known}")
    panels = [what, "accuracy"] if what == "loss" and "accuracy" in recorded else [what]
    figure = new_figure(7.0, 1.5 + 2.8 * len(panels) + 0.18 * len(runs))
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    notes = [_panel(*panel, runs, higher_is_better) for panel in zip(axes, panels, strict=True)]
    axes[-1].set_xlabel("epoch")
    title = printable(runs[0][0]) if len(runs) == 1 else f"{len(runs)} models"
    figure.suptitle(f"Learning curves of {title}", x=0.01, ha="left", fontsize=11)
    if len(runs) == 1:
        for panel, note in zip(axes, notes, strict=True):
            panel.set_title(note[0], loc="right", fontsize=9)
    _legend(figure, runs, notes[0])
    return figure


def _recorded(runs: Runs) -> list[str]:
    found = keys(record for _, records in runs for record in records)
    return list(dict.fromkeys(divided[1] for key in found if (divided := divide(key))))


def _panel(axes: Axes, what: str, runs: Runs, directions: Mapping[str, bool] | None) -> list[str]:
    """Draw one figure of all models; return for each model where its best point is."""
    from matplotlib.ticker import MaxNLocator

    notes, values = [], []
    for at, (_, records) in enumerate(runs):
        curves = {split: series(records, f"{split}_{what}") for split in SPLITS}
        points = {split: curve for split, curve in curves.items() if curve[0]}
        for split, curve in points.items():
            _draw(axes, curve, split, at, len(runs))
            values += curve[1]
        notes.append(_ring(axes, points, what, colours(len(runs))[at], directions))
    axes.set_ylabel(UNITS.get(what, what.replace("_", " ")))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if values and min(values) > 0 and max(values) > 100 * min(values):
        plain_log_scale(axes)
    return notes


def _draw(axes: Axes, curve: tuple[list[float], list[float]], split: str, at: int, count: int) -> None:
    """Draw one split of one model; markers tell models apart, one model alone needs none."""
    points = len(curve[0])
    every = max(points // 6, 1)
    marker = MARKERS[at % len(MARKERS)] if count > 1 or points < 3 else ""
    place = (at * every // count, every)
    axes.plot(*curve, ls=DASHES[split], color=colours(count)[at], marker=marker, markevery=place, label=split)


def _ring(
    axes: Axes,
    points: Mapping[str, tuple[list[float], list[float]]],
    what: str,
    colour: str,
    directions: Mapping[str, bool] | None,
) -> str:
    if not points:
        return f"no {what}"
    split = list(points)[-1]
    epoch, value = best(points[split], higher_is_better(f"{split}_{what}", directions))
    axes.plot([epoch], [value], color=colour, label="best", **RING)
    return f"best {split} {what} {number(value)} in epoch {epoch:g}"


def _legend(figure: Figure, runs: Runs, notes: Sequence[str]) -> None:
    """Put the legend below the axes, where it can never lie on data: the splits, the ring, the models."""
    from matplotlib.lines import Line2D

    found = {divided[0] for key in keys(r for _, records in runs for r in records) if (divided := divide(key))}
    labels = [split for split in SPLITS if split in found]
    handles = [Line2D([], [], color="#404040", ls=DASHES[split]) for split in labels]
    handles.append(Line2D([], [], color="#404040", **RING))
    labels.append("best")
    if len(runs) > 1:
        for at, (name, _) in enumerate(runs):
            handles.append(Line2D([], [], color=colours(len(runs))[at], marker=MARKERS[at % len(MARKERS)]))
            labels.append(f" {printable(name)}: {notes[at]}")  # a label that begins with _ would be left out
    figure.legend(handles, labels, loc="outside lower left", ncols=len(labels) if len(runs) == 1 else 1)


@styled
def confusion_matrix(counts: Array, class_names: Sequence[str] = ()) -> Figure:
    """Draw counts (k, k), true classes down, predicted across; shaded by the share of the true class.

    The recall of each class stands at the right. Raises UsageError where the shapes do not fit.
    """
    counts = np.asarray(counts)
    k = len(counts)
    if counts.shape != (k, k) or not k or (class_names and len(class_names) != k):
        got = f"{counts.shape} and {len(class_names)} names"
        raise UsageError(f"a confusion matrix is square, with one name for each class or none; got {got}")
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    side = min(max(0.52 * k, 3.0), 10.0)
    figure = new_figure(side + 1.8, side + 2.0)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    _label_classes(axes, [printable(name) for name in class_names] or [str(at) for at in range(k)])
    _write_counts(axes, counts, shares)
    _write_recall(axes, shares, totals)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.6, location="bottom", pad=0.02)
    rows = int(counts.sum())
    axes.set_title(f"Accuracy {np.trace(counts) / max(rows, 1):.4f} on {number(rows)} rows", loc="left", pad=20)
    return figure


def _label_classes(axes: Axes, names: Sequence[str]) -> None:
    step = math.ceil(len(names) / 40)
    places = range(0, len(names), step)
    shown = [names[at] for at in places]
    turned = max(map(len, names)) > 3
    axes.set_xticks(places, shown, rotation=45 if turned else 0, ha="right" if turned else "center")
    axes.set_yticks(places, shown)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.grid(visible=False)
    axes.tick_params(length=0)


def _write_counts(axes: Axes, counts: Array, shares: Array) -> None:
    if len(counts) > ANNOTATED:
        return
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.55 else "black" if count else "#a0a0a0"
        axes.text(column, row, number(int(count)), ha="center", va="center", color=colour, fontsize=9)


def _write_recall(axes: Axes, shares: Array, totals: Array) -> None:
    k = len(shares)
    if k > 2 * ANNOTATED:
        return
    axes.text(k - 0.3, -0.62, "recall", ha="left", va="bottom", fontsize=9)
    for row in range(k):
        recall = f"{shares[row, row]:.3f}" if totals[row, 0] else "-"
        axes.text(k - 0.3, row, recall, ha="left", va="center", fontsize=9)


@styled
def first_layer_weights(weights: Array, image_shape: tuple[int, int], max_units: int = 64) -> Figure:
    """Draw the weights (inputs, units) into each unit of the first layer as an image of the input's shape.

    Of more than `max_units` units, those with the largest weights (Euclidean norm) are drawn, in their order.
    Dark is negative and light positive, in grey too. Raises UsageError where inputs are not pixels.
    """
    weights = np.asarray(weights, float)
    height, width = image_shape
    if weights.ndim != 2 or len(weights) != height * width:
        raise UsageError(f"weights of shape {weights.shape} are not images of {height} x {width} pixels")
    units = weights.shape[1]
    chosen = np.sort(np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:max_units])
    limit = float(np.quantile(np.abs(weights[:, chosen]), 0.995)) or 1.0
    mosaic = _mosaic(weights[:, chosen].T.reshape(-1, height, width))
    figure = new_figure(7.0, max(5.9 * mosaic.shape[0] / mosaic.shape[1], 1.5) + 0.4)
    axes = figure.subplots()
    image = axes.imshow(mosaic, cmap="cividis", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_axis_off()
    few = len(chosen) < units
    which = f"the {len(chosen)} of {units} units with the largest weights" if few else f"{units} units"
    axes.set_title(f"First-layer weights: {which}", loc="left")
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8, extend="both", aspect=30)
    return figure


def _mosaic(images: Array) -> Array:
    """Lay images (n, height, width) out in a grid, one pixel apart; NaN in between."""
    count, height, width = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full((rows * columns, height + 1, width + 1), np.nan)
    grid[:count, :height, :width] = images
    tiles = grid.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    laid: Array = tiles.reshape(rows * (height + 1), columns * (width + 1))
    return laid[:-1, :-1]


@styled
def comparison(
    rows: Sequence[tuple[str, float]], *, what: str = "test accuracy", higher_is_better: bool = True
) -> Figure:
    """Draw a dot for the final figure of each model, the best at the top; `rows` are (name, value)."""
    known = [(printable(name), float(value)) for name, value in rows if math.isfinite(value)]
    if not known:
        raise UsageError(f"there is no {what} to compare; evaluate the models first")
    known.sort(key=lambda row: row[1], reverse=not higher_is_better)
    names, values = zip(*known, strict=True)
    figure = new_figure(7.0, 1.2 + 0.32 * len(known))
    axes = figure.subplots()
    best_one = [False] * (len(known) - 1) + [True]
    for at, (value, first) in enumerate(zip(values, best_one, strict=True)):
        axes.plot(value, at, "D" if first else "o", color=colours(1)[0], markersize=8 if first else 7)
        axes.annotate(number(value), (value, at), (9, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(known)), names)
    axes.set(ylim=(-0.6, len(known) - 0.4), xlabel=what)
    axes.margins(x=0.12)
    axes.set_title(f"{what.capitalize()}: {'higher' if higher_is_better else 'lower'} is better", loc="left")
    return figure
