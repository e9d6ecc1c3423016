"""Initializers scaled by fan-in (inputs), fan-out (units) and the activation's gain.

Random numbers are drawn in float64, in the order of the array, and then rounded. So networks in float32 and
float64 start at the same values, up to rounding. For an array of shape (units,), such as a bias, both fans are units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Le

from zoo_core.parts import Array, Initializer
from zoo_plugins._special import TRUNCATED_STD, truncated_normal

Gain = Literal["activation"] | Annotated[float, Gt(0), Le(1e3)]
Fan = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["normal", "truncated_normal", "uniform"]


def fan_of(out: Array, mode: Fan) -> float:
    """Return the number of inputs, the number of units, or their mean."""
    fan_in, fan_out = out.shape[0], out.shape[-1]
    sizes: dict[Fan, float] = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    return sizes[mode]


def draw(out: Array, rng: np.random.Generator, distribution: Distribution, std: float) -> None:
    """Fill `out` with mean 0 and standard deviation `std`. The uniform distribution has the limits +-sqrt(3) std."""
    if distribution == "normal":
        out[...] = rng.normal(0.0, std, out.shape)
    elif distribution == "truncated_normal":
        out[...] = std / TRUNCATED_STD * truncated_normal(rng, out.shape)
    else:
        limit = math.sqrt(3) * std
        out[...] = rng.uniform(-limit, limit, out.shape)


@dataclass
class VarianceScaling(Initializer):
    """Mean 0 and variance scale / fan (Keras, `VarianceScaling`).

    scale: above 0 and up to 1e6; mode: "fan_in", "fan_out" or "fan_avg"; distribution: "normal", "uniform" or
    "truncated_normal", which is cut at two standard deviations and rescaled to the stated variance.
    """

    name = "variance_scaling"

    scale: Annotated[float, Gt(0), Le(1e6)] = 1.0
    mode: Fan = "fan_in"
    distribution: Distribution = "truncated_normal"

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        draw(out, rng, self.distribution, math.sqrt(self.scale / fan_of(out, self.mode)))


@dataclass
class Scaled(Initializer):
    """Base of the initializers below: mean 0 and standard deviation gain / sqrt(fan)."""

    mode: ClassVar[Fan] = "fan_in"
    distribution: ClassVar[Distribution] = "normal"

    gain: Gain = 1.0

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        factor = gain if self.gain == "activation" else self.gain
        draw(out, rng, self.distribution, factor / math.sqrt(fan_of(out, self.mode)))


@dataclass
class GlorotUniform(Scaled):
    """Uniform with variance gain^2 * 2 / (inputs + units) (Glorot and Bengio 2010, eq. 16).

    gain: above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "glorot_uniform"
    mode = "fan_avg"
    distribution = "uniform"


@dataclass
class GlorotNormal(Scaled):
    """Normal with variance gain^2 * 2 / (inputs + units) (Glorot and Bengio 2010, eq. 12).

    gain: above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "glorot_normal"
    mode = "fan_avg"


@dataclass
class HeUniform(Scaled):
    """Uniform with variance gain^2 / inputs, which is 2 / inputs for relu (He et al. 2015, eq. 10).

    gain: above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "he_uniform"
    distribution = "uniform"

    gain: Gain = "activation"


@dataclass
class HeNormal(Scaled):
    """Normal with variance gain^2 / inputs, which is 2 / inputs for relu (He et al. 2015, eq. 10).

    gain: above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "he_normal"

    gain: Gain = "activation"


@dataclass
class LecunUniform(Scaled):
    """Uniform with variance gain^2 / inputs (LeCun et al. 1998, eq. 16).

    gain: above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "lecun_uniform"
    distribution = "uniform"


@dataclass
class LecunNormal(Scaled):
    """Normal with variance gain^2 / inputs (LeCun et al. 1998, eq. 16).

    gain: above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "lecun_normal"


@dataclass
class Orthogonal(Initializer):
    """Random matrix with orthogonal rows or columns, whichever are fewer (Saxe et al. 2014).

    gain: their length, above 0 and up to 1000, or "activation" for the gain of the layer's activation.
    """

    name = "orthogonal"

    gain: Gain = "activation"

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        factor = gain if self.gain == "activation" else self.gain
        matrix = rng.standard_normal((out.shape[0], out.size // out.shape[0]))
        tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
        q, r = np.linalg.qr(tall)
        # Signs from the diagonal of R make the distribution uniform (Mezzadri 2007).
        q *= np.where(np.diag(r) < 0, -factor, factor)
        out[...] = (q if tall is matrix else q.T).reshape(out.shape)


PARTS = (
    VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal,
)  # fmt: skip
