"""The functions of a written module that turn rows with texts and dates into numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo_core.parts import Column
from zoo_plugins.exporters._about import plain

SOURCE = '''CATEGORIES = {{
{categories}
}}
DATES = {dates}


def numbers(x):
    """Return rows as numbers, in the order of the columns: {names}.

    In these columns, counted from 0, the text of a category becomes its place in CATEGORIES, -1 if it
    is unknown. A date (a datetime, or a text such as "2024-05-31") becomes seconds since 1970. None and
    NaN stand for a missing value. An array of numbers is taken as it is.
    """
    if isinstance(x, np.ndarray) and x.dtype != object and x.dtype.kind in "biuf":
        return x
    rows = np.array(x, object)
    return np.array([[_number(value, at) for at, value in enumerate(row)] for row in rows], float)


def _number(value, column):
    if value is None or value != value:
        return np.nan
    if isinstance(value, str) and column in CATEGORIES:
        return CATEGORIES[column].index(value) if value in CATEGORIES[column] else -1
    if column in DATES and not isinstance(value, (int, float)):
        return np.datetime64(value, "s").astype(float)
    return value'''


def needs_numbers(columns: Sequence[Column]) -> bool:
    """Return whether a model was trained on columns that hold texts or dates."""
    return any(column.kind in ("category", "date") for column in columns)


def source(columns: Sequence[Column]) -> str:
    """Return the text of `numbers` for the columns of a model."""
    found: dict[int, Any] = {at: c.categories for at, c in enumerate(columns) if c.kind == "category"}
    lines = [f"    {at}: {list(texts)!r},  # {plain(columns[at].name)}" for at, texts in found.items()]
    dates = [at for at, column in enumerate(columns) if column.kind == "date"]
    names = ", ".join(plain(column.name) for column in columns)
    return SOURCE.format(categories="\n".join(lines), dates=dates, names=names)
