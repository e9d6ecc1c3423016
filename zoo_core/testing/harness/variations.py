"""Options other than the defaults: one is changed at a time, to the first valid value."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from zoo_core.contract.option_types import is_text_enum, option_hints
from zoo_core.registry import Registry
from zoo_core.testing.harness.part_under_test import PartUnderTest


def variations(part: type[Any], registry: Registry) -> Iterator[PartUnderTest]:
    """Yield a part with each of its options changed: numbers, alternatives and booleans."""
    defaults = getattr(part, "__dataclass_fields__", {})
    for name, hint in option_hints(part).items():
        tried = (PartUnderTest(part, {name: v}, registry) for v in _other_values(hint, defaults[name].default))
        changed = next((subject for subject in tried if _is_valid(subject)), None)
        if changed:
            yield changed


def _is_valid(subject: PartUnderTest) -> bool:
    try:
        subject.make()
    except Exception:  # the value may need a change of another option too
        return False
    return True


def _other_values(hint: Any, default: Any) -> list[Any]:
    """Return values of a type that differ from the default."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _other_values(arguments[0], default)
    if origin is Literal:
        found = list(arguments)
    elif is_text_enum(hint):
        found = list(hint)
    elif origin is tuple and isinstance(default, tuple) and len(arguments) == len(default):
        found = _other_tuples(arguments, default)
    elif origin in (Union, types.UnionType):
        found = [value for argument in arguments for value in _other_values(argument, default)]
    else:
        found = _other_numbers(hint, default)
    return [value for value in found if value != default]


def _other_tuples(hints: tuple[Any, ...], default: tuple[Any, ...]) -> list[Any]:
    """Return tuples that differ from the default in one place."""
    places = range(len(default))
    return [[*default[:i], v, *default[i + 1 :]] for i in places for v in _other_values(hints[i], default[i])]


def _other_numbers(hint: Any, default: Any) -> list[Any]:
    known = default if isinstance(default, (int, float)) else 0
    if hint is bool:
        return [not known]
    if hint is int:
        return [int(known) + 1, int(known) - 1]
    return [1.5 * known, 0.5 * known, 0.5, 2.0] if hint is float else []
