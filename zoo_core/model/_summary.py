"""A summary of the model in a file, for which its plugins need not be installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, MaxLen, MinLen

from zoo_core.basics.typed_values import TypedTable
from zoo_core.errors import ModelFileError
from zoo_core.model._description import short_fault
from zoo_core.model._header import Header, read_model_header
from zoo_core.parts import Record
from zoo_core.storage import ModelFile


class _Summary(TypedTable):
    """A table of which only some keys are read; the other ones need the parts."""

    ignores_unknown_keys: ClassVar[bool] = True


class _PartSummary(_Summary):
    """The name of a part, which a spec writes as a text or in a table with options."""

    name: str

    @classmethod
    def prepare(cls, value: Any) -> Any:
        """Return the table for a name."""
        return {"name": value} if isinstance(value, str) else value


class _LayerSummary(_Summary):
    """The units and the activation of a layer."""

    units: Annotated[int, Ge(1)]
    activation: _PartSummary


class _LayersSummary(_Summary):
    """The loss and the layers."""

    loss: _PartSummary
    layers: Annotated[list[_LayerSummary], MinLen(1), MaxLen(255)]


class _DataSummary(_PartSummary):
    """The name of the data set, and what scales the targets."""

    target_preprocessor: _PartSummary | None = None


class _TrainingSummary(_Summary):
    """The length of a run."""

    epochs: int


class ModelSummary(_Summary):
    """The part of a stored spec that can be shown when plugins are missing."""

    name: str
    description: str = ""
    data: _DataSummary
    model: _LayersSummary
    optimizer: _PartSummary
    training: _TrainingSummary


def read_summary(contents: ModelFile, name: str) -> tuple[Header, ModelSummary]:
    """Return the header of a file, called `name`, and the summary of its spec. Raises ModelFileError."""
    header = read_model_header(contents, name)
    try:
        return header, ModelSummary.read(header.spec)
    except ValueError as error:
        raise ModelFileError(f"{name}: its header does not describe a model: {short_fault(error)}") from None


def kept_record(history: Sequence[Record]) -> Record:
    """Return the record of the epoch whose weights a model holds: the one marked "kept", else the last."""
    marked = [record for record in history if record.get("kept")]
    return (marked or list(history) or [{}])[-1]
