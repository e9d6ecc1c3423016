"""Initializers that depend neither on the layer's shape nor on its activation.

Random numbers are drawn in float64, in the order of the array, and then rounded. So networks in float32 and
float64 start at the same values, up to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Initializer
from zoo_plugins._special import truncated_normal

Number = Annotated[float, Ge(-1e6), Le(1e6)]
Width = Annotated[float, Ge(0), Le(1e6)]


@dataclass
class Zeros(Initializer):
    """All zeros (Keras, `Zeros`)."""

    name = "zeros"

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out.fill(0)


@dataclass
class Ones(Initializer):
    """All ones (Keras, `Ones`)."""

    name = "ones"

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out.fill(1)


@dataclass
class Constant(Initializer):
    """One value everywhere (Keras, `Constant`).

    value: -1e6 to 1e6.
    """

    name = "constant"

    value: Number = 0.0

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out.fill(self.value)


@dataclass
class Identity(Initializer):
    """Ones on the diagonal and zeros elsewhere; a linear layer then returns its inputs (Keras, `Identity`).

    scale: the value on the diagonal, -1e6 to 1e6.
    """

    name = "identity"

    scale: Number = 1.0

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out.fill(0)
        np.fill_diagonal(np.atleast_2d(out), self.scale)


@dataclass
class Uniform(Initializer):
    """Uniform distribution between low and high (Keras, `RandomUniform`).

    low, high: -1e6 to 1e6.
    """

    name = "uniform"

    low: Number = -0.05
    high: Number = 0.05

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out[...] = self.low + (self.high - self.low) * rng.random(out.shape)


@dataclass
class Normal(Initializer):
    """Normal distribution (Keras, `RandomNormal`).

    mean: -1e6 to 1e6; std: standard deviation, 0 to 1e6.
    """

    name = "normal"

    mean: Number = 0.0
    std: Width = 0.05

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out[...] = rng.normal(self.mean, self.std, out.shape)


@dataclass
class TruncatedNormal(Initializer):
    """Normal distribution cut at two std from the mean (Keras, `TruncatedNormal`).

    mean: -1e6 to 1e6; std: standard deviation before cutting, 0 to 1e6. The standard deviation after it is 0.8796 std.
    """

    name = "truncated_normal"

    mean: Number = 0.0
    std: Width = 0.05

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        out[...] = self.mean + self.std * truncated_normal(rng, out.shape)


@dataclass
class Sparse(Initializer):
    """A share of each column is zero, the rest is normal with mean 0 (Martens 2010, section 5).

    sparsity: the share of zeros, 0 to 1, rounded up to whole entries; std: standard deviation of the rest, 0 to 1e6.
    """

    name = "sparse"

    sparsity: Annotated[float, Ge(0), Le(1)] = 0.9
    std: Width = 0.01

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        zeros = math.ceil(self.sparsity * len(out))
        rows = np.argsort(rng.random(out.shape), axis=0)[:zeros]
        out[...] = rng.normal(0.0, self.std, out.shape)
        np.put_along_axis(out, rows, 0, axis=0)


PARTS = (Zeros, Ones, Constant, Identity, Uniform, Normal, TruncatedNormal, Sparse)
