"""What the data sets of tables share: checks of weights and widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from annotated_types import MinLen

from zoo_core.data.labels import row_name
from zoo_core.errors import DataError
from zoo_core.parts import Array, Column, Data, Table, Task as Task

Named = Annotated[str, MinLen(1)]
Kind = Literal["number", "category", "boolean", "date", "date_dmy", "date_mdy", "id", "ignore"]


def check_weights(weights: Array, where: str, name_row: Callable[[int], str] = row_name) -> Array:
    """Return weights (rows,). Raises DataError if one is negative, or all are zero."""
    bad = np.flatnonzero(weights < 0)
    if len(bad):
        row = name_row(int(bad[0]))
        raise DataError(f"{where}: {row} has the weight {weights[bad[0]]:g}; weights are 0 or more")
    if not weights.any():
        raise DataError(f"{where}: all weights are 0; there is nothing to learn from")
    return weights


def make_data(
    parts: list[Table], where: str, *, task: Task = "classification", class_names: tuple[str, ...] = (),
    feature_names: tuple[str, ...] = (), target_names: tuple[str, ...] = (),
    image_shape: tuple[int, int] | None = None, preprocessor: str = "standard",
    columns: tuple[Column, ...] = (),
) -> Data:  # fmt: skip
    """Return the data of one or two tables. Raises DataError if their numbers of features or outputs differ."""
    width = parts[0].x.shape[1]
    if not width or not len(parts[0].y):
        raise DataError(f"{where}: has {len(parts[0].y)} rows of {width} features; there is nothing to learn from")
    if parts[-1].x.shape[1] != width:
        raise DataError(f"{where}: test rows have {parts[-1].x.shape[1]} features, the others {width}")
    test = parts[1] if len(parts) > 1 else None
    return Data(
        parts[0], test, task, class_names, feature_names, target_names, image_shape,
        "table" if columns else preprocessor, columns,
    )  # fmt: skip
