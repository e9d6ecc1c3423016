"""Schedules that fall when a monitored value stops improving."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Schedule
from zoo_plugins._monitor import monitored_value
from zoo_plugins.schedules.decay import Factor, Positive


@dataclass
class Reactive(Schedule):
    """Base: the rate falls by `factor` when `monitor` has not improved for more than `patience` epochs.

    It never falls below `minimum`. A subclass defines an improvement. Epochs without the value do not count.
    """

    state: ClassVar[tuple[str, ...]] = ("current", "best", "waited")

    initial: Positive = 0.01
    monitor: str = "validation_loss"
    factor: Factor = 0.1
    patience: Annotated[int, Ge(0)] = 10
    minimum: Annotated[float, Ge(0), Le(1)] = 0.0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Set the initial rate."""
        self.best: float | None = None
        self.current, self.waited = self.initial, 0

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.current)

    def observe(self, record: Mapping[str, Any]) -> None:
        """Read an epoch's value. Raises UsageError if it is never measured."""
        value = monitored_value(record, self.monitor)
        if value is None:
            return
        self.waited = 0 if self.improved(value) else self.waited + 1
        self.before_falling()
        if self.waited > self.patience:
            self.current = max(self.current * self.factor, min(self.minimum, self.current))
            self.waited = 0
            self.after_falling()

    def improved(self, value: float) -> bool:
        """Return whether a value is better, and store the best one."""
        raise NotImplementedError

    def before_falling(self) -> None:
        """Correct `waited` in an epoch that does not count."""

    def after_falling(self) -> None:
        """Called after each fall."""


@dataclass
class OnPlateau(Reactive):
    """The rate falls by `factor` when `monitor` has not improved for more than `patience` epochs.

    mode: "auto" asks the metric whether higher is better; "min" and "max" say it. An improvement is more than
    `threshold` times the size of the best value. The `cooldown` epochs after a fall do not count. As PyTorch's
    ReduceLROnPlateau, where a worse negative value may count as an improvement.
    """

    name = "on_plateau"
    state = ("current", "best", "waited", "cooling")

    mode: Literal["auto", "min", "max"] = "auto"
    threshold: Annotated[float, Ge(0), Lt(1)] = 1e-4
    cooldown: Annotated[int, Ge(0)] = 0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Set the initial rate."""
        super().start(epochs, steps_per_epoch)
        self.cooling = 0

    def improved(self, value: float) -> bool:
        """Compare with the best value."""
        if self._better(value):
            self.best = value
            return True
        return False

    def before_falling(self) -> None:
        """Do not count an epoch of the cooldown."""
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0

    def after_falling(self) -> None:
        """Start the cooldown."""
        self.cooling = self.cooldown

    def _better(self, value: float) -> bool:
        best, higher = self.best, self.mode == "max" or (self.mode == "auto" and self.higher_is_better(self.monitor))
        if best is None:
            return not math.isnan(value)
        part = math.copysign(self.threshold, best)
        return value > best * (1 + part) if higher else value < best * (1 - part)


@dataclass
class Adaptive(Reactive):
    """The rate falls by `factor` when `monitor` has not improved by `tolerance` for more than `patience` epochs.

    The metric says whether higher is better. The rate starts at `initial` and never falls below `minimum`. A smaller
    improvement still updates the best value.
    As scikit-learn's "adaptive".
    """

    name = "adaptive"

    initial: Positive = 0.001
    monitor: str = "train_loss"
    factor: Factor = 0.2
    minimum: Annotated[float, Ge(0), Le(1)] = 1e-6
    tolerance: Annotated[float, Gt(0), Le(1e6)] = 1e-4

    def improved(self, value: float) -> bool:
        """Compare with the best value."""
        sign = -1 if self.higher_is_better(self.monitor) else 1  # of a value that should fall
        best = sign * math.inf if self.best is None else self.best
        if self.better(self.monitor, value, self.best):
            self.best = value
        return sign * value <= sign * best - self.tolerance


PARTS = (OnPlateau, Adaptive)
