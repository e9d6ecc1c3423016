"""What the columns of a table mean: checks of a description, and the codes of one table in those of another."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zoo_core.data.labels import LabelIndex
from zoo_core.parts import Array, Column, Preprocessor

MAX_CATEGORIES = 10_000  # of a column
MAX_LETTERS = 1000  # of a category
KINDS = ("number", "category", "boolean", "date")
ORDERS = ("", "dmy", "mdy")
_BARE = re.compile("[A-Za-z0-9_-]+")  # keys that need no quotes in TOML
UNKNOWN = -1  # the code of a category that a column lacks


def column_line(name: str, kind: str) -> str:
    """Return the line of a spec that says the kind of a column, such as 'age = "number"'."""
    key = name if _BARE.fullmatch(name) else _toml_text(name)
    return f"{key} = {_toml_text(kind)}"


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def columns_fault(columns: Sequence[Column], features: int) -> str:
    """Return what is wrong with the description of the columns of a table, or ''."""
    if len(columns) not in (0, features):
        return f"describes {len(columns)} columns of {features}"
    if len({column.name for column in columns}) < len(columns):
        return "describes two columns of one name"
    faults = (fault for column in columns if (fault := _column_fault(column)))
    return next(faults, "")


def _column_fault(column: Column) -> str:
    texts, shown = column.categories, repr(column.name)[:60]
    if column.kind not in KINDS or column.order not in ORDERS:
        return f"gives column {shown} the kind {column.kind!r:.40} and the order {column.order!r:.40}"
    if (texts and column.kind != "category") or (column.order and column.kind != "date"):
        return f"gives column {shown}, a {column.kind}, categories or an order of dates"
    if len(texts) > MAX_CATEGORIES or any(len(text) > MAX_LETTERS for text in texts):
        return f"gives column {shown} more than {MAX_CATEGORIES:,} categories, or one of over {MAX_LETTERS} letters"
    return f"gives column {shown} a category twice" if len(set(texts)) < len(texts) else ""


def values_fault(x: Array, columns: Sequence[Column]) -> str:
    """Return the first value of a table that its columns cannot have, or ''."""
    for at, column in enumerate(columns):
        with np.errstate(invalid="ignore"):
            wrong = np.isinf(x[:, at]) if x.dtype.kind == "f" else np.zeros(len(x), bool)
            if column.kind == "category":
                wrong |= (x[:, at] % 1 != 0) & ~np.isnan(x[:, at])
                wrong |= (x[:, at] < UNKNOWN) | (x[:, at] >= len(column.categories))
            elif column.kind == "boolean":
                wrong |= (x[:, at] != 0) & (x[:, at] != 1) & ~np.isnan(x[:, at])
        if wrong.any():
            row = int(np.argmax(wrong))
            return f"gives {x[row, at]:g} in the {column.kind} {column.name!r}, row {row} (from 0)"
    return ""


def recoded(x: Array, given: Sequence[Column], wanted: Sequence[Column]) -> Array:
    """Return a table with the codes of its categories changed to those of other columns.

    Args:
        x: shape (rows, columns).
        given: what its columns are.
        wanted: the columns of a model; a category that they lack becomes -1.
    """
    changed = [
        (at, _new_codes(a, b))
        for at, (a, b) in enumerate(zip(given, wanted, strict=True))
        if a.kind == b.kind == "category" and a.categories != b.categories
    ]
    out = x.copy() if changed else x
    for at, codes in changed:
        known = ~np.isnan(x[:, at])
        out[known, at] = codes[x[known, at].astype(np.intp)]  # -1 takes the last one
    return out


def input_columns(preprocessor: Preprocessor, columns: Sequence[Column]) -> Sequence[Column]:
    """Return what the inputs of a model mean, as they are read: a category that would be refused has its text still."""
    if not preprocessor.refuses_unknown:
        return columns
    return [replace(column, refuses_unknown=column.kind == "category") for column in columns]


def _new_codes(given: Column, wanted: Column) -> Array:
    """Return the new code of each category, and of an unknown one at the end."""
    found = map(LabelIndex(wanted.categories).find, given.categories)
    return np.array([*(UNKNOWN if code is None else code for code in found), UNKNOWN], np.float64)
