"""What the preprocessors of tables share: rows of some columns, and checks of the state that a file holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo_core.parts import Array

MOST_ROWS = 2**20  # whose values are held at once to find a median or a rank


class ChangedRows:
    """Some columns of rows, changed by a function as they are read: what a preprocessor inside another learns from."""

    def __init__(self, x: Any, width: int, change: Callable[[Array], Array]) -> None:
        self._x, self._change = x, change
        self.shape, self.dtype = (int(x.shape[0]), width), np.dtype(np.float64)

    def take(self, indices: Array, axis: int = 0, out: Array | None = None) -> Array:
        """Return rows, shape (count, width)."""
        rows = self._change(np.asarray(self._x.take(indices, axis=axis), np.float64))
        if out is None:
            return rows
        out[...] = rows
        return out


def sample(x: Any) -> Array:
    """Return all rows as float64, or MOST_ROWS of them at equal distances."""
    rows = int(x.shape[0])
    count = min(rows, MOST_ROWS)
    return np.asarray(x.take(np.arange(count) * rows // count, axis=0), np.float64)


def check_shapes(**expected: tuple[Any, tuple[int, ...]]) -> None:
    """Raise ValueError unless each array has the shape beside it; `zoo_core` names the file."""
    for name, (value, shape) in expected.items():
        if np.shape(value) != shape:
            raise ValueError(f"{name} has shape {np.shape(value)}, not {shape}")


def check_places(name: str, places: Any, count: int) -> None:
    """Raise ValueError unless `places` are ascending indices below `count`."""
    indices = np.asarray(places)
    good = indices.ndim == 1 and indices.dtype.kind in "iu" and (np.diff(indices) > 0).all()
    if not good or (len(indices) and not 0 <= indices[0] <= indices[-1] < count):
        raise ValueError(f"{name} are no ascending indices below {count}")


def names_of(columns: Sequence[Any], count: int) -> list[str]:
    """Return what messages call the columns."""
    return [repr(column.name) for column in columns] or [str(i) for i in range(count)]
