"""Makes the model files of this version in tests/golden/models, which every later version must read.

Run it once for each released version, under a new VERSION. Files of released versions are never changed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

import zoo_core

HERE = Path(__file__).resolve().parent
VERSION = "0.1"
sys.path.insert(0, str(HERE))
import golden_plugin  # noqa: E402 - it lies beside this file

DROPOUT = {"name": "dropout", "rate": 0.2}
CLASSES = {
    "name": "golden-classes",
    "data": {"name": "csv", "path": "points.csv", "target": "kind", "train": ":160", "validation": "160:"},
    "model": {
        "loss": "cross_entropy",
        "layers": [
            {"units": 6, "activation": "relu", "normalizer": "batch_norm", "regularizers": [DROPOUT]},
            {"units": 3, "activation": "softmax"},
        ],
    },
    "optimizer": {"name": "adam", "learning_rate": {"name": "cosine", "initial": 0.02}},
    "training": {"epochs": 4, "batch_size": 16},
}  # fmt: skip
VALUES = {
    "name": "golden-values",
    "dtype": "float64",
    "data": {
        "name": "csv", "path": "points.csv", "target": ["u", "v"], "task": "regression", "preprocessor": "min_max",
        "train": ":160", "validation": "160:",
    },
    "model": {
        "loss": "mse",
        "layers": [{"units": 5, "activation": "tanh"}, {"units": 2, "activation": "identity", "bias": False}],
    },
    "optimizer": {"name": "sgd", "learning_rate": 0.05},
    "training": {"epochs": 4, "batch_size": 16},
}  # fmt: skip
PLUGIN = {
    "name": "golden-plugin",
    "data": {"name": "csv", "path": "points.csv", "target": "yes", "preprocessor": "none", "train": ":160"},
    "model": {
        "loss": "binary_cross_entropy",
        "layers": [{"units": 4, "activation": {"name": "bent", "reach": 2.0}}, {"units": 1, "activation": "sigmoid"}],
    },
    "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "training": {"epochs": 4, "batch_size": 16},
}


def write_points(target: str) -> None:
    """Write 200 rows of four features and the targets that a spec needs."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(200, 4)).round(3)
    kind = np.array(["ash", "birch", "cedar"])[(x @ [1, -1, 0.5, 0.2] > 0.5).astype(int) + (x[:, 0] > 0)]
    columns = {
        "kind": kind,
        "yes": np.where(x[:, 0] + x[:, 1] > 0, "1", "0"),
        "u": (x[:, 0] - x[:, 2]).round(3),
        "v": np.sin(x[:, 3]).round(3),
    }
    names = target.split(",")
    lines = [",".join(["a", "b", "c", "d", *names])]
    for i, row in enumerate(x):
        lines.append(",".join([*map(str, row), *(str(columns[name][i]) for name in names)]))
    Path("points.csv").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Train the three models in a temporary folder."""
    registry = zoo_core.Registry()
    registry.add(golden_plugin, "zoo-golden", "1.0")
    for spec, target in ((CLASSES, "kind"), (VALUES, "u,v"), (PLUGIN, "yes")):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            write_points(target)
            model = zoo_core.train(spec, registry=registry)
            os.chdir(HERE)
        digest = model.save(HERE / "models" / f"{spec['name']}-{VERSION}.npz")
        print(f"{spec['name']}-{VERSION}.npz", digest)


if __name__ == "__main__":
    main()
