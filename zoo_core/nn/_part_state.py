"""What a part keeps over a run: the attributes that it names in `state`, and those of the parts inside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import Optimizer, Part
from zoo_core.spec import walk_parts

MISSING = object()


def state_names(part: Part) -> tuple[str, ...]:
    """Return the attributes that a part keeps; of an optimizer also its steps, which the core counts."""
    return (*part.state, "steps") if isinstance(part, Optimizer) else part.state


def part_state(part: Part, path: str) -> dict[str, Any]:
    """Return what a part and the parts inside it keep, by path; arrays are the part's own, not copies.

    Raises PluginError for an attribute that is named in `state` and never made.
    """
    found: dict[str, Any] = {}
    for place, owner in walk_parts(part, path):
        for name in state_names(owner):
            value = found[f"{place}.{name}"] = getattr(owner, name, MISSING)
            if value is MISSING:
                raise PluginError(
                    f"{owner.kind} {owner.name!r} names {name!r} in its state, and has no such attribute after its "
                    "start; make it there, or take it out of `state`"
                )
    return found


def set_part_state(part: Part, path: str, values: Mapping[str, Any]) -> None:
    """Give a part and the parts inside it what `kept` returned.

    Raises KeyError where something is missing, ValueError where it is of another sort than the part's own.
    """
    for place, owner in walk_parts(part, path):
        for name in state_names(owner):
            _put(owner, name, values[f"{place}.{name}"])


def _put(part: Part, name: str, value: Any) -> None:
    """Set an attribute; an array in place, because the part may hold views of it."""
    here = getattr(part, name, None)
    if isinstance(here, np.ndarray) and not here.size:
        here = None  # an array that is empty after the start may have grown, such as the rows that a metric collects
    if here is not None and value is not None and _sort(here) != _sort(value):
        raise ValueError(f"{part.kind} {part.name!r} keeps in {name!r} {_sort(here)}, not {_sort(value)}")
    if isinstance(here, np.ndarray) and value is not None:
        here[...] = value
    else:
        setattr(part, name, value)


def _sort(value: Any) -> str:
    """Return what a part must find again where it kept such a value; None may become anything, and back."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {value.shape}"
    return "a number" if isinstance(value, (int, float, np.generic)) else type(value).__name__
