"""Rows that a caller gives: a pair of arrays, a mapping of arrays, a `Table`, or a frame with a column of targets."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from zoo_core.errors import DataError, Hint, nearest
from zoo_core.model.frames import FrameColumns, frame_columns, is_frame
from zoo_core.parts import Array, Table

Column = str | int  # a column of a frame, by its name or its place; -1 is the last
Target = Column | Sequence[Column] | None
ROW_KEYS = frozenset({"x", "y", "weights", "groups", "times"})
Beside = Mapping[str, Column | None]
NOTHING: Beside = MappingProxyType({})


@dataclass(frozen=True)
class GivenRows:
    """Inputs, targets, weights, groups and times as they were given; `x` and `y` may be frames.

    `names` are those of all columns of the frame that holds them. `kept` is a mask of the rows that have a target,
    where some have none: `y` has no others, `x` and what stands beside it have all.

    Raises DataError if the rows of `x` and of another one have the same names, as in pandas, in another order.
    """

    x: Any
    y: Any
    weights: Any = None
    groups: Any = None
    times: Any = None
    names: Sequence[str] = ()
    kept: Array | None = None

    def __post_init__(self) -> None:
        """Refuse targets, and what else stands beside inputs, of other rows than theirs."""
        beside = {"targets": self.y, "weights": self.weights, "groups": self.groups, "times": self.times}
        for what, other in beside.items():
            if _order_differs(getattr(self.x, "index", None), getattr(other, "index", None)):
                raise DataError(f"{what}: the rows have another order than those of the inputs: give .loc[x.index]")


def _order_differs(own: Any, other: Any) -> bool:
    """Return whether two indexes of pandas name the same rows in another order."""
    if own is None or other is None or not all(hasattr(index, "get_indexer") for index in (own, other)):
        return False
    if own.equals(other) or len(own) != len(other) or not (own.is_unique and other.is_unique):
        return False
    return bool((own.get_indexer(other) >= 0).all())


def given_rows(
    value: Any,
    target: Target | Callable[[], Target],
    beside: Beside | Callable[[], Beside] = NOTHING,
    what: str = "data",
) -> GivenRows:
    """Return the rows that a value holds; of a frame, `target` names the column, or several of them.

    `beside` names the columns of a frame that are weights, groups and times. Both may be functions, which are asked
    where the value is a frame.

    Raises DataError for a value of another form, and for a frame whose target is not named.
    """
    if isinstance(value, Table):
        return GivenRows(value.x, value.y, value.weights, value.groups, value.times)
    if isinstance(value, Mapping) and (target is None or callable(target)) and {"x", "y"} <= set(value) <= ROW_KEYS:
        return GivenRows(**value)
    if isinstance(value, (tuple, list)) and not is_frame(value) and len(value) in (2, 3):
        return GivenRows(*value)
    if is_frame(value):
        named = target() if callable(target) else target
        return _rows_of_frame(value, named, beside() if callable(beside) else beside, what)
    form = f"a {type(value).__name__}" + (f" of {len(value)}" if isinstance(value, (tuple, list)) else "")
    raise DataError(f"{what}: give (x, y), (x, y, weights), a mapping of these, a Data, or a frame, not {form}")


def _rows_of_frame(frame: Any, target: Target, beside: Beside, what: str) -> GivenRows:
    columns = frame_columns(frame)
    if target is None:
        other = next((name for name in columns if name not in ROW_KEYS), "") if {"x", "y"} <= set(columns) else ""
        more = f"; beside x and y a mapping has groups, times or weights, not {other!r}" if other else ""
        raise DataError(f"{what}: a frame of {len(columns)} columns, and none is named as target{more}", Hint("target"))
    wanted = [target] if isinstance(target, (str, int)) else list(target)
    names = [_column_name(columns, column, what) for column in wanted]
    own = {key: _column_name(columns, column, what) for key, column in beside.items() if column is not None}
    x = columns.only(name for name in columns if name not in (*names, *own.values()))
    if not x:
        raise DataError(f"{what}: has no column beside the target")
    beside_x = {key: columns[name] for key, name in own.items()}
    return GivenRows(x, columns.only(names), **beside_x, names=tuple(columns))


def with_targets(rows: GivenRows, missing: Sequence[str], what: str) -> GivenRows:
    """Return rows of which those without a target are to be left out, as those of a file are; a warning counts them.

    This holds for the rows of a frame, whose texts `missing` are no targets. In an array a missing target is an error,
    which is found later.
    Raises DataError if no row has a target.
    """
    if not is_frame(rows.x):
        return rows
    try:
        y = frame_columns(rows.y) if is_frame(rows.y) else np.asarray(rows.y)
    except ValueError:  # no array, which is refused later
        return rows
    columns = list(y.values()) if isinstance(y, FrameColumns) else [y]
    if any(not column.size or not column.ndim or len(column) != len(columns[0]) for column in columns):
        return rows  # which is refused later
    kept = ~_without_target(columns, missing)
    if kept.all():
        return rows
    if not kept.any():
        raise DataError(f"{what}: none of the {len(kept)} rows has a target")
    count, first = len(kept) - int(kept.sum()), int(np.argmin(kept))
    text = f"{what}: {count} row(s) without a target are left out; the first is row {first} (from 0)"
    warnings.warn(text, UserWarning, stacklevel=2)
    some = FrameColumns({n: own[kept] for n, own in y.items()}) if isinstance(y, FrameColumns) else y[kept]
    return replace(rows, y=some, kept=kept)


def _without_target(columns: Sequence[Array], missing: Sequence[str]) -> Array:
    """Return a mask of the rows in which one of some targets is missing."""
    from zoo_core.data.readers.values import gaps_of  # late: predicting needs no targets

    found = np.zeros(len(columns[0]), bool)
    for column in columns:
        for values in column.reshape(len(column), -1).T:
            found |= gaps_of(values, missing)
    return found


def _column_name(columns: Mapping[str, Any], column: Column, what: str) -> str:
    """Return the name of a column. Raises DataError if there is none."""
    names = list(columns)
    if isinstance(column, int) and -len(names) <= column < len(names):
        return names[column]
    if column not in columns:
        raise DataError(f"{what}: has no column {column!r}{nearest(str(column), names)} ({', '.join(names[:8])})")
    return str(column)


def as_weights(weights: Any, rows: int, kept: Array | None = None) -> Array | None:
    """Return sample weights of the kept rows, float64. Raises DataError unless they are finite numbers, 0 or more."""
    if weights is None:
        return None
    if is_frame(weights):
        weights = next(iter(frame_columns(weights).values()))
    w = np.asarray(weights)
    if w.shape != (rows,) or w.dtype.kind not in "biuf":
        raise DataError(f"weights are {w.dtype} of shape {w.shape}, not numbers ({rows},)")
    wrong = ~(np.isfinite(w) & (w >= 0))
    if kept is not None:
        wrong &= kept
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"weights: row {row} (from 0) has the weight {w[row]:g}; weights are finite and 0 or more")
    return (w if kept is None else w[kept]).astype(np.float64)
