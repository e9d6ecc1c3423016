"""What there is to say about a part, read from its class: summary, text, options, code, origin; and about a plugin."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from zoo_core.parts import Part
from zoo_core.registry import Entry, Plugin
from zoo_core.spec._options import dump, is_part, is_union, without_bounds

SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def text(part: type[Part]) -> str:
    """Return the docstring of a part's class, without the indentation; "" where its author wrote none."""
    found = inspect.cleandoc(part.__dict__.get("__doc__") or "")
    return "" if found.startswith(f"{part.__name__}(") else found  # a dataclass without one gets its signature


def summary(part: type[Part]) -> str:
    """Return the first paragraph of a part's docstring on one line."""
    return " ".join(text(part).partition("\n\n")[0].split())


def describe(entry: Entry, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return kind, name, origin, text, shapes, options, a line for a spec, and the place of the code.

    `given` are options in TOML, for the line of the spec.
    """
    return {
        "kind": entry.kind,
        "name": entry.spec_name,
        "from": f"{entry.distribution} {entry.version}",
        "what": text(entry.part),
        "shapes": entry.part.shapes,
        "options": option_rows(entry.part),
        "in_a_spec": usage(entry.part, entry.spec_name, given or {}),
        "source": f"{entry.part.__module__}.{entry.part.__qualname__}",
        "code": code_place(entry.part),
    }


def article(noun: str) -> str:
    """Return a noun behind "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


# ------------------------------------------------------------------ options


def option_rows(part: type[Part]) -> list[dict[str, str]]:
    """Return name, type with bounds, and default of each option of a part, as a spec writes them."""
    if not dataclasses.is_dataclass(part):
        return []
    hints = typing.get_type_hints(part, include_extras=True)
    return [
        {"option": f.name, "type": _words(hints[f.name]), "default": _default(f)}
        for f in dataclasses.fields(part)
        if f.init
    ]


def _words(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return " ".join(filter(None, [_words(without_bounds(hint)), ", ".join(_limits(arguments[1:]))]))
    if is_union(hint):
        return " or ".join(map(_words, arguments))
    if origin is typing.Literal:
        return " or ".join(map(toml, arguments))
    if origin is dict:
        return f"table of {_words(arguments[1])}"
    if origin is not None:
        return f"{origin.__name__} of {', '.join(map(_words, arguments))}"
    if is_part(hint):
        return article(hint.kind)
    return "none" if hint is type(None) else str(getattr(hint, "__name__", hint))


def _limits(bounds: tuple[Any, ...]) -> list[str]:
    return [f"{SIGNS[key]} {_plain(v)}" for b in bounds for key in SIGNS if (v := getattr(b, key, None)) is not None]


def _plain(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _default(field: dataclasses.Field[Any]) -> str:
    default = field.default
    if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    if default is dataclasses.MISSING:
        return "required"
    plain = isinstance(default, Part) and default == type(default)()  # a part as it is by default is its name
    return toml(default.name if plain else dump(default))


def toml(value: Any) -> str:
    """Return plain data on one line as TOML writes it; None, which TOML has not, is "none"."""
    if isinstance(value, dict):
        return "{}" if not value else "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def usage(part: type[Part], key: str, given: Mapping[str, str]) -> str:
    """Return a line of a spec that names a part with the options given, or else the required, or else its first."""
    rows = option_rows(part)
    required = {row["option"]: '"..."' for row in rows if row["default"] == "required"}
    example = dict([(row["option"], row["default"]) for row in rows if row["default"] != "none"][:1])
    options = {"name": toml(key), **(required | dict(given) or example)}
    plain = len(options) == 1 and part.kind != "dataset"
    value = options["name"] if plain else "{ " + ", ".join(f"{k} = {v}" for k, v in options.items()) + " }"
    return f"{part.spec_key} = [{value}]" if part.spec_takes_list else f"{part.spec_key} = {value}"


# ------------------------------------------------------------------ the code


def code_place(part: type[Part]) -> str:
    """Return file and line of a part's class, or "" where there is no file, as for a class typed into a session."""
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
