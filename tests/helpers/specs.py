"""Small specs that train in a fraction of a second."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

SMALL: dict[str, Any] = {
    "data": {"name": "glyphs", "rows": 100, "test_rows": 50},
    "model": {
        "loss": "cross_entropy",
        "layers": [{"units": 8, "activation": "relu"}, {"units": 10, "activation": "softmax"}],
    },
    "optimizer": "sgd",
    "training": {"epochs": 2, "batch_size": 50},
}


def small_spec(hidden: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a new spec of one hidden layer over glyphs, changed.

    Args:
        hidden: Keys to set in the hidden layer.
        changes: Keys to set in the spec. Mappings are merged, except a part with a name: it replaces the former part.
    """
    spec = merged(SMALL, changes)
    spec["model"]["layers"][0] |= hidden or {}
    return spec


def merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a deep copy of `old` with `changes` in it."""
    result = copy.deepcopy(old)
    for key, value in changes.items():
        merge = isinstance(value, dict) and isinstance(old.get(key), dict) and "name" not in value
        result[key] = merged(old[key], value) if merge else value
    return result


def regression_spec(path: Path, **changes: Any) -> dict[str, Any]:
    """Return a new spec of a linear model of one target, over an .npz file with arrays x and y, changed as above.

    Neither inputs nor targets are scaled, so that weights are those of the data.
    """
    unscaled = {"preprocessor": "none", "target_preprocessor": "none"}
    return merged({
        "data": {"name": "npz", "path": str(path), "task": "regression", **unscaled},
        "model": {"loss": "mse", "layers": [{"units": 1}]},
        "optimizer": "sgd",
        "training": {"epochs": 1},
    }, changes)  # fmt: skip
