"""Update rules on one flat vector of parameters: gradient descent, Adam and RMSProp.

Running means are kept unnormalized, as `m = decay m + g`. The factor `1 - decay` and the correction of the bias are
part of the step's constants, which saves passes over the vector. The optimizer may overwrite `gradients`.
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

    momentum: 0 or more and below 1; nesterov: use p -= learning_rate (g + momentum v). Source: Sutskever et al., "On
    the importance of initialization and momentum in deep learning" (2013), equations 1 to 4. As in PyTorch, the rate is
    not part of the velocity.
    """

    name = "sgd"
    state = ("velocity",)
    is_elementwise = True
    examples = ({"momentum": 0.8}, {"momentum": 0.8, "nesterov": True})

    learning_rate: Rate = 0.01
    momentum: Decay = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Refuse `nesterov` without momentum."""
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0, such as momentum = 0.9")

    @property
    def is_plain_gradient_step(self) -> bool:  # type: ignore[override]
        """Whether there is no momentum."""
        return not self.momentum

    def start(self, layout: Layout) -> None:
        """Allocate the velocity, if there is momentum."""
        self.velocity = layout.vector() if self.momentum else None
        self._work = layout.vector() if self.nesterov else None
        self._rate, self._momentum = layout.number(), layout.number(self.momentum)

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._rate[()] = learning_rate
        if self.velocity is not None:
            self._apply_velocity(self.velocity, gradients)
        elif learning_rate != 1.0:
            gradients *= self._rate
        parameters -= gradients

    def _apply_velocity(self, velocity: Array, gradients: Array) -> None:
        """Update the velocity and write the step into `gradients`."""
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
    """Base of Adam and its variants: both running means, and the correction of their bias.

    beta1, beta2: decays of the means, 0 or more and below 1; epsilon: between 0 and 1.
    """

    state: ClassVar[tuple[str, ...]] = ("mean", "square")

    learning_rate: Rate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Epsilon = 1e-8

    def start(self, layout: Layout) -> None:
        """Allocate both running means."""
        self.mean, self.square = layout.vector(), layout.vector()
        self.make_numbers(layout)

    def make_numbers(self, layout: Layout) -> None:
        """Allocate the constants of a step as arrays without axes, the fastest form."""
        self._beta1, self._beta2 = layout.number(self.beta1), layout.number(self.beta2)
        self._epsilon, self._rate = layout.number(), layout.number()

    def first_factor(self) -> float:
        """Return (bias-corrected mean of gradients) / `mean`."""
        return float((1 - self.beta1) / (1 - self.beta1**self.steps))

    def second_factor(self) -> float:
        """Return sqrt((bias-corrected mean of squares) / `square`)."""
        return math.sqrt((1 - self.beta2) / (1 - self.beta2**self.steps))

    def add_mean(self, gradients: Array) -> None:
        """Update the running mean of g."""
        self.mean *= self._beta1
        self.mean += gradients

    def add_square(self, gradients: Array, out: Array) -> None:
        """Update the running mean of g^2, which is computed in `out`."""
        np.multiply(gradients, gradients, out=out)
        self.square *= self._beta2
        self.square += out

    def set_numbers(self, learning_rate: float) -> None:
        """Set the constants of `write_move`, which contain both corrections of the bias."""
        second = self.second_factor()
        self._epsilon[()] = self.epsilon / second
        self._rate[()] = learning_rate * self.first_factor() / second

    def write_move(self, square: Array, learning_rate: float, out: Array) -> None:
        """Write learning_rate m' / (sqrt(v') + epsilon), where v is `square` or its substitute."""
        self.set_numbers(learning_rate)
        np.sqrt(square, out=out)
        out += self._epsilon
        np.divide(self.mean, out, out=out)
        out *= self._rate


@dataclass
class Adam(AdamFamily):
    """Adam: p -= learning_rate m' / (sqrt(v') + epsilon).

    m' and v' are bias-corrected running means of g and g^2. beta1, beta2: their decays, 0 or more and below 1; epsilon:
    between 0 and 1; amsgrad: use the largest v so far. Sources: Kingma and Ba, "Adam: a method for stochastic
    optimization" (2015), algorithm 1; Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018),
    algorithm 2, as in PyTorch.
    """

    name = "adam"
    state = ("mean", "square", "largest")
    is_elementwise = True
    examples = ({"amsgrad": True},)

    amsgrad: bool = False

    def start(self, layout: Layout) -> None:
        """Allocate the running means."""
        super().start(layout)
        self.largest = layout.vector() if self.amsgrad else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        # The same as `add_mean`, `add_square` and `write_move`: calling them takes 3 % of a small network's step.
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

    weight_decay: 0 or more and below 1.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2, as in PyTorch.
    """

    name = "adamw"
    is_elementwise = True

    weight_decay: WeightDecay = 0.01

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Shrink, then step."""
        parameters *= 1 - learning_rate * self.weight_decay
        super().step(parameters, gradients, learning_rate)


@dataclass
class RmsProp(Optimizer):
    """RMSProp: s = rho s + (1 - rho) g^2; p -= learning_rate g / (sqrt(s) + epsilon).

    rho: 0 or more and below 1; epsilon: between 0 and 1; centered: use the running variance of g instead of s;
    momentum: decay of the sum of steps, 0 or more and below 1. Sources: Tieleman and Hinton, lecture 6.5 of "Neural
    networks for machine learning" (2012); for the centered form, Graves, "Generating sequences with recurrent neural
    networks" (2013), equations 38 to 41; both as in PyTorch.
    """

    name = "rmsprop"
    state = ("square", "mean", "velocity")
    is_elementwise = True
    examples = ({"centered": True},)

    learning_rate: Rate = 0.01
    rho: Decay = 0.99
    epsilon: Epsilon = 1e-8
    momentum: Decay = 0.0
    centered: bool = False

    def start(self, layout: Layout) -> None:
        """Allocate the running means that the options need, and a scratch vector."""
        self.square, self._work = layout.vector(), layout.vector()
        self.mean = layout.vector() if self.centered else None
        self.velocity = layout.vector() if self.momentum else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work, scale = self._work, math.sqrt(1 - self.rho)
        np.multiply(gradients, gradients, out=work)
        self.square *= self.rho
        self.square += work
        np.sqrt(self._mean_or_variance(gradients, work), out=work)
        work += self.epsilon / scale
        gradients /= work
        if self.velocity is not None:
            self.velocity *= self.momentum
            self.velocity += gradients
            gradients[...] = self.velocity
        gradients *= learning_rate / scale
        parameters -= gradients

    def _mean_or_variance(self, gradients: Array, work: Array) -> Array:
        """Return the mean of squares or, if centered, the variance; both divided by 1 - rho."""
        if self.mean is None:
            return self.square
        self.mean *= self.rho
        self.mean += gradients
        np.multiply(self.mean, self.mean, out=work)
        work *= 1 - self.rho
        np.subtract(self.square, work, out=work)
        return np.maximum(work, 0, out=work)  # rounding can make it negative


PARTS = (Sgd, Adam, AdamW, RmsProp)
