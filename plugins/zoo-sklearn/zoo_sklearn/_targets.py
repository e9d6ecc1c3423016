"""Classes and labels as a classifier is given them: checked, and as sorted classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from zoo_sklearn._rows import Array, Rows


def checked_targets(y: Any) -> tuple[bool, Array]:
    """Return whether rows have several labels, and the targets. Raises ValueError for what is no class."""
    if _are_plain_classes(y):
        return False, y
    y = y.toarray() if issparse(y) else y
    check_classification_targets(y)  # it warns of a class for nearly each row
    kind = type_of_target(y)
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"{kind} targets are not supported: one class a row, or 0 and 1 for each of several labels")
    if kind == "multilabel-indicator":
        return True, np.asarray(y)
    return False, column_or_1d(y, warn=True)


def _are_plain_classes(y: Any) -> bool:
    """Return whether targets are one whole number a row, most of them not unique: scikit-learn would say nothing."""
    is_plain = type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "iub"
    return is_plain and len(np.unique(y)) <= len(y) // 2


def classes_of(y: Array, weights: Array | None) -> Array:
    """Return the classes of the rows, sorted. Raises ValueError for fewer than two classes of a weight above 0."""
    classes: Array = np.unique(y)
    counted = classes if weights is None else np.unique(y[weights > 0])
    if len(counted) < 2:
        raise ValueError(f"a classifier needs samples of at least 2 classes, and y has only one class: {counted[0]!r}")
    return classes


def named_classes(classes: Any) -> Array:
    """Return the classes that the first call of `partial_fit` names."""
    if classes is None:
        raise ValueError("classes must be passed on the first call to partial_fit.")
    found: Array = np.unique(column_or_1d(classes))
    return found


def codes_of(y: Array, classes: Array) -> Array:
    """Return the index of each class in the sorted `classes`. Raises ValueError for another class."""
    codes = np.searchsorted(classes, y)
    known = classes[np.minimum(codes, len(classes) - 1)] == y
    if not np.all(known):
        raise ValueError(f"y contains previously unseen labels: {np.unique(y[~known])}")
    return codes


def with_two_classes(rows: Rows) -> Rows:
    """Return rows of one class with one of weight 0 and another class, because the zoo refuses to learn one class."""
    codes = rows.y
    if (codes != codes[0]).any():
        return rows
    weights = np.ones(len(codes)) if rows.weights is None else rows.weights
    other = 0 if codes[0] else 1
    return Rows(np.concatenate([rows.x, rows.x[:1]]), np.append(codes, other), np.append(weights, 0.0))
