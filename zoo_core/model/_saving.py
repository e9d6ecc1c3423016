"""What a model file holds of a model: its header and its arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.errors import SpecError
from zoo_core.model._array_names import FINGERPRINTS, PREPROCESSOR
from zoo_core.model._header import check_header_size, fit_history
from zoo_core.parts import Array

if TYPE_CHECKING:
    from zoo_core.model._model import Model

MAX_ARRAYS = 240  # of 255 in a file; a checkpoint needs the others for its run


def arrays_of(model: Model) -> dict[str, Array]:
    """Return the arrays of a model file by name, not copies: network, preprocessor and fingerprints."""
    fitted = {name: getattr(model.preprocessor, name, None) for name in model.preprocessor.state}
    found = {f"{PREPROCESSOR}{name}": np.asarray(value) for name, value in fitted.items() if value is not None}
    fingerprints = {FINGERPRINTS: model.fingerprints.storable()} if model.fingerprints.rows else {}
    return model.network.state() | found | fingerprints


def header_of(model: Model) -> dict[str, Any]:
    """Return the header of a model file."""
    header = {
        "spec": model.spec.to_dict(),
        "about": model.about.model_dump(),
        "parameters": model.network.layout.size,
        "plugins": model.plugins,
        "environment": model.environment,
        **({"started_from": model.started_from} if model.started_from else {}),
    }
    return {**header, "history": fit_history(model.history, header)}


def check_storable(model: Model) -> None:
    """Raise SpecError unless a model file can hold this model: better before training than after it."""
    count = len(model.network.state()) + len(model.preprocessor.state)
    if count > MAX_ARRAYS:
        raise SpecError(f"spec {model.name!r}: a model file holds {MAX_ARRAYS} arrays, not {count}: fewer layers")
    check_header_size(header_of(model), f"spec {model.name!r}")
