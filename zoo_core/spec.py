"""The declarative spec: plain data in, validated parts out, and back to plain data; `spec_file.py` reads texts.

Validation looks at everything and then reports all errors at once. Parts appear as a name or as a table with
`name` and the part's own options; `options.py` turns a part's typed fields into checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from zoo_core.complaints import complaints
from zoo_core.data.splits import SLICE, is_split
from zoo_core.errors import PluginError, SpecError, UsageError
from zoo_core.options import PartField, StrictTable, dump, note_keys
from zoo_core.parts import (
    Activation,
    BatchChange,
    Callback,
    Dataset,
    Initializer,
    Loss,
    Metric,
    Normalizer,
    Optimizer,
    Preparation,
    RandomSource,
    Regularizer,
)  # fmt: skip
from zoo_core.registry import Registry

MAX_PARTS = 100  # in one list of parts
MAX_PROBLEMS = 100  # told at once

Split = Annotated[str, Field(pattern=SLICE)] | Annotated[float, Gt(0), Le(1)] | None
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
DEFAULT_METRICS = {"classification": ("accuracy",), "regression": ("rmse", "r2")}  # where a spec names none
NAME_RULE = "has letters, digits, '_', '-' and '.', at most 100, and begins with a letter or digit"


def _check_name(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise PydanticCustomError("said", "{name} is no name: it {rule}", {"name": repr(name), "rule": NAME_RULE})
    return name


class _Table(StrictTable):
    @model_serializer
    def _dump(self) -> dict[str, Any]:
        return {name: dump(getattr(self, name)) for name in type(self).model_fields}


class DataSpec(_Table):
    """`[data]`: a dataset, its options beside its name, and how it is divided."""

    source: Annotated[Dataset, PartField()] = Field(description="the data set")
    train: Split = Field(
        None, description="rows to learn from: a slice such as ':50000' or a fraction; default: the rest"
    )
    validation: Split = Field(None, description="rows for decisions during training: a slice or a fraction")
    test: Split = Field(None, description="rows for the final figure; default: the data set's own test part")
    stratify: bool = Field(False, description="keep the shares of the classes in each split drawn at random")
    preparation: Annotated[Preparation | None, PartField()] = Field(
        None,
        description="how inputs are scaled; fitted on the training split; default: what suits the data set",
    )

    @field_validator("train", "validation", "test", mode="before")
    @classmethod
    def _check_split(cls, value: Any) -> Any:
        if isinstance(value, bool) or not (value is None or is_split(value)):
            rule = "must be a slice such as ':50000', or a fraction above 0 and at most 1"
            raise PydanticCustomError("said", "{rule}, not {value}", {"rule": rule, "value": repr(value)[:60]})
        return value

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any, info: ValidationInfo) -> Any:
        """Move the dataset's own options, which stand beside its name, into one table."""
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or "source" in value:
            return value
        note_keys(value, set(cls.model_fields) - {"source"}, info)
        own = {key: item for key, item in value.items() if key in cls.model_fields}
        return {**own, "source": {key: item for key, item in value.items() if key not in own}}

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        source = dump(self.source)
        own = {name: dump(getattr(self, name)) for name in type(self).model_fields if name != "source"}
        return {**({"name": source} if isinstance(source, str) else source), **own}


class LayerSpec(_Table):
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


class ModelSpec(_Table):
    """`[model]`: the loss and the layers; the last layer is the output."""

    loss: Annotated[Loss, PartField()]
    layers: Annotated[list[LayerSpec], MinLen(1)]
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)] = Field(
        default_factory=list,
        description="for the whole model: penalties and constraints on all weights, label smoothing",
    )


class TrainingSpec(_Table):
    """`[training]`: how long, in which batches, and what is measured."""

    epochs: Annotated[int, Ge(1), Le(10_000_000)] = 10
    batch_size: Annotated[int, Ge(1)] | Literal["all"] = Field(32, description="rows in a batch, or 'all'")
    shuffle: bool = Field(True, description="draw a new order for each epoch")
    last_batch: Literal["keep", "drop"] = Field("keep", description="what becomes of a short last batch")
    metrics: Annotated[list[Annotated[Metric, PartField()]], MaxLen(MAX_PARTS)] | None = Field(
        None, description="default: accuracy for classification, rmse and r2 for regression"
    )
    evaluate: list[Literal["train", "validation", "test"]] = Field(
        default=["validation", "test"],
        description="splits to measure after an epoch; 'train' adds a pass over it without dropout and the like",
    )
    evaluate_every: Annotated[int, Ge(1)] = Field(1, description="in epochs; the last epoch is always measured")
    early_stopping: Annotated[Callback | None, PartField("early_stopping")] = None
    callbacks: Annotated[list[Annotated[Callback, PartField()]], MaxLen(MAX_PARTS)] = Field(default_factory=list)
    threads: Annotated[int, Ge(1), Le(1024)] | None = Field(None, description="BLAS threads; default: chosen by size")


class Spec(_Table):
    """A whole spec. `Spec.parse(mapping)` or `read_spec(path)` make one; `to_dict` gives it back, defaults included."""

    name: Annotated[str, AfterValidator(_check_name), Field(json_schema_extra={"pattern": f"^{NAME}$"})] = "model"
    description: str = ""
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0
    dtype: Literal["float32", "float64"] = "float32"
    generator: Annotated[RandomSource, PartField()] = Field("pcg64", validate_default=True)
    data: DataSpec
    model: ModelSpec
    optimizer: Annotated[Optimizer, PartField()]
    training: TrainingSpec = Field(default_factory=dict, validate_default=True)

    @classmethod
    def parse(
        cls,
        value: Mapping[str, Any],
        registry: Registry | None = None,
        *,
        choices: Mapping[tuple[str, str], str] | None = None,
    ) -> Spec:
        """Validate plain data; `choices` says which distribution:name a (kind, name) means where several bring it.

        Raises SpecError (PluginError where all that is wrong is missing parts).
        """
        return validated(dict(value), registry or Registry(), "spec", {}, choices)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data from which `parse` makes an equal spec."""
        return self.model_dump()


def validated(
    value: dict[str, Any],
    registry: Registry,
    name: str,
    places: Mapping[Any, str],
    choices: Mapping[tuple[str, str], str] | None = None,
) -> Spec:
    """Return the spec in plain data called `name`; `places` says where each of its keys stands, see `Spec.parse`.

    Raises SpecError with every problem, UsageError where all come from overrides, PluginError where only parts are
    missing.
    """
    context: dict[str, Any] = {"registry": registry, "known": {}, "choices": choices or {}}
    try:
        return Spec.model_validate(value, context=context)
    except ValidationError as error:
        problems = error.errors(include_url=False)[:MAX_PROBLEMS]
    lines = complaints(problems, value, context["known"], places, name)
    if all(p["type"] == "unknown_part" for p in problems):
        raise PluginError("\n".join(lines))
    raise (UsageError if all(line.startswith("--set ") for line in lines) else SpecError)("\n".join(lines))
