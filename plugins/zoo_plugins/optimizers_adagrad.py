"""Optimizers that divide by what has gathered of the squares of gradients: Adagrad and its heir."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_plugins.optimizers import Decay, Epsilon


@dataclass
class Adagrad(Optimizer):
    """Adagrad: s += g^2; p -= learning_rate g / (sqrt(s) + epsilon), s being `initial` at first.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization"
    (2011), figure 1 with diagonal matrices, as in PyTorch.
    """

    name = "adagrad"
    state = ("square",)

    learning_rate: Rate = 0.01
    initial: Annotated[float, Ge(0)] = 0.0
    epsilon: Epsilon = 1e-10

    def start(self, layout: Layout) -> None:
        """Make the sum of squares and a vector to work in."""
        self.square, self._work = layout.vector(self.initial), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work = self._work
        np.multiply(gradients, gradients, out=work)
        self.square += work
        np.sqrt(self.square, out=work)
        work += self.epsilon
        gradients /= work
        gradients *= learning_rate
        parameters -= gradients


@dataclass
class Adadelta(Optimizer):
    """Adadelta: d = g sqrt(u + epsilon) / sqrt(s + epsilon); p -= learning_rate d.

    s and u are running means, with decay `rho`, of g^2 and d^2.
    Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1.
    """

    name = "adadelta"
    state = ("square", "moves")

    learning_rate: Rate = 1.0
    rho: Decay = 0.9
    epsilon: Epsilon = 1e-6

    def start(self, layout: Layout) -> None:
        """Make both running means and a vector to work in."""
        self.square, self.moves, self._work = layout.vector(), layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._take_in(self.square, gradients)
        gradients /= self._root(self.square)
        gradients *= self._root(self.moves)
        self._take_in(self.moves, gradients)
        gradients *= learning_rate
        parameters -= gradients

    def _take_in(self, mean: Array, values: Array) -> None:
        np.multiply(values, values, out=self._work)
        mean *= self.rho
        mean += self._work

    def _root(self, mean: Array) -> Array:
        np.add(mean, self.epsilon / (1 - self.rho), out=self._work)
        return np.sqrt(self._work, out=self._work)


PARTS = (Adagrad, Adadelta)
