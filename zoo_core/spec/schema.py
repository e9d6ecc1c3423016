"""The JSON schema of a spec, plugins included, in the form that editors complete.

A part is a name (an enum) or a table whose `name` is an enum; `if`/`then` adds the options of the part named.
A plain `oneOf` over all parts would answer every mistake with "matches none of sixty schemas".
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from zoo_core.parts import KINDS, Part
from zoo_core.registry import Registry
from zoo_core.spec._part_field import options_model
from zoo_core.spec._spec import Spec

Schema = dict[str, Any]
PLACEHOLDER = "x-zoo-kind"  # pydantic resolves a "$ref" itself, and does not know ours yet


class _Generator(GenerateJsonSchema):
    """pydantic's generator, with a reference where a part stands."""

    def function_plain_schema(self, schema: Any) -> Schema:
        """Return a placeholder for the kind that `PartField` left in the schema's metadata; see `_linked`."""
        return {PLACEHOLDER: schema["metadata"]["kind"]}

    def tagged_union_schema(self, schema: Any) -> Schema:
        """Return a choice of a part or a plain value: by its type, for `anyOf` would hide what is wrong with either."""
        part, value = (self.generate_inner(schema["choices"][tag]) for tag in ("<part>", "<value>"))
        return {"if": {"type": ["string", "object"]}, "then": part, "else": value}

    def nullable_schema(self, schema: Any) -> Schema:
        """Return a schema that also takes null, for the same reason without `anyOf`."""
        return {"if": {"type": "null"}, "else": self.generate_inner(schema["schema"])}

    def default_schema(self, schema: Any) -> Schema:
        """Leave out defaults that are objects of ours rather than plain data."""
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        plain = default is None or isinstance(default, (bool, int, float, str))
        return {**inner, "default": default} if "default" in schema and plain and PLACEHOLDER not in inner else inner


def spec_schema(registry: Registry) -> Schema:
    """Return the schema of a whole spec for the parts that a registry holds."""
    schema = _of(Spec)
    definitions: Schema = schema.setdefault("$defs", {})
    definitions |= {kind: _part(kind, registry) for kind in KINDS}
    data = definitions["DataSpec"]
    del data["properties"]["source"]
    definitions["DataSpec"] = _dataset(data, registry)
    schema["properties"]["$schema"] = {"type": "string", "description": "this schema's file; in JSON alone"}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "zoo spec", **schema}


def _of(model: type[BaseModel]) -> Schema:
    schema: Schema = _linked(model.model_json_schema(schema_generator=_Generator, mode="validation"))
    return schema


def _linked(value: Any) -> Any:
    """Return a schema with references where placeholders stood."""
    if isinstance(value, list):
        return [_linked(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(PLACEHOLDER)
    return {"$ref": f"#/$defs/{kind}"} if kind else {key: _linked(item) for key, item in value.items()}


def _part(kind: str, registry: Registry) -> Schema:
    options = _options(kind, registry)
    names = list(options)
    table: Schema = {
        "properties": {"name": {"enum": names}},
        "required": [] if kind == "callback" else ["name"],
        "allOf": [_when(name, own) for name, own in options.items()],
    }
    return {
        "description": f"the name of a {kind}, or a table with its name and options",
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": names},
        "else": table,
    }


def _options(kind: str, registry: Registry) -> dict[str, Schema]:
    """Return the schema of the table of every part of a kind, by the part's name."""
    return {e.spec_name: _table(e.part) for e in sorted(registry.entries(kind), key=lambda e: e.spec_name)}


def _table(part: type[Part]) -> Schema:
    schema = _of(options_model(part))
    return {
        "properties": {"name": True, **schema.get("properties", {})},
        "required": schema.get("required", []),
        "additionalProperties": False,
    }


def _when(name: str, then: Schema) -> Schema:
    return {"if": {"properties": {"name": {"const": name}}, "required": ["name"]}, "then": then}


def _dataset(own: Schema, registry: Registry) -> Schema:
    """Return the schema of `[data]`: its own keys beside those of the dataset named."""
    found, cases = _options("dataset", registry), []
    for name, options in found.items():
        known = {**dict.fromkeys(own["properties"], True), **options["properties"]}
        cases.append(_when(name, {**options, "properties": known}))
    names = list(found)
    properties = {"name": {"enum": names, "description": "the data set"}, **own["properties"]}
    table = {"properties": properties, "required": ["name"], "allOf": cases}
    return {"type": ["string", "object"], "if": {"type": "string"}, "then": {"enum": names}, "else": table}
