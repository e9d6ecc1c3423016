"""Elementwise activations with thresholds as options. `kinks` are those of the default options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core.errors import UsageError
from zoo_core.parts import Activation, Array

Level = Annotated[float, Ge(-1e6), Le(1e6)]


@dataclass
class Shrink(Activation):
    """Base of the shrinking activations: 0 where |z| <= threshold, slope 1 elsewhere."""

    kinks = (-0.5, 0.5)

    threshold: Annotated[float, Ge(0), Le(1e6)] = 0.5

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.abs(z, out=out)
        np.greater(out, self.threshold, out=out)


@dataclass
class HardShrink(Shrink):
    """Hard threshold around zero: f(z) = z where |z| > threshold, else 0 (Donoho and Johnstone 1994).

    threshold: 0 to 1e6.
    """

    name = "hard_shrink"

    def forward(self, z: Array, out: Array) -> None:
        self.derivative(z, z, out)
        out *= z


@dataclass
class SoftShrink(Shrink):
    """Soft threshold: f(z) = sign(z) * max(|z| - threshold, 0) (Donoho and Johnstone 1994).

    threshold: 0 to 1e6.
    """

    name = "soft_shrink"

    def forward(self, z: Array, out: Array) -> None:
        np.clip(z, -self.threshold, self.threshold, out=out)
        np.subtract(z, out, out=out)


@dataclass
class TanhShrink(Activation):
    """The difference from tanh: f(z) = z - tanh(z) (PyTorch, `Tanhshrink`)."""

    name = "tanh_shrink"

    def forward(self, z: Array, out: Array) -> None:
        np.tanh(z, out=out)
        np.subtract(z, out, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.tanh(z, out=out)
        np.square(out, out=out)


@dataclass
class Threshold(Activation):
    """Lower threshold: f(z) = z for z > threshold, else value (PyTorch, Keras 3).

    threshold, value: -1e6 to 1e6.
    """

    name = "threshold"
    kinks = (0.0,)

    threshold: Level = 0.0
    value: Level = 0.0

    def forward(self, z: Array, out: Array) -> None:
        below = self.scratch(z)
        np.less_equal(z, self.threshold, out=below)
        np.greater(z, self.threshold, out=out)
        below *= self.value
        out *= z
        out += below

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.greater(z, self.threshold, out=out)


@dataclass
class ClippedLinear(Activation):
    """Line with flat ends: f(z) = min(max(slope * z + offset, minimum), maximum) (thinc, `ClippedLinear`).

    slope: above 0 and up to 1e6; offset, minimum, maximum: -1e6 to 1e6. Raises UsageError unless
    minimum < maximum.
    """

    name = "clipped_linear"
    kinks = (0.0, 1.0)

    slope: Annotated[float, Gt(0), Le(1e6)] = 1.0
    offset: Level = 0.0
    minimum: Level = 0.0
    maximum: Level = 1.0

    def __post_init__(self) -> None:
        if self.minimum >= self.maximum:
            raise UsageError(
                f"clipped_linear: minimum {self.minimum} is not below maximum {self.maximum}; "
                "give a larger maximum or a smaller minimum"
            )

    def forward(self, z: Array, out: Array) -> None:
        np.multiply(z, self.slope, out=out)
        out += self.offset
        np.clip(out, self.minimum, self.maximum, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        below = self.scratch(z)
        np.greater(a, self.minimum, out=out)
        np.less(a, self.maximum, out=below)
        out *= below
        out *= self.slope


PARTS = (HardShrink, SoftShrink, TanhShrink, Threshold, ClippedLinear)
