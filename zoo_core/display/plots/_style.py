"""What all plots share: colours, style, and writing a figure to a file.

Matplotlib is imported inside functions. Only its object-oriented interface is used: no window, no global figure.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from zoo_core.errors import UsageError
from zoo_core.storage import write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, Color Universal Design (2008), from dark to light, without yellow, which is too light on white.
PALETTE = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = {"train": "--", "validation": ":", "test": "-"}
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
WIDE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans",
    "SimHei",
)

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
        settings["font.sans-serif"] = ["DejaVu Sans", *_wide_fonts()]
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


def _wide_fonts() -> list[str]:
    """Return the installed fonts with East Asian characters, which the names of classes may contain."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in WIDE_FONTS if name in installed]


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function draw in the zoo's style."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return function(*args, **kwargs)

    return wrapper


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure without a window; width and height are in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def colours(count: int) -> list[str]:
    """Return colours that differ as much as possible, also in lightness; after seven they repeat."""
    if count == 1:
        return [PALETTE[1]]
    if count >= len(PALETTE):
        return [PALETTE[at % len(PALETTE)] for at in range(count)]
    return [PALETTE[round(at * (len(PALETTE) - 1) / (count - 1))] for at in range(count)]


def plain_log_scale(axes: Axes) -> None:
    """Make the y axis logarithmic, with ticks such as 0.01 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def save_figure(figure: Figure, path: str | Path, *, overwrite: bool = True, **metadata: str) -> None:
    """Write a figure as .png, .svg or .pdf, atomically; the same figure gives the same bytes.

    `metadata` are named texts to store in the file, such as Description for .png. Raises UsageError for another
    ending, or if the file exists and `overwrite` is False, ResourceError if the file cannot be written.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise UsageError(f"{path}: a plot is written as {known}; give the file one of these endings")
    buffer = io.BytesIO()
    with style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the picture shows an empty box for a character that no font has
        figure.savefig(buffer, format=ending[1:], metadata=ENDINGS[ending] | metadata)
    write_file(path, buffer.getvalue(), overwrite=overwrite)
