"""Rows that an object of a plugin gives: they are checked each time, for the core writes them into its buffers."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.contract import raise_named
from zoo_core.errors import PluginError, ZooError, message_text
from zoo_core.parts import Array


class ForeignRows:
    """The rows of an object with `shape`, `dtype` and `take`, which may be another class's than an array's.

    Raises PluginError where `take` does not as that of an array does.
    """

    def __init__(self, base: Any) -> None:
        self.base = base
        self.shape: tuple[int, ...] = tuple(base.shape)
        self.dtype: np.dtype[Any] = np.dtype(base.dtype)
        self.from_any_thread = bool(getattr(base, "from_any_thread", False))

    def take(self, indices: Array, axis: int = 0, out: Array | None = None) -> Array:
        """Return the rows `indices`, shape (count, columns); in `out`, if that is given."""
        found = self._take(indices, {"axis": axis} if out is None else {"axis": axis, "out": out})
        if out is not None and (found is None or found is out):
            return out
        rows: Array = np.asarray(found)
        shape = (len(indices), *self.shape[1:])
        if rows.shape != shape or rows.dtype != self.dtype:
            given = f"{rows.dtype} of shape {rows.shape}"
            raise self._error(f"gave {given} for {len(indices)} rows, not {self.dtype} of shape {shape}")
        if out is None:
            return rows
        out[...] = rows
        return out

    def _take(self, indices: Array, keywords: dict[str, Any]) -> Any:
        try:
            return self.base.take(indices, **keywords)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # from the inside of the method
            raise self._error(f"does not take the arguments (indices, axis, out): {message_text(error)}") from None
        except (ZooError, KeyboardInterrupt):
            raise
        except BaseException as error:  # also an OSError or a StopIteration, which mean something else further out
            raise_named(error)
            text = f": {message_text(error)}".removesuffix(": ")
            raise self._error(f"raised {type(error).__name__}{text}") from error

    def _error(self, fault: str) -> PluginError:
        owner = f"{type(self.base).__module__}.{type(self.base).__qualname__}"
        return PluginError(
            f"`Table.x` of the data set ({owner}): its method 'take' {fault}; it does as that of a NumPy array"
        )
