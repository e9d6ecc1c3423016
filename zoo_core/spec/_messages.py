"""What is wrong with a spec, in words: each problem with its place, in the order of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zoo_core.errors import PluginError, SpecError, UsageError, nearest
from zoo_core.registry import Registry

T = TypeVar("T", bound=BaseModel)
Path = tuple[str | int, ...]

MAX_PROBLEMS = 100  # told at once

_WORDS = {
    "Input should": "must",
    "List should": "must",
    "a valid boolean": "true or false",
    "a valid integer": "a whole number",
    "a valid ": "a ",
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
    places: Mapping[Any, str],
    choices: Mapping[tuple[str, str], str] | None = None,
) -> T:
    """Return the table of a spec that plain data called `name` describe; `places` says where each of its keys stands.

    `choices` says which distribution:name a (kind, name) means where several bring it. Raises SpecError with every
    problem, UsageError where all come from overrides, PluginError where only parts are missing.
    """
    context: dict[str, Any] = {"registry": registry, "known": {}, "choices": choices or {}}
    try:
        return table.model_validate(value, context=context)
    except ValidationError as error:
        problems = error.errors(include_url=False)[:MAX_PROBLEMS]
    lines = error_lines(problems, value, context["known"], places, name)
    if all(p["type"] == "unknown_part" for p in problems):
        raise PluginError("\n".join(lines))
    raise (UsageError if all(line.startswith("override ") for line in lines) else SpecError)("\n".join(lines))


def error_lines(
    problems: Sequence[ErrorDetails],
    value: Any,
    known: Mapping[str, Iterable[str]],
    places: Mapping[Path, str],
    name: str,
) -> list[str]:
    """Return a line for each problem, "place: key.path: what must be".

    `value` is the plain data that were validated, `places` where its keys stand, and `name` stands for the rest.
    Alternatives of one value are one line.
    """
    found = [(_path(problem, value), problem) for problem in problems]
    lines = []
    for path, group in groupby(sorted(found, key=lambda item: _order(item[0])), key=lambda item: item[0]):
        own = [problem for _, problem in group]
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other, _ in found)
        if deeper and all(p["type"] not in ("missing", "unknown_part") for p in own):
            continue  # another alternative was meant: what is wrong with it is said there
        place = _place((*path, "name") if own[0]["type"] == "unknown_part" else path, places, name)
        lines.append((_line(place), f"{place}: {'.'.join(map(str, path)) or 'spec'}: {message(own, known)}"))
    return list(dict.fromkeys(line for _, line in sorted(lines, key=lambda item: item[0])))


def _place(path: Path, places: Mapping[Path, str], name: str) -> str:
    """Return where a path stands, or the nearest table around it that has a place."""
    return next((places[path[:n]] for n in range(len(path), -1, -1) if path[:n] in places), name)


def _path(problem: ErrorDetails, value: Any) -> Path:
    """Return the keys that lead to a problem, without the marks that pydantic puts between alternatives."""
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


def _order(path: Path) -> tuple[str, ...]:
    return tuple(map(str, path))


def _line(place: str) -> tuple[int, int]:
    """Return the line and column of a place; what has none, such as an override, comes last."""
    match = re.search(r":(\d+):(\d+)$", place)
    return (int(match[1]), int(match[2])) if match else (1 << 30, 0)


def message(problems: Sequence[ErrorDetails], known: Mapping[str, Iterable[str]]) -> str:
    """Return the words for the problems of one value; `known` is what `note_keys` gathered."""
    problem = problems[0]
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        keys = sorted(known.get(key, ()))
        return f"unknown key{nearest(key, keys)} (known: {', '.join(keys) or 'none'})"
    if problem["type"] == "missing":
        return problem["msg"] if "name" in problem["msg"] else "is required"
    wanted = list(dict.fromkeys(map(_wanted, problems)))
    text = " or ".join([wanted[0], *(other.removeprefix("must be ") for other in wanted[1:])])
    return text + _shown(problem)


def _wanted(problem: ErrorDetails) -> str:
    if problem["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a table"
    text = problem["msg"]
    for pydantic, ours in _WORDS.items():
        text = text.replace(pydantic, ours)
    return text


def _shown(problem: ErrorDetails) -> str:
    """Return what was given instead, where a message of pydantic's does not say it."""
    given = problem["input"]
    if problem["type"] in ("unknown_part", "part_type", "options", "said") or "not" in problem["msg"].split():
        return ""
    if not isinstance(given, (bool, int, float, str)):
        return ""
    shown = str(given).lower() if isinstance(given, bool) else repr(given)
    return f", not {shown}" if len(shown) < 80 else ""
