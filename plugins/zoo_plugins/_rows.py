"""Functions of the rows of an array, for losses: sums, largest entries, one-hot targets."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from zoo_core.parts import Array

MAX_IDENTITY_SIZE = 256  # up to this number of classes, one-hot rows are copied from an identity matrix
MAX_REPEATED_COLUMNS = 32  # up to this number of columns, repeating the sum is faster than broadcasting it


def row_sum(terms: Array) -> Array:
    """Return the sum over the columns, shape (rows,)."""
    total: Array = np.add.reduce(terms, axis=1)
    return total


def sums_beside(terms: Array) -> Array:
    """Return the sum over the columns, shape (rows, 1), or repeated to shape (rows, columns).

    It is computed as a product with ones, which is faster than a reduction. With few columns the sum is repeated,
    because the caller then needs no broadcast.
    """
    total: Array = terms.dot(_ones(terms.shape[1], terms.dtype.char))
    return total


@lru_cache(maxsize=16)
def _ones(size: int, dtype: str) -> Array:
    return np.ones((size, size if size <= MAX_REPEATED_COLUMNS else 1), dtype)


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
    """Return the largest entry of each row, shape (rows,). In NumPy `argmax` is faster than `max`."""
    return at_labels(array, array.argmax(axis=1))


def at_labels(array: Array, labels: Array) -> Array:
    """Return the entry of each row at the column of its label, shape (rows,)."""
    picked: Array = array.take(_starts(*array.shape) + labels)
    return picked


@lru_cache(maxsize=16)
def _starts(rows: int, columns: int) -> Array:
    """Return the index of the first entry of each row in the flat array."""
    return np.arange(0, rows * columns, columns)


def write_one_hot(labels: Array, out: Array) -> None:
    """Write rows of 0 and 1, shape (rows, classes), with a 1 where the label is."""
    if out.shape[1] <= MAX_IDENTITY_SIZE:
        _identity(out.shape[1], out.dtype.char).take(labels, 0, out, "clip")  # several times as fast as indexing
    else:
        out.fill(0.0)
        out[np.arange(len(labels)), labels] = 1.0


@lru_cache(maxsize=16)
def _identity(size: int, dtype: str) -> Array:
    return np.eye(size, dtype=dtype)


def one_hot(targets: Array, outputs: Array) -> Array:
    """Return targets of the shape of `outputs`: one-hot rows for labels, or the targets if they are rows already."""
    if targets.ndim == 2:
        return targets
    shares = np.empty_like(outputs)
    write_one_hot(targets, shares)
    return shares


def log_probabilities(z: Array, outputs: Array) -> Array:
    """Return log softmax of `z`, given `outputs`, the softmax of `z`.

    (z - z_max) + log(p_max) never underflows.
    """
    below: Array = z - row_maximum(z)[:, None]
    below += np.log(row_maximum(outputs))[:, None]
    return below
