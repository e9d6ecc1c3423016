"""The functions of a written module that turn rows with texts and dates into numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo_core.parts import Column
from zoo_plugins.exporters._about import plain

TRUE = ["true", "yes", "t", "y", "on", "1", "1.0"]  # as the readers of tables take them, in any case
FALSE = ["false", "no", "f", "n", "off", "0", "0.0"]
SOURCE = '''CATEGORIES = {{
{categories}
}}
DATES = {dates}
BOOLEANS = {booleans}
TRUE = {true}
FALSE = {false}
MISSING = {missing}


def numbers(x):
    """Return rows as numbers, in the order of the columns: {names}.

    In these columns, counted from 0, the text of a category becomes its place in CATEGORIES, -1 if it
    is unknown. A date (a datetime, or a text such as "2024-05-31") becomes seconds since 1970, a text in
    TRUE 1 and one in FALSE 0. None, NaN and the texts in MISSING stand for a missing value. Rows of
    numbers alone are taken as they are; beside texts, and in a frame, the number 7 is the category "7".
    """
    if isinstance(x, np.ndarray) and x.dtype.kind in "biuf":
        return x
    rows = np.array(x, object)
    is_plain = all(isinstance(value, (int, float, np.number, np.bool_)) for value in rows.flat)
    if is_plain and not hasattr(x, "columns"):
        return rows
    return np.array([[_number(value, at) for at, value in enumerate(row)] for row in rows], float)


def _number(value, column):
    value = value.strip() if isinstance(value, str) else value
    if value is None or value != value or (isinstance(value, str) and value in MISSING):
        return np.nan
    if column in CATEGORIES:
        text = str(value).removesuffix(".0") if isinstance(value, (float, np.floating)) else str(value)
        return CATEGORIES[column].index(text) if text in CATEGORIES[column] else -1
    if column in DATES and not isinstance(value, (int, float)):
        if isinstance(value, str) and not (value[:4].isdigit() and value[4:5] == "-"):
            raise ValueError(f"{{value!r}} is no date such as 2026-01-31 or 2026-01-31 12:30")
        date = np.datetime64(value, "us")
        return np.nan if np.isnat(date) else int(date.astype(np.int64)) / 1_000_000
    if column in BOOLEANS and isinstance(value, str) and value.lower() in TRUE + FALSE:
        return float(value.lower() in TRUE)
    return value'''


def needs_numbers(columns: Sequence[Column]) -> bool:
    """Return whether a model was trained on columns that hold texts, dates or truth values."""
    return any(column.kind in ("category", "date", "boolean") for column in columns)


def source(columns: Sequence[Column], missing: Sequence[str]) -> str:
    """Return the text of `numbers` for the columns of a model, in which some texts stand for a missing value."""
    found: dict[int, Any] = {at: c.categories for at, c in enumerate(columns) if c.kind == "category"}
    lines = [f"    {at}: {list(texts)!r},  # {plain(columns[at].name)}" for at, texts in found.items()]
    dates, booleans = ([at for at, column in enumerate(columns) if column.kind == kind] for kind in ("date", "boolean"))
    names = ", ".join(plain(column.name) for column in columns)
    texts = {"categories": "\n".join(lines), "missing": list(map(str, missing)), "names": names}
    return SOURCE.format(**texts, dates=dates, booleans=booleans, true=TRUE, false=FALSE)
