"""What can be said of the model in a file without its plugins."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from zoo_core.errors import ModelFileError
from zoo_core.model._header import Header, read_header, short_errors
from zoo_core.storage import ModelFile


class _Outline(BaseModel):
    """A table of which only some keys are looked at; the rest is checked where the parts are at hand."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NamedPart(_Outline):
    """A part with options."""

    name: str


class LayerOutline(_Outline):
    """A layer: how wide it is, and its activation."""

    units: Annotated[int, Ge(1)]
    activation: str | NamedPart


class ModelOutline(_Outline):
    """The loss and the layers."""

    loss: str | NamedPart
    layers: Annotated[list[LayerOutline], Field(min_length=1, max_length=255), FailFast()]


class TrainingOutline(_Outline):
    """How long the run was to be."""

    epochs: int


class ModelSummary(_Outline):
    """A stored spec, as far as it can be shown when parts are missing."""

    name: str
    description: str = ""
    data: NamedPart
    model: ModelOutline
    optimizer: str | NamedPart
    training: TrainingOutline


def read_summary(contents: ModelFile, name: str) -> tuple[Header, ModelSummary]:
    """Return the header of a file, called `name`, and its spec as far as it can be shown. Raises ModelFileError."""
    header = read_header(contents, name)
    try:
        return header, ModelSummary.model_validate(header.spec)
    except ValidationError as error:
        raise ModelFileError(f"{name}: its header does not describe a model: {short_errors(error)}") from None
