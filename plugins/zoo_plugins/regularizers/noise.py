"""Regularizers of a layer's outputs, in training only: noise, and penalties."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le, Lt

from zoo_core.parts import Array, Noise
from zoo_plugins.activations.smooth import SELU_ALPHA, SELU_SCALE

Rate = Annotated[float, Ge(0), Lt(1)]
Strength = Annotated[float, Ge(0), Le(1e6)]

SELU_FLOOR = -SELU_SCALE * SELU_ALPHA  # limit of selu for z to -infinity


class OutputNoise(Noise):
    """Base of the parts below: outside training the outputs are unchanged."""

    def infer(self, x: Array, out: Array) -> None:
        """Copy the outputs."""
        np.copyto(out, x)


class Factor(OutputNoise):
    """Base of the noises whose derivative is a random factor, which `forward` stores in `scratch(x, "factor")`."""

    backward_is_linear = True

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Multiply by the factors drawn in `forward`."""
        np.multiply(grad, self.scratch(x, "factor"), out=out)

    def draw_mask(self, rate: float, value: float, spare: Array) -> Array:
        """Draw factors: zero with probability `rate`, else `value`. `spare` is overwritten."""
        factor = self.scratch(spare, "factor")
        self.rng.random(out=factor, dtype=factor.dtype)
        np.greater_equal(factor, rate, out=spare)
        np.multiply(spare, value, out=factor)
        return factor


@dataclass
class Dropout(Factor):
    """Set each output to zero with probability rate; divide the others by 1 - rate (Srivastava et al. 2014).

    rate: 0 or more and below 1.
    """

    name = "dropout"

    rate: Rate = 0.5

    def forward(self, x: Array, out: Array) -> None:
        np.multiply(x, self.draw_mask(self.rate, 1 / (1 - self.rate), out), out=out)


@dataclass
class AlphaDropout(Factor):
    """Dropout for selu: dropped outputs become selu's lower limit, and mean 0 and variance 1 are kept.

    Source: Klambauer et al. 2017, section 3. rate: 0 or more and below 1.
    """

    name = "alpha_dropout"

    rate: Rate = 0.1

    def forward(self, x: Array, out: Array) -> None:
        kept = 1 - self.rate
        scale = (kept + SELU_FLOOR**2 * kept * self.rate) ** -0.5
        factor = self.draw_mask(self.rate, scale, out)
        # out = scale * (x or floor) + shift, where shift = -scale * rate * floor
        np.subtract(x, SELU_FLOOR, out=out)
        out *= factor
        out += scale * SELU_FLOOR * kept


@dataclass
class GaussianDropout(Factor):
    """Multiply by normal numbers with mean 1 and variance rate / (1 - rate) (Srivastava et al. 2014).

    rate: 0 or more and below 1.
    """

    name = "gaussian_dropout"

    rate: Rate = 0.5

    def forward(self, x: Array, out: Array) -> None:
        factor = self.scratch(x, "factor")
        self.rng.standard_normal(out=factor, dtype=factor.dtype)
        factor *= math.sqrt(self.rate / (1 - self.rate))
        factor += 1.0
        np.multiply(x, factor, out=out)


@dataclass
class GaussianNoise(OutputNoise):
    """Add normal numbers with mean 0 (Bishop 1995).

    std: their standard deviation, 0 to 1e6.
    """

    name = "gaussian_noise"
    backward_is_linear = True

    std: Annotated[float, Ge(0), Le(1e6)] = 0.1

    def forward(self, x: Array, out: Array) -> None:
        noise = self.scratch(x)
        self.rng.standard_normal(out=noise, dtype=noise.dtype)
        np.multiply(noise, self.std, out=out)
        out += x

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        np.copyto(out, grad)


@dataclass
class Activity(OutputNoise):
    """Base of the penalties of outputs: strength / rows times a sum over all of them."""

    strength: Strength = 1e-4

    def sum(self, x: Array) -> float:
        """Return the penalized sum."""
        raise NotImplementedError

    def slope(self, x: Array, out: Array) -> None:
        """Write the derivative of the sum."""
        raise NotImplementedError

    def penalty(self, x: Array) -> float:
        """Return what a batch of outputs adds to the mean loss."""
        return self.strength * self.sum(x) / len(x)

    def forward(self, x: Array, out: Array) -> None:
        np.copyto(out, x)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        self.slope(x, out)
        out *= self.strength / len(x)
        out += grad


@dataclass
class ActivityL1(Activity):
    """Penalty of outputs: strength * sum |x| / rows (Keras).

    It changes the gradient, but it is not part of the reported loss; the method `penalty` returns it.
    strength: 0 to 1e6.
    """

    name = "activity_l1"

    def sum(self, x: Array) -> float:
        return float(np.abs(x).sum())

    def slope(self, x: Array, out: Array) -> None:
        np.sign(x, out=out)


@dataclass
class ActivityL2(Activity):
    """Penalty of outputs: strength * sum x^2 / rows (Keras).

    It changes the gradient, but it is not part of the reported loss; the method `penalty` returns it.
    strength: 0 to 1e6.
    """

    name = "activity_l2"

    def sum(self, x: Array) -> float:
        return float(np.square(x).sum())

    def slope(self, x: Array, out: Array) -> None:
        np.multiply(x, 2.0, out=out)


PARTS = (Dropout, AlphaDropout, GaussianDropout, GaussianNoise, ActivityL1, ActivityL2)
