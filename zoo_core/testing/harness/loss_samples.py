"""Outputs and targets that a loss is checked with."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.parts import Array, Loss
from zoo_core.spec import walk_parts

ROWS, COLUMNS = 6, 4


def positive_rows(rows: int = ROWS, columns: int = COLUMNS) -> Array:
    """Return rows of positive numbers that sum to 1."""
    return np.random.default_rng(4).dirichlet(np.full(columns, 3.0), rows)


def sample_targets(part: Loss, rows: int = ROWS, columns: int = COLUMNS, dtype: Any = np.float64) -> list[Array]:
    """Return targets of each form that the loss accepts."""
    forms: list[Array] = [np.random.default_rng(5).dirichlet(np.ones(columns), rows).astype(dtype)]
    labels = np.arange(rows) % columns
    if part.task != "regression":
        forms.append(np.eye(columns, dtype=dtype)[labels])
    if part.targets == "labels":
        forms.append(labels)
    return forms


def takes_any_outputs(part: Loss) -> bool:
    """Return whether a loss, and each loss inside it, takes outputs of any size, and is not for classes alone."""
    losses = [p for _, p in walk_parts(part, "loss") if isinstance(p, Loss)]
    return all(p.task != "classification" and p.output_range == "any" for p in losses)


def sample_logits(dtype: Any = np.float64) -> Array:
    """Return inputs of an output activation."""
    return np.random.default_rng(6).normal(0.0, 1.0, (ROWS, COLUMNS)).astype(dtype)
