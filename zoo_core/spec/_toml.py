"""A spec as the TOML that a person would write: what is as it would be without saying so is left out."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from zoo_core.parts import Part
from zoo_core.spec._options import dump, option_names

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def stated(value: Any) -> Any:
    """Return plain data for a table of a spec, a part or a value, without what has its default."""
    if isinstance(value, BaseModel):
        return _stated_table(value)
    if isinstance(value, Part):
        return _stated_part(value)
    if isinstance(value, (list, tuple)):
        return [stated(item) for item in value]
    return {key: stated(item) for key, item in value.items()} if isinstance(value, Mapping) else dump(value)


def _stated_table(table: BaseModel) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in type(table).model_fields.items():
        value = stated(getattr(table, name))
        default = field.get_default(call_default_factory=True, validated_data={})
        if value is not None and (field.is_required() or value != default):
            found |= _source(value) if name == "source" else {name: value}
    return {name: value for name, value in found.items() if value != {}}


def _source(value: Any) -> dict[str, Any]:
    """Return the keys of a data set, which stand beside those of the table `[data]`."""
    return dict(value) if isinstance(value, dict) else {"name": value}


def _stated_part(part: Part) -> Any:
    fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(part) if dataclasses.is_dataclass(part) else ()
    defaults = {field.name: _default(field) for field in fields}
    options = {name: stated(getattr(part, name)) for name in option_names(part)}
    options = {name: value for name, value in options.items() if value is not None and value != defaults[name]}
    name = part.spec_name or part.name
    return {"name": name, **options} if options else name


def _default(field: dataclasses.Field[Any]) -> Any:
    """Return the default of an option as plain data; an object that nothing equals where it has none."""
    if field.default_factory is not dataclasses.MISSING:
        return stated(field.default_factory())
    return object() if field.default is dataclasses.MISSING else stated(field.default)


def toml_text(data: Mapping[str, Any]) -> str:
    """Return plain data as TOML: plain values first, then tables, and lists of tables each below its heading."""
    return "\n".join(_table_lines(data, "")).strip("\n") + "\n"


def _table_lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    below = {key: value for key, value in table.items() if _is_below(key, value, path)}
    for key, value in table.items():
        if key not in below:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in below.items():
        own = f"{path}{_key(key)}"
        for item in value if isinstance(value, list) else [value]:
            yield f"\n[[{own}]]" if isinstance(value, list) else f"\n[{own}]"
            yield from _table_lines(item, f"{own}.")


def _is_below(key: str, value: Any, path: str) -> bool:
    """Return whether a value gets a heading of its own: tables of the top level, and the layers."""
    if isinstance(value, list):
        return key == "layers" and bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, dict) and not path


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else str(value)  # a float as Python writes it is one of TOML too
