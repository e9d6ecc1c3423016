"""The state of a part in a checkpoint: the attributes that it names in `state`, and those of the parts inside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import Optimizer, Part
from zoo_core.spec import walk_parts

MISSING = object()


def state_names(part: Part) -> tuple[str, ...]:
    """Return the names of a part's state; an optimizer's includes `steps`, which the core counts."""
    return (*part.state, "steps") if isinstance(part, Optimizer) else part.state


def part_state(part: Part, path: str) -> dict[str, Any]:
    """Return the state of a part and of the parts inside it, by path; arrays are not copies.

    Raises PluginError if `state` names an attribute that does not exist.
    """
    found: dict[str, Any] = {}
    for place, owner in walk_parts(part, path):
        for name in state_names(owner):
            found[f"{place}.{name}"] = part_state_value(owner, name)
    return found


def part_state_value(part: Part, name: str) -> Any:
    """Return a value of the state of a part. Raises PluginError if there is no such attribute."""
    value = getattr(part, name, MISSING)
    if value is MISSING:
        raise PluginError(
            f"{part.kind} {part.name!r} names {name!r} in its state, and has no such attribute after its "
            "start; make it there, or take it out of `state`"
        )
    return value


def set_part_state(part: Part, path: str, values: Mapping[str, Any]) -> None:
    """Give a part and the parts inside it what `part_state` returned.

    Raises KeyError if a value is missing, ValueError if it is not of the same type as the part's own.
    """
    for place, owner in walk_parts(part, path):
        for name in state_names(owner):
            _set_value(owner, name, values[f"{place}.{name}"])


def _set_value(part: Part, name: str, value: Any) -> None:
    """Set an attribute; an array in place, because the part may hold views of it."""
    here = getattr(part, name, None)
    if isinstance(here, np.ndarray) and not here.size:
        here = None  # an array that is empty after the start may have grown, such as the rows that a metric collects
    own, saved = describe_type(here), describe_type(value)
    if here is not None and value is not None and own != saved:
        raise ValueError(f"{part.kind} {part.name!r} keeps in {name!r} {own}, not {saved}")
    if isinstance(here, np.ndarray) and value is not None:
        here[...] = value
    else:
        setattr(part, name, value)


def describe_type(value: Any) -> str:
    """Return the type of a saved value, as messages name it; arrays have dtype and shape."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {value.shape}"
    return "a number" if isinstance(value, (int, float, np.generic)) else type(value).__name__
