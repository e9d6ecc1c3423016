"""Schedules that fall by a formula, however long the run is. Time is in epochs and fractions of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Schedule

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Factor = Annotated[float, Gt(0), Lt(1)]


@dataclass
class Warmed(Schedule):
    """Base of the schedules with a warm-up: linear from 0 to `initial` in the first `warmup` epochs, then `after`.

    Source of the warm-up: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
    """

    initial: Positive = 0.01
    warmup: NotNegative = 0.0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Store the length of the run."""
        self._epochs, self._step = epochs, 1 / steps_per_epoch

    def rate(self, epoch: float) -> float:
        """Return the rate. The first step of a warm-up has a rate above 0, and the last has the full rate."""
        if epoch < self.warmup:
            return self.initial * min(1.0, (epoch + self._step) / self.warmup)
        return self.after(epoch - self.warmup)

    def after(self, epoch: float) -> float:
        """Return the rate `epoch` epochs after the warm-up."""
        raise NotImplementedError

    @property
    def length(self) -> float:
        """Number of epochs after the warm-up; always above 0."""
        return max(self._epochs - self.warmup, 1e-12)


@dataclass
class Constant(Warmed):
    """Constant rate `initial`, after `warmup` epochs of linear rise from 0 (as in optax)."""

    name = "constant"

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial


@dataclass
class Step(Warmed):
    """initial factor^floor(t / every), t epochs after the warm-up.

    factor: between 0 and 1; every: epochs, 1 or more. As PyTorch's StepLR.
    """

    name = "step"

    factor: Factor = 0.1
    every: Annotated[int, Ge(1)] = 10

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial * self.factor ** (epoch // self.every))


@dataclass
class Piecewise(Schedule):
    """`values[i]` from epoch `boundaries[i - 1]` to `boundaries[i]`: one value more than boundaries.

    As Keras's PiecewiseConstantDecay; the value at a boundary is the next one, as in PyTorch's MultiStepLR.
    """

    name = "piecewise"

    boundaries: list[Positive] = field(default_factory=lambda: [10.0, 20.0])
    values: list[Positive] = field(default_factory=lambda: [0.01, 0.001, 0.0001])

    def __post_init__(self) -> None:
        """Check the numbers of values and boundaries."""
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(f"{len(self.boundaries)} boundaries need {len(self.boundaries) + 1} values")
        if sorted(set(self.boundaries)) != self.boundaries:
            raise ValueError("boundaries must rise")

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return self.values[sum(epoch >= boundary for boundary in self.boundaries)]


@dataclass
class Exponential(Warmed):
    """initial factor^t, t epochs after the warm-up; it also falls within an epoch. As PyTorch's ExponentialLR.

    factor: between 0 and 1.
    """

    name = "exponential"

    factor: Factor = 0.95

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial * self.factor**epoch)


@dataclass
class Compounding(Warmed):
    """initial factor^t, t epochs after the warm-up, until `final` is reached. With a factor above 1 the rate rises.

    factor: above 0 and up to 1000, for one epoch. As thinc's `compounding`, whose factor is for one step.
    """

    name = "compounding"

    final: Positive = 0.001
    factor: Annotated[float, Gt(0), Le(1000)] = 0.9

    def __post_init__(self) -> None:
        """Check that `factor` leads to `final`."""
        if (self.factor - 1) * (self.final - self.initial) < 0:
            raise ValueError("a factor below 1 needs final below initial, and a factor above 1 the reverse")

    def after(self, epoch: float) -> float:
        """Return the rate."""
        rate = self.initial * math.exp(min(epoch * math.log(self.factor), 700.0))
        return min(rate, self.final) if self.factor > 1 else max(rate, self.final)


@dataclass
class InverseTime(Warmed):
    """initial / (1 + decay t), t epochs after the warm-up. As Keras's InverseTimeDecay and thinc's `decaying`.

    decay: above 0. Source: Robbins and Monro, "A stochastic approximation method" (1951); it meets their conditions.
    """

    name = "inverse_time"

    decay: Positive = 0.1

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial / (1 + self.decay * epoch)


@dataclass
class InverseScaling(Warmed):
    """initial / (1 + t)^power, t epochs after the warm-up. As scikit-learn's "invscaling", whose t counts samples.

    power: above 0 and up to 10.
    """

    name = "inverse_scaling"

    power: Annotated[float, Gt(0), Le(10)] = 0.5

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial / (1 + epoch) ** self.power)


@dataclass
class InverseSqrt(Warmed):
    """initial / sqrt(1 + t / timescale), t epochs after the warm-up; `timescale` is in epochs.

    With a timescale equal to `warmup` it is the schedule of Vaswani et al., "Attention is all you need" (2017),
    equation 3.
    """

    name = "inverse_sqrt"

    timescale: Positive = 1.0

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial / math.sqrt(1 + epoch / self.timescale)


PARTS = (Constant, Step, Piecewise, Exponential, Compounding, InverseTime, InverseScaling, InverseSqrt)
