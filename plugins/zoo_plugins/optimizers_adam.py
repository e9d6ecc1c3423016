"""Adam and its kin: running means of gradients and of their squares.

Both means are kept unnormalised, as `m = beta m + g`; the factor `1 - beta` and the correction of the bias go into
constants of the step. `gradients` is a fresh buffer each time, and serves as scratch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_plugins.optimizers import Decay, Epsilon, WeightDecay


@dataclass
class _Adaptive(Optimizer):
    """What the family shares: options, both running means, the bias corrections."""

    state: ClassVar[tuple[str, ...]] = ("mean", "square")

    learning_rate: Rate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Epsilon = 1e-8

    def start(self, layout: Layout) -> None:
        """Make both running means."""
        self.mean, self.square = layout.vector(), layout.vector()

    def _first(self) -> float:
        """Return the factor that makes `mean` the bias-corrected mean of gradients."""
        return float((1 - self.beta1) / (1 - self.beta1**self.steps))

    def _second(self) -> float:
        """Return the factor that makes sqrt(`square`) the root of the bias-corrected mean of squares."""
        return math.sqrt((1 - self.beta2) / (1 - self.beta2**self.steps))

    def _add_square(self, gradients: Array, out: Array) -> None:
        """Take g^2, computed in `out`, into its running mean."""
        np.multiply(gradients, gradients, out=out)
        self.square *= self.beta2
        self.square += out


@dataclass
class Adam(_Adaptive):
    """Adam: p -= learning_rate m' / (sqrt(v') + epsilon).

    m' and v' are bias-corrected running means, with decays `beta1` and `beta2`, of g and g^2; `amsgrad` takes the
    largest v so far. Sources: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1;
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2, as in PyTorch.
    """

    name = "adam"
    state = ("mean", "square", "largest")

    amsgrad: bool = False

    def start(self, layout: Layout) -> None:
        """Make the running means."""
        super().start(layout)
        self.largest = layout.vector() if self.amsgrad else None

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        first, second = self._first(), self._second()
        self.mean *= self.beta1
        self.mean += gradients
        self._add_square(gradients, out=gradients)
        np.sqrt(self._denominator(), out=gradients)
        gradients += self.epsilon / second
        np.divide(self.mean, gradients, out=gradients)
        gradients *= learning_rate * first / second
        parameters -= gradients

    def _denominator(self) -> Array:
        if self.largest is None:
            return self.square
        return np.maximum(self.largest, self.square, out=self.largest)


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
class Adamax(_Adaptive):
    """Adamax: u = max(beta2 u, |g| + epsilon); p -= learning_rate m' / u, with m' as in Adam.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 2, as in PyTorch.
    """

    name = "adamax"
    state = ("mean", "largest")

    learning_rate: Rate = 0.002

    def start(self, layout: Layout) -> None:
        """Make the running mean and the running maximum."""
        self.mean, self.largest = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self.mean *= self.beta1
        self.mean += gradients
        np.abs(gradients, out=gradients)
        gradients += self.epsilon
        self.largest *= self.beta2
        np.maximum(self.largest, gradients, out=self.largest)
        np.divide(self.mean, self.largest, out=gradients)
        gradients *= learning_rate * self._first()
        parameters -= gradients


@dataclass
class Nadam(_Adaptive):
    """Nadam: Adam with Nesterov's momentum, p -= learning_rate (a g + b m) / (sqrt(v') + epsilon).

    a = (1 - mu_t) / (1 - mu_1 ... mu_t), b = mu_(t+1) / (1 - mu_1 ... mu_(t+1)), and
    mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2).
    Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016), algorithm 2, as in PyTorch.
    """

    name = "nadam"
    state = ("mean", "square", "product")

    learning_rate: Rate = 0.002
    momentum_decay: Annotated[float, Ge(0), Lt(1)] = 0.004

    def start(self, layout: Layout) -> None:
        """Make the running means and the product of all mu."""
        super().start(layout)
        self.product, self._work = 1.0, layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work, second = self._work, self._second()
        now, later = self._shares()
        self.mean *= self.beta1
        self.mean += gradients
        self._add_square(gradients, out=work)
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
class Radam(_Adaptive):
    """Rectified Adam: Adam's step times r, or p -= learning_rate m' while the variance of v' is not yet tractable.

    `epsilon` is added before v is corrected for its bias.
    Source: Liu et al., "On the variance of the adaptive learning rate and beyond" (2020), algorithm 2, as in PyTorch.
    """

    name = "radam"

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        rectified, scale = self._rectification(), math.sqrt(1 - self.beta2)
        self.mean *= self.beta1
        self.mean += gradients
        self._add_square(gradients, out=gradients)
        if rectified:
            np.sqrt(self.square, out=gradients)
            gradients += self.epsilon / scale
            np.divide(self.mean, gradients, out=gradients)
            gradients *= learning_rate * self._first() / self._second() * rectified
        else:
            np.multiply(self.mean, learning_rate * self._first(), out=gradients)
        parameters -= gradients

    def _rectification(self) -> float:
        """Return r, or 0 where the approximated average has 5 entries or fewer (the paper's 4, PyTorch's 5)."""
        limit, power = 2 / (1 - self.beta2) - 1, self.beta2**self.steps
        length = limit - 2 * self.steps * power / (1 - power)
        if length <= 5:
            return 0.0
        ratio = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
        return math.sqrt(ratio)


PARTS = (Adam, AdamW, Adamax, Nadam, Radam)
