"""What a model file holds of a model: its header and its arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo_core.contract import checked_fitted
from zoo_core.data import RowSketch
from zoo_core.errors import SpecError
from zoo_core.model._array_names import FINGERPRINTS, TRAINING_ROWS
from zoo_core.model._fingerprints import Fingerprints
from zoo_core.model._header import check_header_size, fit_history
from zoo_core.model._preprocessors import Preprocessors
from zoo_core.nn import Network
from zoo_core.parts import Array, Record

MAX_ARRAYS = 240  # of 255 in a file; a checkpoint needs the others for its run


def file_arrays(
    network: Network, preprocessors: Preprocessors, fingerprints: Fingerprints, training_rows: RowSketch
) -> dict[str, Array]:
    """Return the arrays of a model file by name, not copies: of network, preprocessors and run."""
    parts = preprocessors.parts
    fitted = [(place, part, name, getattr(part, name, None)) for place, part in parts for name in part.state]
    found = {
        f"{place}.{name}": checked_fitted(part, name, value) for place, part, name, value in fitted if value is not None
    }
    found |= {FINGERPRINTS: fingerprints.thinned()} if fingerprints.rows else {}
    found |= {TRAINING_ROWS: training_rows.hashes} if len(training_rows.hashes) else {}
    return network.state() | found


def with_history(header: Mapping[str, Any], history: Sequence[Record]) -> dict[str, Any]:
    """Return a header with as much of the history as fits into it; keys without a value are left out."""
    header = {key: value for key, value in header.items() if value != ""}
    return {**header, "history": fit_history(history, header)}


def check_file_limits(header: Mapping[str, Any], arrays: int, name: str) -> None:
    """Raise SpecError unless a model file can hold a model: better before training than after it."""
    if arrays > MAX_ARRAYS:
        raise SpecError(f"spec {name!r}: a model file holds {MAX_ARRAYS} arrays, not {arrays}: fewer layers")
    check_header_size(header, f"spec {name!r}")
