"""Learning rates that fall by a rule of their own, however long the run. Time is in epochs, with a fraction inside."""

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
    """A base: `initial` is reached in a line from 0 in the first `warmup` epochs; then a subclass says what follows.

    Source of the warm-up: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
    """

    initial: Positive = 0.01
    warmup: NotNegative = 0.0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Learn the length of the run."""
        self._epochs, self._step = epochs, 1 / steps_per_epoch

    def rate(self, epoch: float) -> float:
        """Return the rate; the first step of a warm-up already moves, and its last has the whole rate."""
        if epoch < self.warmup:
            return self.initial * min(1.0, (epoch + self._step) / self.warmup)
        return self.after(epoch - self.warmup)

    def after(self, epoch: float) -> float:
        """Return the rate so many epochs after the warm-up."""
        raise NotImplementedError

    @property
    def length(self) -> float:
        """How many epochs follow the warm-up; a little more than none."""
        return max(self._epochs - self.warmup, 1e-12)


@dataclass
class Constant(Warmed):
    """The same rate all the time: `initial`, after `warmup` epochs of linear rise from 0 (as in optax)."""

    name = "constant"

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial


@dataclass
class Step(Warmed):
    """initial factor^floor(t / every), t epochs after the warm-up: the rate falls by a factor every so many epochs.

    As PyTorch's StepLR.
    """

    name = "step"

    factor: Factor = 0.1
    every: Annotated[int, Ge(1)] = 10

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial * self.factor ** (epoch // self.every))


@dataclass
class Piecewise(Schedule):
    """`values[i]` from epoch `boundaries[i - 1]` on, up to `boundaries[i]`: one value more than boundaries.

    As Keras's PiecewiseConstantDecay, but a boundary belongs to what follows it, as in PyTorch's MultiStepLR.
    """

    name = "piecewise"

    boundaries: list[Positive] = field(default_factory=lambda: [10.0, 20.0])
    values: list[Positive] = field(default_factory=lambda: [0.01, 0.001, 0.0001])

    def __post_init__(self) -> None:
        """Check that the two fit."""
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(f"{len(self.boundaries)} boundaries need {len(self.boundaries) + 1} values")
        if sorted(set(self.boundaries)) != self.boundaries:
            raise ValueError("boundaries must rise")

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return self.values[sum(epoch >= boundary for boundary in self.boundaries)]


@dataclass
class Exponential(Warmed):
    """initial factor^t, t epochs after the warm-up, smoothly inside an epoch too. As PyTorch's ExponentialLR."""

    name = "exponential"

    factor: Factor = 0.95

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial * self.factor**epoch)


@dataclass
class Compounding(Warmed):
    """initial factor^t, t epochs after the warm-up, until `final` is reached; it rises where factor is above 1.

    As thinc's `compounding`, whose factor is for a step, not for an epoch.
    """

    name = "compounding"

    final: Positive = 0.001
    factor: Annotated[float, Gt(0), Le(1000)] = 0.9

    def __post_init__(self) -> None:
        """Check the direction."""
        if (self.factor - 1) * (self.final - self.initial) < 0:
            raise ValueError("a factor below 1 needs final below initial, and a factor above 1 the reverse")

    def after(self, epoch: float) -> float:
        """Return the rate."""
        rate = self.initial * math.exp(min(epoch * math.log(self.factor), 700.0))
        return min(rate, self.final) if self.factor > 1 else max(rate, self.final)


@dataclass
class InverseTime(Warmed):
    """initial / (1 + decay t), t epochs after the warm-up. As Keras's InverseTimeDecay and thinc's `decaying`.

    Source: Robbins and Monro, "A stochastic approximation method" (1951), whose conditions it meets.
    """

    name = "inverse_time"

    decay: Positive = 0.1

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial / (1 + self.decay * epoch)


@dataclass
class InverseScaling(Warmed):
    """initial / (1 + t)^power, t epochs after the warm-up. As scikit-learn's "invscaling", whose t counts samples."""

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
