"""Initializers that depend on the place of a layer in the network, or on the rows that reach it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from zoo_core.parts import Array, Initializer
from zoo_plugins.initializers.variance_scaling import Orthogonal, draw, fan_of


@dataclass
class Lsuv(Initializer):
    """Orthogonal weights, divided by the standard deviation of x W over up to 512 training rows; biases are 0.

    x are the rows as they reach the layer, so each layer begins with z of variance 1. Where x W does not vary, and
    without data, the weights stay orthogonal. Source: Mishkin and Matas, "All you need is a good init" (2016),
    algorithm 1; one division is exact, since x W is linear in W.
    """

    name = "lsuv"
    wants_inputs = True

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        if out.ndim == 1:
            out.fill(0)
            return
        Orthogonal(1.0).fill(out, rng, gain)
        if self.inputs is not None:
            std = float(np.std(self.inputs.astype(np.float64) @ out))
            out /= std if 0 < std < math.inf else 1.0


@dataclass
class DepthScaled(Initializer):
    """Uniform with variance gain^2 * 2 / (inputs + units) / depth, where the first layer has depth 1.

    gain: above 0 and up to 1000. Source: Zhang, Titov and Sennrich, "Improving deep transformer with depth-scaled
    initialization and merged attention" (2019), equation 5, whose alpha is `gain`.
    """

    name = "depth_scaled"

    gain: Annotated[float, Gt(0), Le(1e3)] = 1.0

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        draw(out, rng, "uniform", self.gain / math.sqrt(fan_of(out, "fan_avg") * (self.depth + 1)))


PARTS = (Lsuv, DepthScaled)
