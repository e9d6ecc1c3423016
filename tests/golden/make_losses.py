"""Makes losses.npz: the loss of each row and the gradient of their sum in float64, by PyTorch and autograd.

A key is a loss's name and options. "fused" is the loss as a function of the logits, and "labels" means integer
targets. If PyTorch lacks the function, the formula of the source is written out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(0)
Z = torch.cat([torch.randn(5, 4, generator=generator) * 2, torch.tensor([[40.0, -40.0, 0.0, 1.25]])])
P = torch.softmax(torch.randn(6, 4, generator=generator), 1)
T = torch.softmax(torch.randn(6, 4, generator=generator) * 2, 1)
BITS = (torch.rand(6, 4, generator=generator) > 0.5).double()
LABELS = torch.tensor([0, 3, 1, 2, 2, 1])
ONES = F.one_hot(LABELS, 4).double()
SIGNS = 2 * BITS - 1


def key(name: str, form: str, **options: object) -> str:
    """Return the key of a case: its form, the loss and its options."""
    return f"{form} {name} {json.dumps(options)}"


def mean(rows: Tensor) -> Tensor:
    """Return the mean over the columns."""
    return rows.mean(1)


def focal(log_p: Tensor, shares: Tensor, gamma: float) -> Tensor:
    """Write out Lin et al. 2017, equation 4."""
    return -(shares * (1 - log_p.exp()) ** gamma * log_p).sum(1)


def tversky(p: Tensor, t: Tensor, alpha: float, beta: float) -> Tensor:
    """Write out Salehi et al. 2017, equation 3."""
    hit, extra, missed = (t * p).sum(1), ((1 - t) * p).sum(1), (t * (1 - p)).sum(1)
    return 1 - (hit + 1e-7) / (hit + alpha * extra + beta * missed + 1e-7)


def categorical_hinge(y: Tensor, t: Tensor) -> Tensor:
    """Write out the formula of Keras."""
    return (((1 - t) * y).max(1).values - (t * y).sum(1) + 1).clamp(min=0)


def log_cosh(d: Tensor) -> Tensor:
    """Compute log(cosh(d)) for the moderate d used here."""
    return torch.log(torch.cosh(d))


# key -> (where the loss is taken, targets, function of the outputs or logits)
CASES: dict[str, tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]] = {
    key("cross_entropy", "labels"): (P, LABELS, lambda p: F.nll_loss(p.log(), LABELS, reduction="none")),
    key("cross_entropy", "rows"): (P, T, lambda p: -(T * p.log()).sum(1)),
    key("cross_entropy", "fused labels"): (Z, LABELS, lambda z: F.cross_entropy(z, LABELS, reduction="none")),
    key("cross_entropy", "fused rows"): (Z, T, lambda z: F.cross_entropy(z, T, reduction="none")),
    key("kl_divergence", "rows"): (P, T, lambda p: F.kl_div(p.log(), T, reduction="none").sum(1)),
    key("kl_divergence", "fused rows"): (
        Z, T, lambda z: F.kl_div(F.log_softmax(z, 1), T, reduction="none").sum(1),
    ),
    key("kl_divergence", "fused labels"): (Z, LABELS, lambda z: F.cross_entropy(z, LABELS, reduction="none")),
    key("binary_cross_entropy", "rows"): (
        P, BITS, lambda p: mean(F.binary_cross_entropy(p, BITS, reduction="none")),
    ),
    key("binary_cross_entropy", "fused rows"): (
        Z, T, lambda z: mean(F.binary_cross_entropy_with_logits(z, T, reduction="none")),
    ),
    key("focal", "labels"): (P, LABELS, lambda p: focal(p.log(), ONES, 2.0)),
    key("focal", "rows", gamma=0.5): (P, T, lambda p: focal(p.log(), T, 0.5)),
    key("focal", "fused labels", gamma=3.5): (Z, LABELS, lambda z: focal(F.log_softmax(z, 1), ONES, 3.5)),
    key("hinge", "rows"): (Z, BITS, lambda y: mean((1 - SIGNS * y).clamp(min=0))),
    key("squared_hinge", "rows"): (Z, SIGNS, lambda y: mean((1 - SIGNS * y).clamp(min=0) ** 2)),
    key("categorical_hinge", "labels"): (Z, LABELS, lambda y: categorical_hinge(y, ONES)),
    key("tversky", "labels", alpha=0.3, beta=0.7): (P, LABELS, lambda p: tversky(p, ONES, 0.3, 0.7)),
    key("tversky", "rows"): (P, T, lambda p: tversky(p, T, 0.5, 0.5)),
    key("dice", "rows"): (P, BITS, lambda p: 1 - (2 * (p * BITS).sum(1) + 1e-7) / ((p + BITS).sum(1) + 1e-7)),
    key("mse", "rows"): (Z, T, lambda y: mean(F.mse_loss(y, T, reduction="none"))),
    key("mae", "rows"): (Z, T, lambda y: mean(F.l1_loss(y, T, reduction="none"))),
    key("huber", "rows"): (Z, T, lambda y: mean(F.huber_loss(y, T, reduction="none"))),
    key("huber", "rows", delta=2.5): (Z, T, lambda y: mean(F.huber_loss(y, T, reduction="none", delta=2.5))),
    key("log_cosh", "rows"): (Z, T, lambda y: mean(log_cosh(y - T))),
    key("mape", "rows"): (Z, T, lambda y: 100 * mean((y - T).abs() / T)),
    key("msle", "rows"): (P, T, lambda y: mean(F.mse_loss(torch.log1p(y), torch.log1p(T), reduction="none"))),
    key("poisson", "rows"): (
        P, T, lambda y: mean(F.poisson_nll_loss(y, T, log_input=False, eps=0, reduction="none")),
    ),
    key("poisson", "fused rows"): (
        Z, T, lambda z: mean(F.poisson_nll_loss(z, T, log_input=True, reduction="none")),
    ),
    key("quantile", "rows", q=0.9): (Z, T, lambda y: mean(torch.maximum(0.9 * (T - y), -0.1 * (T - y)))),
    key("cosine", "rows"): (Z, T, lambda y: 1 - F.cosine_similarity(y, T, dim=1, eps=1e-14)),
}  # fmt: skip
assert math.isclose(float(log_cosh(torch.tensor(1.0))), math.log(math.cosh(1)))

value = np.empty((len(CASES), len(Z)))
gradient = np.empty((len(CASES), *Z.shape))
at = np.empty_like(gradient)
targets = np.empty_like(gradient)
for case, (where, goal, function) in enumerate(CASES.values()):
    x = where.clone().requires_grad_()
    rows = function(x)
    rows.sum().backward()
    value[case], gradient[case], at[case] = rows.detach().numpy(), x.grad.numpy(), where.numpy()
    targets[case] = (goal[:, None] if goal.ndim == 1 else goal).numpy()

np.savez_compressed(
    Path(__file__).with_name("losses.npz"),
    versions=f"torch {torch.__version__}, numpy {np.__version__}",
    cases=list(CASES),
    at=at,
    targets=targets,
    value=value,
    gradient=gradient,
)
