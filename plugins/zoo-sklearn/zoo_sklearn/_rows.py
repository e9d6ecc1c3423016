"""Rows to learn from and rows to validate with, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array

from zoo_core.parts import Data, Table, Task

Array = NDArray[Any]
FLOATS = (np.float64, np.float32)


@dataclass(frozen=True)
class Rows:
    """Inputs, targets as the zoo codes them, and weights, which may be None."""

    x: Array
    y: Array
    weights: Array | None = None


@dataclass(frozen=True)
class Meaning:
    """What inputs and targets mean."""

    task: Task
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()


def make_data(train: Rows, validation: Rows | None, meaning: Meaning) -> Data:
    """Return the data of a run; the rows to validate with come last."""
    rows = train if validation is None else _joined(train, validation)
    return Data(
        Table(rows.x, rows.y, rows.weights), None, meaning.task, class_names=meaning.class_names,
        feature_names=meaning.feature_names, target_names=meaning.target_names, preprocessor="standard",
    )  # fmt: skip


def _joined(first: Rows, second: Rows) -> Rows:
    weights = None
    if first.weights is not None or second.weights is not None:
        weights = np.concatenate([np.ones(len(r.x)) if r.weights is None else r.weights for r in (first, second)])
    return Rows(np.concatenate([first.x, second.x]), np.concatenate([first.y, second.y]), weights)


def is_plain_matrix(X: Any) -> bool:
    """Return whether inputs are rows of floats in an array of NumPy, which may be infinite or NaN."""
    return type(X) is np.ndarray and X.ndim == 2 and X.dtype in FLOATS and X.shape[0] > 0


def are_plain_rows(X: Any, y: Any) -> bool:
    """Return whether scikit-learn's checks would give these rows back as they are; for few rows this is quicker."""
    if not (is_plain_matrix(X) and X.size and X.flags.c_contiguous and np.isfinite(X).all()):
        return False
    is_column = type(y) is np.ndarray and y.shape == (len(X),)
    return is_column and (y.dtype.kind in "iub" or (y.dtype in FLOATS and bool(np.isfinite(y).all())))


def checked_weights(weights: Any, rows: int, name: str = "sample_weight") -> Array | None:
    """Return weights as float64, shape (rows,), or None. Raises ValueError for weights that are none."""
    if weights is None:
        return None
    if np.isscalar(weights):
        weights = np.full(rows, weights)
    found: Array = check_array(weights, ensure_2d=False, dtype=np.float64, input_name=name)
    if found.ndim != 1:
        raise ValueError("Sample weights must be 1D array or scalar")
    if found.shape != (rows,):
        raise ValueError(f"{name}.shape == {found.shape}, expected {(rows,)}!")
    if (found < 0).any():
        raise ValueError(f"Negative values in data passed to `{name}`")
    if not found.any():
        raise ValueError(f"Sample weights must contain at least one non-zero number: all of `{name}` are 0")
    return found
