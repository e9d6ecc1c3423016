"""Optimizers that divide by a sum or mean of squared gradients: Adagrad and its successors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_plugins.optimizers.basic import Decay, Epsilon


@dataclass
class Adagrad(Optimizer):
    """Adagrad: s += g^2; p -= learning_rate g / (sqrt(s) + epsilon).

    initial: the first value of s, 0 or more; epsilon: between 0 and 1.
    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization"
    (2011), figure 1 with diagonal matrices, as in PyTorch.
    """

    name = "adagrad"
    state = ("square",)
    is_elementwise = True

    learning_rate: Rate = 0.01
    initial: Annotated[float, Ge(0)] = 0.0
    epsilon: Epsilon = 1e-10

    def start(self, layout: Layout) -> None:
        """Allocate the sum of squares and a scratch vector."""
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

    s and u are running means of g^2 and d^2. rho: their decay, 0 or more and below 1; epsilon: between 0 and 1.
    Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1.
    """

    name = "adadelta"
    state = ("square", "moves")
    is_elementwise = True

    learning_rate: Rate = 1.0
    rho: Decay = 0.9
    epsilon: Epsilon = 1e-6

    def start(self, layout: Layout) -> None:
        """Allocate both running means and a scratch vector."""
        self.square, self.moves, self._work = layout.vector(), layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._add_square(self.square, gradients)
        gradients /= self._root(self.square)
        gradients *= self._root(self.moves)
        self._add_square(self.moves, gradients)
        gradients *= learning_rate
        parameters -= gradients

    def _add_square(self, mean: Array, values: Array) -> None:
        np.multiply(values, values, out=self._work)
        mean *= self.rho
        mean += self._work

    def _root(self, mean: Array) -> Array:
        np.add(mean, self.epsilon / (1 - self.rho), out=self._work)
        return np.sqrt(self._work, out=self._work)


@dataclass
class Ftrl(Optimizer):
    """FTRL-Proximal: z += g - (sqrt(n + g^2) - sqrt(n)) p / learning_rate; n += g^2; then p is computed from z and n.

    p = -(z - clip(z, -l1, l1)) / ((beta + sqrt(n)) / learning_rate + l2), which is zero wherever |z| <= l1. `initial`
    is the first n. With initial = beta = l1 = l2 = 0 the steps are those of Adagrad. With an `initial` above 0 the
    first weights have no effect, as suits a linear model that starts at zero. l1, l2, beta, initial: 0 or more.
    Source: McMahan et al., "Ad click prediction: a view from the trenches" (2013), algorithm 1. Keras's
    `l2_regularization_strength` is half of l2, and its n starts at 0.1.
    """

    name = "ftrl"
    state = ("square", "linear")
    is_elementwise = True

    learning_rate: Rate = 0.01
    l1: Annotated[float, Ge(0)] = 0.0
    l2: Annotated[float, Ge(0)] = 0.0
    beta: Annotated[float, Ge(0)] = 0.0
    initial: Annotated[float, Ge(0)] = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate n, z and scratch vectors."""
        self.square, self.linear = layout.vector(self.initial), layout.vector()
        self._root, self._work = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step. A parameter that never had a gradient is not changed."""
        self._update_sums(parameters, gradients, learning_rate)
        work, root = self._work, self._root
        root += self.beta
        root *= 1 / learning_rate
        root += self.l2
        np.clip(self.linear, -self.l1, self.l1, out=work)
        work -= self.linear
        np.divide(work, root, out=parameters, where=root > 0)

    def _update_sums(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Update n and z; leave sqrt(n) in `_root`."""
        work, root = self._work, self._root
        self.linear += gradients
        np.sqrt(self.square, out=work)
        gradients *= gradients
        self.square += gradients
        np.sqrt(self.square, out=root)
        work -= root
        work *= parameters
        work *= 1 / learning_rate
        self.linear += work


PARTS = (Adagrad, Adadelta, Ftrl)
