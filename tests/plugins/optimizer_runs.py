"""Objectives for optimizers, each with its gradient by hand, and the trainer's loop around an optimizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.parts import Array, Layout, Schedule

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "optimizers.npz")
A, B, START = (np.array(v) for v in ([0.5, 1.0, 1.5], [0.2, -0.4, 0.6], [1.4, -1.1, 0.7]))
PATHS = ("layers.0.weights", "layers.0.bias", "layers.1.weights", "layers.1.bias")
NET = np.concatenate([GOLDEN[path].ravel() for path in PATHS])


def vector(size: int, dtype: Any = np.float64) -> Layout:
    return Layout.of({"layers.0.bias": (size,)}, dtype)


def two_layers(dtype: Any = np.float64) -> Layout:
    return Layout.of({path: GOLDEN[path].shape for path in PATHS}, dtype)


def valley(p: Array) -> tuple[float, Array]:
    """Return f(p) = sum(cosh(a p - b)) + (p_0 p_1 - p_2)^2 / 2 and its gradient."""
    coupled = p[0] * p[1] - p[2]
    value = np.cosh(A * p - B).sum() + coupled**2 / 2
    return float(value), A * np.sinh(A * p - B) + coupled * np.array([p[1], p[0], -1])


def net(p: Array) -> tuple[float, Array]:
    """Return the mean squared error of a network of two layers, tanh between them, and its gradient."""
    w, b, v, c = (segment.view(p) for segment in two_layers().segments)
    hidden = np.tanh(GOLDEN["x"] @ w + b)
    error = hidden @ v + c - GOLDEN["y"]
    above = 2 * error / error.size
    below = above @ v.T * (1 - hidden**2)
    arrays = GOLDEN["x"].T @ below, below.sum(0), hidden.T @ above, above.sum(0)
    return float((error**2).mean()), np.concatenate([a.ravel() for a in arrays])


def rosenbrock(p: Array) -> tuple[float, Array]:
    x, y = p
    gradient = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
    return float(100 * (y - x * x) ** 2 + (1 - x) ** 2), gradient


class OptimizerRun:
    """A batch with a function of the parameters as its loss, and the trainer's loop around an optimizer."""

    rows = 1

    def __init__(self, part: Any, function: Any = valley, start: Any = START, layout: Layout | None = None) -> None:
        layout = layout or (two_layers() if function is net else vector(len(start)))
        self.part, self.function = part, function
        self.parameters = np.array(start, layout.dtype)
        self.gradients = np.empty_like(self.parameters)
        self.evaluations = 0
        part.start(layout)
        self.rate = part.learning_rate
        if isinstance(self.rate, Schedule):
            self.rate.start(100, 1)

    def evaluate(self) -> float:
        self.evaluations += 1
        self.loss, self.gradients[...] = self.function(self.parameters)
        return self.loss

    def backward(self) -> None:
        self.evaluate()

    def train_step(self) -> None:
        self.evaluate()
        rate = self.rate.rate(float(self.part.steps)) if isinstance(self.rate, Schedule) else self.rate
        self.part.steps += 1
        self.part.update(self.parameters, self.gradients, rate, self)

    def step(self) -> Array:
        """Take one step as an epoch of its own; return the parameters to use after it."""
        self.part.start_epoch(self.parameters)
        self.train_step()
        self.part.end_epoch(self.parameters)
        return self.parameters.copy()
