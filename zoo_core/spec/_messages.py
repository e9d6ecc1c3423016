"""The messages about a spec that is not valid: a line for each problem, with its place, in the order of the file."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zoo_core.basics import familiar_keys, suggest_key
from zoo_core.contract.option_types import is_part
from zoo_core.errors import ModelFileError, PluginError, SpecError, UsageError, nearest_name
from zoo_core.parts import Part
from zoo_core.registry import Registry
from zoo_core.spec._options import option_names
from zoo_core.spec._text import UNQUOTED, plain_fault
from zoo_core.spec._value_mistakes import value_way

T = TypeVar("T", bound=BaseModel)
KeyPath = tuple[str | int, ...]

MAX_PROBLEMS = 100  # in one message

PART_NAMES = "unknown_part", "misspelt_part"  # problems with the name of a part

_WORDS = {
    "Input should": "must",
    "List should": "must",
    "a valid boolean": "true or false",
    "a valid integer": "a whole number",
    "a valid ": "a ",
    "Tuple should": "must",
    "a valid tuple": "a list",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "above",
    "less than": "below",
    " after validation": "",
}


def validate(
    table: type[T],
    value: dict[str, Any],
    registry: Registry,
    name: str,
    places: Mapping[KeyPath, str],
    *,
    find: Callable[[str, str], type[Part]] | None = None,
    for_network: bool = False,
) -> T:
    """Validate plain data as a table of a spec.

    `name` stands for the data in messages, `places` gives the place of each key. `find` returns the class for a kind
    and a name; by default the registry does. With `for_network`, fields that only training needs become None.

    Raises SpecError with every problem, UsageError where all come from overrides, PluginError where only parts are
    missing. Raises ModelFileError if `find` does.
    """
    if fault := plain_fault(value):
        raise SpecError(f"{name}: {fault}")
    context: dict[str, Any] = {"registry": registry, "known": {}, "find": find, "for_network": for_network}
    try:
        return table.model_validate(value, context=context)
    except ValidationError as error:
        problems = error.errors(include_url=False)[:MAX_PROBLEMS]
    if (refused := next(filter(None, map(_refused_file, problems)), None)) is not None:
        raise refused
    _add_other_places(problems, table, value, registry, context["known"])
    lines = error_lines(problems, value, context["known"], places, name)
    if all(p["type"] == "unknown_part" for p in problems):
        raise PluginError("\n".join(lines))
    raise (UsageError if all(line.startswith("override ") for line in lines) else SpecError)("\n".join(lines))


def _refused_file(problem: ErrorDetails) -> ModelFileError | None:
    """Return the error of a lookup of a part that refused a model file: the file is wrong, not a value of the spec."""
    error = problem.get("ctx", {}).get("error")
    return error if isinstance(error, ModelFileError) else None


def _add_other_places(
    problems: Sequence[ErrorDetails],
    table: type[BaseModel],
    value: dict[str, Any],
    registry: Registry,
    known: dict[str, set[str]],
) -> None:
    """Add to the known keys, for each unknown key, the places of the spec where it would be right."""
    wanted: dict[str, set[str]] = {}
    for key in {str(p["loc"][-1]) for p in problems if p["type"] == "extra_forbidden"}:
        for own in (key, *familiar_keys(key)):
            wanted.setdefault(own, set()).add(key)
    places = [*_key_paths(table, value, registry, "")] if wanted else []
    nested = {place.rpartition(".")[2]: place for place in reversed(places) if "." in place}
    found: dict[str, set[str]] = {}
    for place in places:
        for key in wanted.get(place.rpartition(".")[2], ()):
            if place not in ("name", "description"):  # these words have another meaning in a table
                found.setdefault(key, set()).add(place if "." in place else f".{place}")
    for key in set().union(*wanted.values()):
        near = nested.get(nearest_name(key, nested))
        known.setdefault(key, set()).update(found.get(key, {near} if near else ()))


def _key_paths(table: type[BaseModel], value: Any, registry: Registry, path: str) -> Iterator[str]:
    """Yield the path of each key that a table may have, the options of its parts included."""
    for name, field in table.model_fields.items():
        hint, place = field.annotation, f"{path}{name}"
        own = value.get(name) if isinstance(value, Mapping) else None
        items = typing.get_args(hint) if typing.get_origin(hint) is list else ()
        yield place
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            yield from _key_paths(hint, own, registry, f"{place}.")
        elif items and isinstance(items[0], type) and issubclass(items[0], BaseModel):
            first = own[0] if isinstance(own, list) and own else None
            yield from _key_paths(items[0], first, registry, f"{place}.0.")
        elif is_part(hint):
            source = name == "source"  # a data set's options stand beside its name
            part = own if not source else value
            key = part.get("name") if isinstance(part, Mapping) else part
            known = isinstance(key, str) and key in registry.names(hint.kind)  # type: ignore[union-attr]
            options = option_names(registry.get(hint.kind, str(key))) if known else []  # type: ignore[union-attr]
            yield from (f"{path if source else place + '.'}{option}" for option in options)


def error_lines(
    problems: Sequence[ErrorDetails],
    value: Any,
    known: Mapping[str, Iterable[str]],
    places: Mapping[KeyPath, str],
    name: str,
) -> list[str]:
    """Return a line for each problem, "place: key.path: rule".

    `value` is the plain data that were validated. `places` gives the place of each key, `name` the place of all
    other keys. Problems of one value share a line.
    """
    found = [(_path(problem, value), problem) for problem in problems]
    lines = []
    for path, group in groupby(sorted(found, key=lambda item: _order(item[0])), key=lambda item: item[0]):
        own = [problem for _, problem in group]
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other, _ in found)
        if deeper and all(p["type"] not in ("missing", *PART_NAMES) for p in own):
            continue  # the value has another of its types, whose own problems have lines
        place = _place((*path, "name") if own[0]["type"] in PART_NAMES else path, places, name)
        lines.append((_line(place), f"{place}: {'.'.join(map(str, path)) or 'spec'}: {message(own, known)}"))
    return list(dict.fromkeys(line for _, line in sorted(lines, key=lambda item: item[0])))


def _place(path: KeyPath, places: Mapping[KeyPath, str], name: str) -> str:
    """Return the place of a path, or of the nearest table around it that has one."""
    return next((places[path[:n]] for n in range(len(path), -1, -1) if path[:n] in places), name)


def _path(problem: ErrorDetails, value: Any) -> KeyPath:
    """Return the keys that lead to a problem, without the marks that pydantic puts between the types of a union."""
    path: list[str | int] = []
    *inner, last = problem["loc"] or ("",)
    for key in inner:
        held = isinstance(value, Mapping) and key in value
        if held or (isinstance(value, list) and isinstance(key, int) and key < len(value)):
            path.append(key)
            value = value[key]
    absent = problem["type"] in ("missing", "extra_forbidden") and last != "source"
    held = (isinstance(value, Mapping) and last in value) or (isinstance(value, list) and isinstance(last, int))
    return (*path, last) if absent or held else tuple(path)


def _order(path: KeyPath) -> tuple[str, ...]:
    return tuple(map(str, path))


def _line(place: str) -> tuple[int, int]:
    """Return line and column of a place; a place without them, such as an override, sorts last."""
    match = re.search(r":(\d+):(\d+)$", place)
    return (int(match[1]), int(match[2])) if match else (1 << 30, 0)


def message(problems: Sequence[ErrorDetails], known: Mapping[str, Iterable[str]]) -> str:
    """Return the message for the problems of one value; `known` comes from `remember_known_keys`."""
    problem = problems[0]
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        keys = sorted(known.get(key, ()))
        here, elsewhere = [k for k in keys if "." not in k], [k for k in keys if "." in k]
        way = suggest_key(key, here, elsewhere)
        sure = way and not way.startswith("; did you mean")
        return f"unknown key{way}" + ("" if sure else f" (known: {', '.join(here) or 'none'})")
    if problem["type"] == "missing":
        return problem["msg"] if "name" in problem["msg"] else "is required"
    rules = list(dict.fromkeys(map(_requirement, problems)))
    text = " or ".join([rules[0], *(other.removeprefix("must be ") for other in rules[1:])])
    return text + _refused_value(problem) + (value_way(problem) if len(rules) == 1 else "")


def _requirement(problem: ErrorDetails) -> str:
    if problem["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a table"
    text, value = problem["msg"], problem["input"]
    for pydantic, own in _WORDS.items():
        text = text.replace(pydantic, own)
    if problem["type"] == "list_type" and isinstance(value, Mapping):
        if any("list[" in str(key) for key in problem["loc"]):  # one of several types: a list of plain values
            return f"{text}, not a table: write the values alone, in their order, such as [1.0, 2.0]"
        keys = ".".join(str(key) for key in problem["loc"] if not str(key).startswith("<"))
        return f"{text}, not one table: write [[{keys}]], with two brackets, or [ ... ] around the table"
    if (
        problem["type"] in ("int_type", "float_type", "bool_type")
        and isinstance(value, str)
        and UNQUOTED.fullmatch(value)
    ):
        return f"{text}: write it without quotes"
    return text


def _refused_value(problem: ErrorDetails) -> str:
    """Return the refused value, unless the message shows it already."""
    value = problem["input"]
    if problem["type"] in (*PART_NAMES, "part_type", "options", "rule") or "not" in problem["msg"].split():
        return ""
    if not isinstance(value, (bool, int, float, str)):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f", not {shown}" if len(shown) < 80 else ""
