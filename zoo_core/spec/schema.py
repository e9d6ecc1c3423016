"""The JSON schema of a spec, plugins included, in the form that editors complete.

A part is a name, or a table with a `name`; `if` and `then` add the options of the part with that name. A `oneOf` over
all parts would answer each mistake with "matches none of sixty schemas".
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
PLACEHOLDER = "x-zoo-kind"  # pydantic would resolve a "$ref", to a definition that it does not have


class _Generator(GenerateJsonSchema):
    """pydantic's generator, with a placeholder for each part."""

    def function_plain_schema(self, schema: Any) -> Schema:
        """Return a placeholder for the kind of part in the metadata of a `PartField`; see `_link_parts`."""
        return {PLACEHOLDER: schema["metadata"]["kind"]}

    def tagged_union_schema(self, schema: Any) -> Schema:
        """Choose part or plain value by the type of the data; the errors of `anyOf` would say less."""
        part, value = (self.generate_inner(schema["choices"][tag]) for tag in ("<part>", "<value>"))
        return {"if": {"type": ["string", "object"]}, "then": part, "else": value}

    def nullable_schema(self, schema: Any) -> Schema:
        """Return a schema that also takes null, without `anyOf` for the same reason."""
        return {"if": {"type": "null"}, "else": self.generate_inner(schema["schema"])}

    def tuple_schema(self, schema: Any) -> Schema:
        """Return a schema of a list with a type for each place, as draft 07 writes it."""
        found = super().tuple_schema(schema)
        return {**found, "items": found.pop("prefixItems")} if "prefixItems" in found else found

    def default_schema(self, schema: Any) -> Schema:
        """Leave out defaults that are no plain data."""
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        plain = default is None or isinstance(default, (bool, int, float, str))
        return {**inner, "default": default} if "default" in schema and plain and PLACEHOLDER not in inner else inner


def spec_schema(registry: Registry) -> Schema:
    """Return the schema of a spec with the parts of a registry. Parts that cannot be described are left out."""
    schema = _model_schema(Spec)
    definitions: Schema = schema.setdefault("$defs", {})
    definitions |= {kind: _part_schema(kind, registry) for kind in KINDS}
    data = definitions["DataSpec"]
    del data["properties"]["source"]
    definitions["DataSpec"] = _data_schema(data, registry)
    schema["properties"]["$schema"] = {"type": "string", "description": "this schema's file; in JSON alone"}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "zoo spec", **schema}


def _model_schema(model: type[BaseModel]) -> Schema:
    schema: Schema = _link_parts(model.model_json_schema(schema_generator=_Generator, mode="validation"))
    return schema


def _link_parts(value: Any) -> Any:
    """Replace the placeholders of a schema by references."""
    if isinstance(value, list):
        return [_link_parts(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(PLACEHOLDER)
    return {"$ref": f"#/$defs/{kind}"} if kind else {key: _link_parts(item) for key, item in value.items()}


def _part_schema(kind: str, registry: Registry) -> Schema:
    options = _options_schemas(kind, registry)
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


def _options_schemas(kind: str, registry: Registry) -> dict[str, Schema]:
    """Return the schema of the options of each part of a kind, by the part's name."""
    entries = registry.entries(kind)
    found = registry.describe_each(lambda entry: (entry.spec_name, _options_schema(entry.part)), entries)
    return dict(sorted(found, key=lambda item: item[0]))


def _options_schema(part: type[Part]) -> Schema:
    schema = _model_schema(options_model(part))
    return {
        "properties": {"name": True, **schema.get("properties", {})},
        "required": schema.get("required", []),
        "additionalProperties": False,
    }


def _when(name: str, then: Schema) -> Schema:
    return {"if": {"properties": {"name": {"const": name}}, "required": ["name"]}, "then": then}


def _data_schema(own: Schema, registry: Registry) -> Schema:
    """Return the schema of `[data]`: its own keys beside the options of the data set."""
    found, cases = _options_schemas("dataset", registry), []
    for name, options in found.items():
        known = {**dict.fromkeys(own["properties"], True), **options["properties"]}
        cases.append(_when(name, {**options, "properties": known}))
    names = list(found)
    properties = {"name": {"enum": names, "description": "the data set"}, **own["properties"]}
    table = {"properties": properties, "required": ["name"], "allOf": cases}
    return {"type": ["string", "object"], "if": {"type": "string"}, "then": {"enum": names}, "else": table}
