"""Optimizers that use the matrix form of weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_plugins.optimizers.basic import Decay, WeightDecay

QUINTIC = 3.4445, -4.7750, 2.0315  # steep at 0, and between about 0.7 and 1.2 on (0, 1]
TINY = 1e-7


def as_matrix(array: Array) -> Array:
    """Return a view with two axes; an array with fewer becomes one row."""
    return array.reshape(-1, array.shape[-1])


def orthogonalized(matrix: Array, iterations: int) -> Array:
    """Return about U V^T for a matrix U S V^T, by a Newton-Schulz iteration of fifth order."""
    a, b, c = QUINTIC
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x: Array = wide / max(float(np.linalg.norm(wide)), TINY)
    for _ in range(iterations):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if wide is not matrix else x


@dataclass
class Muon(Optimizer):
    """Muon: v = momentum v + (1 - momentum) g; p -= learning_rate s O(u), with u = v, or g + momentum (v - g).

    O makes all singular values of a matrix about 1. The scale s is sqrt(max(1, units / inputs)) or, with adjust =
    "match_rms_adamw", 0.2 sqrt(max(units, inputs)), which suits AdamW's learning rates. A bias counts as a matrix of
    one row; use `groups` for another rule for biases. momentum: 0 or more and below 1; nesterov: use the second u;
    iterations: those of O, 1 to 100; weight_decay: decoupled, 0 or more and below 1.
    Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024). As in PyTorch, but
    in the network's own dtype.
    """

    name = "muon"
    state = ("velocity",)

    learning_rate: Rate = 0.02
    momentum: Decay = 0.95
    nesterov: bool = True
    iterations: Annotated[int, Ge(1), Le(100)] = 5
    adjust: Literal["original", "match_rms_adamw"] = "original"
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate the velocity; store where each array lies."""
        self.velocity, self._work = layout.vector(), layout.vector()
        self._segments = layout.segments

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._update_velocity(gradients)
        if self.weight_decay:
            parameters *= 1 - learning_rate * self.weight_decay
        for segment in self._segments:
            matrix = as_matrix(segment.view(gradients))
            matrix[...] = orthogonalized(matrix, self.iterations)
            matrix *= learning_rate * self._scale(*matrix.shape)
        parameters -= gradients

    def _update_velocity(self, gradients: Array) -> None:
        """Update the velocity and write u into `gradients`."""
        velocity, work = self.velocity, self._work
        np.subtract(gradients, velocity, out=work)
        work *= 1 - self.momentum
        velocity += work
        if self.nesterov:
            np.subtract(velocity, gradients, out=work)
            work *= self.momentum
            gradients += work
        else:
            gradients[...] = velocity

    def _scale(self, inputs: int, units: int) -> float:
        return math.sqrt(max(1, units / inputs)) if self.adjust == "original" else 0.2 * math.sqrt(max(units, inputs))


@dataclass
class Adafactor(Optimizer):
    """Adafactor: p -= a u / max(1, rms(u) / clip), u = g / sqrt(v'), a = max(least_scale, rms(p)) rate.

    In step t, rate is min(learning_rate, 1 / sqrt(t)). For a matrix, r and c are running means of g^2 over each row and
    over each column, and v' = r c^T / mean(r). So two vectors replace a matrix. For a bias, v' is the running mean
    itself. A running mean is m + t^-decay (g^2 - m).
    decay: above 0 and up to 1; clip: above 0 and up to 1e6; least_scale: between 0 and 1; weight_decay: decoupled, 0 or
    more and below 1.
    Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018),
    algorithms 4 and 5, as in PyTorch.
    """

    name = "adafactor"
    state = ("rows", "columns", "square")

    learning_rate: Rate = 0.01
    decay: Annotated[float, Gt(0), Le(1)] = 0.8
    clip: Annotated[float, Gt(0), Le(1e6)] = 1.0
    least_scale: Annotated[float, Gt(0), Lt(1)] = 1e-3
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate the running means by path: of rows and columns of matrices, and of the squares of biases."""
        self._segments, self._work, self._least = layout.segments, layout.vector(), float(np.finfo(layout.dtype).eps)
        shapes = {s.path: s.shape for s in layout.segments}
        matrices = {path: shape for path, shape in shapes.items() if len(shape) > 1}
        self.rows = {path: np.zeros((*shape[:-1], 1), layout.dtype) for path, shape in matrices.items()}
        self.columns = {path: np.zeros(shape[-1:], layout.dtype) for path, shape in matrices.items()}
        self.square = {path: np.zeros(shape, layout.dtype) for path, shape in shapes.items() if path not in matrices}

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        rate = min(learning_rate, self.steps**-0.5)
        for segment in self._segments:
            p, u, work = segment.view(parameters), segment.view(gradients), segment.view(self._work)
            scale = rate * max(self.least_scale, rms(p))
            u /= self._root_mean_square(segment.path, u, work)
            u *= scale / max(1.0, rms(u) / self.clip)
        if self.weight_decay:
            parameters *= 1 - learning_rate * self.weight_decay
        parameters -= gradients

    def _root_mean_square(self, path: str, gradient: Array, work: Array) -> Array:
        """Update an array's running means and return sqrt(v'), computed in `work`."""
        np.multiply(gradient, gradient, out=work)
        if path in self.square:
            self._update_mean(self.square[path], work)
            np.maximum(self.square[path], self._least**2, out=work)
        else:
            rows, columns = self.rows[path], self.columns[path]
            self._update_mean(rows, work.mean(axis=-1, keepdims=True))
            self._update_mean(columns, work.mean(axis=0))
            np.multiply(rows, columns, out=work)
            work /= max(float(rows.mean()), self._least)
            np.maximum(work, self._least**2, out=work)
        return np.sqrt(work, out=work)

    def _update_mean(self, mean: Array, value: Array) -> None:
        mean += self.steps**-self.decay * (value - mean)


def rms(array: Array) -> float:
    """Return the root of the mean of squares."""
    return float(np.linalg.norm(array)) / math.sqrt(max(array.size, 1))


PARTS = (Muon, Adafactor)
