"""Update rules on one flat vector of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt

from zoo_core.parts import Array, Layout, Optimizer, Rate

Momentum = Annotated[float, Ge(0), Lt(1)]
Decay = Annotated[float, Ge(0), Lt(1)]
Epsilon = Annotated[float, Gt(0), Lt(1)]
WeightDecay = Annotated[float, Ge(0), Lt(1)]


@dataclass
class Sgd(Optimizer):
    """Stochastic gradient descent: v = momentum v + g; p -= rate v (Nesterov: p -= rate (g + momentum v)).

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in the
    form of PyTorch, where the rate stands outside the velocity.
    """

    name = "sgd"
    state = ("velocity",)

    learning_rate: Rate = 0.01
    momentum: Momentum = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Refuse Nesterov's correction of nothing."""
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0, such as momentum = 0.9")

    def start(self, layout: Layout) -> None:
        """Make the velocity, where there is momentum."""
        self.velocity = layout.vector() if self.momentum else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        if self.velocity is not None:
            self.velocity *= self.momentum
            self.velocity += gradients
            if self.nesterov:
                gradients += self.momentum * self.velocity
            else:
                gradients[...] = self.velocity
        gradients *= learning_rate
        parameters -= gradients


@dataclass
class Adam(Optimizer):
    """Adam: p -= rate m' / (sqrt(v') + epsilon), with bias-corrected running means m' of g and v' of g^2.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1. The state holds
    m / (1 - beta1) and v / (1 - beta2): the factors go into two constants of the step, which saves passes.
    """

    name = "adam"
    state = ("mean", "square")

    learning_rate: Rate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Epsilon = 1e-8

    def start(self, layout: Layout) -> None:
        """Make both running means and a vector to work in."""
        self.mean, self.square, self._work = layout.vector(), layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        first = (1 - self.beta1) / (1 - self.beta1**self.steps)
        second = ((1 - self.beta2) / (1 - self.beta2**self.steps)) ** 0.5
        work = self._work
        self.mean *= self.beta1
        self.mean += gradients
        np.multiply(gradients, gradients, out=gradients)
        self.square *= self.beta2
        self.square += gradients
        np.sqrt(self.square, out=work)
        work += self.epsilon / second
        np.divide(self.mean, work, out=work)
        work *= learning_rate * first / second
        parameters -= work


@dataclass
class AdamW(Adam):
    """Adam with decoupled weight decay: p -= rate weight_decay p before Adam's step.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2, as in PyTorch.
    """

    name = "adamw"

    weight_decay: WeightDecay = 0.01

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Shrink, then step."""
        parameters *= 1 - learning_rate * self.weight_decay
        super().step(parameters, gradients, learning_rate)


@dataclass
class RmsProp(Optimizer):
    """RMSProp: s = rho s + (1 - rho) g^2; p -= rate g / (sqrt(s) + epsilon).

    Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012), as in PyTorch.
    """

    name = "rmsprop"
    state = ("square",)

    learning_rate: Rate = 0.01
    rho: Decay = 0.99
    epsilon: Epsilon = 1e-8

    def start(self, layout: Layout) -> None:
        """Make the running mean of squares and a vector to work in."""
        self.square, self._work = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work = self._work
        np.multiply(gradients, gradients, out=work)
        work *= 1 - self.rho
        self.square *= self.rho
        self.square += work
        np.sqrt(self.square, out=work)
        work += self.epsilon
        np.divide(gradients, work, out=work)
        work *= learning_rate
        parameters -= work


PARTS = (Sgd, Adam, AdamW, RmsProp)
