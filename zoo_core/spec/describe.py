"""Descriptions of parts, read from their classes, and of plugins, for `zoo show`, `zoo list` and the reference."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from zoo_core.contract.option_types import is_part, is_text_enum, is_union, option_hints, without_bounds
from zoo_core.parts import Part
from zoo_core.registry import Entry, Plugin
from zoo_core.spec._options import dump

SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def text(part: type[Part]) -> str:
    """Return the docstring of a part's class, without indentation; "" if it has none."""
    found = inspect.cleandoc(part.__dict__.get("__doc__") or "")
    return "" if found.startswith(f"{part.__name__}(") else found  # the docstring that Python makes for a dataclass


def summary(part: type[Part]) -> str:
    """Return the first paragraph of a part's docstring on one line."""
    return " ".join(text(part).partition("\n\n")[0].split())


def describe(entry: Entry, options: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return all that `zoo show` says of a part; `options`, in TOML, are for its line in a spec."""
    return {
        "kind": entry.kind,
        "name": entry.spec_name,
        "from": f"{entry.distribution} {entry.version}",
        "what": text(entry.part),
        "shapes": entry.part.shapes,
        "options": option_rows(entry.part),
        "in_a_spec": usage(entry.part, entry.spec_name, options or {}),
        "source": f"{entry.part.__module__}.{entry.part.__qualname__}",
        "code": code_place(entry.part),
    }


def article(noun: str) -> str:
    """Return "a" or "an", and a noun."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


# ------------------------------------------------------------------ options


def option_rows(part: type[Part]) -> list[dict[str, str]]:
    """Return name, type with bounds, and default of each option of a part, as a spec writes them."""
    if not dataclasses.is_dataclass(part):
        return []
    hints = option_hints(part)
    return [
        {"option": f.name, "type": _type_text(hints[f.name]), "default": _default(f)}
        for f in dataclasses.fields(part)
        if f.init
    ]


def _type_text(hint: Any) -> str:
    """Return a type with its bounds in words, such as "float > 0"."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return " ".join(filter(None, [_type_text(without_bounds(hint)), ", ".join(_bounds(arguments[1:]))]))
    if is_union(hint):
        return " or ".join(map(_type_text, arguments))
    if origin is typing.Literal:
        return " or ".join(map(toml, arguments))
    if is_text_enum(hint):
        return " or ".join(toml(member.value) for member in hint)
    if origin is tuple:
        texts = [_type_text(item) for item in arguments if item is not Ellipsis]
        return f"list of {texts[0]}" if len(texts) < len(arguments) else f"[{', '.join(texts)}]"
    if origin is dict:
        return f"table of {_type_text(arguments[1])}"
    if origin is not None:
        return f"{origin.__name__} of {', '.join(map(_type_text, arguments))}"
    if is_part(hint):
        return article(hint.kind)
    return "none" if hint is type(None) else str(getattr(hint, "__name__", hint))


def _bounds(bounds: tuple[Any, ...]) -> list[str]:
    stated = [inner for b in bounds for inner in getattr(b, "metadata", [b])]  # pydantic's Field holds others
    return [f"{SIGNS[key]} {_number(v)}" for b in stated for key in SIGNS if (v := getattr(b, key, None)) is not None]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _default(field: dataclasses.Field[Any]) -> str:
    default = field.default
    if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    if default is dataclasses.MISSING:
        return "required"
    plain = (
        isinstance(default, Part) and default == type(default)()
    )  # a part with its own defaults is written as its name
    return toml(default.name if plain else dump(default))


def toml(value: Any) -> str:
    """Return plain data as one line of TOML; None, which TOML does not have, becomes "none"."""
    if isinstance(value, dict):
        return "{}" if not value else "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def usage(part: type[Part], key: str, options: Mapping[str, str]) -> str:
    """Return a line of a spec that names a part, with these options, else the required ones, else the first."""
    rows = option_rows(part)
    required = {row["option"]: '"..."' for row in rows if row["default"] == "required"}
    example = dict([(row["option"], row["default"]) for row in rows if row["default"] != "none"][:1])
    table = {"name": toml(key), **(required | dict(options) or example)}
    plain = len(table) == 1 and part.kind != "dataset"
    value = table["name"] if plain else "{ " + ", ".join(f"{k} = {v}" for k, v in table.items()) + " }"
    return f"{part.spec_key} = [{value}]" if part.spec_takes_list else f"{part.spec_key} = {value}"


# ------------------------------------------------------------------ the code


def code_place(part: type[Part]) -> str:
    """Return file and line of a part's class, or "" for a class that is in no file."""
    try:
        file = inspect.getsourcefile(part)
        return f"{file}:{inspect.getsourcelines(part)[1]}"
    except (OSError, TypeError):
        return ""


def plugin_row(plugin: Plugin, entries: Iterable[Entry]) -> dict[str, Any]:
    """Return what `zoo plugins` shows of a plugin."""
    return {
        "name": plugin.distribution,
        "version": plugin.version,
        "state": plugin.state,
        "parts": [f"{e.kind} {e.spec_name}" for e in entries],
        "problem": plugin.problem,
    }
