"""L-BFGS with a line search for the strong Wolfe conditions, for full batches (`batch_size = "all"`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Batch, Layout, Optimizer, Rate
from zoo_plugins.optimizers._line_search import strong_wolfe

MIN_SLOPE = 1e-9  # a slope closer to 0 than this means no progress
MIN_CURVATURE = 1e-10  # a step with a smaller curvature is not stored


@dataclass
class Lbfgs(Optimizer):
    """Limited-memory BFGS: p += t d, with d = -H g by the two-loop recursion over the last `history` steps.

    A training step is one direction with one line search for t. The search starts at t = `learning_rate`, in the first
    step at learning_rate / max(1, sum of |g|). history: 1 to 1000; max_evaluations: evaluations of the batch in one
    search after the first, 1 to 1000.
    Source: Nocedal and Wright, "Numerical optimization" (2006), algorithms 7.4, 7.5, 3.5 and 3.6, with the
    constants of PyTorch.
    """

    name = "lbfgs"
    state = ("moves", "changes", "count", "scale", "direction", "length", "gradient")

    learning_rate: Rate = 1.0
    history: Annotated[int, Ge(1), Le(1000)] = 10
    max_evaluations: Annotated[int, Ge(1), Le(1000)] = 25

    def start(self, layout: Layout) -> None:
        """Allocate the memory of steps s = p' - p and changes y = g' - g. Number k is in row k % history."""
        self.moves = np.zeros((self.history, layout.size), layout.dtype)
        self.changes = np.zeros((self.history, layout.size), layout.dtype)
        self.count, self.scale, self.length = 0, 1.0, 0.0
        self.direction, self.gradient, self._here = layout.vector(), layout.vector(), layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Choose a direction, search along it, and leave the parameters at the point found."""
        if self.steps > 1:
            self._store_last_step(gradients)
        else:
            learning_rate /= max(1.0, float(np.abs(gradients).sum()))
        self._set_direction(gradients)
        self.gradient[...] = gradients
        self.length, slope = 0.0, float(gradients @ self.direction)
        if slope <= -MIN_SLOPE:
            self._take_step(parameters, gradients, learning_rate, slope, batch)

    def _take_step(self, parameters: Array, gradients: Array, first: float, slope: float, batch: Batch) -> None:
        """Choose the step length and take the step."""
        self._here[...] = parameters

        def move(length: float) -> None:
            np.multiply(self.direction, length, out=parameters)
            np.add(parameters, self._here, out=parameters)

        def probe(length: float) -> tuple[float, float]:
            move(length)
            return batch.evaluate(), float(gradients @ self.direction)

        reach, value = float(np.abs(self.direction).max()), batch.loss
        self.length = strong_wolfe(probe, first, value, slope, reach, self.max_evaluations)
        move(self.length)

    def _store_last_step(self, gradients: Array) -> None:
        """Store the last step, unless the curvature along it is not positive."""
        change, move = gradients - self.gradient, self.length * self.direction
        product = float(change @ move)
        if product > MIN_CURVATURE:
            row = self.count % self.history
            self.moves[row], self.changes[row] = move, change
            self.count += 1
            self.scale = product / float(change @ change)

    def _set_direction(self, gradients: Array) -> None:
        """Set the direction to -H g, where H approximates the inverse Hessian."""
        d, shares = self.direction, {}
        np.negative(gradients, out=d)
        rows = [k % self.history for k in range(max(0, self.count - self.history), self.count)]
        rho = {row: 1 / float(self.changes[row] @ self.moves[row]) for row in rows}
        for row in reversed(rows):
            shares[row] = rho[row] * float(self.moves[row] @ d)
            d -= shares[row] * self.changes[row]
        d *= self.scale
        for row in rows:
            d += (shares[row] - rho[row] * float(self.changes[row] @ d)) * self.moves[row]


PARTS = (Lbfgs,)
