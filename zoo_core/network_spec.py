"""What a spec says of the network and the preparation of its inputs: the half of it that predicting needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, Field, field_validator, model_serializer
from pydantic_core import PydanticCustomError

from zoo_core.options import PartField, StrictTable, dump
from zoo_core.parts import (
    Activation,
    BatchChange,
    Initializer,
    Normalizer,
    Preparation,
    RandomSource,
    Regularizer,
)  # fmt: skip

MAX_PARTS = 100  # in one list of parts

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
NAME_RULE = "has letters, digits, '_', '-' and '.', at most 100, and begins with a letter or digit"


def _check_name(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise PydanticCustomError("said", "{name} is no name: it {rule}", {"name": repr(name), "rule": NAME_RULE})
    return name


Name = Annotated[str, AfterValidator(_check_name), Field(json_schema_extra={"pattern": f"^{NAME}$"})]
Seed = Annotated[int, Ge(0), Le(2**32 - 1)]
Dtype = Literal["float32", "float64"]


class SpecTable(StrictTable):
    """A table of a spec; it becomes plain data again."""

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        return {name: dump(getattr(self, name)) for name in type(self).model_fields}


class LayerSpec(SpecTable):
    """`[[model.layers]]`: a matrix product, then normalizer, activation and regularizers."""

    units: Annotated[int, Ge(1), Le(1_000_000)] = Field(description="columns of the layer's output")
    activation: Annotated[Activation, PartField()] = Field("identity", validate_default=True)
    initializer: Annotated[Initializer, PartField()] = Field(
        "glorot_uniform", validate_default=True, description="first values of the weights"
    )
    bias: bool = Field(True, description="add a trained bias to each unit")
    bias_initializer: Annotated[Initializer, PartField()] = Field("zeros", validate_default=True)
    normalizer: Annotated[Normalizer | None, PartField()] = Field(None, description="between product and activation")
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)] = Field(default_factory=list)

    @field_validator("regularizers")
    @classmethod
    def _check_places(cls, regularizers: list[Regularizer]) -> list[Regularizer]:
        """Refuse what acts on a batch before any layer sees it."""
        for part in regularizers:
            if isinstance(part, BatchChange):
                rule = "changes inputs and targets of the whole model; it belongs among model.regularizers"
                raise PydanticCustomError("said", "{name} {rule}", {"name": repr(part.name), "rule": rule})
        return regularizers


class NetworkSpec(SpecTable):
    """The network of a spec, its source of randomness, and how its inputs are prepared."""

    name: Name
    seed: Seed
    dtype: Dtype
    generator: Annotated[RandomSource, PartField()]
    preparation: Annotated[Preparation, PartField()]
    layers: Annotated[list[LayerSpec], MinLen(1)]
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)]


def network_part(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a whole spec in plain data, defaults included, what a `NetworkSpec` is made from."""
    sources = {"data": ("preparation",), "model": ("layers", "regularizers")}
    found = {key: spec[key] for key in ("name", "seed", "dtype", "generator") if key in spec}
    for table, keys in sources.items():
        inner = spec.get(table)
        found |= {key: inner[key] for key in keys if isinstance(inner, Mapping) and key in inner}
    return found
