"""The report on a model as one picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.display.plots._class_names import label_classes, shown_names
from zoo_core.display.plots._style import PALETTE, new_figure, styled
from zoo_core.display.text import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zoo_core.reports import Report

MOST_BARS = 20  # classes or features; the others are counted in the title
MOST_POINTS = 3000  # of predicted against true
MOST_TARGETS = 4
MOST_LABELS = 6
LONGEST = 20  # characters of a name; the table has it whole
LINE: dict[str, Any] = {"color": "#999999", "ls": "--", "lw": 1.0}
BAR = 0.8  # of the distance of two bars


@styled
def report_figure(report: Report) -> Figure:
    """Draw what a report has: classes, confusion, calibration, predicted against true, importance."""
    panels = _panels(report)
    rows = -(-len(panels) // 2)
    figure = new_figure(11.0 if len(panels) > 1 else 6.0, 4.4 * rows)
    places = np.atleast_1d(figure.subplots(rows, min(len(panels), 2))).ravel()
    for axes, draw in zip(places, panels, strict=False):
        draw(axes, report)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    shown = ", ".join(f"{key} {format_number(value)}" for key, value in list(report.figures.items())[:4])
    figure.suptitle(f"{report.model} on {format_number(report.rows)} rows: {shown}", fontsize=11.0)
    return figure


def _panels(report: Report) -> list[Callable[[Axes, Report], None]]:
    targets = range(min(len(report.targets), MOST_TARGETS))  # each has units of its own, so each has a panel
    chosen: list[tuple[Callable[[Axes, Report], None], object]] = [
        (_draw_classes, report.classes),
        (_draw_confusion, report.classes and report.confusion is not None),
        (_draw_calibration, report.calibration),
        (_draw_label_calibration, report.label_calibration),
        *((partial(_draw_values, at=at), True) for at in targets),
        (_draw_errors, report.targets),
        (_draw_importance, report.importance),
    ]
    return [draw for draw, has in chosen if has]


def _bars(axes: Axes, names: list[str], series: dict[str, list[float]], errors: list[float] | None = None) -> None:
    """Draw horizontal bars, the first name at the top."""
    height = BAR / len(series)
    places = np.arange(len(names))
    for at, (label, values) in enumerate(series.items()):
        style: dict[str, Any] = {"color": PALETTE[1 + at], "label": label}
        axes.barh(places + (at - (len(series) - 1) / 2) * height, values, height, xerr=errors, **style)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)


def _draw_classes(axes: Axes, report: Report) -> None:
    shown = sorted(report.classes, key=lambda one: one.f1)[:MOST_BARS] if len(report.classes) > MOST_BARS else None
    classes = shown or report.classes
    series = {"precision": [c.precision for c in classes], "recall": [c.recall for c in classes]}
    names = shown_names([c.name for c in classes], LONGEST)
    _bars(axes, [f"{name} ({format_number(c.support)})" for name, c in zip(names, classes, strict=True)], series)
    axes.set_xlim(0, 1)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    what, count = "label" if report.confusion is None else "class", "weight" if report.weighted else "rows"
    several = f"{what}s" if what == "label" else "classes"
    axes.set_ylabel(f"the {MOST_BARS} weakest of {len(report.classes)} {several}" if shown else f"{what} ({count})")


def _draw_confusion(axes: Axes, report: Report) -> None:
    counts = np.asarray(report.confusion)
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(totals > 0, totals, 1)  # weights may add up to less than 1
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    label_classes(axes, shown_names([one.name for one in report.classes], LONGEST), MOST_BARS)
    for (row, column), count in np.ndenumerate(counts) if len(counts) <= MOST_BARS else ():
        ink = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, format_number(count.item()), ha="center", va="center", color=ink, fontsize=8)


def _draw_calibration(axes: Axes, report: Report) -> None:
    found = report.calibration
    if found is None:
        return
    axes.plot([0, 1], [0, 1], **LINE)
    axes.plot([b.predicted for b in found.bins], [b.observed for b in found.bins], "o-", color=PALETTE[1])
    for one in found.bins:
        axes.annotate(format_number(one.rows), (one.predicted, one.observed), (0, 6), textcoords="offset points",
                      ha="center", fontsize=8)  # fmt: skip
    axes.set(xlabel=found.of, ylabel="share for which it holds", xlim=(0, 1), ylim=(-0.03, 1.08))
    numbers = "are weights" if report.weighted else "count rows"
    axes.set_title(f"Calibration: off by {found.error:.3f}; the numbers {numbers}", loc="left")


def _draw_label_calibration(axes: Axes, report: Report) -> None:
    axes.plot([0, 1], [0, 1], **LINE)
    names = shown_names(list(report.label_calibration), LONGEST)
    for at, found in enumerate(list(report.label_calibration.values())[:MOST_LABELS]):
        label, colour = f"{names[at]}: {found.error:.3f}", PALETTE[1 + at % (len(PALETTE) - 1)]
        axes.plot([b.predicted for b in found.bins], [b.observed for b in found.bins], "o-", color=colour, label=label)
    axes.set(xlabel="probability of the label", ylabel="share of rows that have it", xlim=(0, 1), ylim=(-0.03, 1.08))
    shown, columns = min(len(names), MOST_LABELS), 3 if max(map(len, names)) < LONGEST / 2 else 2
    some = f"{shown} of {len(names)} " if len(names) > shown else ""
    axes.set_title(f"Calibration of {some}labels: off by", loc="left", pad=6 + 15 * -(-shown // columns))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0)


def _draw_values(axes: Axes, report: Report, at: int) -> None:
    step, target = max(1, len(report.true) // MOST_POINTS), report.targets[at]
    true, predicted = report.true[::step, at], report.predicted[::step, at]
    axes.plot(true, predicted, ".", color=PALETTE[1 + at], alpha=0.5)
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    axes.plot(ends, ends, **LINE)
    axes.set(xlabel="value", ylabel="prediction")
    axes.set_title(f"{shown_names([target.name], LONGEST)[0]}: r2 {target.r2:.3f}", loc="left")


def _draw_errors(axes: Axes, report: Report) -> None:
    """Draw how often which error occurs; of several targets in deviations of each, since their units differ."""
    shown = report.targets[:MOST_TARGETS]
    for at, name in enumerate(shown_names([target.name for target in shown], LONGEST)):
        error = report.predicted[:, at] - report.true[:, at]
        deviation = float(report.true[:, at].std()) or 1.0
        scaled = error / deviation if len(shown) > 1 else error
        axes.hist(scaled, bins=40 // len(shown) + 10, histtype="step", color=PALETTE[1 + at], lw=1.6, label=name)
    axes.axvline(0, **LINE)
    unit = ", in standard deviations of the values" if len(shown) > 1 else ""
    left = len(report.targets) - len(shown)
    axes.set(xlabel=f"prediction - value{unit}", ylabel=f"rows; {left} more targets not shown" if left else "rows")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=MOST_TARGETS, borderaxespad=0)


def _draw_importance(axes: Axes, report: Report) -> None:
    shown = report.importance[:MOST_BARS]
    names = shown_names([one.feature for one in shown], LONGEST)
    _bars(axes, names, {"": [one.mean for one in shown]}, [one.spread for one in shown])
    some = f": {MOST_BARS} of {len(report.importance)} features" if len(report.importance) > MOST_BARS else ""
    axes.set_title(f"Importance{some}", loc="left")
    axes.set_xlabel(f"how much worse {report.measured_by} gets\nif a feature is shuffled")
