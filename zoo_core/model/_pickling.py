"""Pickles of a model: the bytes of its file, and the classes of its parts, which then need not be registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.parts import Part
from zoo_core.registry.default import default_registry
from zoo_core.spec import parts_of
from zoo_core.storage import contents_from_bytes, to_bytes

if TYPE_CHECKING:
    from zoo_core.model._model import Model

NAME = "the pickled model"


def reduce_model(model: Model) -> tuple[Callable[..., Model], tuple[Any, ...]]:
    """Return what `__reduce__` returns. Pickle imports the classes; the rest is checked as that of a file."""
    data = to_bytes(*model.contents(), f"model {model.name!r}")
    classes = {(part.kind, part.spec_name or part.name): type(part) for part in parts_of(model.spec)}
    folder = model.spec.origin.folder
    return restore_model, (data, classes, None if folder is None else str(folder), model.sha256)


def restore_model(data: bytes, classes: Mapping[tuple[str, str], type[Part]], folder: str | None, sha256: str) -> Model:
    """Return the model of a pickle. Raises ModelFileError for damaged bytes, PluginError for a missing part."""
    from zoo_core.model import model_from_file  # late: that module imports the one of the model

    contents = contents_from_bytes(data, NAME, limit=len(data))
    place = Path(folder) if folder else None
    model = model_from_file(contents, NAME, default_registry(), place, classes=classes)
    model.sha256 = sha256
    return model
