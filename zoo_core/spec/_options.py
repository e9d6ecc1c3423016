"""A part's typed fields as pydantic checks: the bridge between the contract and the spec."""

from __future__ import annotations

import copy
import dataclasses
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationInfo,
    create_model,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from zoo_core.errors import PluginError
from zoo_core.parts import KINDS, Part
from zoo_core.registry import Registry

P = TypeVar("P", bound=Part)


def _is_partlike(value: object) -> bool:
    return isinstance(value, (str, Mapping, Part))


@dataclasses.dataclass(frozen=True)
class PartField:
    """Marks a field of a spec, or of a part, as a part: a name, a table with `name`, or an instance.

    `default` is the name that a table without one means.
    """

    default: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that validates a part of the kind in the annotation, or its other alternatives."""
        options = typing.get_args(source) if is_union(source) else (source,)
        kind = next(o for o in map(bare, options) if is_part(o)).kind
        others = [o for o in options if not is_part(bare(o))]
        part = core_schema.with_info_plain_validator_function(
            lambda v, info: self._part(kind, v, info), metadata={"kind": kind}
        )
        if not others:
            return part
        only_none = others == [type(None)]
        other = handler.generate_schema(Union[tuple(others)])  # noqa: UP007 - built at run time
        return core_schema.tagged_union_schema(
            {"<part>": part, "<value>": other},
            discriminator=lambda v: "<value>" if v is None or not (only_none or _is_partlike(v)) else "<part>",
        )

    def _part(self, kind: str, value: Any, info: ValidationInfo) -> Part:
        base = KINDS[kind]
        if isinstance(value, base):
            return value
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping):
            raise PydanticCustomError("part_type", "must be a name or a table with a name")
        options = dict(value)
        name = options.pop("name", self.default)
        if not isinstance(name, str) or not name:
            raise PydanticCustomError(
                "missing", "needs a name, such as name = {example}", {"example": f'"{base.spec_example}"'}
            )
        context = info.context or {}
        registry: Registry = context.get("registry") or Registry()
        try:
            part = registry.get(kind, context.get("choices", {}).get((kind, name), name))
        except PluginError as error:
            raise PydanticCustomError("unknown_part", "{text}", {"text": str(error)}) from error
        made = build(part, options, info)
        if ":" in name:
            object.__setattr__(made, "spec_name", name)  # a part may be frozen
        return made


def build(part: type[Part], options: Mapping[str, Any], info: ValidationInfo) -> Part:
    """Make a part from options that are validated first; where none is given, nothing is to be validated."""
    values = {}
    if options or _must_be_told(part):
        checked = options_model(cast(Any, part)).model_validate(options, context=info.context)
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
    try:
        return part(**values)
    except (TypeError, ValueError) as error:
        raise PydanticCustomError("options", "{text}", {"text": str(error)}) from error


def _must_be_told(part: Any) -> bool:
    """Tell whether a part has options without a default."""
    return dataclasses.is_dataclass(part) and any(f.init and _default(f) is ... for f in dataclasses.fields(part))


@cache
def options_model(part: Any) -> type[BaseModel]:
    """Return a pydantic model with the part's options as its fields."""
    if not dataclasses.is_dataclass(part):
        return _Options
    hints = typing.get_type_hints(part, include_extras=True)
    fields: dict[str, Any] = {
        f.name: (_checked(hints[f.name]), _default(f)) for f in dataclasses.fields(part) if f.init
    }
    return create_model(str(getattr(part, "name", "")), __base__=_Options, **fields)


class StrictTable(BaseModel):
    """A table in which every key is known; it notes the known ones for the message about an unknown one."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    @model_validator(mode="before")
    @classmethod
    def _note(cls, value: Any, info: ValidationInfo) -> Any:
        remember_known_keys(value, cls.model_fields, info)
        return value


class _Options(StrictTable):
    """Base of the models made from parts; an unknown key may be an option of a part inside, as of `base`."""

    @model_validator(mode="before")
    @classmethod
    def _note_inside(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, Mapping) and info.context is not None and set(value) - set(cls.model_fields):
            remember_known_keys(value, [*cls.model_fields, *_inside(cls, value, info.context.get("registry"))], info)
        return value


def _inside(model: type[BaseModel], value: Mapping[str, Any], registry: Registry | None) -> Iterator[str]:
    """Yield keys of a table that are options of a part inside it, as "base.learning_rate"."""
    for name, field in model.model_fields.items():
        kind = getattr(field.annotation, "kind", "")
        given = value.get(name) or field.get_default(call_default_factory=True, validated_data={})
        inner = given.get("name") if isinstance(given, Mapping) else getattr(given, "name", given)
        if registry is not None and kind and inner in registry.names(kind):
            options = option_names(registry.get(kind, inner))
            yield from (f"{name}.{key}" for key in options if key in value and key not in model.model_fields)


def remember_known_keys(value: Any, known: Iterable[str], info: ValidationInfo) -> None:
    """Remember, for each unknown key of a table, which keys the table knows."""
    if isinstance(value, Mapping) and info.context is not None:
        for key in set(value) - set(known):
            info.context.setdefault("known", {}).setdefault(key, set()).update(known)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return FieldInfo(default_factory=field.default_factory)
    return ...


def _checked(hint: Any) -> Any:
    """Return the hint with every part class in it marked as a PartField."""
    if is_union(hint):
        options = typing.get_args(hint)
        if any(is_part(bare(o)) for o in options):
            return Annotated[hint, PartField()]
        return Union[tuple(_checked(o) for o in options)]  # noqa: UP007 - built at run time
    if is_part(hint):
        return Annotated[hint, PartField()]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (list, tuple, dict):
        return origin[tuple(a if a is Ellipsis else _checked(a) for a in arguments)]
    return hint


def is_union(hint: Any) -> bool:
    """Tell whether a type hint is a union."""
    return typing.get_origin(hint) in (Union, types.UnionType)


def bare(hint: Any) -> Any:
    """Return a type hint without its bounds."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint


def is_part(hint: Any) -> bool:
    """Tell whether a type hint is a part class."""
    return isinstance(hint, type) and issubclass(hint, Part)


def dump(value: Any) -> Any:
    """Return plain data for a part, a list of parts or a plain value; a part without options is its name."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Part):
        options = {name: dump(getattr(value, name)) for name in option_names(value)}
        called = value.spec_name or value.name
        return {"name": called, **options} if options else called
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    return {key: dump(item) for key, item in value.items()} if isinstance(value, dict) else value


def option_names(part: Any) -> list[str]:
    """Return the names of a part's options, of an instance or a class."""
    return [field.name for field in dataclasses.fields(part)] if dataclasses.is_dataclass(part) else []


def parts_of(spec: BaseModel) -> Iterator[Part]:
    """Yield every part in a spec, nested ones included."""
    waiting: list[Any] = [spec]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Part):
            yield item
            waiting += [part for _, part in children(item)]
        elif isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, BaseModel):
            waiting += [getattr(item, name) for name in type(item).model_fields]


def children(part: Part) -> list[tuple[str, Part]]:
    """Return the parts inside a part's options, with the option's name ('base', 'learning_rate', 'list.0').

    Those in a table are numbered in the order of its keys, so that a name holds no character of a key.
    """
    found: list[tuple[str, Part]] = []
    for name in option_names(part):
        value = getattr(part, name)
        if isinstance(value, dict):
            value = [value[key] for key in sorted(value)]
        items = enumerate(value) if isinstance(value, (list, tuple)) else [(-1, value)]
        found += [(name if i < 0 else f"{name}.{i}", v) for i, v in items if isinstance(v, Part)]
    return found


def copy_part(part: P) -> P:
    """Return a copy of a part, and of the parts inside it, that shares no state with it."""
    new = copy.copy(part)
    for name in option_names(part):
        value = getattr(part, name)
        setattr(new, name, _fresh_value(value))
    return new


def _fresh_value(value: Any) -> Any:
    if isinstance(value, Part):
        return copy_part(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_fresh_value, value))
    return {key: _fresh_value(v) for key, v in value.items()} if isinstance(value, dict) else value


def walk_parts(part: Part, path: str) -> Iterator[tuple[str, Part]]:
    """Yield a part and all parts inside its options, at any depth, each with its path."""
    yield path, part
    for name, child in children(part):
        yield from walk_parts(child, f"{path}.{name}")
