"""Labels in the form that a loss takes, and the weights of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.parts import Array, Loss


def targets_for(
    loss: Loss, labels: Array, outputs: int, classes: int, dtype: np.dtype[np.generic], *, soft: bool = False
) -> Array:
    """Return labels (rows,) in the form that a loss takes: unchanged, one-hot, or one column of class indices.

    They are rows if they are `soft`, so that they can be mixed. Labels of shape (rows, outputs) are values and stay so.
    """
    if labels.ndim == 2:
        return labels.astype(dtype, copy=False)
    return labels if loss.targets == "labels" and not soft else _rows(loss, labels, outputs, classes, dtype)


def _rows(loss: Loss, labels: Array, outputs: int, classes: int, dtype: np.dtype[np.generic]) -> Array:
    """Return labels (rows,) as rows of 0 and 1, shape (rows, classes).

    Where the network has one output, a loss that takes values gets one column of class indices instead.
    """
    if outputs == 1 and loss.targets == "values":
        return labels.astype(dtype)[:, None]
    hot = np.zeros((len(labels), classes), dtype)
    hot[np.arange(len(labels)), labels] = 1
    return hot


def class_weights(loss: Loss, labels: Array, classes: int, weights: Array | None = None) -> Sequence[float] | None:
    """Return a weight for each class, or None; 'balanced' is rows / (classes * rows of the class).

    A row of sample weight w counts as w rows. Source: King and Zeng, "Logistic regression in rare events
    data" (2001), as in scikit-learn.
    """
    if loss.class_weights is None:
        return None
    if loss.class_weights == "balanced":
        counts = np.bincount(labels, weights, minlength=classes)
        return [float(counts.sum() / (classes * n)) if n else 1.0 for n in counts]
    return loss.class_weights
