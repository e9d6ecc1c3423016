"""Makes activations.npz: outputs and gradients of sum(c * f(x)) in float64, by PyTorch and its autograd.

A key is an activation's name and options, as in a spec. The formula of the source is written out, and differentiated by
autograd, if PyTorch lacks the function or computes partly in float32 (hardsigmoid; celu rounds its alpha).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(0)
X = torch.cat([torch.randn(3, 6, generator=generator) * 2, torch.tensor([[-9.0, 9.0, -4.5, 4.5, -0.01, 0.02]])])
C = torch.randn(4, 6, generator=generator)
SLOPES = torch.tensor([0.25, 0.1, 0.5, 0.0, 0.9, 0.3])


def key(name: str, **options: object) -> str:
    """Return the key of a case."""
    return f"{name} {json.dumps(options)}" if options else name


def sparsemax(x: Tensor) -> Tensor:
    """Project onto the simplex: bisection for the threshold, then one exact step on the support."""
    low, high = x.max(1, keepdim=True).values - 1, x.max(1, keepdim=True).values
    for _ in range(100):
        middle = (low + high) / 2
        above = (x - middle).clamp(min=0).sum(1, keepdim=True) >= 1
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    support = (x > middle).detach()
    threshold = ((x * support).sum(1, keepdim=True) - 1) / support.sum(1, keepdim=True)
    return (x - threshold) * support


CASES: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x * 1,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    key("leaky_relu", slope=0.3): lambda x: F.leaky_relu(x, 0.3),
    "elu": F.elu,
    key("elu", alpha=0.4): lambda x: F.elu(x, 0.4),
    "gelu": F.gelu,
    key("gelu", approximate="tanh"): lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "softplus": lambda x: F.softplus(x, threshold=1e9),
    key("softplus", beta=2.5): lambda x: F.softplus(x, 2.5, threshold=1e9),
    "selu": F.selu,
    "celu": F.celu,
    key("celu", alpha=0.5): lambda x: F.celu(x, 0.5),
    "mish": F.mish,
    "softsign": F.softsign,
    "exponential": torch.exp,
    "log_sigmoid": F.logsigmoid,
    "squareplus": lambda x: (x + torch.sqrt(x * x + 4)) / 2,
    key("squareplus", b=0.5): lambda x: (x + torch.sqrt(x * x + 0.5)) / 2,
    "tanh_shrink": F.tanhshrink,
    "dish": lambda x: 0.5 * x * (x / torch.sqrt(1 + x * x) + 1),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu6": F.relu6,
    "hard_sigmoid": lambda x: F.relu6(x + 3) / 6,
    "hard_tanh": F.hardtanh,
    "hard_silu": F.hardswish,
    "hard_mish": lambda x: 0.5 * x * (x + 2).clamp(0, 2),
    "sparse_plus": lambda x: torch.where(x <= -1, 0 * x, torch.where(x < 1, (x + 1) ** 2 / 4, x)),
    "sparse_sigmoid": lambda x: ((x + 1) / 2).clamp(0, 1),
    "hard_shrink": F.hardshrink,
    key("hard_shrink", threshold=1.5): lambda x: F.hardshrink(x, 1.5),
    "soft_shrink": F.softshrink,
    key("soft_shrink", threshold=1.5): lambda x: F.softshrink(x, 1.5),
    "threshold": lambda x: F.threshold(x, 0.0, 0.0),
    key("threshold", threshold=-0.7, value=3.0): lambda x: F.threshold(x, -0.7, 3.0),
    "clipped_linear": lambda x: x.clamp(0, 1),
    key("clipped_linear", slope=0.5, offset=0.25, minimum=-1.0, maximum=2.0): lambda x: (0.5 * x + 0.25).clamp(-1, 2),
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, 1),
    "sparsemax": sparsemax,
    key("maxout", pieces=2): lambda x: x.reshape(len(x), 2, -1).max(1).values,
    key("maxout", pieces=3): lambda x: x.reshape(len(x), 3, -1).max(1).values,
    "glu": lambda x: F.glu(x, 1),
    "swiglu": lambda x: x[:, :3] * F.silu(x[:, 3:]),
    "geglu": lambda x: x[:, :3] * F.gelu(x[:, 3:]),
    "reglu": lambda x: x[:, :3] * F.relu(x[:, 3:]),
}

y = np.full((len(CASES), *X.shape), np.nan)  # activations that change the width fill the first columns
gradient = np.empty_like(y)
for case, function in enumerate(CASES.values()):
    x = X.clone().requires_grad_()
    output = function(x)
    (C[:, : output.shape[1]] * output).sum().backward()
    y[case, :, : output.shape[1]] = output.detach().numpy()
    gradient[case] = x.grad.numpy()

x, slopes = X.clone().requires_grad_(), SLOPES.clone().requires_grad_()
(C * F.prelu(x, slopes)).sum().backward()

np.savez_compressed(
    Path(__file__).with_name("activations.npz"),
    versions=f"torch {torch.__version__}, numpy {np.__version__}",
    x=X.numpy(),
    c=C.numpy(),
    cases=list(CASES),
    y=y,
    gradient=gradient,
    slopes=SLOPES.numpy(),
    prelu_y=F.prelu(X, SLOPES).numpy(),
    prelu_gradient=x.grad.numpy(),
    prelu_slope_gradient=slopes.grad.numpy(),
    rrelu_infer=F.rrelu(X, 0.1, 0.4, training=False).numpy(),
)
