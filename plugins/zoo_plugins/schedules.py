"""Learning rates that change. Time is in epochs, with a fraction inside an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Schedule

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Factor = Annotated[float, Gt(0), Lt(1)]


@dataclass
class Constant(Schedule):
    """The same rate all the time."""

    name = "constant"

    initial: Positive = 0.01

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial


@dataclass
class Cosine(Schedule):
    """Linear warm-up from 0, then half a cosine from `initial` to `final`.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), equation 5;
    warm-up as in Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
    """

    name = "cosine"

    initial: Positive = 0.001
    final: NotNegative = 0.0
    warmup: NotNegative = 0.0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Learn the length of the run; the first step of a warm-up already moves."""
        self._epochs, self._step = epochs, 1 / steps_per_epoch

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        if epoch < self.warmup:
            return self.initial * min(1.0, (epoch + self._step) / self.warmup)
        done = min(1.0, (epoch - self.warmup) / max(self._epochs - self.warmup, 1e-12))
        return self.final + (self.initial - self.final) * (1 + math.cos(math.pi * done)) / 2


@dataclass
class Step(Schedule):
    """`initial * factor ** floor(epoch / every)`: the rate falls by a factor every so many epochs."""

    name = "step"

    initial: Positive = 0.01
    factor: Factor = 0.1
    every: Annotated[int, Ge(1)] = 10

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial * self.factor ** (epoch // self.every))


@dataclass
class Exponential(Schedule):
    """`initial * factor ** epoch`, smoothly inside an epoch too."""

    name = "exponential"

    initial: Positive = 0.01
    factor: Factor = 0.95

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.initial * self.factor**epoch)


@dataclass
class OnPlateau(Schedule):
    """The rate falls by `factor` when `monitor` has not improved for more than `patience` epochs.

    An improvement is more than `threshold`, relative to the best value; lower is better unless `mode` says "max".
    As PyTorch's ReduceLROnPlateau.
    """

    name = "on_plateau"
    state = ("current", "best", "waited", "cooling")

    initial: Positive = 0.01
    monitor: str = "validation_loss"
    mode: str = "min"
    factor: Factor = 0.1
    patience: Annotated[int, Ge(0)] = 10
    threshold: Annotated[float, Ge(0), Lt(1)] = 1e-4
    cooldown: Annotated[int, Ge(0)] = 0
    minimum: Annotated[float, Ge(0), Le(1)] = 0.0

    def __post_init__(self) -> None:
        """Check the mode."""
        if self.mode not in ("min", "max"):
            raise ValueError(f"mode is {self.mode!r}; use 'min' or 'max'")

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Begin at the initial rate."""
        self.best: float | None = None
        self.current, self.waited, self.cooling = self.initial, 0, 0

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return self.current

    def observe(self, record: Mapping[str, Any]) -> None:
        """Look at an epoch's figure; a record without it does not count."""
        if self.monitor not in record:
            return
        value = float(record[self.monitor])
        if self._improved(value):
            self.best, self.waited = value, 0
        else:
            self.waited += 1
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if self.waited > self.patience:
            self.current = max(self.current * self.factor, self.minimum)
            self.waited, self.cooling = 0, self.cooldown

    def _improved(self, value: float) -> bool:
        best = self.best
        if best is None:
            return not math.isnan(value)
        if self.mode == "min":
            return value < best * (1 - self.threshold)
        return value > best * (1 + self.threshold)


PARTS = (Constant, Cosine, Step, Exponential, OnPlateau)
