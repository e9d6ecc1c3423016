"""How pydantic validates a part and its options: `PartField` marks a part, `options_model` is made from its fields."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    Strict,
    ValidationInfo,
    create_model,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

import zoo_core.basics.pydantic_ready  # noqa: F401 - before the first model
from zoo_core.contract import raise_named
from zoo_core.contract.option_types import is_part, is_text_enum, is_union, option_hints, without_bounds
from zoo_core.errors import PluginError, message_text
from zoo_core.parts import KINDS, Part
from zoo_core.registry import Registry
from zoo_core.registry.default import default_registry
from zoo_core.spec._options import option_names, plain_data
from zoo_core.spec._text import UNQUOTED


@dataclasses.dataclass(frozen=True)
class PartField:
    """Marks a field as a part: a name, a table with `name`, or an instance.

    `default` is the name of the part where a table has none, and `example` what such a table may hold.
    """

    default: str = ""
    example: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema for a part of the annotated kind, or for the other types of a union."""
        options = typing.get_args(source) if is_union(source) else (source,)
        kind = next(o for o in map(without_bounds, options) if is_part(o)).kind
        others = [o for o in options if not is_part(without_bounds(o))]
        part = core_schema.with_info_plain_validator_function(
            lambda v, info: self._validate(kind, v, info), metadata={"kind": kind}
        )
        if not others:
            return part
        only_none = others == [type(None)]
        other = handler.generate_schema(Union[tuple(others)])  # noqa: UP007 - built at run time
        return core_schema.tagged_union_schema(
            {"<part>": part, "<value>": other},
            discriminator=lambda v: "<value>" if v is None or not (only_none or _may_be_part(v)) else "<part>",
        )

    def _validate(self, kind: str, value: Any, info: ValidationInfo) -> Part:
        base = KINDS[kind]
        if isinstance(value, base):
            return value
        if isinstance(value, str):
            if UNQUOTED.fullmatch(value):
                raise PydanticCustomError("part_type", "is {text} in quotes: write it without quotes", {"text": value})
            value = {"name": value}
        if not isinstance(value, Mapping):
            form = f"a table such as {{ {self.example} }}" if self.example else "a name or a table with a name"
            raise PydanticCustomError("part_type", "must be {form}", {"form": form})
        options = dict(value)
        name = options.pop("name", self.default)
        if not isinstance(name, str) or not name:
            example = "csv" if kind == "dataset" and "path" in options else base.spec_example
            raise PydanticCustomError("missing", "needs a name, such as name = {example}", {"example": f'"{example}"'})
        part = build(_find_class(kind, name, info.context or {}), options, info.context)
        if ":" in name:
            part.set_spec_name(name)
        return part


def _may_be_part(value: object) -> bool:
    return isinstance(value, (str, Mapping, Part))


def _find_class(kind: str, name: str, context: Mapping[str, Any]) -> type[Part]:
    """Return the class of a part, from `find` in the context, or from its registry."""
    if find := context.get("find"):
        return cast(type[Part], find(kind, name))
    registry: Registry = context.get("registry") or default_registry()
    try:
        return registry.get(kind, name)
    except PluginError as error:
        kind_of_error: Literal["misspelt_part", "unknown_part"] = (
            "misspelt_part" if registry.is_misspelt(kind, name) else "unknown_part"
        )
        raise PydanticCustomError(kind_of_error, "{text}", {"text": str(error)}) from error


def build(part: type[Part], options: Mapping[str, Any], context: Mapping[str, Any] | None) -> Part:
    """Validate the options of a part and make the part."""
    values = {}
    if options or _has_required_option(part):  # a model of the options is slow to make: without options, skip it
        checked = options_model(part).model_validate(options, context=context)
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
    try:
        return part(**values)
    except (TypeError, ValueError) as error:
        raise PydanticCustomError("options", "{text}", {"text": message_text(error) or type(error).__name__}) from error
    except Exception as error:
        raise_named(error)
        raise


def _has_required_option(part: Any) -> bool:
    return dataclasses.is_dataclass(part) and any(f.init and _default(f) is ... for f in dataclasses.fields(part))


def options_model(part: type[Part]) -> type[BaseModel]:
    """Return a pydantic model that has the options of a part as its fields."""
    return _options_model(cast(Any, part))


@cache
def _options_model(part: Any) -> type[BaseModel]:
    if not dataclasses.is_dataclass(part):
        return _OptionsTable
    hints = option_hints(part)
    fields: dict[str, Any] = {
        f.name: (_checked_form(hints[f.name]), _default(f)) for f in dataclasses.fields(part) if f.init
    }
    return create_model(str(getattr(part, "name", "")), __base__=_OptionsTable, **fields)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return FieldInfo(default_factory=field.default_factory)
    return ...


def _checked_form(hint: Any) -> Any:
    """Return a type as pydantic checks it: each part marked, lists for tuples, texts for the members of an enum."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if is_union(hint):
        if any(is_part(without_bounds(o)) for o in arguments):
            return Annotated[hint, PartField()]
        return Union[tuple(_checked_form(o) for o in arguments)]  # noqa: UP007 - built at run time
    if is_part(hint):
        return Annotated[hint, PartField()]
    if is_text_enum(hint):
        texts: Any = Literal[tuple(member.value for member in hint)]
        return Annotated[texts, BeforeValidator(_enum_text), AfterValidator(hint)]
    if origin is Annotated:
        return Annotated[_checked_form(arguments[0]), *arguments[1:]]
    if origin in (list, tuple, dict) and arguments:
        form = origin[tuple(a if a is Ellipsis else _checked_form(a) for a in arguments)]
        return Annotated[form, Strict(False)] if origin is tuple else form
    return hint


def _enum_text(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


# ------------------------------------------------------------------ tables and their keys


class StrictTable(BaseModel):
    """A table without unknown keys. For the message about an unknown key it remembers the known ones."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    @model_validator(mode="before")
    @classmethod
    def _remember_keys(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:  # made by Python code, not by `validate`
            return plain_data(value)
        remember_known_keys(value, cls.model_fields, info)
        return value


class _OptionsTable(StrictTable):
    """Base of the models made from parts. An unknown key may be an option of a part inside, such as `base`."""

    @model_validator(mode="before")
    @classmethod
    def _remember_inner_keys(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, Mapping) and info.context is not None and set(value) - set(cls.model_fields):
            inner = _inner_keys(cls, value, info.context.get("registry"))
            remember_known_keys(value, [*cls.model_fields, *inner], info)
        return value


def _inner_keys(model: type[BaseModel], value: Mapping[str, Any], registry: Registry | None) -> Iterator[str]:
    """Yield the keys of a table that are options of a part inside it, as "base.learning_rate"."""
    for name, field in model.model_fields.items():
        kind = getattr(field.annotation, "kind", "")
        part = value.get(name) or field.get_default(call_default_factory=True, validated_data={})
        inner = part.get("name") if isinstance(part, Mapping) else getattr(part, "name", part)
        if registry is not None and kind and inner in registry.names(kind):
            options = option_names(registry.get(kind, inner))
            yield from (f"{name}.{key}" for key in options if key in value and key not in model.model_fields)


def remember_known_keys(value: Any, known: Iterable[str], info: ValidationInfo) -> None:
    """Remember the known keys of a table under each key that is unknown there; see `_messages.message`."""
    if isinstance(value, Mapping) and info.context is not None:
        for key in set(value) - set(known):
            info.context.setdefault("known", {}).setdefault(key, set()).update(known)
