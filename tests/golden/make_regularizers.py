"""Make regularizers.npz: penalties with gradients, constraints and label smoothing in float64, by PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

torch.set_default_dtype(torch.float64)
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

arrays["max_norm"] = torch.renorm(W, p=2, dim=1, maxnorm=1.5).numpy()
arrays["unit_norm"] = F.normalize(W, dim=0).numpy()

# Smoothed targets as PyTorch uses them: with logits z, the gradient of cross-entropy is softmax(z) - targets.
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

# Alpha dropout as PyTorch defines it: its output for an entry dropped and an entry kept.
torch.manual_seed(0)
dropped = F.alpha_dropout(torch.full((1000,), 0.5), p=0.3, training=True)
arrays["alpha_dropout"] = torch.unique(dropped).numpy()

np.savez_compressed(
    Path(__file__).with_name("regularizers.npz"),
    versions=f"torch {torch.__version__}, numpy {np.__version__}",
    **arrays,
)
