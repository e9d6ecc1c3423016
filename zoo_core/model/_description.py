"""What a model file says of inputs and outputs: names, kinds of columns, the task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import (
    BaseModel,
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
from zoo_core.parts import Column, Task
from zoo_core.storage import quoted

MAX_KEYS = 100  # of a table; errors about more keys would take more memory than the file
MAX_LABELS = 2**22  # characters of the array of class names, in which each takes as many as the longest
Names = Annotated[list[str], FailFast()]


def check_size(value: Any) -> Any:
    """Refuse a table of too many keys."""
    if isinstance(value, dict) and len(value) > MAX_KEYS:
        raise ValueError(f"a table of {len(value)} keys")
    return value


class Stored(BaseModel):
    """A table in a header. Keys that begin with x_ belong to other programs and are ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_foreign_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in check_size(value).items() if not key.startswith("x_")}


class StoredColumn(Stored):
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


class DataDescription(Stored):
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
        for key in ("class_names", "feature_names", "target_names"):
            if (name := _first_repeated(getattr(self, key))) is not None:
                raise ValueError(f"{key} holds {quoted(name, 60)} twice")
        if fault := columns_fault(self.described_columns, self.inputs):
            raise ValueError(fault)
        if self.columns and self.feature_names != [column.name for column in self.columns]:
            raise ValueError("feature_names are not those of columns")
        if self.task == "multilabel" and not self.target_names:
            raise ValueError("target_names are missing: they name the labels")
        return self


def _first_repeated(names: Sequence[str]) -> str | None:
    """Return the first name that also stands further on."""
    if len(set(names)) == len(names):
        return None
    return next(name for name, count in Counter(names).items() if count > 1)


def short_errors(error: ValidationError) -> str:
    """Return the first three problems of a table, printable and short."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [
        f"{quoted('.'.join(map(str, p['loc'])))[1:-1] or 'header'}: {quoted(p['msg'], 200)[1:-1]}" for p in problems[:3]
    ]
    return "; ".join([*lines, *(["..."] if len(problems) > 3 else [])])
