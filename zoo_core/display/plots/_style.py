"""What all plots share: colours, style, and writing a figure to a file.

Matplotlib is imported inside functions. Only its object-oriented interface is used: no window, no global figure.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from zoo_core.display.plots._fonts import FIRST, font_warning, fonts_for
from zoo_core.display.plots._own_pictures import is_own_picture, with_mark
from zoo_core.errors import UsageError
from zoo_core.storage import write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, Color Universal Design (2008), from dark to light, without yellow, which is too light on white.
PALETTE = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = {"train": "--", "validation": ":", "test": "-"}
RING: dict[str, Any] = {"marker": "o", "markersize": 11, "mfc": "none", "mew": 1.6, "ls": ""}  # marks the saved epoch
ENDINGS = {  # metadata that would make two files of the same figure differ are switched off
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
STYLE: dict[str, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.0,
    "text.parse_math": False,  # a name with dollar signs is a name
    "svg.hashsalt": "zoo",
    "pdf.fonttype": 42,
    "savefig.dpi": 150,
    "figure.constrained_layout.use": True,
}
MISSING_GLYPH = re.compile(r"Glyph (\d+) .* missing from font")

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def style() -> Iterator[None]:
    """Use the zoo's style inside the block; the user's own settings of Matplotlib have no effect there."""
    import numpy as np

    matplotlib = _matplotlib()
    with matplotlib.rc_context(), np.errstate(all="ignore"):  # a history may hold numbers that overflow on an axis
        matplotlib.rcdefaults()
        settings: Any = matplotlib.rcParams
        settings.update(STYLE)
        settings["font.sans-serif"] = [FIRST]
        yield


def _matplotlib() -> Any:
    """Import Matplotlib without `MPLBACKEND`: no window is opened, and a name that it does not know is an error."""
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    return matplotlib


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function draw in the zoo's style."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return function(*args, **kwargs)

    return wrapper


def new_figure(width: float, height: float, layout: Any = None) -> Figure:
    """Return an empty figure without a window; width and height are in inches. With "none" it does no layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = _figure_class()(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


@cache
def _figure_class() -> type[Figure]:
    """Return the class of figures that a notebook shows, also without pyplot."""
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure that IPython shows as the zoo would save it."""

        def _repr_png_(self) -> bytes:
            return _rendered(self, ".png", {})[0]

    return ShownFigure


def colours(count: int) -> list[str]:
    """Return colours that differ as much as possible, also in lightness; after seven they repeat."""
    if count == 1:
        return [PALETTE[1]]
    if count >= len(PALETTE):
        return [PALETTE[at % len(PALETTE)] for at in range(count)]
    return [PALETTE[round(at * (len(PALETTE) - 1) / (count - 1))] for at in range(count)]


def is_wide(values: Sequence[float]) -> bool:
    """Return whether values need a logarithmic axis."""
    return bool(values) and min(values) > 0 and max(values) > 100 * min(values)


def whole_epochs(axes: Axes) -> None:
    """Let the ticks of the x axis stand at whole epochs, the first of which is 1. The data must be drawn."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(left=max(axes.get_xlim()[0], 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def plain_log_scale(axes: Axes) -> None:
    """Make the y axis logarithmic, with ticks such as 0.01 instead of powers of ten. The data must be drawn.

    It stays linear where a logarithmic one would show no more: below a factor of 3 it might have no tick at all.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < 3 * low:
        axes.set_yscale("linear")
        return
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def save_figure(
    figure: Figure, path: str | Path, *, overwrite: bool = True, request: str = "", **metadata: str
) -> list[str]:
    """Write a figure as .png, .svg or .pdf, atomically; the same figure gives the same bytes.

    `metadata` are named texts to store in the file, such as Description for .png. A `request` says what the figure was
    made for: without `overwrite`, a file is replaced only if it is unchanged since it was written for the same request.
    Returns warnings about characters that no font shows.

    Raises UsageError for another ending, or if the file may not be replaced, ResourceError if it cannot be written.
    """
    path = Path(path)
    check_ending(path)
    ending = path.suffix.lower()
    content, missing = _rendered(figure, ending, metadata)
    if request:
        content = with_mark(content, ending, request)
    write_file(path, content, overwrite=lambda: overwrite or (bool(request) and is_own_picture(path, request)))
    return [font_warning(figure, missing)] if missing else []


def _rendered(figure: Figure, ending: str, metadata: Mapping[str, str]) -> tuple[bytes, set[str]]:
    """Return a figure as the bytes of a file, and the characters that no installed font shows."""
    content, missing = _render(figure, ending, metadata, [FIRST])
    if not missing:
        return content, missing
    fonts, unshown = fonts_for(missing)
    return _render(figure, ending, metadata, fonts)[0], unshown


def _render(figure: Figure, ending: str, metadata: Mapping[str, str], fonts: list[str]) -> tuple[bytes, set[str]]:
    """Return a figure as the bytes of a file, and the characters that are in none of the fonts."""
    buffer, missing = io.BytesIO(), set()
    with style(), warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", MISSING_GLYPH.pattern)
        _matplotlib().rcParams["font.sans-serif"] = fonts
        figure.savefig(buffer, format=ending[1:], metadata=ENDINGS[ending] | dict(metadata))
    for warning in caught:
        if match := MISSING_GLYPH.match(str(warning.message)):
            missing.add(chr(int(match[1])))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return buffer.getvalue(), missing


def check_ending(path: Path) -> None:
    """Raise UsageError unless a path has the ending of a picture."""
    if path.suffix.lower() not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise UsageError(f"{path}: a plot is written as {known}; give the file one of these endings")
