"""The tables of a spec: plain data in, validated parts out, and plain data again.

Validation reports all errors at once. A part is a name, or a table with `name` and the part's own options;
`_part_field.py` validates it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    field_validator,
)
from pydantic_core import PydanticCustomError

from zoo_core.data import Origin
from zoo_core.errors import SpecError
from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Callback,
    Initializer,
    Loss,
    Metric,
    Normalizer,
    Optimizer,
    RandomSource,
    Regularizer,
)
from zoo_core.registry import Registry
from zoo_core.registry.default import chosen_registry
from zoo_core.spec._data_spec import DataSpec
from zoo_core.spec._limits import MAX_PARTS, SPEC_NAME as SPEC_NAME, Dtype, Seed, Units
from zoo_core.spec._messages import validate
from zoo_core.spec._options import plain_data
from zoo_core.spec._part_field import PartField, StrictTable
from zoo_core.spec._spec_table import ForTraining, SpecTable
from zoo_core.spec._text import TOO_DEEP

DEFAULT_METRICS = {"classification": ("accuracy",), "regression": ("rmse", "r2")}
DEFAULT_METRICS |= {"multilabel": ("accuracy", "subset_accuracy", "f1")}  # where a spec names none

SPEC_NAME_RULE = "has letters, digits, '_', '-' and '.', at most 100, and begins with a letter or digit"


def _check_name(name: str) -> str:
    if not re.fullmatch(SPEC_NAME, name):
        raise PydanticCustomError("rule", "{name} is no name: it {rule}", {"name": repr(name), "rule": SPEC_NAME_RULE})
    return name


class LayerSpec(SpecTable):
    """`[[model.layers]]`: a matrix product, then normalizer, activation and regularizers."""

    units: Units = Field(description="columns of the layer's output")
    activation: Annotated[Activation, PartField()] = Field("identity", validate_default=True)
    initializer: Annotated[Initializer, PartField(), ForTraining] = Field(
        "glorot_uniform", validate_default=True, description="first values of the weights"
    )
    bias: bool = Field(True, description="add a trained bias to each unit")
    bias_initializer: Annotated[Initializer, PartField(), ForTraining] = Field("zeros", validate_default=True)
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


class TrainingSpec(SpecTable):
    """`[training]`: how long, in which batches, and what is measured."""

    epochs: Annotated[int, Ge(1), Le(10_000_000)] = 10
    batch_size: Annotated[int, Ge(1)] | Literal["all"] = Field(32, description="rows in a batch, or 'all'")
    shuffle: bool = Field(True, description="draw a new order for each epoch")
    last_batch: Literal["keep", "drop"] = Field("keep", description="what becomes of a short last batch")
    metrics: Annotated[list[Annotated[Metric, PartField()]], MaxLen(MAX_PARTS)] | None = Field(
        None,
        description="default: accuracy for classification, rmse and r2 for regression; accuracy, subset_accuracy and "
        "f1 for several labels a row",
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
    threads: Annotated[int, Ge(1), Le(1024)] | None = Field(None, description="threads that share large products")


class Spec(SpecTable):
    """What to train: data, model, optimizer and training, with every part validated.

    `read_spec` makes one from a file, `Spec.parse` from plain data; it cannot be changed.

    Example:
        spec = zoo_core.read_spec("glyphs-quickstart", ["training.epochs=5"])
        model = zoo_core.train(spec)
    """

    name: Annotated[str, AfterValidator(_check_name), Field(json_schema_extra={"pattern": f"^{SPEC_NAME}$"})] = "model"
    description: str = ""
    seed: Seed = 0
    dtype: Dtype = "float32"
    generator: Annotated[RandomSource, PartField()] = Field("pcg64", validate_default=True)
    data: DataSpec
    model: ModelSpec
    optimizer: Annotated[Optimizer, PartField(), ForTraining]
    training: Annotated[TrainingSpec, ForTraining] = Field(default_factory=dict, validate_default=True)
    _origin: Origin = PrivateAttr(default=Origin())
    # The plain data that `_round_trip.stored` has proved to come back from a file, and the spec that came back.
    _proved: tuple[dict[str, Any], Spec] | None = PrivateAttr(default=None)

    def __repr__(self) -> str:
        """Return a line with the data, the layers and what trains them; `str` gives the whole spec as TOML."""
        chain = " -> ".join(f"{layer.units} {layer.activation.name}" for layer in self.model.layers)
        named = {"data": self.data.source, "loss": getattr(self.model, "loss", None), "optimizer": self.optimizer}
        texts = [f"{key} {part.name}" for key, part in named.items() if part is not None]
        texts += [f"epochs {self.training.epochs}"] if self.training is not None else []
        return f"<Spec {self.name!r}: {'; '.join([chain, *texts])}>"

    def __str__(self) -> str:
        """Return the spec as TOML, without what has its default."""
        from zoo_core.spec._toml import stated, toml_text  # late: most specs are not shown

        return toml_text(stated(self))

    def _repr_html_(self) -> str:
        """Return the spec as TOML for a notebook."""
        from zoo_core.basics.html import escaped

        return f"<div><b>Spec {escaped(self.name)}</b></div><pre>{escaped(self)}</pre>"

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
        return validate(cls, plain, chosen_registry(registry), "spec", {})

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data.

        Returns:
            Dicts, lists, texts and numbers, defaults included, from which `parse` makes an equal spec.

        Example:
            spec = zoo_core.read_spec("glyphs-quickstart")
            spec.to_dict()["optimizer"]["name"]  # 'adam'
        """
        return self.model_dump()
