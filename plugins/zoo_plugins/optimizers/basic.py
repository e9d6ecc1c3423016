"""Update rules on one flat vector of parameters, with a step for each parameter where they have one.

Running means are kept unnormalised, as `m = decay m + g`: the factor `1 - decay` and the correction of the bias go
into constants of the step, which saves passes over the vector. `gradients`, a fresh buffer each time, is scratch too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

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
    examples = ({"momentum": 0.8}, {"momentum": 0.8, "nesterov": True})

    learning_rate: Rate = 0.01
    momentum: Decay = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Refuse Nesterov's correction of nothing."""
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0, such as momentum = 0.9")

    @property
    def is_plain_gradient_step(self) -> bool:  # type: ignore[override]
        """Whether there is no momentum."""
        return not self.momentum

    def start(self, layout: Layout) -> None:
        """Make the velocity, where there is momentum."""
        self.velocity = layout.vector() if self.momentum else None
        self._work = layout.vector() if self.nesterov else None
        self._rate, self._momentum = layout.number(), layout.number(self.momentum)

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._rate[()] = learning_rate
        if self.velocity is not None:
            self._follow(self.velocity, gradients)
        elif learning_rate != 1.0:
            gradients *= self._rate
        parameters -= gradients

    def _follow(self, velocity: Array, gradients: Array) -> None:
        """Turn gradients into the move that the velocity makes."""
        velocity *= self._momentum
        velocity += gradients
        if self._work is None:
            np.multiply(velocity, self._rate, out=gradients)
        else:
            np.multiply(velocity, self._momentum, out=self._work)
            gradients += self._work
            gradients *= self._rate


@dataclass
class AdamFamily(Optimizer):
    """A base for Adam and its kin: decays `beta1` and `beta2`, both running means, the corrections of their bias."""

    state: ClassVar[tuple[str, ...]] = ("mean", "square")

    learning_rate: Rate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Epsilon = 1e-8

    def start(self, layout: Layout) -> None:
        """Make both running means."""
        self.mean, self.square = layout.vector(), layout.vector()
        self.make_numbers(layout)

    def make_numbers(self, layout: Layout) -> None:
        """Make the numbers that each step multiplies and adds, in the form that is quickest to use."""
        self._beta1, self._beta2 = layout.number(self.beta1), layout.number(self.beta2)
        self._epsilon, self._rate = layout.number(), layout.number()

    def first_factor(self) -> float:
        """Return the factor that makes `mean` the bias-corrected mean of gradients."""
        return float((1 - self.beta1) / (1 - self.beta1**self.steps))

    def second_factor(self) -> float:
        """Return the factor that makes sqrt(`square`) the root of the bias-corrected mean of squares."""
        return math.sqrt((1 - self.beta2) / (1 - self.beta2**self.steps))

    def add_mean(self, gradients: Array) -> None:
        """Take g into its running mean."""
        self.mean *= self._beta1
        self.mean += gradients

    def add_square(self, gradients: Array, out: Array) -> None:
        """Take g^2, computed in `out`, into its running mean."""
        np.multiply(gradients, gradients, out=out)
        self.square *= self._beta2
        self.square += out

    def set_numbers(self, learning_rate: float) -> None:
        """Set what `write_move` adds and multiplies: both corrections, taken out of the passes over the vector."""
        second = self.second_factor()
        self._epsilon[()] = self.epsilon / second
        self._rate[()] = learning_rate * self.first_factor() / second

    def write_move(self, square: Array, learning_rate: float, out: Array) -> None:
        """Write learning_rate m' / (sqrt(v') + epsilon), v being `square` or what stands for it."""
        self.set_numbers(learning_rate)
        np.sqrt(square, out=out)
        out += self._epsilon
        np.divide(self.mean, out, out=out)
        out *= self._rate


@dataclass
class Adam(AdamFamily):
    """Adam: p -= learning_rate m' / (sqrt(v') + epsilon).

    m' and v' are bias-corrected running means, with decays `beta1` and `beta2`, of g and g^2; `amsgrad` takes the
    largest v so far. Sources: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1;
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2, as in PyTorch.
    """

    name = "adam"
    state = ("mean", "square", "largest")
    examples = ({"amsgrad": True},)

    amsgrad: bool = False

    def start(self, layout: Layout) -> None:
        """Make the running means."""
        super().start(layout)
        self.largest = layout.vector() if self.amsgrad else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        # As `add_mean`, `add_square` and `write_move` do it: calling them takes a thirtieth of a small network's step.
        mean, square, denominator = self.mean, self.square, gradients
        mean *= self._beta1
        mean += gradients
        np.multiply(gradients, gradients, out=gradients)
        square *= self._beta2
        square += gradients
        self.set_numbers(learning_rate)
        if self.largest is not None:
            square = np.maximum(self.largest, square, out=self.largest)
        np.sqrt(square, out=denominator)
        denominator += self._epsilon
        np.divide(mean, denominator, out=gradients)
        gradients *= self._rate
        parameters -= gradients


@dataclass
class AdamW(Adam):
    """Adam with decoupled weight decay: p -= learning_rate weight_decay p before Adam's step.

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
    """RMSProp: s = rho s + (1 - rho) g^2; p -= learning_rate g / (sqrt(s) + epsilon).

    `centered` takes the running variance of g in place of s; `momentum` gathers the steps. Sources: Tieleman and
    Hinton, lecture 6.5 of "Neural networks for machine learning" (2012); Graves, "Generating sequences with
    recurrent neural networks" (2013), equations 38 to 41, for the centered form; both as in PyTorch.
    """

    name = "rmsprop"
    state = ("square", "mean", "velocity")
    examples = ({"centered": True},)

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
        work, scale = self._work, math.sqrt(1 - self.rho)
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


PARTS = (Sgd, Adam, AdamW, RmsProp)
