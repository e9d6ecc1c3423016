"""The header of a model file: its tables, and the checks before anything is built from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

import zoo_core.basics.pydantic_ready  # noqa: F401 - before the first model
from zoo_core.data.columns import columns_fault
from zoo_core.errors import ModelFileError, SpecError
from zoo_core.parts import Column, Record, Task
from zoo_core.storage import MAX_HEADER, ModelFile, quoted

MAX_SPEC_VALUES = 5000  # keys and items of a stored spec; some 250 layers with all their options
MAX_WARNING = 1000  # characters of a warning
MAX_RECORDS = 4000  # of a history in a file
MAX_KEYS = 100  # of a table; errors about more keys would take more memory than the file
MAX_LABELS = 2**22  # characters of the array of class names, in which each takes as many as the longest
RESERVE = MAX_HEADER // 4  # bytes of a header for what is neither history nor known before training
CONTAINER = frozenset({"format", "version", "requires", "arrays", "sha256"})  # keys that `storage` checks


def _check_size(value: Any) -> Any:
    """Refuse a table of too many keys."""
    if isinstance(value, dict) and len(value) > MAX_KEYS:
        raise ValueError(f"a table of {len(value)} keys")
    return value


def _checked_history(value: Any) -> Any:
    """Check that a history is a list of records of numbers; a plain loop, because it may be long."""
    if not isinstance(value, list) or len(value) > MAX_RECORDS + 1:
        raise ValueError(f"is no list of at most {MAX_RECORDS} records")
    for record in value:
        if not isinstance(record, dict) or type(record.get("epoch")) is not int:
            raise ValueError("holds a record without an epoch")
        if not all(type(number) in (int, float, type(None)) for number in record.values()):
            raise ValueError("holds a record with something that is no number")
    return value


Names = Annotated[list[str], FailFast()]
History = Annotated[list[dict[str, Any]], BeforeValidator(_checked_history)]
Warnings = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], Annotated[str, Field(min_length=1, max_length=MAX_WARNING)]],
    BeforeValidator(_check_size),
]
Facts = Annotated[dict[str, str | int | None], BeforeValidator(_check_size)]


class _Stored(BaseModel):
    """A table in a header. Keys that begin with x_ belong to other programs and are ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_foreign_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in _check_size(value).items() if not key.startswith("x_")}


class StoredColumn(_Stored):
    """What a column of the inputs means, as `zoo_core.parts.Column`."""

    name: str
    kind: Literal["number", "category", "boolean", "date"]
    categories: Names = []
    order: Literal["", "dmy", "mdy"] = ""

    @classmethod
    def of(cls, column: Column) -> StoredColumn:
        """Return a column as a file keeps it."""
        return cls(name=column.name, kind=column.kind, categories=list(column.categories), order=column.order)

    def column(self) -> Column:
        """Return the column as parts see it."""
        return Column(self.name, self.kind, tuple(self.categories), self.order)


class DataDescription(_Stored):
    """What inputs and outputs mean; a model file keeps it, so that a model can be used without its data."""

    inputs: Annotated[int, Ge(1), Le(2**31)]
    task: Task = "classification"
    class_names: Names = []
    feature_names: Names = []
    target_names: Names = []
    image_shape: Annotated[list[Annotated[int, Ge(1)]], Field(min_length=2, max_length=2)] | None = None
    data_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    baseline: Annotated[list[float], FailFast()] = []  # share of each class or mean of each target
    columns: Annotated[list[StoredColumn], FailFast()] = []  # of each feature; empty where all are plain numbers

    @staticmethod
    def stored_columns(columns: Iterable[Column]) -> list[StoredColumn]:
        """Return `columns` as a file keeps them."""
        return [StoredColumn.of(column) for column in columns]

    @cached_property
    def described_columns(self) -> tuple[Column, ...]:
        """What each feature means, for the preprocessor."""
        return tuple(column.column() for column in self.columns)

    @model_serializer(mode="wrap")
    def _without_empty_columns(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = dump(self)
        return found if self.columns else {key: value for key, value in found.items() if key != "columns"}

    def class_count(self, outputs: int) -> int:
        """Return the number of classes of a network that has `outputs` outputs; only names tell of any other number."""
        return len(self.class_names) or max(outputs, 2)

    def target_count(self, outputs: int) -> int:
        """Return the number of targets of a network that has `outputs` outputs; only names tell of another number."""
        return len(self.target_names) or outputs

    @model_validator(mode="after")
    def _check_counts(self) -> DataDescription:
        if self.image_shape and self.image_shape[0] * self.image_shape[1] != self.inputs:
            raise ValueError(f"image_shape {self.image_shape} is not of {self.inputs} pixels")
        if len(self.class_names) * max(map(len, self.class_names), default=0) > MAX_LABELS:
            raise ValueError(f"class_names are too many and too long: over {MAX_LABELS} characters as an array")
        if len(self.feature_names) not in (0, self.inputs):
            raise ValueError(f"there are {len(self.feature_names)} feature_names for {self.inputs} inputs")
        if fault := columns_fault(self.described_columns, self.inputs):
            raise ValueError(fault)
        if self.columns and self.feature_names != [column.name for column in self.columns]:
            raise ValueError("feature_names are not those of columns")
        if self.task == "multilabel" and not self.target_names:
            raise ValueError("target_names are missing: they name the labels")
        return self


class PartSource(_Stored):
    """Where a part came from. The patterns make names and versions safe in a command that a user copies."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,199}$")]
    distribution: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]{0,99}$")]
    state_version: int


class Header(_Stored):
    """The keys of a header that describe a model."""

    spec: dict[str, Any]
    about: DataDescription
    history: History
    plugins: Annotated[list[PartSource], FailFast()]
    environment: Facts
    parameters: Annotated[int, Ge(1)]  # how many are trained
    started_from: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""  # sha256 of the model with the first weights
    spec_folder: Annotated[str, Field(max_length=1000)] = ""  # of the first spec file, relative to that of the model
    warnings: Warnings = {}  # of the run, for the user
    run: dict[str, Any] | None = None  # in a checkpoint, or where the spec keeps the optimizer: the state of the run


def read_model_header(contents: ModelFile, name: str) -> Header:
    """Validate the header of a file, called `name` in messages. Raises ModelFileError."""
    own = {key: value for key, value in contents.header.items() if key not in CONTAINER}
    if count_values(own.get("spec")) > MAX_SPEC_VALUES:
        raise ModelFileError(f"{name} has a spec of more than {MAX_SPEC_VALUES} values; get another file")
    try:
        header = Header.model_validate(own)
    except ValidationError as error:
        raise ModelFileError(f"{name}: its header does not describe a model: {short_errors(error)}") from None
    _check_layers(header.spec, contents, name)
    return header


def _check_layers(spec: Mapping[str, Any], contents: ModelFile, name: str) -> None:
    """Refuse layers without weights before parts are made for them: a short spec can name many parts."""
    model = spec.get("model")
    layers = model.get("layers") if isinstance(model, Mapping) else None
    if not isinstance(layers, list) or not layers:
        raise ModelFileError(f"{name}: its header does not describe a model: spec.model.layers: no list of layers")
    missing = next((i for i in range(len(layers)) if f"layers.{i}.weights" not in contents.arrays), None)
    if missing is not None:
        raise ModelFileError(
            f"{name}: its spec has {len(layers)} layers, and array 'layers.{missing}.weights' is missing"
        )


def count_values(value: Any) -> int:
    """Return the number of keys and items in plain data; counting stops after MAX_SPEC_VALUES."""
    waiting, count = [value], 0
    while waiting and count <= MAX_SPEC_VALUES:
        item = waiting.pop()
        inner = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        count += len(inner)
        waiting += inner
    return count


def check_header_size(header: Mapping[str, Any], name: str) -> None:
    """Raise SpecError if a header from before training leaves too little room for the history."""
    size = len(json.dumps(header))
    if size > MAX_HEADER - 2 * RESERVE:
        raise SpecError(f"{name}: spec and names take {size} bytes of a header; at most {MAX_HEADER - 2 * RESERVE} fit")
    if count_values(header["spec"]) > MAX_SPEC_VALUES:
        raise SpecError(f"{name}: has more than {MAX_SPEC_VALUES} values, and a model file holds no more")


def short_errors(error: ValidationError) -> str:
    """Return the first three problems of a table, printable and short."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [
        f"{quoted('.'.join(map(str, p['loc'])))[1:-1] or 'header'}: {quoted(p['msg'], 200)[1:-1]}" for p in problems[:3]
    ]
    return "; ".join([*lines, *(["..."] if len(problems) > 3 else [])])


def fit_history(history: Sequence[Record], other: Mapping[str, Any]) -> list[Record]:
    """Return a history that fits into a header beside `other`.

    A long history keeps every n-th record. NaN becomes None.
    """
    records = [{key: _as_json_number(value) for key, value in record.items()} for record in history]
    longest = max((len(json.dumps(record)) + 2 for record in records), default=1)
    values = max((2 * len(record) + 2 for record in records), default=1)
    room = MAX_HEADER - RESERVE - len(json.dumps(other))
    fitting = max(1, min(MAX_RECORDS, room // longest, 60_000 // values))
    every = -(-len(records) // fitting)
    last = len(records) - 1
    return [r for i, r in enumerate(records) if i % every == 0 or i == last or r.get("kept")]


def _as_json_number(value: Any) -> Any:
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not np.isfinite(number) else number
