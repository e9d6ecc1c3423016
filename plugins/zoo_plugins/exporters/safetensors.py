"""Writes models in formats of other programs."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

KEPT = ("layers.", "input.", "preprocessor.", "target_preprocessor.")
KINDS = {"f": "F", "i": "I", "u": "U"}


def write_safetensors(model: Any, path: Path) -> None:
    """Write the arrays of a model as safetensors: 8 bytes with the length of a JSON header, the header, the data.

    Arrays have the names of the model file, such as "layers.0.weights", shape (inputs, units). Those of the network and
    of the preprocessors are written; that of the targets turns outputs into their units. The metadata hold the spec and
    what the data mean, as JSON.
    Source: Hugging Face, "safetensors", section "Format" of its README.
    """
    kept = {name: a for name, a in model.arrays().items() if name.startswith(KEPT)}
    arrays = {name: np.asarray(a, a.dtype.newbyteorder("<"), order="C") for name, a in kept.items()}
    header: dict[str, Any] = {"__metadata__": _metadata(model)}
    place = 0
    for name, array in arrays.items():
        header[name] = {
            "dtype": _dtype(array),
            "shape": list(array.shape),
            "data_offsets": [place, place + array.nbytes],
        }
        place += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data begin at a multiple of 8 bytes
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def _metadata(model: Any) -> dict[str, str]:
    """Return texts by name; the format holds nothing else."""
    return {"name": model.name, "spec": json.dumps(model.spec.to_dict()), "about": json.dumps(model.about.model_dump())}


def _dtype(array: np.ndarray[Any, Any]) -> str:
    """Return the format's name of a dtype, such as "F32"."""
    return "BOOL" if array.dtype.kind == "b" else f"{KINDS[array.dtype.kind]}{8 * array.dtype.itemsize}"
