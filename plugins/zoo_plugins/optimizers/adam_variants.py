"""Variants of Adam with other means or other moments. As in `basic`, running means are kept unnormalized."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from zoo_core.parts import Array, Layout, Rate
from zoo_plugins.optimizers.basic import AdamFamily, Epsilon


@dataclass
class Adamax(AdamFamily):
    """Adamax: u = max(beta2 u, |g| + epsilon); p -= learning_rate m' / u, with m' as in Adam.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 2, as in PyTorch.
    """

    name = "adamax"
    state = ("mean", "largest")
    is_elementwise = True

    learning_rate: Rate = 0.002

    def start(self, layout: Layout) -> None:
        """Allocate the running mean and the running maximum."""
        self.mean, self.largest = layout.vector(), layout.vector()
        self.make_numbers(layout)

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self.add_mean(gradients)
        np.abs(gradients, out=gradients)
        gradients += self.epsilon
        self.largest *= self._beta2
        np.maximum(self.largest, gradients, out=self.largest)
        np.divide(self.mean, self.largest, out=gradients)
        gradients *= learning_rate * self.first_factor()
        parameters -= gradients


@dataclass
class Nadam(AdamFamily):
    """Nadam: Adam with Nesterov's momentum, p -= learning_rate (a g + b m) / (sqrt(v') + epsilon).

    a = (1 - mu_t) / (1 - mu_1 ... mu_t), b = mu_(t+1) / (1 - mu_1 ... mu_(t+1)), and
    mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2). momentum_decay: 0 or more and below 1.
    Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016), algorithm 2, as in PyTorch.
    """

    name = "nadam"
    state = ("mean", "square", "product")
    is_elementwise = True

    learning_rate: Rate = 0.002
    momentum_decay: Annotated[float, Ge(0), Lt(1)] = 0.004

    def start(self, layout: Layout) -> None:
        """Allocate the running means; start the product of all mu."""
        super().start(layout)
        self.product, self._work = 1.0, layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work, second = self._work, self.second_factor()
        now, later = self._shares()
        self.add_mean(gradients)
        self.add_square(gradients, out=work)
        np.sqrt(self.square, out=work)
        work += self.epsilon / second
        gradients *= now
        gradients /= work
        np.divide(self.mean, work, out=work)
        work *= later
        gradients += work
        gradients *= learning_rate / second
        parameters -= gradients

    def _shares(self) -> tuple[float, float]:
        """Return the weights of the gradient and of `mean`."""
        mu, following = self._mu(self.steps), self._mu(self.steps + 1)
        self.product = float(self.product) * mu
        return (1 - mu) / (1 - self.product), following / (1 - self.product * following) * (1 - self.beta1)

    def _mu(self, step: int) -> float:
        return self.beta1 * (1 - 0.5 * float(0.96 ** (step * self.momentum_decay)))


@dataclass
class Radam(AdamFamily):
    """Rectified Adam: Adam's step times r, or p -= learning_rate m' while the variance of v' is not yet tractable.

    `epsilon` is added before the bias of v is corrected.
    Source: Liu et al., "On the variance of the adaptive learning rate and beyond" (2020), algorithm 2, as in PyTorch.
    """

    name = "radam"
    is_elementwise = True

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        rectified, scale = self._rectification(), math.sqrt(1 - self.beta2)
        self.add_mean(gradients)
        self.add_square(gradients, out=gradients)
        if rectified:
            np.sqrt(self.square, out=gradients)
            gradients += self.epsilon / scale
            np.divide(self.mean, gradients, out=gradients)
            gradients *= learning_rate * self.first_factor() / self.second_factor() * rectified
        else:
            np.multiply(self.mean, learning_rate * self.first_factor(), out=gradients)
        parameters -= gradients

    def _rectification(self) -> float:
        """Return r, or 0 if the length of the approximated average is 5 or less (the paper has 4, PyTorch has 5)."""
        limit, power = 2 / (1 - self.beta2) - 1, self.beta2**self.steps
        length = limit - 2 * self.steps * power / (1 - power)
        if length <= 5:
            return 0.0
        ratio = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
        return math.sqrt(ratio)


@dataclass
class AdaBelief(AdamFamily):
    """AdaBelief: Adam with s = beta2 s + (1 - beta2) (g - m)^2 + epsilon instead of v, where m is the mean of g.

    Steps are long if gradients are near their mean, and short otherwise.
    Source: Zhuang et al., "AdaBelief optimizer: adapting stepsizes by the belief in observed gradients" (2020),
    algorithm 2, as in optax.
    """

    name = "adabelief"
    is_elementwise = True

    epsilon: Epsilon = 1e-16

    def start(self, layout: Layout) -> None:
        """Allocate both running means and a scratch vector."""
        super().start(layout)
        self._work = layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self.add_mean(gradients)
        np.multiply(self.mean, 1 - self.beta1, out=self._work)
        gradients -= self._work
        self.add_square(gradients, out=gradients)
        self.square += self.epsilon / (1 - self.beta2)
        self.write_move(self.square, learning_rate, out=gradients)
        parameters -= gradients


PARTS = (Adamax, Nadam, Radam, AdaBelief)
