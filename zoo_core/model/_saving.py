"""What a model file holds of a model: its header and its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zoo_core.contract import checked_fitted
from zoo_core.errors import SpecError
from zoo_core.model._array_names import FINGERPRINTS, TRAINING_ROWS
from zoo_core.model._assembled import AssembledModel
from zoo_core.model._header import check_header_size, fit_history
from zoo_core.parts import Array
from zoo_core.spec import dump

MAX_ARRAYS = 240  # of 255 in a file; a checkpoint needs the others for its run


def file_contents(model: AssembledModel, path: str | Path | None) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return header and arrays of a model file; they hold the state of the run too, if the spec asks for it."""
    if model.run_state is None or not model.spec.training.keep_optimizer:
        return file_header(model, path), file_arrays(model)
    section, arrays = model.run_state.packed()
    return file_header(model, path, {"run": section}), file_arrays(model) | arrays


def file_header(
    model: AssembledModel, path: str | Path | None, more: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the header of a model file at `path`, with as much of the history as fits into it."""
    about = {"spec": model.spec.to_dict(), "about": model.about.model_dump(), "parameters": model.network.layout.size}
    about |= {"plugins": model.plugins, "environment": model.environment, "started_from": model.started_from}
    about |= {"warnings": model.warnings} if model.warnings else {}
    if path is not None:
        about["spec_folder"] = model.spec.origin.relative_to(Path(path).parent, dump(model.spec.data.source))
    header = {key: value for key, value in (about | dict(more)).items() if value != ""}
    return {**header, "history": fit_history(model.history, header)}


def file_arrays(model: AssembledModel) -> dict[str, Array]:
    """Return the arrays of a model file by name, not copies: of network, preprocessors and run."""
    parts = model.preprocessors.parts
    fitted = [(place, part, name, getattr(part, name, None)) for place, part in parts for name in part.state]
    found = {
        f"{place}.{name}": checked_fitted(part, name, value) for place, part, name, value in fitted if value is not None
    }
    found |= {FINGERPRINTS: model.fingerprints.thinned()} if model.fingerprints.rows else {}
    found |= {TRAINING_ROWS: model.training_rows.hashes} if len(model.training_rows.hashes) else {}
    return model.network.state() | found


def check_file_limits(header: Mapping[str, Any], arrays: int, name: str) -> None:
    """Raise SpecError unless a model file can hold a model: better before training than after it."""
    if arrays > MAX_ARRAYS:
        raise SpecError(f"spec {name!r}: a model file holds {MAX_ARRAYS} arrays, not {arrays}: fewer layers")
    check_header_size(header, f"spec {name!r}")
