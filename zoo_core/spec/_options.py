"""The options of a part: names, types, parts inside them, copies and plain data. Needs no pydantic."""

from __future__ import annotations

import copy
import dataclasses
import enum
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any, TypeVar

import numpy as np

from zoo_core.parts import Part

P = TypeVar("P", bound=Part)
LEAVES = frozenset((bool, int, float, str, type(None)))


def is_leaf(value: Any) -> bool:
    """Return whether a value is plain and has nothing inside. It is asked first: most values of a spec are such."""
    return type(value) in LEAVES


def option_names(part: Any) -> list[str]:
    """Return the names of the options of a part, an instance or a class."""
    return [field.name for field in _fields(part) if field.init]


def _fields(part: Any) -> tuple[dataclasses.Field[Any], ...]:
    """Return all fields; those with `init=False` are no options: the part makes them from its options."""
    return _class_fields(part if isinstance(part, type) else type(part))


@lru_cache(maxsize=1024)  # each run asks for those of each part several times
def _class_fields(part: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(part) if dataclasses.is_dataclass(part) else ()


def children(part: Part) -> list[tuple[str, Part]]:
    """Return the parts in a part's options, each with its path: 'base', 'learning_rate', 'list.0'.

    Parts in a table are numbered in the order of its keys, because a key may hold any character.
    """
    found: list[tuple[str, Part]] = []
    for name in (field.name for field in _fields(part)):
        value = getattr(part, name, None)
        if is_leaf(value):
            continue
        if isinstance(value, dict):
            value = [value[key] for key in sorted(value)]
        items = enumerate(value) if isinstance(value, (list, tuple)) else [(-1, value)]
        found += [(name if i < 0 else f"{name}.{i}", v) for i, v in items if isinstance(v, Part)]
    return found


def walk_parts(part: Part, path: str) -> Iterator[tuple[str, Part]]:
    """Yield a part and all parts in its options, at any depth, each with its path."""
    yield path, part
    for name, child in children(part):
        yield from walk_parts(child, f"{path}.{name}")


def copy_part(part: P) -> P:
    """Return a copy of a part, and of the parts in its options, that shares no state with it."""
    new = copy.copy(part)
    for name in (field.name for field in _fields(part) if hasattr(part, field.name)):
        object.__setattr__(new, name, _copy_option(getattr(part, name)))  # a part may be frozen
    return new


def _copy_option(value: Any) -> Any:
    if isinstance(value, Part):
        return copy_part(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copy_option, value))
    return {key: _copy_option(v) for key, v in value.items()} if isinstance(value, dict) else value


def dump(value: Any) -> Any:
    """Return plain data for a part, a list of parts or a value; a part without options becomes its name."""
    if is_leaf(value):
        return value
    if isinstance(value, Part):
        options = {name: dump(getattr(value, name)) for name in option_names(value)}
        name = value.spec_name or value.name
        return {"name": name, **options} if options else name
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    return {key: dump(item) for key, item in value.items()} if isinstance(value, Mapping) else plain_value(value)


def plain_value(value: Any) -> Any:
    """Return the plain value that a value or type of NumPy, a path or a member of an enumeration stands for."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return np.dtype(value).name
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return str(value) if isinstance(value, PurePath) else value


def plain_data(value: Any) -> Any:
    """Return what Python code gave as plain data: dicts, lists and plain values; parts stay."""
    if is_leaf(value):
        return value
    if isinstance(value, Mapping):
        return {key: plain_data(item) for key, item in value.items()}
    return [plain_data(item) for item in value] if isinstance(value, (list, tuple)) else plain_value(value)
