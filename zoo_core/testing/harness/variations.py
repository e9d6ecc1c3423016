"""Options other than the defaults: one changed at a time, to the next value that the part takes."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from zoo_core.registry import Registry
from zoo_core.testing.harness.part_under_test import PartUnderTest


def variations(part: type[Any], registry: Registry) -> Iterator[PartUnderTest]:
    """Yield a part with each of its options changed where that is allowed: numbers, alternatives, yes and no."""
    if not dataclasses.is_dataclass(part):
        return
    hints = get_type_hints(part, include_extras=True)
    for field in dataclasses.fields(part):
        tried = (PartUnderTest(part, {field.name: v}, registry) for v in _others(hints[field.name], field.default))
        changed = next((subject for subject in tried if _is_taken(subject)), None)
        if field.init and changed:
            yield changed


def _is_taken(subject: PartUnderTest) -> bool:
    try:
        subject.make()
    except Exception:  # it may need another option, too
        return False
    return True


def _others(hint: Any, default: Any) -> list[Any]:
    """Return values of a type other than the default."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _others(arguments[0], default)
    if origin is Literal:
        found = list(arguments)
    elif origin in (Union, types.UnionType):
        found = [value for argument in arguments for value in _others(argument, default)]
    else:
        found = _values(hint, default)
    return [value for value in found if value != default]


def _values(hint: Any, default: Any) -> list[Any]:
    known = default if isinstance(default, (int, float)) else 0
    if hint is bool:
        return [not known]
    if hint is int:
        return [int(known) + 1, int(known) - 1]
    return [1.5 * known, 0.5 * known, 0.5, 2.0] if hint is float else []
