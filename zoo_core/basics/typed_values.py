"""Reads plain values as type hints say: strictly, and without a library whose import takes longer than a prediction.

It is for what machines write, such as headers: the first fault is enough. For what people write, pydantic names all.
"""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, Union, dataclass_transform

Check = Callable[[Any], str]  # returns what is wrong with a value, or ""
NAMES = {bool: "true or false", int: "a whole number", str: "a text", float: "a number", type(None): "null"}


class WrongValueError(ValueError):
    """A value is not what its type says; `place` has the keys that lead to it."""

    def __init__(self, fault: str, *place: str) -> None:
        super().__init__(fault)
        self.place = place

    def __str__(self) -> str:
        """Return place and fault."""
        return f"{'.'.join(self.place) or 'header'}: {self.args[0]}"


@dataclass_transform(kw_only_default=True, frozen_default=True)
class TypedTable:
    """Base of tables whose fields are read as their types say, also where Python code makes one. None can be changed.

    It does what a dataclass does; but the methods of four dataclasses take as long to make as a file to read.
    """

    ignores_unknown_keys: ClassVar[bool] = False

    def __init__(self, **values: Any) -> None:
        """Read the fields. Raises WrongValueError."""
        kind: Any = type(self)
        self._read(values, _hints(kind))

    def _read(self, values: Mapping[str, Any], names: Iterable[str]) -> None:
        """Read the fields of these names; those without a value have their defaults."""
        kind: Any = type(self)
        hints = _hints(kind)
        if unknown := next((key for key in values if key not in hints), None):
            raise WrongValueError("unknown key", str(unknown)[:100])
        for name in names:
            if name not in values and not hasattr(kind, name):
                raise WrongValueError("is missing", name)
            vars(self)[name] = _at(name, hints[name], values[name] if name in values else getattr(kind, name))
        self.check()

    def check(self) -> None:
        """Raise ValueError where fields contradict each other."""

    @classmethod
    def prepare(cls, value: Any) -> Any:
        """Return the table that stands for a value."""
        return value

    @classmethod
    def read(cls, value: Any) -> Self:
        """Return the table that a mapping describes. Raises WrongValueError."""
        value = cls.prepare(value)
        if not isinstance(value, dict):
            raise WrongValueError(f"must be a table, not {_kind(value)}")
        if cls.ignores_unknown_keys:
            kind: Any = cls
            value = {key: item for key, item in value.items() if key in _hints(kind)}
        return cls(**value)

    def replaced(self, **values: Any) -> Self:
        """Return a table with some values replaced. Raises WrongValueError."""
        other = object.__new__(type(self))
        vars(other).update(self._fields())
        other._read(values, values)
        return other

    def model_dump(self) -> dict[str, Any]:
        """Return plain data, from which `read` makes an equal table."""
        return {name: _dump(value) for name, value in self._fields().items()}

    def _fields(self) -> dict[str, Any]:
        kind: Any = type(self)
        return {name: vars(self)[name] for name in _hints(kind)}

    def __eq__(self, other: object) -> bool:
        """Return whether the other table is of this class and has equal fields."""
        return isinstance(other, TypedTable) and type(self) is type(other) and self._fields() == other._fields()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the class and the fields."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._fields().items())})"

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse a change."""
        raise AttributeError(f"{type(self).__name__} cannot be changed; make another one with `replaced`")


def typed_value(hint: Any, value: Any) -> Any:
    """Return a plain value as a type hint has it. Raises WrongValueError; TypeError for a hint that it cannot judge.

    Nothing is converted but whole numbers, which are floats too. No float is infinite or NaN.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:], value)
    if origin in (Union, types.UnionType):
        return _one_of(arguments, value)
    if origin is Literal:
        if not any(type(value) is type(known) and value == known for known in arguments):
            raise WrongValueError(f"must be one of {', '.join(map(repr, arguments))}")
        return value
    if origin is list:
        return _list(arguments[0], _of_type(list, "a list", value))
    if origin is dict:
        items = _of_type(dict, "a table", value).items()
        return {typed_value(arguments[0], key): _at(str(key)[:100], arguments[1], item) for key, item in items}
    if isinstance(hint, type) and issubclass(hint, TypedTable):
        return value if isinstance(value, hint) else hint.read(value)
    return value if hint is Any else _plain(hint, value)


def _plain(hint: Any, value: Any) -> Any:
    """Return a text, number, bool or None."""
    if hint is None:
        hint = type(None)
    if hint not in NAMES:
        raise TypeError(f"{hint} is no type of plain values")
    if hint is float and type(value) is int:
        value = _as_float(value)
    _of_type(hint, NAMES[hint], value)
    if hint is float and not math.isfinite(value):
        raise WrongValueError("must be a finite number")
    return value


def _list(hint: Any, items: list[Any]) -> list[Any]:
    """Return the items of a list; it may be long, so that texts are looked at together."""
    if hint is str and all(type(item) is str for item in items):
        return items.copy()
    return [_at(str(i), hint, item) for i, item in enumerate(items)]


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise WrongValueError("must be a finite number") from None


def _kind(value: Any) -> str:
    """Return what messages call a value of JSON, which has other words than Python."""
    names = {**NAMES, list: "a list", dict: "a table"}
    return names.get(type(value), type(value).__name__)


def _of_type(wanted: type, name: str, value: Any) -> Any:
    if type(value) is not wanted:
        raise WrongValueError(f"must be {name}, not {_kind(value)}")
    return value


def _one_of(hints: tuple[Any, ...], value: Any) -> Any:
    """Return a value as the first hint that it fits: its own type before a conversion."""
    faults = []
    for hint in sorted(hints, key=lambda hint: hint is float and type(value) is int):
        try:
            return typed_value(hint, value)
        except WrongValueError as error:
            faults.append(error)
    raise next((fault for fault in faults if fault.place), faults[0])


def _annotated(hint: Any, marks: tuple[Any, ...], value: Any) -> Any:
    """Return a value that keeps bounds, patterns and checks. A check sees the value before its type is looked at."""
    for mark in marks:
        if isinstance(mark, types.FunctionType) and (fault := mark(value)):
            raise WrongValueError(fault)
    value = typed_value(hint, value)
    for mark in marks:
        if fault := _bound_fault(mark, value):
            raise WrongValueError(fault)
    return value


def _bound_fault(mark: Any, value: Any) -> str:
    """Return how a value breaks a bound of annotated_types or a pattern, or ''. Raises TypeError for other marks."""
    if isinstance(mark, types.FunctionType):
        return ""
    if isinstance(mark, re.Pattern):
        return "" if mark.fullmatch(value) else f"must match {mark.pattern}"
    kind = type(mark)
    if kind.__module__ != "annotated_types" or kind.__name__ not in _BOUNDS:
        raise TypeError(f"{mark!r} is no bound of plain values")
    attribute, words, keeps = _BOUNDS[kind.__name__]
    limit = getattr(mark, attribute)
    return "" if keeps(value, limit) else f"must be {words} {limit}"


_BOUNDS: Mapping[str, tuple[str, str, Callable[[Any, Any], bool]]] = {
    "Ge": ("ge", "at least", lambda value, limit: value >= limit),
    "Gt": ("gt", "above", lambda value, limit: value > limit),
    "Le": ("le", "at most", lambda value, limit: value <= limit),
    "Lt": ("lt", "below", lambda value, limit: value < limit),
    "MinLen": ("min_length", "of a length of at least", lambda value, limit: len(value) >= limit),
    "MaxLen": ("max_length", "of a length of at most", lambda value, limit: len(value) <= limit),
}


def _at(key: str, hint: Any, value: Any) -> Any:
    """Return the value at a key; errors say the key."""
    try:
        return typed_value(hint, value)
    except WrongValueError as error:
        raise WrongValueError(error.args[0], key, *error.place) from None
    except ValueError as error:  # of a table whose fields contradict each other
        raise WrongValueError(str(error), key) from None


@cache
def _hints(table: Any) -> dict[str, Any]:
    """Return the type of each field of a class of tables."""
    hints = typing.get_type_hints(table, include_extras=True)
    return {name: hint for name, hint in hints.items() if typing.get_origin(hint) is not ClassVar}


def _dump(value: Any) -> Any:
    if isinstance(value, TypedTable):
        return value.model_dump()
    return [_dump(item) for item in value] if isinstance(value, list) else value
