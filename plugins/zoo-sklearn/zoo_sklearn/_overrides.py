"""Changes of a spec by paths, such as "model.layers.0.units"."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from zoo_core.parts import Part


def overridden(spec: Mapping[str, Any], overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a spec with other values at some paths; the spec itself stays as it is.

    Raises ValueError for a path that does not exist.
    """
    changed: Any = dict(spec)
    for path, value in (overrides or {}).items():
        changed = _changed(changed, str(path).split("."), value, str(path))
    return dict(changed)


def _changed(value: Any, keys: Sequence[str], new: Any, path: str) -> Any:
    """Return a copy of a table, a list or a part with a new value at the end of some keys."""
    if not keys:
        return new
    key, rest = keys[0], keys[1:]
    if isinstance(value, (list, tuple)):
        at = _index(key, len(value), path)
        return [_changed(item, rest, new, path) if i == at else item for i, item in enumerate(value)]
    if isinstance(value, Part):
        if not hasattr(value, key):
            raise ValueError(f"overrides: {path!r}: the part {value.name!r} has no option {key!r}")
        return dataclasses.replace(value, **{key: _changed(getattr(value, key), rest, new, path)})  # type: ignore[type-var]
    table = {"name": value} if isinstance(value, str) else {} if value is None else value  # a part by its name alone
    if not isinstance(table, Mapping):
        raise ValueError(f"overrides: {path!r}: {value!r} has no key {key!r}")
    return {**table, key: _changed(table.get(key), rest, new, path)}


def _index(key: str, length: int, path: str) -> int:
    """Return the place in a list that a key means; -1 is the last one."""
    try:
        return range(length)[int(key)]
    except (ValueError, IndexError):
        raise ValueError(f"overrides: {path!r}: {key!r} is no place in a list of {length}") from None
