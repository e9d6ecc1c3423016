"""Makes weights.npz: scikit-learn's logistic regression with sample weights and class weights.

Its objective is C sum_i w_i loss_i + |W|^2 / 2. The zoo's objective, the weighted mean of the losses +
strength |W|^2, is the same with strength = 1 / (2 C sum_i w_i).
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

RNG = np.random.default_rng(3)
Y = np.repeat([0, 1, 2], [40, 15, 5])
X = RNG.normal(size=(60, 3)) + np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])[Y]
W = RNG.integers(0, 4, 60).astype(float)


def fitted(weights, balance):
    """Return coefficients (features, classes), intercepts, and the sum of all weights as the fit uses them."""
    model = LogisticRegression(C=0.5, tol=1e-13, max_iter=10_000, class_weight=balance, solver="newton-cg")
    model.fit(X, Y, sample_weight=weights)
    return np.vstack([model.coef_.T, model.intercept_])


np.savez_compressed(
    Path(__file__).with_name("weights.npz"),
    versions=np.array([f"scikit-learn {version('scikit-learn')}"]),
    x=X, y=Y, w=W,
    plain=fitted(None, None), weighted=fitted(W, None), balanced=fitted(None, "balanced"), both=fitted(W, "balanced"),
    listed=fitted(W, {0: 1.0, 1: 2.0, 2: 5.0}),
)  # fmt: skip
