"""Makes ordinal.npz: the ordinal loss as the sum of binary questions, each by scikit-learn.

Question k asks whether the class is above k. The value is `log_loss` of each question. From the logits it is the
binomial loss of scikit-learn's gradient boosting, which also gives the gradient.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn._loss import HalfBinomialLoss
from sklearn.metrics import log_loss

RNG = np.random.default_rng(23)
LABELS = np.array([0, 4, 1, 2, 3, 1, 4, 0])
Z = np.vstack([RNG.normal(0, 2, (7, 4)), [[30.0, -30.0, 0.0, 1.25]]])


def main():
    p, bits = 1 / (1 + np.exp(-Z)), [(k < LABELS).astype(float) for k in range(4)]
    rows = range(len(Z))
    plain = [sum(log_loss([bits[k][i]], [p[i, k]], labels=[0, 1]) for k in range(4)) for i in rows]
    loss = HalfBinomialLoss()
    each = [loss.loss_gradient(bits[k], np.ascontiguousarray(Z[:, k])) for k in range(4)]
    np.savez_compressed(
        Path(__file__).with_name("ordinal.npz"), versions=np.array([f"scikit-learn {version('scikit-learn')}"]),
        z=Z, p=p, labels=LABELS, value=plain, fused_value=np.sum([v for v, _ in each], axis=0),
        fused_gradient=np.transpose([g for _, g in each]),
    )  # fmt: skip


if __name__ == "__main__":
    main()
