"""Labels beside the ends of lines, and names that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import numpy as np

from zoo_core.display.plots._fonts import unshown
from zoo_core.display.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE_INCHES = 0.165  # height of a label
OFFSET = 0.03  # from the axes to the labels, as a share of their width


@dataclass(frozen=True)
class LineLabel:
    """A text for the end of a line, which is at (x, y) in the data."""

    text: str
    x: float
    y: float
    colour: str
    marker: str = ""


def distinct_names(names: Sequence[str], limit: int) -> list[str]:
    """Return names of at most `limit` columns. Of long ones that differ in the middle only, the middle stays.

    Equal names are numbered.
    """
    full = [printable(name) for name in names]
    shown = [_without_middle(name, limit) for name in full]
    for short in _repeated(shown):
        group = {name for name, text in zip(full, shown, strict=True) if text == short}
        start = max(_common_beginning(group) - 3, 0)
        shown = [
            _without_end("…" + name[start:], limit) if name in group and len(group) > 1 else text
            for name, text in zip(full, shown, strict=True)
        ]
    return _numbered(shown, limit)


def _common_beginning(texts: Collection[str]) -> int:
    """Return how many characters all texts begin with."""
    return next((at for at, found in enumerate(zip(*texts, strict=False)) if len(set(found)) > 1), min(map(len, texts)))


def _repeated(texts: Sequence[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


def _numbered(names: Sequence[str], limit: int) -> list[str]:
    """Return names with a number after each one that looks like another."""
    boxes = dict.fromkeys(map(ord, unshown(names)), "\N{WHITE SQUARE}")  # characters without a font look alike
    looks = [name.translate(boxes) for name in names]
    repeated, seen, found = set(_repeated(looks)), Counter[str](), []
    for name, look in zip(names, looks, strict=True):
        seen[look] += 1
        number = f" ({seen[look]})" if look in repeated else ""
        found.append(_without_end(name, limit - len(number)) + number)
    return found


def _without_middle(name: str, limit: int) -> str:
    if _width(name) <= limit:
        return name
    half = max(len(name) * limit // _width(name) // 2 - 1, 1)
    return f"{name[:half]}…{name[-half:]}"


def _without_end(name: str, limit: int) -> str:
    if _width(name) <= limit:
        return name
    return name[: max(len(name) * limit // _width(name) - 1, 1)] + "…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def label_lines(axes: Axes, labels: Sequence[LineLabel], height: float) -> None:
    """Write each label at the right of the axes, near the end of its line; none covers another.

    `height` is that of the axes in inches. The limits of the axes must be final.
    """
    if not labels:
        return
    axes.get_xlim(), axes.get_ylim()  # these compute limits that are still open
    to_axes = axes.transData + axes.transAxes.inverted()
    with np.errstate(all="ignore"):  # a logarithmic axis has no place for zero
        ends = to_axes.transform([(label.x, label.y) for label in labels])
    ends = np.clip(np.nan_to_num(ends, nan=0.0), 0, 1)
    for label, end, y in zip(labels, ends, spread(ends[:, 1], LINE_INCHES / height), strict=True):
        arrow = {"arrowstyle": "-", "color": label.colour, "lw": 0.8, "ls": ":", "shrinkA": 0, "shrinkB": 0}
        axes.annotate(
            label.text, end, (1 + 2 * OFFSET, y), xycoords="axes fraction", textcoords="axes fraction",
            va="center", fontsize=9, arrowprops=arrow | {"relpos": (0, 0.5)}, annotation_clip=False,
        )  # fmt: skip
        axes.plot(
            [1 + OFFSET], [y], transform=axes.transAxes, clip_on=False, color=label.colour, marker=label.marker or "_"
        )


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Return places from 0 to 1 that are at least `gap` apart, in the same order and as near as possible.

    This is isotonic regression by its min-max formula; see Robertson, Wright and Dykstra, "Order Restricted
    Statistical Inference" (1988), section 1.4. More labels than fit stand closer than `gap`.
    """
    order = np.argsort(places, kind="stable")
    gap = min(gap, 1 / max(len(order) - 1, 1))
    z = np.asarray(places, float)[order] - gap * np.arange(len(order))
    ends = range(1, len(z) + 1)
    fitted = [max(min(z[j:k].mean() for k in ends if k > i) for j in range(i + 1)) for i in range(len(z))]
    moved = np.clip(fitted, 0, 1 - gap * (len(z) - 1)) + gap * np.arange(len(z))
    found = np.empty(len(z))
    found[order] = moved
    return [float(place) for place in found]
