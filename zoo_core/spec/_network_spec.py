"""What a spec says of the network and the preprocessor of its inputs: the half of it that predicting needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, Field, field_validator, model_serializer
from pydantic_core import PydanticCustomError

from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Initializer,
    Normalizer,
    Preprocessor,
    RandomSource,
    Regularizer,
)
from zoo_core.spec._options import PartField, StrictTable, dump

MAX_PARTS = 100  # in one list of parts

SPEC_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
SPEC_NAME_RULE = "has letters, digits, '_', '-' and '.', at most 100, and begins with a letter or digit"


def _check_name(name: str) -> str:
    if not re.fullmatch(SPEC_NAME, name):
        raise PydanticCustomError("said", "{name} is no name: it {rule}", {"name": repr(name), "rule": SPEC_NAME_RULE})
    return name


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
            if isinstance(part, BatchAugmentation):
                rule = "changes inputs and targets of the whole model; it belongs among model.regularizers"
                raise PydanticCustomError("said", "{name} {rule}", {"name": repr(part.name), "rule": rule})
        return regularizers


class PreprocessorSpec(SpecTable):
    """What `[data]` says of the inputs."""

    preprocessor: Annotated[Preprocessor | None, PartField()] = Field(
        None,
        description="how inputs are scaled; fitted on the training split; default: what suits the data set",
    )


class LayersSpec(SpecTable):
    """What `[model]` says of the network; the last layer is the output."""

    layers: Annotated[list[LayerSpec], MinLen(1)]
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)] = Field(
        default_factory=list,
        description="for the whole model: penalties and constraints on all weights, label smoothing",
    )


class NetworkSpec(SpecTable):
    """The half of a spec that predicting needs."""

    name: Annotated[str, AfterValidator(_check_name), Field(json_schema_extra={"pattern": f"^{SPEC_NAME}$"})] = "model"
    description: str = ""
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0
    dtype: Literal["float32", "float64"] = "float32"
    generator: Annotated[RandomSource, PartField()] = Field("pcg64", validate_default=True)
    data: PreprocessorSpec
    model: LayersSpec


def network_part(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole spec in plain data without what a `NetworkSpec` has no place for; other keys are left to it.

    That `model` is a table has been seen: see `header.read_header`.
    """
    found = _without(spec, "optimizer", "training") | {"model": _without(spec["model"], "loss")}
    data = spec.get("data")
    if isinstance(data, Mapping):
        found["data"] = {key: data[key] for key in ("preprocessor",) if key in data}
    return found


def _without(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}
