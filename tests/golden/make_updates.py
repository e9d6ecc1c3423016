"""Makes tests/golden/updates.npz: float64 traces of optimizers and schedules by PyTorch, figures by scikit-learn.

The objective is sum(c (p^2 - 1)^2) / 4 + sum(p) / 10 with c = 1 .. 4, smooth and not convex. L-BFGS: Rosenbrock's.
"""

from pathlib import Path

import numpy as np
import sklearn
import sklearn.metrics as sk
import torch

torch.set_default_dtype(torch.float64)
START, C = np.array([0.3, -1.7, 2.1, 0.9]), torch.arange(1.0, 5.0)


def objective(p):
    return (C * (p * p - 1) ** 2).sum() / 4 + p.sum() / 10


def trace(make, steps=20, **options):
    p = torch.tensor(START, requires_grad=True)
    optimizer, found = make([p], **options), []
    for _ in range(steps):
        optimizer.zero_grad()
        objective(p).backward()
        optimizer.step()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def sam(steps=20, rate=0.01, rho=0.05):
    p, found = torch.tensor(START, requires_grad=True), []
    for _ in range(steps):
        (g,) = torch.autograd.grad(objective(p), p)
        (g,) = torch.autograd.grad(objective(q := (p + rho * g / g.norm()).detach().requires_grad_()), q)
        p = (p - rate * g).detach().requires_grad_()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def lbfgs(steps=35):
    p, found = torch.tensor([-1.2, 1.0], requires_grad=True), []
    optimizer = torch.optim.LBFGS(
        [p], lr=1, max_iter=1, max_eval=1000, tolerance_grad=0, history_size=5, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        found.append(p.detach().numpy().copy())
    return np.array(found)


def rates(make, epochs=20, figures=None, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule, found = make(optimizer, **options), []
    for epoch in range(epochs):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(*([] if figures is None else [figures[epoch]]))
    return np.array(found)


if __name__ == "__main__":
    o, s, rng = torch.optim, torch.optim.lr_scheduler, np.random.default_rng(0)
    figures = np.round(1 / (1 + np.arange(20) // 4) + 0.01 * rng.normal(size=20), 4)
    scores, y, w = rng.random((40, 3)), rng.integers(0, 3, 40), rng.uniform(0.5, 2, 40)
    guess, yhat, true = scores.argmax(1), rng.normal(size=(40, 2)), rng.normal(size=(40, 2))
    np.savez_compressed(
        Path(__file__).with_name("updates.npz"),
        versions=np.array([torch.__version__, sklearn.__version__]),
        sgd=trace(o.SGD, lr=0.01),
        momentum=trace(o.SGD, lr=0.01, momentum=0.9),
        nesterov=trace(o.SGD, lr=0.01, momentum=0.9, nesterov=True),
        adam=trace(o.Adam, lr=0.05),
        adamw=trace(o.AdamW, lr=0.05, weight_decay=0.1),
        rmsprop=trace(o.RMSprop, lr=0.01),
        sam=sam(),
        lbfgs=lbfgs(),
        cosine=rates(s.CosineAnnealingLR, T_max=20, eta_min=0.1),
        step=rates(s.StepLR, step_size=6, gamma=0.3),
        exponential=rates(s.ExponentialLR, gamma=0.9),
        on_plateau=rates(s.ReduceLROnPlateau, figures=figures, factor=0.5, patience=2, cooldown=1),
        figures=figures, scores=scores, y=y, w=w, yhat=yhat, true=true,
        accuracy=[sk.accuracy_score(y, guess), sk.accuracy_score(y, guess, sample_weight=w)],
        balanced_accuracy=[sk.balanced_accuracy_score(y, guess), sk.balanced_accuracy_score(y, guess, sample_weight=w)],
        precision=[sk.precision_score(y, guess, average="macro", sample_weight=v) for v in (None, w)],
        recall=[sk.recall_score(y, guess, average="macro", sample_weight=v) for v in (None, w)],
        f1=[sk.f1_score(y, guess, average="macro", sample_weight=v) for v in (None, w)],
        top_k_accuracy=[sk.top_k_accuracy_score(y, scores, k=2, sample_weight=v) for v in (None, w)],
        mse=[sk.mean_squared_error(true, yhat, sample_weight=v) for v in (None, w)],
        rmse=[np.sqrt(sk.mean_squared_error(true, yhat, sample_weight=v)) for v in (None, w)],
        mae=[sk.mean_absolute_error(true, yhat, sample_weight=v) for v in (None, w)],
        r2=[sk.r2_score(true, yhat, sample_weight=v) for v in (None, w)],
    )  # fmt: skip
