"""What the comment at the top of source code says of a model, as it may stand in a comment of C or JavaScript."""

from __future__ import annotations

import textwrap
from typing import Any

from zoo_plugins.exporters._about import plain, sentences

WIDTH = 96  # of a line
MANY = 60  # columns, or categories of one, that are listed


def comment(text: str) -> str:
    """Return a text that ends no comment, also where three characters stand for another one, or in a web page."""
    return " ".join(plain(text).replace("??", "? ? ").replace("<", "< ").split())


def about_lines(model: Any) -> list[str]:
    """Return what a model is and what it takes, in lines."""
    found = [comment(sentence) for sentence in sentences(model)]
    return [line for text in found for line in textwrap.wrap(text, WIDTH)] + ["", *_inputs(model)]


def _inputs(model: Any) -> list[str]:
    """Return the inputs in their order, with kinds and categories."""
    about = model.about
    columns = about.described_columns
    if about.image_shape is not None:
        height, width, *_ = about.image_shape
        return [f"A row is a picture of {height} x {width} pixels, one line of pixels after the other."]
    if not columns:
        names = about.feature_names or []
        named = [f"{at:4}  {comment(name)}" for at, name in enumerate(names[:MANY])]
        return _listed(named, len(names)) if named else [f"A row is {about.inputs} numbers."]
    return _listed([line for at, c in enumerate(columns[:MANY]) for line in _column(at, c)], len(columns))


def _listed(lines: list[str], count: int) -> list[str]:
    more = [f"      and {count - MANY} more"] if count > MANY else []
    return ["A row is these numbers, in this order; NaN stands for a missing value:", "", *lines, *more]


def _column(at: int, column: Any) -> list[str]:
    kinds = {"boolean": "0 or 1", "date": "a date, in seconds since 1970-01-01, UTC", "number": "a number"}
    if column.kind != "category":
        return [f"{at:4}  {comment(column.name)}: {kinds[column.kind]}"]
    names = [f"{place} {comment(text)}" for place, text in enumerate(column.categories[:MANY])]
    names += ["..."] if len(column.categories) > MANY else []
    text = f"{at:4}  {comment(column.name)}: a category, one of {', '.join(names)}; -1 for any other"
    return textwrap.wrap(text, WIDTH, subsequent_indent="      ")
