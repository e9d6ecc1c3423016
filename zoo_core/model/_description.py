"""What a model file says of inputs and outputs: names, kinds of columns, the task."""

# ruff: noqa: RUF012 - a table copies its defaults
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen

from zoo_core.basics.typed_values import TypedTable, WrongValueError
from zoo_core.data.columns import MAX_LETTERS, columns_fault
from zoo_core.parts import Column, Task
from zoo_core.storage import quoted

MAX_KEYS = 100  # of a table; messages about more keys would take more memory than the file
MAX_LABELS = 2**22  # characters of the array of class names, in which each takes as many as the longest
OPTIONAL = ("columns", "label_words")  # keys that a file has only where there are any
KEY = re.compile(r"[a-z_]{1,40}")  # of a figure in a record, and of a warning
MAX_WARNING = 1000  # characters of a warning
DIGEST = re.compile(r"([0-9a-f]{64})?")


def size_fault(value: Any) -> str:
    """Return what is wrong with a table of too many keys, or ''."""
    return f"a table of {len(value)} keys" if isinstance(value, dict) and len(value) > MAX_KEYS else ""


class Stored(TypedTable):
    """A table in a header. Keys that begin with x_ belong to other programs and are ignored."""

    @classmethod
    def prepare(cls, value: Any) -> Any:
        """Return a mapping without the keys of other programs. Raises WrongValueError for one of too many keys."""
        if fault := size_fault(value):
            raise WrongValueError(fault)
        return {k: item for k, item in value.items() if not k.startswith("x_")} if isinstance(value, dict) else value


class StoredColumn(Stored):
    """What a column of the inputs means, as `zoo_core.parts.Column`."""

    name: str
    kind: Literal["number", "category", "boolean", "date"]
    categories: list[str] = []
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
    class_names: list[str] = []
    feature_names: list[str] = []
    target_names: list[str] = []
    image_shape: Annotated[list[Annotated[int, Ge(1)]], MinLen(2), MaxLen(2)] | None = None
    data_sha256: Annotated[str, DIGEST] = ""
    baseline: list[float] = []  # share of each class or mean of each target
    columns: list[StoredColumn] = []  # of each feature; empty where all are plain numbers
    label_words: list[Annotated[list[str], MinLen(2), MaxLen(2)]] = []  # lacking it, having it

    @staticmethod
    def stored_columns(columns: Iterable[Column]) -> list[StoredColumn]:
        """Return `columns` as a file keeps them."""
        return [StoredColumn.of(column) for column in columns]

    @cached_property
    def described_columns(self) -> tuple[Column, ...]:
        """What each feature means, for the preprocessor."""
        return tuple(column.column() for column in self.columns)

    def model_dump(self) -> dict[str, Any]:
        """Return plain data; without columns there is no such key, nor is there one for words of labels."""
        return {key: value for key, value in super().model_dump().items() if value or key not in OPTIONAL}

    def class_count(self, outputs: int) -> int:
        """Return the number of classes of a network that has `outputs` outputs; only names tell of any other number."""
        return len(self.class_names) or max(outputs, 2)

    def target_count(self, outputs: int) -> int:
        """Return the number of targets of a network that has `outputs` outputs; only names tell of another number."""
        return len(self.target_names) or outputs

    def check(self) -> None:
        """Raise ValueError where counts contradict each other."""
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
        if fault := self._words_fault():
            raise ValueError(fault)
        if self.task == "multilabel" and not self.target_names:
            raise ValueError("target_names are missing: they name the labels")

    def _words_fault(self) -> str:
        if not self.label_words:
            return ""
        if self.task != "multilabel" or len(self.label_words) != len(self.target_names):
            return f"there are {len(self.label_words)} label_words for {len(self.target_names)} labels"
        long = any(len(word) > MAX_LETTERS for pair in self.label_words for word in pair)
        return f"label_words have more than {MAX_LETTERS} letters" if long else ""


def _first_repeated(names: Sequence[str]) -> str | None:
    """Return the first name that also stands further on."""
    if len(set(names)) == len(names):
        return None
    return next(name for name, count in Counter(names).items() if count > 1)


def short_fault(error: ValueError) -> str:
    """Return what is wrong with a table, printable and short."""
    return quoted(str(error), 300)[1:-1]
