"""A spec as a model file will give it back: what would not come back, or come back as another value, is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from zoo_core.contract import is_built_in
from zoo_core.errors import PluginError, SpecError
from zoo_core.parts import Part
from zoo_core.registry import Registry
from zoo_core.spec._messages import message, validate
from zoo_core.spec._options import children, dump, is_leaf, option_names
from zoo_core.spec._part_field import build
from zoo_core.spec._spec import Spec
from zoo_core.spec._text import plain_fault

Find = Callable[[str, str], type[Part]]
Stored = TypeVar("Stored", Spec, Part)


def stored(given: Stored, registry: Registry) -> Stored:
    """Return a spec or a part with each value as its model file will give it back, such as 0.5 for a number of NumPy.

    Raises PluginError for an option of a plugin's part that does not survive, SpecError for other values.
    """
    made: Any = None
    if isinstance(given, Spec) and given._proved is not None and given._proved[0] == given.to_dict():
        made = given._proved[1]
        proved: Stored = made if made.origin is given.origin else made.from_origin(given.origin)
        return proved
    find = find_class(given, registry)
    for part in reversed(list(parts_of(given))):  # inner parts come first: the innermost is to blame
        made = _stored_part(part, {"registry": registry, "find": find})
    if not isinstance(given, Spec):
        part_given_back: Stored = made
        return part_given_back
    value = given.to_dict()
    made = _merge(given, validate(Spec, value, registry, f"spec {given.name!r}", {}, find=find))
    given._proved = value, made
    spec_given_back: Stored = made
    return spec_given_back


def parts_of(spec: BaseModel | Part) -> Iterator[Part]:
    """Yield every part in a spec or a part, the parts in options included."""
    waiting: list[Any] = [spec]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Part):
            yield item
            waiting += [part for _, part in children(item)]
        elif isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, BaseModel):
            waiting += [value for value in vars(item).values() if not is_leaf(value)]


def find_class(spec: Spec | Part, registry: Registry) -> Find:
    """Return a function that finds the classes of the parts in a spec or a part; the registry has the others.

    Raises PluginError where a file could not tell two classes apart.
    """
    classes: dict[tuple[str, str], type[Part]] = {}
    for part in parts_of(spec):
        key = part.kind, part.spec_name or part.name
        if classes.setdefault(key, type(part)) is not type(part):
            raise PluginError(
                f"spec {spec.name!r} has two parts of different classes called {key[0]} {key[1]!r}; "
                "name them by 'distribution:name' in the spec"
            )
    return lambda kind, name: classes.get((kind, name)) or registry.get(kind, name)


def _stored_part(part: Part, context: Mapping[str, Any]) -> Part:
    """Return a part as a file gives it back. Raises an error for an option that does not come back."""
    values = {name: _json_value(part, name) for name in option_names(part)}
    try:
        other = build(type(part), values, context)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        raise _error(part, f"its option {name!r} is {values.get(name)!r}", message([problem], {})) from None
    except (PydanticCustomError, PluginError) as error:
        raise _error(part, "it refuses its own options", str(error)) from None
    for name, value in values.items():
        if (changed := dump(getattr(other, name))) != value:
            raise _error(
                part,
                f"its option {name!r} is {value!r} and would be {changed!r} after loading",
                "__post_init__ must leave options as they are; what it computes belongs in another attribute",
            )
    return other


def _json_value(part: Part, name: str) -> Any:
    """Return the value of an option as it comes back from JSON."""
    value = dump(getattr(part, name))
    if fault := plain_fault(value):
        raise _error(part, f"its option {name!r}", fault)
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        shown = value if isinstance(value, float) else f"a {type(value).__name__}"
        raise _error(part, f"its option {name!r} is {shown}", "no model file holds it") from None


def _error(part: Part, fault: str, rule: str) -> PluginError | SpecError:
    error = SpecError if is_built_in(type(part)) else PluginError
    return error(f"{part.kind} {part.name!r} cannot be saved and loaded: {fault}: {rule}")


def _merge(given: Any, stored: Any) -> Any:
    """Return what was given, with each value that differs in type replaced by the stored one."""
    if _is_same(given, stored):
        return given
    if isinstance(given, BaseModel) and type(given) is type(stored):
        names = type(given).model_fields
        return given.model_copy(update={n: _merge(getattr(given, n), getattr(stored, n)) for n in names})
    if isinstance(given, list) and isinstance(stored, list):
        return [_merge(a, b) for a, b in zip(given, stored, strict=True)]
    return stored


def _is_same(given: Any, stored: Any) -> bool:
    """Return whether two values are equal and of one type, also inside parts, lists and tables."""
    if type(given) is not type(stored):
        return False
    if isinstance(given, BaseModel):
        return all(_is_same(getattr(given, n), getattr(stored, n)) for n in type(given).model_fields)
    if isinstance(given, Part):
        return all(_is_same(getattr(given, n), getattr(stored, n)) for n in option_names(given))
    if isinstance(given, (list, tuple)):
        return len(given) == len(stored) and all(map(_is_same, given, stored))
    if isinstance(given, dict):
        return given.keys() == stored.keys() and all(_is_same(value, stored[key]) for key, value in given.items())
    return bool(np.array_equal(given, stored) if isinstance(given, np.ndarray) else given == stored)
