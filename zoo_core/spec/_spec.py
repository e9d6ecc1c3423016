"""The tables of a spec: plain data in, validated parts out, and plain data again.

Validation reports all errors at once. A part is a name, or a table with `name` and the part's own options;
`_part_field.py` validates it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from zoo_core.data import SLICE_PATTERN, Origin, is_split
from zoo_core.errors import SpecError
from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Callback,
    Dataset,
    Initializer,
    Loss,
    Metric,
    Normalizer,
    Optimizer,
    Preprocessor,
    RandomSource,
    Regularizer,
)
from zoo_core.registry import Registry
from zoo_core.registry.default import default_registry
from zoo_core.spec._messages import validate
from zoo_core.spec._options import dump, plain_data
from zoo_core.spec._part_field import PartField, StrictTable, remember_known_keys
from zoo_core.spec._text import TOO_DEEP

MAX_PARTS = 100  # in one list of parts
DEFAULT_METRICS = {"classification": ("accuracy",), "regression": ("rmse", "r2")}  # where a spec names none

SPEC_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
SPEC_NAME_RULE = "has letters, digits, '_', '-' and '.', at most 100, and begins with a letter or digit"

SplitSize = Annotated[str, Field(pattern=SLICE_PATTERN)] | Annotated[float, Gt(0), Le(1)] | None


def _check_name(name: str) -> str:
    if not re.fullmatch(SPEC_NAME, name):
        raise PydanticCustomError("rule", "{name} is no name: it {rule}", {"name": repr(name), "rule": SPEC_NAME_RULE})
    return name


def _skip_for_network(value: Any, validate_field: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return None if (info.context or {}).get("for_network") else validate_field(value)


ForTraining = WrapValidator(_skip_for_network)  # marks fields that no network needs; `for_network` leaves them None


class SpecTable(StrictTable):
    """A table of a spec; it becomes plain data again. Tables with the same plain data are equal."""

    def __eq__(self, other: object) -> bool:
        """Return whether the other table has the same plain data: parts without options have no `==` of their own."""
        return type(self) is type(other) and self.model_dump() == other.model_dump()

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        return {name: _dump_field(getattr(self, name)) for name in type(self).model_fields}


def _dump_field(value: Any) -> Any:
    if isinstance(value, SpecTable):
        return value.model_dump()
    return [_dump_field(item) for item in value] if isinstance(value, (list, tuple)) else dump(value)


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
        """Refuse a part that changes the batch: a layer sees the batch too late."""
        for part in regularizers:
            if isinstance(part, BatchAugmentation):
                rule = "changes inputs and targets of the whole model; it belongs among model.regularizers"
                raise PydanticCustomError("rule", "{name} {rule}", {"name": repr(part.name), "rule": rule})
        return regularizers


class ModelSpec(SpecTable):
    """`[model]`: the loss and the layers; the last layer is the output."""

    layers: Annotated[list[LayerSpec], MinLen(1)]
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)] = Field(
        default_factory=list,
        description="for the whole model: penalties and constraints on all weights, label smoothing",
    )
    loss: Annotated[Loss, PartField(), ForTraining]


class LossSpec(StrictTable):
    """The loss alone, for a model that is only used."""

    loss: Annotated[Loss, PartField()]


def _meant_split(value: Any) -> str:
    """Return how to write what a value that is no split is likely to mean, or ''."""
    if value == 0 and not isinstance(value, bool):
        return "; for no rows leave the key out"
    text = value.strip().removesuffix("%") if isinstance(value, str) else "" if isinstance(value, bool) else str(value)
    percent = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return f"; for {percent}% of the rows write {percent / 100:g}" if 0 < percent <= 100 else ""


def _fold_error(folds: int | None, fold: int | None, test: str | float | None) -> str:
    """Return why the keys of folds contradict each other, or ''."""
    if folds is None:
        return "" if fold is None else "fold says which of the folds is the test split; say folds too"
    if fold is None:
        return "folds needs fold, the number of the test fold from 1; to train all folds leave both out of the spec"
    if fold > folds:
        return f"fold is {fold}, and there are {folds} folds"
    return "" if test is None else "the fold is the test split; leave test out"


class DataSpec(SpecTable):
    """`[data]`: a data set, its options beside its name, how its inputs are scaled and its rows are split."""

    preprocessor: Annotated[Preprocessor | None, PartField()] = Field(
        None,
        description="how inputs are scaled; fitted on the training split; default: what suits the data set",
    )
    target_preprocessor: Annotated[Preprocessor | None, PartField()] = Field(
        None,
        description="how targets of a regression are scaled for the network; predictions and metrics keep the units "
        "of the data; default: standard if the loss suits it and the last activation is identity, else none",
    )
    source: Annotated[Dataset, PartField(), ForTraining] = Field(description="the data set")
    train: SplitSize = Field(
        None, description="rows to learn from: a slice such as ':50000' or a fraction; default: the rest"
    )
    validation: SplitSize = Field(None, description="rows for decisions during training: a slice or a fraction")
    test: SplitSize = Field(None, description="rows for the final metrics; default: the data set's own test part")
    stratify: bool = Field(False, description="keep the shares of the classes in each split drawn at random")
    in_order: bool = Field(False, description="take the rows of fractions and folds in their order: the last are tests")
    folds: Annotated[int, Ge(2), Le(1000)] | None = Field(
        None, description="parts for cross-validation; each is the test split of one of the runs"
    )
    fold: Annotated[int, Ge(1), Le(1000)] | None = Field(
        None, description="which of the folds is the test split, from 1"
    )
    split_seed: Annotated[int, Ge(0), Le(2**32 - 1)] | None = Field(
        None, description="draws the rows of fractions and folds; default: the seed of the spec"
    )

    @field_validator("train", "validation", "test", mode="before")
    @classmethod
    def _check_split(cls, value: Any) -> Any:
        if isinstance(value, bool) or not (value is None or is_split(value)):
            rule = "must be a slice such as ':50000', or a fraction above 0 and at most 1"
            shown = str(value).lower() if isinstance(value, bool) else repr(value)[:60]
            raise PydanticCustomError("rule", "{text}", {"text": f"{rule}, not {shown}{_meant_split(value)}"})
        return value

    @model_validator(mode="before")
    @classmethod
    def _gather_source(cls, value: Any, info: ValidationInfo) -> Any:
        """Move the data set's own options, which stand beside its name, into one table."""
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or "source" in value:
            return value
        remember_known_keys(value, {*cls.model_fields, "name"} - {"source"}, info)
        own = {key: item for key, item in value.items() if key in cls.model_fields}
        return {**own, "source": {key: item for key, item in value.items() if key not in own}}

    @model_validator(mode="after")
    def _check_folds(self) -> DataSpec:
        """Refuse folds that do not say which rows are the test split."""
        text = _fold_error(self.folds, self.fold, self.test)
        if text:
            raise PydanticCustomError("rule", "{text}", {"text": text})
        return self

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        source = dump(self.source)
        own = {name: _dump_field(getattr(self, name)) for name in type(self).model_fields if name != "source"}
        if own["target_preprocessor"] is None:
            del own["target_preprocessor"]  # no target is scaled, and older versions read the spec
        return {**({"name": source} if isinstance(source, str) else source), **own}


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
    early_stopping: Annotated[Callback | None, PartField("early_stopping", "patience = 10")] = None
    callbacks: Annotated[list[Annotated[Callback, PartField()]], MaxLen(MAX_PARTS)] = Field(default_factory=list)
    layer_statistics: bool = Field(
        False, description="keep dead units, gradient norm and update to weight of each layer in the history"
    )
    allow_test_monitor: bool = Field(
        False, description="let parts watch figures of the test split, which then no longer tell how good the model is"
    )
    trace: bool = Field(False, description="keep a fingerprint of every array after each epoch")
    resume_optimizer: bool = Field(
        False, description="go on with the optimizer, random numbers and schedule of the model that the run starts from"
    )
    keep_optimizer: bool = Field(
        False, description="keep in the model file what `resume_optimizer` of a later run needs"
    )
    threads: Annotated[int, Ge(1), Le(1024)] | None = Field(None, description="BLAS threads; default: chosen by size")


class Spec(SpecTable):
    """What to train: data, model, optimizer and training, with every part validated.

    `read_spec` makes one from a file, `Spec.parse` from plain data; it cannot be changed.

    Example:
        spec = zoo_core.read_spec("glyphs-quickstart", ["training.epochs=5"])
        model = zoo_core.train(spec)
    """

    name: Annotated[str, AfterValidator(_check_name), Field(json_schema_extra={"pattern": f"^{SPEC_NAME}$"})] = "model"
    description: str = ""
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0
    dtype: Literal["float32", "float64"] = "float32"
    generator: Annotated[RandomSource, PartField()] = Field("pcg64", validate_default=True)
    data: DataSpec
    model: ModelSpec
    optimizer: Annotated[Optimizer, PartField(), ForTraining]
    training: Annotated[TrainingSpec, ForTraining] = Field(default_factory=dict, validate_default=True)
    _origin: Origin = PrivateAttr(default=Origin())
    # The plain data that `_round_trip.stored` has proved to come back from a file, and the spec that came back.
    _proved: tuple[dict[str, Any], Spec] | None = PrivateAttr(default=None)

    @property
    def origin(self) -> Origin:
        """Where the spec was read, and so which files its paths may name."""
        return self._origin

    def from_origin(self, origin: Origin) -> Spec:
        """Return a copy that was read elsewhere."""
        copy = self.model_copy()
        copy._origin = origin
        return copy

    @classmethod
    def parse(cls, value: Mapping[str, Any], registry: Registry | None = None) -> Spec:
        """Validate plain data, such as a dict read from JSON.

        Args:
            value: the tables of a spec, with the keys of a spec file. Numbers and arrays of NumPy stand for plain
                numbers and lists, tuples for lists, and paths for texts.
            registry: where parts are looked up; by default all that is installed.

        Returns:
            The spec, with every default filled in.

        Raises:
            SpecError: the data are not valid; the message has a line for each problem.
            PluginError: parts are not installed, and nothing else is wrong.

        Example:
            layers = [{"units": 10, "activation": "softmax"}]
            Spec.parse({"data": "glyphs", "model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam"})
        """
        if isinstance(value, Spec):
            return value
        if not isinstance(value, Mapping):
            raise SpecError(f"a spec is a mapping of keys to values, not {type(value).__name__}")
        try:
            plain = plain_data(value)
        except RecursionError:
            raise SpecError(f"spec: {TOO_DEEP}") from None
        return validate(cls, plain, registry or default_registry(), "spec", {})

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data.

        Returns:
            Dicts, lists, texts and numbers, defaults included, from which `parse` makes an equal spec.

        Example:
            spec = zoo_core.read_spec("glyphs-quickstart")
            spec.to_dict()["optimizer"]["name"]  # 'adam'
        """
        return self.model_dump()
