"""Makes tests/golden/optimizers.npz: float64 traces by PyTorch, figures by scikit-learn.

Run it with a Python that has both. The objective is f(p) = sum(cosh(a p - b)) + (p_0 p_1 - p_2)^2 / 2 with a and b
below, smooth and with no gradient at zero on the way; L-BFGS walks through Rosenbrock's valley.
"""

from pathlib import Path

import numpy as np
import sklearn
import sklearn.metrics as sk
import torch

torch.set_default_dtype(torch.float64)
A, B, START = (torch.tensor(v) for v in ([0.5, 1.0, 1.5], [0.2, -0.4, 0.6], [1.4, -1.1, 0.7]))


def objective(p):
    return torch.cosh(A * p - B).sum() + (p[0] * p[1] - p[2]) ** 2 / 2


def trace(make, **options):
    p = START.clone().requires_grad_()
    optimizer, found = make([p], **options), []
    for _ in range(20):
        optimizer.zero_grad()
        objective(p).backward()
        optimizer.step()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def sam(rho, **options):
    """Foret et al. (2021), algorithm 1, around PyTorch's SGD."""
    p = START.clone().requires_grad_()
    optimizer, found = torch.optim.SGD([p], **options), []
    for _ in range(20):
        (gradient,) = torch.autograd.grad(objective(p), p)
        climbed = (p + rho * gradient / gradient.norm()).detach().requires_grad_()
        (p.grad,) = torch.autograd.grad(objective(climbed), climbed)
        optimizer.step()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def lbfgs():
    p = torch.tensor([-1.2, 1.0], requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [p], lr=1, max_iter=1, max_eval=1000, tolerance_grad=0, tolerance_change=1e-9,
        line_search_fn="strong_wolfe", history_size=5,
    )  # fmt: skip
    found = []

    def closure():
        optimizer.zero_grad()
        value = 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2
        value.backward()
        return value

    for _ in range(35):
        optimizer.step(closure)
        found.append(p.detach().numpy().copy())
    return np.array(found)


def rates(make, figures=(), **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    schedule, found = make(optimizer, **options), []
    for epoch in range(24):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(*figures[epoch : epoch + 1])
    return np.array(found)


def classification(y, scores, weights):
    guess = scores.argmax(axis=1)
    options = {"sample_weight": weights}
    macro = options | {"average": "macro"}
    return {
        "accuracy": sk.accuracy_score(y, guess, **options),
        "top_k_accuracy": sk.top_k_accuracy_score(y, scores, k=2, **options),
        "balanced_accuracy": sk.balanced_accuracy_score(y, guess, **options),
        "precision": sk.precision_score(y, guess, **macro),
        "recall": sk.recall_score(y, guess, **macro),
        "f1": sk.f1_score(y, guess, **macro),
    }


def regression(true, found, weights):
    options = {"sample_weight": weights}
    return {
        "mse": sk.mean_squared_error(true, found, **options),
        "rmse": sk.mean_squared_error(true, found, **options) ** 0.5,
        "mae": sk.mean_absolute_error(true, found, **options),
        "r2": sk.r2_score(true, found, **options),
    }


def traces():
    o = torch.optim
    return {
        "sgd": trace(o.SGD, lr=0.05),
        "momentum": trace(o.SGD, lr=0.05, momentum=0.8),
        "nesterov": trace(o.SGD, lr=0.05, momentum=0.8, nesterov=True),
        "adam": trace(o.Adam, lr=0.1),
        "adamw": trace(o.AdamW, lr=0.1, weight_decay=0.2),
        "rmsprop": trace(o.RMSprop, lr=0.02, alpha=0.95),
        "sam": sam(0.1, lr=0.05, momentum=0.8),
        "lbfgs": lbfgs(),
    }


def schedules(falling, rising):
    s = torch.optim.lr_scheduler
    plateau = {"factor": 0.5, "patience": 2, "cooldown": 1, "min_lr": 0.06, "threshold": 1e-2}
    return {
        "cosine": rates(s.CosineAnnealingLR, T_max=24, eta_min=0.02),
        "step": rates(s.StepLR, step_size=7, gamma=0.4),
        "exponential": rates(s.ExponentialLR, gamma=0.85),
        "on_plateau": rates(s.ReduceLROnPlateau, falling, **plateau),
        "on_plateau_max": rates(s.ReduceLROnPlateau, rising, mode="max", **plateau),
    }


def main():
    rng = np.random.default_rng(11)
    noise = 0.02 * rng.normal(size=24)
    falling = np.exp(-0.4 * np.minimum(np.arange(24), 6)) + noise
    y, scores, weights = rng.integers(0, 4, 60), rng.random((60, 4)), rng.uniform(0.2, 3, 60)
    true = rng.normal(size=(60, 2)) * [1, 30] + [5, -200]
    found = true + rng.normal(size=(60, 2)) * [0.5, 9]
    arrays = traces() | schedules(falling, 2 - falling)
    for suffix, w in (("", None), ("_weighted", weights)):
        figures = classification(y, scores, w) | regression(true, found, w)
        arrays |= {name + suffix: value for name, value in figures.items()}
    np.savez_compressed(
        Path(__file__).with_name("optimizers.npz"),
        versions=np.array([f"torch {torch.__version__}", f"scikit-learn {sklearn.__version__}"]),
        falling=falling, rising=2 - falling, y=y, scores=scores, weights=weights, true=true, found=found, **arrays,
    )  # fmt: skip


if __name__ == "__main__":
    main()
