"""What all tables of a spec share: they become plain data again, and a part of them is for training alone."""

from __future__ import annotations

from typing import Any

from pydantic import (
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_serializer,
)

from zoo_core.spec._options import dump
from zoo_core.spec._part_field import StrictTable


def _skip_for_network(value: Any, validate_field: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return None if (info.context or {}).get("for_network") else validate_field(value)


ForTraining = WrapValidator(_skip_for_network)  # marks fields that no network needs; `for_network` leaves them None


class SpecTable(StrictTable):
    """A table of a spec; it becomes plain data again. Tables with the same plain data are equal."""

    def __eq__(self, other: object) -> bool:
        """Return whether the other table has the same plain data: parts without options have no `==` of their own."""
        return type(self) is type(other) and self.model_dump() == other.model_dump()

    def __repr__(self) -> str:
        """Return the keys that differ from their defaults, as plain data."""
        from zoo_core.spec._toml import stated  # late: most specs are not shown

        return f"{type(self).__name__}({stated(self)})"

    def __str__(self) -> str:
        return repr(self)

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        return {name: dump_field(getattr(self, name)) for name in type(self).model_fields}


def dump_field(value: Any) -> Any:
    if isinstance(value, SpecTable):
        return value._dump()  # as `model_dump`, without its preparations for each table
    return [dump_field(item) for item in value] if isinstance(value, (list, tuple)) else dump(value)
