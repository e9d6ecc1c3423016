"""Copies of parts for another thread. They share options and arrays, and show whether a call has changed any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from zoo_core.parts import Column, Part

# Values that no method can change in place.
UNCHANGING = (int, float, complex, str, bytes, type(None), np.generic, np.dtype, np.ufunc, Enum, Column)
MAPPINGS = ("weights", "gradients")  # what the core gives a transform
OWN = ("_scratch", "_stream", "rng")  # a copy has buffers of its own, and no generator


class PartCopies:
    """Copies of parts, whose methods run in one thread while those of other copies run in others.

    A copy sees the arrays of its part, and cannot write to them.

    Args:
        parts: what is copied, with the parts inside them.

    Attributes:
        copies: the copies, in the order of `parts`.

    Raises:
        TypeError: a part has an attribute that copies cannot safely share, such as a list.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts: list[tuple[Part, dict[str, Any]]] = []  # each with its attributes at the time of the copy
        self._made: list[tuple[Part, dict[str, Any]]] = []
        self.copies = [self._copy(part) for part in parts]

    def are_current(self, parts: Sequence[Part]) -> bool:
        """Return whether these are the parts, and still have the attributes that were copied."""
        originals = [part for part, _ in self._parts]
        return all(any(part is one for one in originals) for part in parts) and _unchanged(self._parts)

    def are_unchanged(self) -> bool:
        """Return whether no call has given a copy another attribute: its part would depend on earlier calls."""
        return _unchanged(self._made)

    def _copy(self, part: Part) -> Part:
        if any("__slots__" in vars(base) for base in type(part).__mro__):
            raise TypeError(f"{part.kind} {part.name!r} has slots")
        made: Part = object.__new__(type(part))
        options: list[str] = [field.name for field in fields(part)] if is_dataclass(part) else []
        given = _attributes(part)
        own = {name: self._value(value, name in options or name in MAPPINGS) for name, value in given.items()}
        vars(made).update(own)
        self._parts.append((part, given))
        self._made.append((made, own))
        return made

    def _value(self, value: Any, is_container: bool) -> Any:
        """Return what a copy has in place of a value. In options, a part changes no list and no dict."""
        if isinstance(value, UNCHANGING):
            return value
        if isinstance(value, Part):
            return self._copy(value)
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            view = value.view()
            view.flags.writeable = False
            return view
        if type(value) is tuple or (is_container and type(value) is list):
            return type(value)(self._value(one, is_container) for one in value)
        if is_container and type(value) is dict:
            return {key: self._value(one, is_container) for key, one in value.items()}
        raise TypeError(f"{type(value).__name__} cannot be shared")


def _attributes(part: Part) -> dict[str, Any]:
    return {name: value for name, value in vars(part).items() if name not in OWN}


def _unchanged(remembered: Sequence[tuple[Part, Mapping[str, Any]]]) -> bool:
    return all(_are_same(_attributes(part), before) for part, before in remembered)


def _are_same(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return now.keys() == before.keys() and all(value is before[name] for name, value in now.items())
