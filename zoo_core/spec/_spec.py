"""The declarative spec: plain data in, validated parts out, and back to plain data; `spec_file.py` reads texts.

Validation looks at everything and then reports all errors at once. Parts appear as a name or as a table with
`name` and the part's own options; `options.py` turns a part's typed fields into checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic import Field, ValidationInfo, field_validator, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from zoo_core.data import SLICE, is_split
from zoo_core.parts import Callback, Dataset, Loss, Metric, Optimizer
from zoo_core.registry import Registry
from zoo_core.spec._messages import validate
from zoo_core.spec._network_spec import MAX_PARTS, LayersSpec, NetworkSpec, PreprocessorSpec, SpecTable
from zoo_core.spec._options import PartField, dump, remember_known_keys

Split = Annotated[str, Field(pattern=SLICE)] | Annotated[float, Gt(0), Le(1)] | None
DEFAULT_METRICS = {"classification": ("accuracy",), "regression": ("rmse", "r2")}  # where a spec names none


class DataSpec(PreprocessorSpec):
    """`[data]`: a dataset, its options beside its name, and how it is divided."""

    source: Annotated[Dataset, PartField()] = Field(description="the data set")
    train: Split = Field(
        None, description="rows to learn from: a slice such as ':50000' or a fraction; default: the rest"
    )
    validation: Split = Field(None, description="rows for decisions during training: a slice or a fraction")
    test: Split = Field(None, description="rows for the final figure; default: the data set's own test part")
    stratify: bool = Field(False, description="keep the shares of the classes in each split drawn at random")

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
        remember_known_keys(value, set(cls.model_fields) - {"source"}, info)
        own = {key: item for key, item in value.items() if key in cls.model_fields}
        return {**own, "source": {key: item for key, item in value.items() if key not in own}}

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        source = dump(self.source)
        own = {name: dump(getattr(self, name)) for name in type(self).model_fields if name != "source"}
        return {**({"name": source} if isinstance(source, str) else source), **own}


class ModelSpec(LayersSpec):
    """`[model]`: the loss and the layers; the last layer is the output."""

    loss: Annotated[Loss, PartField()]


class TrainingSpec(SpecTable):
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
    trace: bool = Field(False, description="keep a fingerprint of every array after each epoch")
    threads: Annotated[int, Ge(1), Le(1024)] | None = Field(None, description="BLAS threads; default: chosen by size")


class Spec(NetworkSpec):
    """A whole spec. `Spec.parse(mapping)` or `read_spec(path)` make one; `to_dict` gives it back, defaults included."""

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
        return validate(cls, dict(value), registry or Registry(), "spec", {}, choices)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data from which `parse` makes an equal spec."""
        return self.model_dump()
