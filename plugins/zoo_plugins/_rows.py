"""Sums and picks along the rows of an array, for losses."""

from __future__ import annotations

import numpy as np

from zoo_core.parts import Array


def row_sum(terms: Array) -> Array:
    """Return the sum over the columns, shape (rows,)."""
    total: Array = np.add.reduce(terms, axis=1)
    return total


def row_mean(terms: Array) -> Array:
    """Return the mean over the columns, shape (rows,)."""
    total = row_sum(terms)
    total /= terms.shape[1]
    return total


def row_dot(left: Array, right: Array) -> Array:
    """Return the inner product of each row of `left` with that of `right`, shape (rows,)."""
    product: Array = np.einsum("ij,ij->i", left, right)
    return product


def row_maximum(array: Array) -> Array:
    """Return the largest entry of each row, shape (rows,)."""
    top: Array = np.maximum.reduce(array, axis=1)
    return top


def at_labels(array: Array, labels: Array) -> Array:
    """Return the entry of each row that its label names, shape (rows,)."""
    picked: Array = array[np.arange(len(labels)), labels]
    return picked


def one_hot(targets: Array, outputs: Array) -> Array:
    """Return targets shaped like `outputs`: ones at the labels, or the targets if they are rows."""
    if targets.ndim == 2:
        return targets
    shares = np.zeros_like(outputs)
    shares[np.arange(len(targets)), targets] = 1.0
    return shares


def log_probabilities(z: Array, outputs: Array) -> Array:
    """Return log softmax of `z`, given `outputs`, its softmax: (z - z_max) + log(p_max) never underflows."""
    below: Array = z - row_maximum(z)[:, None]
    below += np.log(row_maximum(outputs))[:, None]
    return below
