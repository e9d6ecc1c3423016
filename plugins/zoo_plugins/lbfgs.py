"""L-BFGS with a line search for the strong Wolfe conditions; meant for full batches (`batch_size = "all"`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Batch, Layout, Optimizer, Rate
from zoo_plugins._line_search import strong_wolfe

FLAT = 1e-9  # a slope or a step below this is no progress


@dataclass
class Lbfgs(Optimizer):
    """Limited-memory BFGS: p += t d, d = -H g by the two-loop recursion over the last `history` steps.

    One step of training is one direction with one line search, which evaluates the batch several times.
    Source: Nocedal and Wright, "Numerical optimization" (2006), algorithms 7.4, 7.5, 3.5 and 3.6.
    """

    name = "lbfgs"
    state = ("moves", "changes", "count", "curvature", "direction", "length", "gradient")

    learning_rate: Rate = 1.0
    history: Annotated[int, Ge(1), Le(1000)] = 10
    max_evaluations: Annotated[int, Ge(1), Le(1000)] = 25

    def start(self, layout: Layout) -> None:
        """Make the memory: moves s = p' - p and changes y = g' - g, oldest first."""
        self.moves = np.zeros((self.history, layout.size), layout.dtype)
        self.changes = np.zeros((self.history, layout.size), layout.dtype)
        self.count, self.curvature, self.length = 0, 1.0, 0.0
        self.direction, self.gradient = layout.vector(), layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Find a direction, search along it, and leave the parameters at the point that was found."""
        if self.steps > 1:
            self._remember(gradients)
        first = min(1.0, 1.0 / max(float(np.abs(gradients).sum()), 1e-300)) if self.steps == 1 else 1.0
        self.direction[...] = self._recursion(gradients)
        self.gradient[...] = gradients
        slope = float(gradients @ self.direction)
        self.length = 0.0
        if slope > -FLAT:
            return
        here, value = parameters.copy(), batch.loss

        def probe(t: float) -> tuple[float, float]:
            np.multiply(self.direction, t, out=parameters)
            np.add(parameters, here, out=parameters)
            loss = batch.evaluate()
            return loss, float(gradients @ self.direction)

        reach = float(np.abs(self.direction).max())
        self.length = strong_wolfe(probe, first * learning_rate, value, slope, reach, self.max_evaluations)
        parameters[...] = here + self.length * self.direction

    def _remember(self, gradients: Array) -> None:
        """Take in the latest move, unless the curvature along it is not positive."""
        change, move = gradients - self.gradient, self.length * self.direction
        product = float(change @ move)
        if product <= 1e-10:
            return
        if self.count == self.history:
            self.moves[:-1], self.changes[:-1] = self.moves[1:].copy(), self.changes[1:].copy()
            self.count -= 1
        self.moves[self.count], self.changes[self.count] = move, change
        self.count += 1
        self.curvature = product / float(change @ change)

    def _recursion(self, gradients: Array) -> Array:
        """Return -H g, H being the inverse Hessian that the memory implies."""
        q = -gradients
        shares = []
        for i in reversed(range(self.count)):
            rho = 1 / float(self.changes[i] @ self.moves[i])
            shares.append(rho * float(self.moves[i] @ q))
            q -= shares[-1] * self.changes[i]
        q *= self.curvature
        for i, share in zip(range(self.count), reversed(shares), strict=True):
            rho = 1 / float(self.changes[i] @ self.moves[i])
            q += (share - rho * float(self.changes[i] @ q)) * self.moves[i]
        return q


PARTS = (Lbfgs,)
