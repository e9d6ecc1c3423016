"""Contact sheets: all parts of a kind in one picture, each in a panel of the same scale.

The picture's metadata holds the drawn numbers. So a test can tell whether it is current, whatever library drew it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.display.plots import new_figure, save_figure, styled
from zoo_core.display.samples import sample_activation, sample_schedule
from zoo_core.parts import Array
from zoo_core.registry import Entry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 6
PANEL = (1.55, 1.6)  # inches
MARKED = 17  # points of each line kept in the metadata
EPOCHS, STEPS = 20, 100
VALUE, SLOPE = "#0072B2", "#D55E00"  # differ in lightness too, and in dashes

Lines = dict[str, tuple[Array, Array]]


@dataclass(frozen=True)
class Sheet:
    """The panels of a kind: the limits of both axes, their ticks, and the caption of the picture."""

    x: tuple[float, float]
    y: tuple[float, float]
    ticks: tuple[Sequence[float], Sequence[float]]
    caption: str


SHEETS = {
    "activation": Sheet(
        (-4, 4),
        (-4, 4),
        ((-4, 0, 4), (-4, 0, 4)),
        "Solid: f(z). Dashed: its derivative. Both axes from -4 to 4; options as they are by default. Where the values "
        "of a row mix, the first of three outputs against its own input, the others held at 1 and 0; where an output "
        "comes from several inputs, against the last of them, the others held at 1.",
    ),
    "schedule": Sheet(
        (0, EPOCHS),
        (0, 1.05),
        ((0, 10, 20), (0, 0.5, 1)),
        f"The learning rate over {EPOCHS} epochs, as a share of its largest value; options as they are by default. "
        "What reacts to metrics of the run is drawn before it reacts.",
    ),
}


def sheet(kind: str, entries: Sequence[Entry]) -> dict[str, Lines]:
    """Return what to draw of each part of a kind: named lines of (xs, ys)."""
    draw = {"activation": _activation, "schedule": _schedule}[kind]
    with np.errstate(all="ignore"):
        return {entry.name: draw(entry.part()) for entry in entries if entry.kind == kind}


def _activation(part: Any) -> Lines:
    found = sample_activation(part)
    return {"f": (found.inputs, found.outputs[:, 0]), "f'": (found.inputs, found.slopes[:, 0])}


def _schedule(part: Any) -> Lines:
    found = sample_schedule(part, EPOCHS, STEPS)
    return {"rate": (found.times, found.rates / found.rates.max())}


def marks(panels: Mapping[str, Lines]) -> dict[str, dict[str, list[float | None]]]:
    """Return a few points of each line, enough to recognize a curve; None where the curve has a gap."""
    return {
        name: {line: [_mark(x, xs, ys) for x in _places(xs)] for line, (xs, ys) in lines.items()}
        for name, lines in panels.items()
    }


def _places(xs: Array) -> Array:
    """Return abscissas that avoid the points where functions usually jump, such as 0."""
    edges = np.linspace(xs[0], xs[-1], MARKED + 1)
    places: Array = edges[:-1] + 0.37 * np.diff(edges)
    return places


def _mark(x: float, xs: Array, ys: Array) -> float | None:
    value = ys[np.abs(xs - x).argmin()]
    return float(f"{value:.4g}") if np.isfinite(value) else None


@styled
def save_sheet(kind: str, panels: Mapping[str, Lines], path: Path) -> None:
    """Draw a sheet into a .png file."""
    look, rows = SHEETS[kind], -(-len(panels) // COLUMNS)
    figure = new_figure(COLUMNS * PANEL[0], rows * PANEL[1])
    grid = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (name, lines) in zip(grid, panels.items(), strict=False):
        _panel(axes, name, lines, look)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    save_figure(figure, path, Description=json.dumps(marks(panels)))


def _panel(axes: Axes, name: str, lines: Lines, look: Sheet) -> None:
    axes.axhline(0, color="#808080", lw=0.6)
    for (xs, ys), colour, dashes in zip(lines.values(), (VALUE, SLOPE), ("-", "--"), strict=False):
        axes.plot(xs, ys, color=colour, ls=dashes, lw=1.5)
    axes.set(xlim=look.x, ylim=look.y, xticks=look.ticks[0], yticks=look.ticks[1], box_aspect=1)
    axes.tick_params(labelsize=7, length=2)
    axes.set_title(name, fontsize=8.5)
