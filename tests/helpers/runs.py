"""A small run from a spec file, stopped and resumed by several test modules."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SPEC = """
name = "s"
seed = 3
[data]
name = "npz"
path = "t.npz"
validation = 0.25
[model]
loss = "cross_entropy"
layers = [{ units = 6, activation = "tanh", normalizer = "batch_norm" }, { units = 3, activation = "softmax" }]
[optimizer]
name = "adam"
[training]
epochs = 6
batch_size = 120
early_stopping = { patience = 3 }
"""


def write_run(folder: Path) -> None:
    """Save s.toml and its table t.npz: 800 rows of four features, three classes; an epoch has five steps."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 4))
    np.savez(folder / "t.npz", x=x, y=x[:, :3].argmax(axis=1))
    (folder / "s.toml").write_text(SPEC)
