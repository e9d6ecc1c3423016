"""Layer statistics over the epochs: dead units, gradient norm, update to weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoo_core.display.plots._line_labels import LineLabel, distinct_names, label_lines
from zoo_core.display.plots._style import MARKERS, PALETTE, colours, new_figure, plain_log_scale, styled, whole_epochs
from zoo_core.display.text import printable
from zoo_core.errors import UsageError
from zoo_core.model.records import USUAL_UPDATES, Points, metric_points
from zoo_core.parts import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {  # by the name of a statistic in a record
    "dead_units": "dead units (share)",
    "gradient_norm": "gradient norm",
    "update_ratio": "update to weight",
}
HEIGHT = 2.2  # inches of a panel
LABEL_INCHES = 0.165


@styled
def layer_statistics(name: str, records: Sequence[Record], layers: Sequence[str]) -> Figure:
    """Draw the statistics of each layer at the last step of each epoch; `layers` are the names of the activations.

    Gradient norms and updates have logarithmic axes, where a triangle at the lower edge marks a zero. Raises UsageError
    if the records hold no statistics.
    """
    curves = {key: [metric_points(records, f"layers.{at}.{key}") for at in range(len(layers))] for key in PANELS}
    if not any(values for panel in curves.values() for _, values in panel):
        raise UsageError(
            f"{printable(name)}: its history holds no layer statistics; to keep them, train with "
            "`[training] layer_statistics = true` in the spec"
        )
    height = max(HEIGHT, LABEL_INCHES * len(layers) + 0.4)
    figure = new_figure(8.0, 1.0 + height * len(PANELS))
    grid = figure.subplots(len(PANELS), 1, sharex=True)
    labels = distinct_names([f"layers.{at} {layer}" for at, layer in enumerate(layers)], 26)
    for axes, (key, label) in zip(grid, PANELS.items(), strict=True):
        axes.set_ylabel(label)
        _draw_statistic(axes, key, curves[key])
    whole_epochs(grid[-1])
    for axes, panel in zip(grid, curves.values(), strict=True):  # the limits of the axes are now final
        label_lines(axes, _end_labels(labels, panel), height - 0.3)
    grid[-1].set_xlabel("epoch (values of its last step)")
    figure.suptitle(f"Layers of {printable(name)}", x=0.01, ha="left", fontsize=11)
    return figure


def _draw_statistic(axes: Axes, key: str, panel: Sequence[Points]) -> None:
    if not any(values for _, values in panel):
        missing = "no layer has an activation that can be 0 for all rows" if key == "dead_units" else "not recorded"
        axes.text(0.5, 0.5, missing, transform=axes.transAxes, ha="center", va="center", color="#606060")
    is_log = key != "dead_units" and any(value > 0 for _, values in panel for value in values)
    for at, (epochs, values) in enumerate(panel):
        colour, marker, every = layer_colours(len(panel))[at], MARKERS[at % len(MARKERS)], max(len(epochs) // 6, 1)
        shown = [value if value > 0 or not is_log else math.nan for value in values]
        place = (at * every // len(panel), every)
        axes.plot(epochs, shown, markevery=place, color=colour, marker=marker, label=f"layers.{at}")
        zeros = [epoch for epoch, value in zip(epochs, shown, strict=True) if math.isnan(value)]
        if zeros:
            edge = {"transform": axes.get_xaxis_transform(), "marker": "v", "ls": "", "label": "zero"}
            axes.plot(zeros, [0.03] * len(zeros), color=colour, **edge)  # type: ignore[arg-type]
            axes.set_title("triangle at the lower edge: zero", loc="left", fontsize=9)
    if key == "dead_units":
        axes.set_ylim(-0.04, 1.04)
    elif is_log:
        plain_log_scale(axes)
    if key == "update_ratio":
        axes.axhspan(*USUAL_UPDATES, color="#e8e8e8", zorder=0)
        axes.set_title("grey: usual, about 0.001", loc="right", fontsize=9)


def _end_labels(names: Sequence[str], panel: Sequence[Points]) -> list[LineLabel]:
    found = []
    for at, (name, (epochs, values)) in enumerate(zip(names, panel, strict=True)):
        if epochs:
            colour = layer_colours(len(panel))[at]
            found.append(LineLabel(name, epochs[-1], values[-1], colour, MARKERS[at % len(MARKERS)]))
    return found


def layer_colours(count: int) -> list[str]:
    """Return a colour for each layer; those of many layers go from dark to light in their order."""
    if count <= len(PALETTE):
        return colours(count)
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["viridis"](0.9 * at / (count - 1))) for at in range(count)]
