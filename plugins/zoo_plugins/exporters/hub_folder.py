"""Writes a model as a folder for a hub of models, with the model card that the Hugging Face Hub shows."""

from __future__ import annotations

import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from zoo_plugins.exporters._about import facts
from zoo_plugins.exporters._card_figures import figures
from zoo_plugins.exporters.model_card import model_card
from zoo_plugins.exporters.safetensors import write_safetensors

MODEL, ARRAYS, CONFIG, CARD, CURVES = "model.npz", "model.safetensors", "config.json", "README.md", "curves.png"
CURVE = {"train": "--", "validation": ":", "test": "-"}  # of lines


def write_folder(model: Any, folder: Path) -> str:
    """Fill a folder: the model file, its arrays as safetensors, what it is as JSON, the model card, learning curves.

    The model file is that from which the model was loaded, byte for byte. The front matter of the card follows the
    schema of the hub.
    Source: Hugging Face, hub-docs, "modelcard.md".
    """
    data = _model_bytes(model)
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / MODEL).write_bytes(data)
    write_safetensors(model, folder / ARRAYS)
    curves = CURVES if _draw_curves(model, folder / CURVES) else ""
    (folder / CARD).write_bytes(model_card(model, sha256, curves).encode())
    files = [CONFIG, *sorted(file.name for file in folder.iterdir())]
    (folder / CONFIG).write_bytes(json.dumps(_config(model, sha256, files), indent=2).encode() + b"\n")
    return "choose a license in README.md before you publish"


def _model_bytes(model: Any) -> bytes:
    """Return the bytes of the file that the model is from, if they still are this model, or new ones."""
    try:
        data: bytes = model.file.read_bytes()
    except (OSError, AttributeError):  # it has no file, or the file has gone
        return bytes(model.to_bytes())
    own = hashlib.sha256(data).hexdigest() == model.sha256 and _same_arrays(model, data)
    return data if own else bytes(model.to_bytes())


def _same_arrays(model: Any, data: bytes) -> bool:
    with np.load(io.BytesIO(data)) as stored:
        return all(np.array_equal(stored[name].tobytes(), a.tobytes()) for name, a in model.arrays().items())


def _config(model: Any, sha256: str, files: list[str]) -> dict[str, Any]:
    """Return what the model is. `files` says which files a later export may replace."""
    found = facts(model) | {"model_sha256": sha256, "parameters": model.network.layout.size}
    found |= {"figures": figures(model), "about": model.about.model_dump(), "spec": model.spec.to_dict()}
    found |= {"plugins": model.plugins, "environment": model.environment, "files": files}
    return {"library_name": "mlp-zoo", **found}


def _draw_curves(model: Any, path: Path) -> bool:
    """Draw the loss of each split over the epochs; return whether there is anything to draw."""
    epochs = [record.get("epoch", at) for at, record in enumerate(model.history)]
    curves = {split: [record.get(f"{split}_loss") for record in model.history] for split in CURVE}
    points = {split: _points(epochs, values) for split, values in curves.items()}
    points = {split: found for split, found in points.items() if found}
    if len(model.history) < 2 or not points:
        return False
    try:
        _draw(points, path)
    except Exception:  # Matplotlib may lack its backend or a font, and the card is whole without a picture
        path.unlink(missing_ok=True)
        return False
    return True


def _draw(points: dict[str, list[tuple[int, float]]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # late: few exports draw
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for split, found in points.items():
        axes.plot(*zip(*found, strict=True), CURVE[split], label=split)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss (mean over rows)")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _points(epochs: list[int], values: list[Any]) -> list[tuple[int, float]]:
    """Return (epoch, value) where there is a finite number; epochs count from 1."""
    shift = 1 if epochs and epochs[0] == 0 else 0
    pairs = zip(epochs, values, strict=True)
    return [(at + shift, y) for at, y in pairs if isinstance(y, (int, float)) and math.isfinite(y)]
