"""Names of classes, features and targets in plots: short, visible and distinct."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoo_core.display.plots._fonts import unshown
from zoo_core.display.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LABELS = 40  # on one axis
MAX_NAME = 30  # characters


def shown_names(names: Sequence[str], longest: int = MAX_NAME) -> list[str]:
    """Return names for a plot. They are numbered where they look alike: boxes, or cut names."""
    shown, missing = [_shortened(printable(name), longest) for name in names], unshown(names)
    if missing or len(set(shown)) < len(set(names)):
        return [f"{at}: {name}" for at, name in enumerate(shown)]
    return shown


def _shortened(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest // 2]}…{name[1 - longest // 2 :]}"


def label_classes(axes: Axes, names: Sequence[str], most: int = MAX_LABELS) -> None:
    """Write the names of classes, or some of many, at both axes of a confusion matrix."""
    step = math.ceil(len(names) / most)
    places = range(0, len(names), step)
    shown = [names[at] for at in places]
    rotated = max(map(len, names)) > 3
    axes.set_xticks(places, shown, rotation=45 if rotated else 0, ha="right" if rotated else "center")
    axes.set_yticks(places, shown)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.grid(visible=False)
    axes.tick_params(length=0)
