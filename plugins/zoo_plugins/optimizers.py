"""Update rules on one flat vector of parameters, with a step for each parameter where they have one.

Running means are kept unnormalised, as `m = decay * m + g`: the factor `1 - decay` goes into a constant of the step,
which saves a pass over the vector. `gradients` is a fresh buffer each time, and serves as scratch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt

from zoo_core.parts import Array, Layout, Optimizer, Rate

Decay = Annotated[float, Ge(0), Lt(1)]
Epsilon = Annotated[float, Gt(0), Lt(1)]
WeightDecay = Annotated[float, Ge(0), Lt(1)]


@dataclass
class Sgd(Optimizer):
    """Stochastic gradient descent: v = momentum v + g; p -= learning_rate v.

    `nesterov` looks ahead: p -= learning_rate (g + momentum v). Source: Sutskever et al., "On the importance of
    initialization and momentum in deep learning" (2013), equations 1 to 4, in the form of PyTorch, where the rate
    stands outside the velocity.
    """

    name = "sgd"
    state = ("velocity",)

    learning_rate: Rate = 0.01
    momentum: Decay = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Refuse Nesterov's correction of nothing."""
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0, such as momentum = 0.9")

    def start(self, layout: Layout) -> None:
        """Make the velocity, where there is momentum."""
        self.velocity = layout.vector() if self.momentum else None
        self._work = layout.vector() if self.nesterov else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        if self.velocity is None:
            gradients *= learning_rate
        else:
            self._follow(self.velocity, gradients, learning_rate)
        parameters -= gradients

    def _follow(self, velocity: Array, gradients: Array, learning_rate: float) -> None:
        """Turn gradients into the move that the velocity makes."""
        velocity *= self.momentum
        velocity += gradients
        if self._work is None:
            np.multiply(velocity, learning_rate, out=gradients)
        else:
            np.multiply(velocity, self.momentum, out=self._work)
            gradients += self._work
            gradients *= learning_rate


@dataclass
class RmsProp(Optimizer):
    """RMSProp: s = rho s + (1 - rho) g^2; p -= learning_rate g / (sqrt(s) + epsilon).

    `centered` takes the running variance of g in place of s; `momentum` gathers the steps. Sources: Tieleman and
    Hinton, lecture 6.5 of "Neural networks for machine learning" (2012); Graves, "Generating sequences with
    recurrent neural networks" (2013), equations 38 to 41, for the centered form; both as in PyTorch.
    """

    name = "rmsprop"
    state = ("square", "mean", "velocity")

    learning_rate: Rate = 0.01
    rho: Decay = 0.99
    epsilon: Epsilon = 1e-8
    momentum: Decay = 0.0
    centered: bool = False

    def start(self, layout: Layout) -> None:
        """Make the running means that the options need, and a vector to work in."""
        self.square, self._work = layout.vector(), layout.vector()
        self.mean = layout.vector() if self.centered else None
        self.velocity = layout.vector() if self.momentum else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work, scale = self._work, (1 - self.rho) ** 0.5
        np.multiply(gradients, gradients, out=work)
        self.square *= self.rho
        self.square += work
        np.sqrt(self._spread(gradients, work), out=work)
        work += self.epsilon / scale
        gradients /= work
        if self.velocity is not None:
            self.velocity *= self.momentum
            self.velocity += gradients
            gradients[...] = self.velocity
        gradients *= learning_rate / scale
        parameters -= gradients

    def _spread(self, gradients: Array, work: Array) -> Array:
        """Return the mean of squares or, centered, the variance, both over 1 - rho."""
        if self.mean is None:
            return self.square
        self.mean *= self.rho
        self.mean += gradients
        np.multiply(self.mean, self.mean, out=work)
        work *= 1 - self.rho
        np.subtract(self.square, work, out=work)
        return np.maximum(work, 0, out=work)  # rounding can leave less than nothing


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


@dataclass
class Lion(Optimizer):
    """Lion: p -= learning_rate (sign(beta1 m + (1 - beta1) g) + weight_decay p); then m = beta2 m + (1 - beta2) g.

    Every parameter moves by the same amount, so the rate is some ten times smaller than Adam's.
    Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2.
    """

    name = "lion"
    state = ("mean",)

    learning_rate: Rate = 1e-4
    beta1: Decay = 0.9
    beta2: Decay = 0.99
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Make the running mean and a vector to work in."""
        self.mean, self._work = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work = self._work
        np.multiply(self.mean, self.beta1 * (1 - self.beta2) / (1 - self.beta1), out=work)
        work += gradients
        self.mean *= self.beta2
        self.mean += gradients
        np.sign(work, out=work)
        work *= learning_rate
        if self.weight_decay:
            parameters *= 1 - learning_rate * self.weight_decay
        parameters -= work


PARTS = (Sgd, RmsProp, Adagrad, Adadelta, Lion)
