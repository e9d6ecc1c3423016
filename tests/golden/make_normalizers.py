"""Makes normalizers.npz: outputs, gradients and running statistics in float64, by PyTorch and its autograd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(0)
BATCHES = [torch.randn(rows, 4, generator=generator) * 3 + 1 for rows in (6, 6, 3)]
C = torch.randn(6, 4, generator=generator)
GAMMA, BETA = torch.tensor([1.0, 0.5, -2.0, 1.5]), torch.tensor([0.0, 1.0, -1.0, 0.3])
arrays: dict[str, np.ndarray] = {"c": C.numpy(), "gamma": GAMMA.numpy(), "beta": BETA.numpy()}
arrays |= {f"x{i}": batch.numpy() for i, batch in enumerate(BATCHES)}


def trace(name: str, module: nn.Module) -> None:
    """Store the output and all gradients of sum(c * f(x)) at the first batch."""
    x: Tensor = BATCHES[0].clone().requires_grad_()
    y = module(x)
    (C * y).sum().backward()
    arrays[f"{name}.y"], arrays[f"{name}.x"] = y.detach().numpy(), x.grad.numpy()
    arrays[f"{name}.gamma"] = module.weight.grad.numpy()
    if getattr(module, "bias", None) is not None:
        arrays[f"{name}.beta"] = module.bias.grad.numpy()


def with_parameters(module: nn.Module) -> nn.Module:
    """Set gamma and beta."""
    module.weight.data = GAMMA.clone()
    if getattr(module, "bias", None) is not None:
        module.bias.data = BETA.clone()
    return module


trace("layer_norm", with_parameters(nn.LayerNorm(4, eps=1e-3)))
trace("rms_norm", with_parameters(nn.RMSNorm(4, eps=1e-3)))
batch_norm = with_parameters(nn.BatchNorm1d(4, eps=1e-3, momentum=0.3))
trace("batch_norm", batch_norm)
for batch in BATCHES[1:]:
    batch_norm(batch)
arrays["batch_norm.running_mean"] = batch_norm.running_mean.numpy()
arrays["batch_norm.running_variance"] = batch_norm.running_var.numpy()
arrays["batch_norm.infer"] = batch_norm.eval()(BATCHES[0]).detach().numpy()

np.savez_compressed(
    Path(__file__).with_name("normalizers.npz"),
    versions=f"torch {torch.__version__}, numpy {np.__version__}",
    **arrays,
)
