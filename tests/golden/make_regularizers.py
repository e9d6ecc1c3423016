"""Makes regularizers.npz: penalties with gradients, noise and label smoothing by PyTorch; constraints by Keras.

All is in float64. For noise on a standard normal input, only mean and standard deviation over 4 million numbers are
stored.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

from pathlib import Path

import jax
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

jax.config.update("jax_enable_x64", val=True)
import keras  # noqa: E402 - its numbers follow the line above

torch.set_default_dtype(torch.float64)
keras.config.set_floatx("float64")
keras.config.set_epsilon(1e-300)  # Keras adds it to every norm, which would hide smaller differences
generator = torch.Generator().manual_seed(0)
W = torch.randn(5, 3, generator=generator)


def keras_orthogonal(w: Tensor) -> Tensor:
    """Write out Keras's OrthogonalRegularizer with mode="rows" and factor 0.01."""
    rows = F.normalize(w, dim=1)
    product = rows @ rows.T * (1 - torch.eye(len(w)))
    return 0.01 * 0.5 * product.abs().sum() / (len(w) * (len(w) - 1) / 2)


PENALTIES = {
    "l1": lambda w: 0.01 * w.abs().sum(),
    "l2": lambda w: 0.01 * w.square().sum(),
    "l1_l2": lambda w: 0.03 * w.abs().sum() + 0.02 * w.square().sum(),
    "orthogonal": keras_orthogonal,
    "orthogonal_columns": lambda w: keras_orthogonal(w.T),
}
arrays: dict[str, np.ndarray] = {"weights": W.numpy()}
for name, function in PENALTIES.items():
    w = W.clone().requires_grad_()
    term = function(w)
    term.backward()
    arrays[f"{name}.value"], arrays[f"{name}.gradient"] = term.detach().numpy(), w.grad.numpy()

CONSTRAINTS = {
    "max_norm": keras.constraints.MaxNorm(1.5),
    "unit_norm": keras.constraints.UnitNorm(),
    "min_max_norm": keras.constraints.MinMaxNorm(1.7, 2.0, rate=0.4),
    "non_neg": keras.constraints.NonNeg(),
}
arrays |= {name: np.asarray(project(keras.ops.array(W.numpy()))) for name, project in CONSTRAINTS.items()}

# Penalties of outputs: the gradient of sum(c x) plus the term, which Keras divides by the number of rows.
C = torch.randn(5, 3, generator=generator)
for name, size in (("activity_l1", torch.abs), ("activity_l2", torch.square)):
    x = W.clone().requires_grad_()
    ((C * x).sum() + 0.3 * size(x).sum() / len(x)).backward()
    arrays[name] = x.grad.numpy()
arrays["c"] = C.numpy()

torch.manual_seed(0)
normal = torch.randn(2000, 2000)
NOISE = {
    "dropout": F.dropout(normal, 0.3),
    "alpha_dropout_moments": F.alpha_dropout(normal, 0.3, training=True),
    "gaussian_dropout": keras.layers.GaussianDropout(0.2, seed=0)(normal.numpy(), training=True),
    "gaussian_noise": keras.layers.GaussianNoise(0.8, seed=0)(normal.numpy(), training=True),
}
arrays |= {name: np.array([np.asarray(noisy).mean(), np.asarray(noisy).std()]) for name, noisy in NOISE.items()}
arrays["dropout_values"] = torch.unique(F.dropout(torch.full((1000,), 0.5), 0.3)).numpy()

# Mixed rows, by the paper's equation: 0.25 of a row and 0.75 of its partner.
arrays["mixup"] = 0.25 * W[[0, 1, 2]].numpy() + 0.75 * W[[2, 0, 1]].numpy()

# The smoothed targets of PyTorch: for logits z, the gradient of cross-entropy is softmax(z) - targets.
labels = torch.tensor([0, 3, 1])
z = torch.randn(3, 4, generator=generator).requires_grad_()
F.cross_entropy(z, labels, label_smoothing=0.2, reduction="sum").backward()
arrays["label_smoothing"] = (F.softmax(z, 1) - z.grad).detach().numpy()
arrays["labels"] = labels.numpy()

# Decay as PyTorch's SGD applies it: the step from w with zero gradient, learning rate 1.
parameter = W.clone().requires_grad_()
parameter.grad = torch.zeros_like(W)
torch.optim.SGD([parameter], lr=1.0, weight_decay=0.02).step()
arrays["weight_decay"] = (W - parameter).detach().numpy()

# PyTorch's alpha dropout: its output for a dropped and for a kept entry.
torch.manual_seed(0)
dropped = F.alpha_dropout(torch.full((1000,), 0.5), p=0.3, training=True)
arrays["alpha_dropout"] = torch.unique(dropped).numpy()

np.savez_compressed(
    Path(__file__).with_name("regularizers.npz"),
    versions=f"torch {torch.__version__}, keras {keras.__version__}, numpy {np.__version__}",
    **arrays,
)
