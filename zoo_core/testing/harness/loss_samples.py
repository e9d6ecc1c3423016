"""Outputs and targets that a loss is checked with."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.contract import checked_value_widths, checked_widths
from zoo_core.parts import Array, Loss
from zoo_core.spec import walk_parts

ROWS, CLASSES = 6, 4


def sample_width(part: Loss) -> int:
    """Return a number of outputs that a loss takes: that for four classes or targets."""
    return max((checked_value_widths if part.task == "regression" else checked_widths)(part, CLASSES))


def count_meant(part: Loss, columns: int) -> int:
    """Return the number of classes, or targets of a regression, that `columns` outputs stand for."""
    least, widths = (1, checked_value_widths) if part.task == "regression" else (2, checked_widths)
    return next((n for n in range(least, 4 * columns + 4) if columns in widths(part, n)), max(columns, least))


def positive_rows(rows: int = ROWS, columns: int = CLASSES) -> Array:
    """Return rows of positive numbers that sum to 1."""
    return np.random.default_rng(4).dirichlet(np.full(columns, 3.0), rows)


def sample_outputs(part: Loss, rows: int = ROWS) -> Array:
    """Return shares as outputs, of a width that the loss takes."""
    return positive_rows(rows, sample_width(part))


def sample_targets(part: Loss, outputs: Array) -> list[Array]:
    """Return targets of each form that the loss accepts, for rows of outputs and in their dtype."""
    (rows, columns), dtype = outputs.shape, outputs.dtype
    classes = count_meant(part, columns)
    labels = np.arange(rows) % classes
    if columns == 1 and part.targets == "values":
        return [labels.astype(dtype)[:, None]]
    forms: list[Array] = [np.random.default_rng(5).dirichlet(np.ones(classes), rows).astype(dtype)]
    if part.task != "regression":
        forms.append(np.eye(classes, dtype=dtype)[labels])
    if part.targets == "labels":
        forms.append(labels)
    return forms


def takes_any_outputs(part: Loss) -> bool:
    """Return whether a loss, and each loss inside it, takes outputs of any size, and is not for classes alone."""
    losses = [p for _, p in walk_parts(part, "loss") if isinstance(p, Loss)]
    return all(p.task != "classification" and p.output_range == "any" for p in losses)


def sample_logits(part: Loss, dtype: Any = np.float64) -> Array:
    """Return inputs of an output activation, of a width that the loss takes."""
    return np.random.default_rng(6).normal(0.0, 1.0, (ROWS, sample_width(part))).astype(dtype)
