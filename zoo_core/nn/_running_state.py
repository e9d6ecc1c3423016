"""The running state of the parts of a network, such as means: arrays of every model file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.contract import STORED_DTYPES
from zoo_core.errors import PluginError
from zoo_core.nn._part_state import describe_type, part_state_value
from zoo_core.parts import Array, Part


class RunningState:
    """The state of parts that are started, by their paths in the network. Each value keeps its form.

    Args:
        parts: all parts, by path.
        first: values of the forms that are right; those of `parts` now, if None.

    Raises:
        PluginError: a value is none that a model file holds.
    """

    def __init__(self, parts: Mapping[str, Part], first: Mapping[str, Array] | None = None) -> None:
        self._parts = {path: part for path, part in parts.items() if part.state}
        self._first: Mapping[str, Array] = first or {}
        self._first = first or self.arrays()

    def arrays(self) -> dict[str, Array]:
        """Return the values by path, as views; a number is an array without dimensions.

        Raises PluginError for a value that no model file holds, or that has changed its form.
        """
        return {
            f"{path}.{name}": _stored(part, name, self._first.get(f"{path}.{name}"))
            for path, part in self._parts.items()
            for name in part.state
        }

    def mend(self) -> list[str]:
        """Give each value that no model file holds its latest right form; return which, as "activation 'wave': 'rows'".

        Then the weights of a run can be saved, though its state is lost.
        """
        mended = []
        for path, part in self._parts.items():
            for name in part.state:
                first = self._first[f"{path}.{name}"]
                try:
                    _stored(part, name, first)
                except PluginError:
                    setattr(part, name, first if first.ndim else first.item())
                    mended.append(f"{part.kind} {part.name!r}: {name!r}")
        return mended

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Put values from `arrays()` back, in place."""
        for path, part in self._parts.items():
            for name in part.state:
                here, saved = getattr(part, name), arrays[f"{path}.{name}"]
                if isinstance(here, np.ndarray):
                    here[...] = saved
                else:
                    setattr(part, name, type(here)(saved.item()))


def _stored(part: Part, name: str, first: Array | None) -> Array:
    """Return a value as an array of a model file. Raises PluginError unless it has the form of the `first` value."""
    value = part_state_value(part, name)
    array = np.asarray(value, np.uint8 if isinstance(value, bool) else None)
    array = array.view(np.uint8) if array.dtype == bool else array
    if not isinstance(value, (np.ndarray, np.generic, int, float)) or array.dtype.name not in STORED_DTYPES.split():
        raise _error(part, name, f"is {_form(value)}")
    if first is not None and _is_other_form(array, first):
        raise _error(part, name, f"has become {_form(array)}, and was {_form(first)} after `start`")
    return array


def _is_other_form(array: Array, first: Array) -> bool:
    """Return whether a value cannot be put back where the first one was: a fraction fits no whole number."""
    if array.shape != first.shape:
        return True
    return bool(array.dtype != first.dtype if array.ndim else array.dtype.kind == "f" and first.dtype.kind != "f")


def _form(value: Any) -> str:
    """Return a number or None as they are, and the type of other values."""
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value.item()
    return repr(value) if value is None or np.isscalar(value) else describe_type(value)


def _error(part: Part, name: str, fault: str) -> PluginError:
    return PluginError(
        f"{part.kind} {part.name!r}: {name!r} of its `state` {fault}; in a network, state is arrays of float32, "
        "float64, int32, int64, uint8 or bool, or numbers, made in `start`, and each keeps its type and shape"
    )
