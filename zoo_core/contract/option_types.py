"""The types of a part's options: what spec and model file can hold, and what to write instead of others."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, Union

import numpy as np

from zoo_core.errors import exception_text
from zoo_core.parts import Part

DATA_KEYS = frozenset({  # of `[data]` itself
    "preprocessor", "target_preprocessor", "source", "train", "validation", "test", "stratify", "in_order", "folds",
    "fold", "split_seed",
})  # fmt: skip

SET_BY_CORE = frozenset({"weights", "gradients", "rng", "steps", "columns"})

RECORD_MARKS = "__dataclass_fields__", "_fields", "__total__", "model_fields"  # of classes whose fields have names
OTHERWISE = "write float, int, bool, str, Literal[...], list[...], tuple[...], dict[str, ...] or a kind of part"


# ------------------------------------------------------------------ forms of a type


def is_union(hint: Any) -> bool:
    """Return whether a type hint is a union."""
    return typing.get_origin(hint) in (Union, types.UnionType)


def without_bounds(hint: Any) -> Any:
    """Return a type hint without its annotations."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint


def is_part(hint: Any) -> bool:
    """Return whether a type hint is a part class."""
    return isinstance(hint, type) and issubclass(hint, Part)


def is_text_enum(hint: Any) -> bool:
    """Return whether a type hint is an enumeration whose values are texts."""
    return (
        isinstance(hint, type)
        and issubclass(hint, enum.Enum)
        and bool(len(hint))
        and all(isinstance(member.value, str) for member in hint)
    )


def option_hints(part: Any) -> dict[str, Any]:
    """Return the type of each option of a part, an instance or a class.

    Raises NameError and other exceptions for types that cannot be read.
    """
    if not dataclasses.is_dataclass(part):
        return {}
    owner = part if isinstance(part, type) else type(part)
    hints = typing.get_type_hints(owner, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(part) if field.init}


# ------------------------------------------------------------------ what is wrong with the options of a class


def option_errors(part: type[Part]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the options of a part class, and how to correct it."""
    if not dataclasses.is_dataclass(part):
        return
    yield from _name_errors(part)
    try:
        hints = option_hints(part)
    except Exception as error:  # a type may be any expression
        yield (
            f"the types of the options of {part.__qualname__} cannot be read ({exception_text(error)})",
            "import what they use at the top of the module, and not under TYPE_CHECKING",
        )
        return
    defaults = {field.name: field.default for field in dataclasses.fields(part)}
    for name, hint in hints.items():
        for found, remedy in unsupported(hint):
            yield f"{part.__qualname__}: the option {name!r} has {found}, which no spec and no model file holds", remedy
        if defaults[name] is None and not _takes_none(hint):
            yield f"{part.__qualname__}: the option {name!r} has the default None", f"write `{_text(hint)} | None`"


def _name_errors(part: type[Part]) -> Iterator[tuple[str, str]]:
    """Yield options whose names are taken, and arguments that only `__post_init__` sees."""
    fields: dict[str, Any] = getattr(part, "__dataclass_fields__", {})
    for name, field in fields.items():
        where = f"{part.__qualname__}: the option {name!r}"
        if field._field_type.name == "_FIELD_CLASSVAR":
            continue
        if field._field_type.name == "_FIELD_INITVAR":
            yield f"{where} is an InitVar, which no model file keeps", "write its type alone"
        elif any(name in _reserved_names(base) for base in part.__mro__):
            yield f"{where} has a name that the contract uses", f"write `{name} = ...` without a type, or rename it"
        elif part.kind == "dataset" and name in DATA_KEYS:
            yield f"{where} has the name of a key of [data]", "rename it"


def _reserved_names(base: type) -> set[str]:
    """Return the names of a class of the contract that no option may take: its methods and what the core sets."""
    if base.__module__ != Part.__module__:
        return set()
    methods = {name for name, value in vars(base).items() if callable(value) or hasattr(value, "__get__")}
    declared = {*vars(base), *vars(base).get("__annotations__", ())}
    options = {"learning_rate", *getattr(base, "__dataclass_fields__", ())}
    return (methods | (declared if base is Part else declared & SET_BY_CORE)) - options


def unsupported(hint: Any) -> Iterator[tuple[str, str]]:
    """Yield what a spec cannot write in a type, and what to write instead."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        yield from unsupported(arguments[0])
    elif hint in (float, int, bool, str, None, type(None)) or is_part(hint) or is_text_enum(hint):
        return
    elif is_union(hint):
        yield from _union_errors(hint)
    elif origin is Literal:
        wrong = [value for value in arguments if not isinstance(value, (str, int, bool, type(None)))]
        yield from ((f"{value!r} in its type", "write texts in Literal[...]") for value in wrong)
    elif origin in (list, tuple) and arguments:
        yield from (error for inner in arguments if inner is not Ellipsis for error in unsupported(inner))
    elif origin is dict and arguments[0] is str:
        yield from unsupported(arguments[1])
    else:
        yield f"the type {_text(hint)}", _instead(hint)


def _union_errors(hint: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong in a union: a spec writes two of its types in one form."""
    members = typing.get_args(hint)
    wrong = [error for member in members for error in unsupported(member)]
    yield from wrong
    if not wrong and _look_alike([without_bounds(member) for member in members]):
        yield f"the type {_text(hint)}, whose alternatives look alike in a spec", "leave one of them"


def _look_alike(members: list[Any]) -> bool:
    """Return whether a spec writes two of these types in one form."""
    origins = {typing.get_origin(member) for member in members}
    kinds = {member.kind for member in members if is_part(member)}  # a part is a text or a table
    texts = [member for member in members if member is str or is_text_enum(member)]
    named = bool(texts) or any(isinstance(value, str) for m in members for value in _literals(m))
    return {list, tuple} <= origins or len(texts) > 1 or len(kinds) > 1 or bool(kinds and (named or dict in origins))


def _literals(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) is Literal else ()


def _takes_none(hint: Any) -> bool:
    hint = without_bounds(hint)
    if None in _literals(hint):
        return True
    return hint in (None, type(None), Any) or (is_union(hint) and any(map(_takes_none, typing.get_args(hint))))


@cache
def _replacements() -> tuple[tuple[Any, str], ...]:
    """Return what to write instead of a type, for the type and those derived from it. The first that fits counts."""
    import collections.abc
    import datetime
    import decimal
    import fractions
    import pathlib

    return (
        (pathlib.PurePath, "write str; a data set finds the file with folder.locate"),
        (enum.Enum, "give its members texts as values, or write Literal[...]"),
        (np.bool_, "write bool"),
        (np.integer, "write int"),
        (np.generic, "write float"),
        (np.ndarray, "write list[float]"),
        (datetime.date, "write str, such as '2026-01-31'"),
        (datetime.time, "write str"),
        (datetime.timedelta, "write float, a number of seconds"),
        (complex, "write tuple[float, float]"),
        (decimal.Decimal, "write float"),
        (fractions.Fraction, "write float"),
        (bytes, "write str"),
        (bytearray, "write str"),
        (str, "write str"),
        (set, "write list[...]"),
        (frozenset, "write list[...]"),
        (list, "write list[float], or another type of its items"),
        (tuple, "write tuple[float, float], or another type for each item"),
        (dict, "write dict[str, float], or another type of its values"),
        (collections.abc.Mapping, "write dict[str, float], or another type of its values"),
        (collections.abc.Iterable, "write list[...]"),
        (collections.abc.Callable, "write Literal[...] with the names of functions, or make it a part"),
    )


def _instead(hint: Any) -> str:
    """Return what to write instead of a type."""
    if hint in (Any, object):
        return "write the types that are meant, such as float | str"
    if isinstance(hint, typing.NewType):
        return f"write {_text(hint.__supertype__)}, with its bounds in Annotated[...]"
    kind = typing.get_origin(hint) or hint
    if not isinstance(kind, type):
        return OTHERWISE
    if any(hasattr(kind, mark) for mark in RECORD_MARKS):
        return "make each of its fields an option of its own, or make it a part"
    return next((text for base, text in _replacements() if issubclass(kind, base)), OTHERWISE)


def _text(hint: Any) -> str:
    """Return a type as its author wrote it, without modules."""
    if isinstance(hint, type) and not typing.get_args(hint):
        return hint.__name__
    return str(hint).replace("typing.", "").replace(f"{Part.__module__}.", "")
