"""Lines of styled text that fit the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

MAX_NAME = 26  # characters of the name of a metric or a layer


def styled_text(*pieces: str | tuple[str, str]) -> Text:
    """Return one line from texts and pairs of text and style."""
    from rich.text import Text

    return Text.assemble(*pieces, no_wrap=True, overflow="crop", end="")


def fit_lines(lines: list[Text], width: int, height: int) -> list[Text]:
    """Return at most `height` lines; one that is too wide ends in "…"."""
    for line in lines:
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
    return lines[:height]


def shorten(text: str, width: int) -> str:
    """Return a text that ends in "…" if it is wider than `width` characters."""
    line = styled_text(text)
    line.truncate(width, overflow="ellipsis")
    return line.plain


def name_column(names: list[str]) -> int:
    """Return how wide a column of names is."""
    from rich.cells import cell_len

    return max(min(max(map(cell_len, names)), MAX_NAME), 10)


def fit_name(text: str, width: int) -> str:
    """Return a name as wide as its column."""
    from rich.cells import set_cell_size

    return set_cell_size(shorten(text, width), width)
