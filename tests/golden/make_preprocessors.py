"""Makes preprocessors.npz: inputs scaled by scikit-learn, and by hand."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.preprocessing import MinMaxScaler, StandardScaler

X = np.random.default_rng(2).normal([3, -200, 0.01], [1, 40, 1e-4], (30, 3))
WEIGHTS = np.random.default_rng(3).integers(0, 5, 20) / 2  # of the rows that are fitted to; some are 0
PIXELS = np.arange(256, dtype=np.uint8).reshape(64, 4)
np.savez_compressed(
    Path(__file__).with_name("preprocessors.npz"),
    versions=np.array([f"scikit-learn {version('scikit-learn')}"]),
    x=X, pixels=PIXELS,
    standard=StandardScaler().fit(X[:20]).transform(X),
    weights=WEIGHTS,
    weighted=StandardScaler().fit(X[:20], sample_weight=WEIGHTS).transform(X),
    min_max=MinMaxScaler().fit(X[:20]).transform(X),
    scaled_pixels=MinMaxScaler().fit(np.array([[0.0] * 4, [255.0] * 4])).transform(PIXELS),
)  # fmt: skip
