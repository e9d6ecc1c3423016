"""Groups and times of rows that a caller gives; they keep rows apart when these are split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from zoo_core.data.readers.columns import TypedColumn
from zoo_core.data.readers.rows_apart import group_codes, read_times
from zoo_core.data.readers.values import ValueFaultError, typed_array
from zoo_core.errors import DataError
from zoo_core.model.frames import frame_columns, is_frame
from zoo_core.model.given import GivenRows
from zoo_core.parts import Array
from zoo_core.runs._frame_columns import MISSING


def given_groups(rows: Mapping[str, GivenRows], sizes: Mapping[str, int]) -> dict[str, Array]:
    """Return the group of each row with a target as integers, by split; the same value has the same number in all.

    `sizes` are the numbers of all rows. Raises DataError for a row without a group.
    """
    where = {name: f"data, {name}, groups" for name, own in rows.items() if own.groups is not None}
    columns = [_column(rows[name].groups, sizes[name], at, "category", rows[name].kept) for name, at in where.items()]
    return dict(zip(where, group_codes(columns, list(where.values())), strict=True))


def given_times(rows: Mapping[str, GivenRows], sizes: Mapping[str, int]) -> dict[str, Array]:
    """Return when each row with a target was made, float64, by split. Raises DataError for other values."""
    where = {name: f"data, {name}, times" for name, own in rows.items() if own.times is not None}
    columns = [_column(rows[name].times, sizes[name], at, "date", rows[name].kept) for name, at in where.items()]
    return dict(zip(where, read_times(columns, list(where.values())), strict=True))


def _column(values: Any, rows: int, where: str, kind: str, kept: Array | None) -> TypedColumn:
    """Return one value for each row that has a target as a column. Raises DataError for such a row without any."""
    named = frame_columns(values if is_frame(values) else {where.rpartition(" ")[2]: values})
    name, array = next(iter(named.items()), ("", np.zeros((0, 0))))
    if len(named) != 1 or array.shape != (rows,):
        raise DataError(f"{where}: is of shape {np.shape(values)} for {rows} rows of inputs; give a value for each")
    try:
        column = typed_array(name, array, kind, MISSING)
    except ValueFaultError as fault:
        raise DataError(f"{where}: row {fault.row} (from 0): {fault}") from None
    found = np.asarray(column.codes) if column.numbers is None else column.numbers
    has_none = found < 0 if column.numbers is None else np.isnan(found)
    chosen = np.arange(rows) if kept is None else np.flatnonzero(kept)
    gaps = chosen[has_none[chosen]]
    if len(gaps):
        raise DataError(f"{where}: row {gaps[0]} (from 0) is missing; fill it in, or leave the row out")
    full = found[chosen]
    return replace(column, codes=full) if column.numbers is None else replace(column, numbers=full)
