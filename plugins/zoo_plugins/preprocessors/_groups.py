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


def check_array(name: str, value: Any, shape: tuple[int, ...], dtype: Any = np.float64) -> None:
    """Raise ValueError unless a value is an array of a shape and dtype; a length of -1 may be any.

    As the other checks, it begins with the name; `zoo_core` says which file holds the value.
    """
    found = np.asarray(value)
    same = found.ndim == len(shape) and all(b in (-1, a) for a, b in zip(found.shape, shape, strict=True))
    if not same or found.dtype != dtype:
        wanted = str(shape).replace("-1", "any number")
        raise ValueError(
            f"{name} has shape {found.shape} and dtype {found.dtype}, not shape {wanted} and dtype {np.dtype(dtype)}"
        )


def check_values(name: str, value: Array, wrong: Array, rule: str) -> None:
    """Raise ValueError with the first value that is `wrong`, bools of the shape of `value`."""
    if wrong.any():
        at = [int(i) for i in np.argwhere(wrong)[0]]
        raise ValueError(f"{name} holds {value[tuple(at)]:g} at {at}, and {rule}")


def check_places(name: str, places: Any, count: int) -> None:
    """Raise ValueError unless `places` are ascending indices below `count`."""
    check_array(name, places, (-1,), np.int64)
    check_values(name, places, (places < 0) | (places >= count), f"has indices from 0 to {count - 1}")
    check_values(name, places, np.diff(places, prepend=-1) <= 0, "is ascending")


def names_of(columns: Sequence[Any], count: int) -> list[str]:
    """Return what messages call the columns."""
    return [repr(column.name) for column in columns] or [str(i) for i in range(count)]
