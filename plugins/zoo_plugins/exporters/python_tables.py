"""The functions of a written module that turn rows with names, texts and dates into numbers, as the model does."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any

from zoo_core.data.readers import dates
from zoo_core.data.readers.date_orders import FORMS as DATE_FORMS
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.values import TRUTHS
from zoo_core.parts import Column

NUMBERS = '''def numbers(x):
    """Return rows as numbers, in the order of COLUMNS.

    A frame, a mapping of columns or a list of mappings gives its columns by name, and may have others.
    Rows without names have the columns in their order. An array of numbers holds a category by its place
    in CATEGORIES, -1 if it is unknown, and a date in seconds since 1970. In all others a category is its
    text, and a date a datetime or a text. None, NaN and the texts in MISSING stand for a missing value.
    """
    columns = _columns(x)
    if columns is None:
        rows = np.asarray(x)
        if rows.ndim != 2 or rows.shape[1] != len(COLUMNS):
            raise ValueError(f"x has shape {rows.shape}; give (rows, {len(COLUMNS)})")
        if rows.dtype.kind in "biuf":
            return _checked(rows.astype(float))
        columns = (x if isinstance(x, np.ndarray) else np.array(x, object)).T
    read = [_numbers(name, np.asarray(values)) for name, values in zip(COLUMNS, columns)]
    return _checked(np.column_stack(read))


def _columns(x):
    """Return the columns of x in the order of COLUMNS, or None for rows without names."""
    if isinstance(x, (list, tuple)) and x and all(isinstance(row, Mapping) for row in x):
        x = {name: [row[name] for row in x] for name in COLUMNS if all(name in row for row in x)}
    elif isinstance(x, Mapping) and all(isinstance(v, str) or np.ndim(v) == 0 for v in x.values()):
        x = {name: [value] for name, value in x.items()}
    x = x.collect() if hasattr(type(x), "collect") else x
    if isinstance(x, np.ndarray):
        names = x.dtype.names
    elif isinstance(x, Mapping):
        names = list(x)
    else:
        names = next((getattr(x, a) for a in ("column_names", "columns") if hasattr(type(x), a)), None)
    if names is None:
        return None
    own = {str(name): name for name in names}
    if missing := [name for name in COLUMNS if name not in own]:
        raise ValueError(f"x lacks the columns {missing}; it has {list(own)}")
    return [x[own[name]] for name in COLUMNS]


def _numbers(name, values):
    """Return the values of a column as numbers."""
    read, what = READERS[name]
    if values.ndim != 1:
        raise ValueError(f"column {name!r} has shape {values.shape}, not (rows,)")
    if values.dtype.kind == "M" and "date" in what:
        micro = values.astype("datetime64[us]")
        return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 1e6)
    if values.dtype.kind in "iuf" and name not in CATEGORIES:
        return values.astype(float)
    cells = values.tolist()
    if "date" in what and not any(isinstance(cell, (str, bytes)) for cell in cells):
        read = read_date
    texts = [_text(name, cell) for cell in cells]
    found = {text: np.nan if text is None else read(text) for text in dict.fromkeys(texts)}
    for text in found:
        if found[text] is None:
            raise ValueError(f"column {name!r}: {text!r} is no {what}")
    return np.array([found[text] for text in texts], float)


def _text(name, value):
    """Return a value as a text, None for a missing one; a whole number has no point."""
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if isinstance(value, str):
        return None if value.strip() in MISSING else value.strip()
    if type(value).__name__ in ("NoneType", "NAType", "NaTType"):
        return None
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if not isinstance(value, (int, float, np.generic)):
        raise ValueError(f"column {name!r}: {value!r} is neither number, text nor date")
    if value != value:
        return None
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value) if is_whole else value)


def _decimal(text):
    """Return the number that a text is, NaN for a mark in place of one, or None."""
    if text in MARKS:
        return np.nan
    text = {"true": "1", "false": "0"}.get(text.lower(), text.replace("\\u2212", "-"))
    if not re.fullmatch(r"[+-]?\\s{0,2}([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    found = float("".join(text.split()))
    return found if np.isfinite(found) else None


def _checked(rows):
    """Return rows of numbers. Raise ValueError for one that its column cannot have."""
    for name, column in zip(COLUMNS, rows.T):
        given = column[~np.isnan(column)]
        allowed = np.isin(given, CODES[name]) if name in CODES else ~np.isinf(given)
        if not allowed.all():
            raise ValueError(f"column {name!r} cannot have the number {given[~allowed][0]:g}")
    return rows'''
PLACES = '''def _place(name, text):
    """Return the place of a category, -1 for an unknown one; 7.0 is 7, and TRUE is True, where all are such."""
    known = CATEGORIES[name]
    if text in known:
        return known.index(text)
    lower, whole = [other.lower() for other in known], [_whole(other) for other in known]
    if set(lower) <= {"true", "false"}:
        return lower.index(text.lower()) if text.lower() in lower else -1
    value = {"True": 1, "False": 0}.get(text, _whole(text))
    is_known = value in whole and None not in whole and len(set(whole)) == len(whole)
    return whole.index(value) if is_known else -1


def _whole(text):
    found = re.fullmatch(r"([+-]?[0-9]{1,18})|([+-]?[0-9]{1,15})\\.0*", text)
    return int(found[1] or found[2]) if found else None'''


def columns_of(model: Any) -> list[Column]:
    """Return the columns of a model that have names; those that are not described are numbers."""
    about = model.about
    names = about.feature_names if len(set(about.feature_names)) == len(about.feature_names) else []
    return list(about.described_columns) or [Column(name) for name in names]


def imports(columns: Sequence[Column]) -> list[str]:
    """Return the lines that import what the functions need."""
    kinds = {column.kind for column in columns}
    found = ["import re", "from collections.abc import Mapping"] if columns else []
    used = "UTC, date, datetime, timedelta, timezone" if "date" in kinds else "date"
    found += [f"from datetime import {used}"] if columns else []
    needed = [name for name, kind in (("cache", "date"), ("partial", "category")) if kind in kinds]
    needed += ["partial"] if needed == ["cache"] else []
    return [*found, *([f"from functools import {', '.join(needed)}"] if needed else [])]


def constants(columns: Sequence[Column], missing: Sequence[str], wrapped: Any) -> str:
    """Return the lists that tell what the columns are; `wrapped` writes a list in lines."""
    categories = [f"    {c.name!r}: {wrapped(list(c.categories))}," for c in columns if c.kind == "category"]
    names = f"COLUMNS = {wrapped([column.name for column in columns])}"
    shown = "\n".join(["CATEGORIES = {", *categories, "}"]) if categories else "CATEGORIES = {}"
    texts = tuple(map(str, missing))
    marks = [mark for mark in TableFormat(missing=texts).no_numbers if mark not in texts]
    gaps = f"MISSING = {list(texts)!r}\nMARKS = {marks!r}  # missing values in columns of numbers"
    return "\n".join([names, shown, gaps])


def functions(columns: Sequence[Column]) -> list[str]:
    """Return the texts of `numbers` and of what it needs."""
    kinds = {column.kind for column in columns}
    found = [NUMBERS, *([PLACES] if "category" in kinds else []), *([_reading_dates()] if "date" in kinds else [])]
    truths = [f"TRUTHS = {TRUTHS!r}"] if "boolean" in kinds else []
    readers = [f"    {column.name!r}: {_reader(column)}," for column in columns]
    codes = [f"    {column.name!r}: {code}," for column in columns if (code := _codes(column))]
    lines = [*truths, "READERS = {", *readers, "}", *(["CODES = {", *codes, "}"] if codes else ["CODES = {}"])]
    return [*found, "\n".join(lines)]


def _reader(column: Column) -> str:
    """Return the function that reads the texts of a column, and what they are."""
    if column.kind == "category":
        return f"(partial(_place, {column.name!r}), 'category')"
    if column.kind == "boolean":
        return "(lambda text: TRUTHS.get(text.lower()), 'truth value such as yes or no')"
    if column.kind == "date":
        return f"(partial(read_date, order={column.order!r}), 'date such as {DATE_FORMS[column.order]}')"
    return "(_decimal, 'number')"


def _codes(column: Column) -> str:
    """Return the numbers that a column may have, or "" for all that are finite."""
    return {"category": f"range(-1, {len(column.categories)})", "boolean": "range(2)"}.get(column.kind, "")


def _reading_dates() -> str:
    """Return the code that reads dates in texts: that of the zoo."""
    text = inspect.getsource(dates)
    kinds = (ast.Import, ast.ImportFrom, ast.Expr)
    first = next(node for node in ast.parse(text).body if not isinstance(node, kinds))
    return "\n".join(text.splitlines()[first.lineno - 1 :])
