"""Learning rates that fall when a figure no longer improves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Schedule
from zoo_plugins._watch import watched
from zoo_plugins.schedules.decay import Factor, Positive


@dataclass
class Reactive(Schedule):
    """A base: the rate falls by `factor` when `monitor` has been no better for more than `patience` epochs.

    It never falls below `minimum`. A subclass says what counts as better. Epochs without the figure do not count.
    """

    state: ClassVar[tuple[str, ...]] = ("current", "best", "waited")

    initial: Positive = 0.01
    monitor: str = "validation_loss"
    factor: Factor = 0.1
    patience: Annotated[int, Ge(0)] = 10
    minimum: Annotated[float, Ge(0), Le(1)] = 0.0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Begin at the initial rate."""
        self.best: float | None = None
        self.current, self.waited = self.initial, 0

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        return float(self.current)

    def observe(self, record: Mapping[str, Any]) -> None:
        """Look at an epoch's figure. Raises UsageError for one that there never is."""
        value = watched(record, self.monitor)
        if value is None:
            return
        self.waited = 0 if self.improved(value) else self.waited + 1
        self.before_falling()
        if self.waited > self.patience:
            self.current = max(self.current * self.factor, min(self.minimum, self.current))
            self.waited = 0
            self.after_falling()

    def improved(self, value: float) -> bool:
        """Tell whether a figure is better, and keep the best one."""
        raise NotImplementedError

    def before_falling(self) -> None:
        """Change `waited` where an epoch is not to count."""

    def after_falling(self) -> None:
        """Take note of a fall."""


@dataclass
class OnPlateau(Reactive):
    """The rate falls by `factor` when `monitor` has not improved for more than `patience` epochs.

    An improvement is more than `threshold`, relative to the best value; lower is better unless `mode` says "max".
    After a fall, `cooldown` epochs do not count. As PyTorch's ReduceLROnPlateau.
    """

    name = "on_plateau"
    state = ("current", "best", "waited", "cooling")

    mode: Literal["min", "max"] = "min"
    threshold: Annotated[float, Ge(0), Lt(1)] = 1e-4
    cooldown: Annotated[int, Ge(0)] = 0

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Begin at the initial rate."""
        super().start(epochs, steps_per_epoch)
        self.cooling = 0

    def improved(self, value: float) -> bool:
        """Compare with the best."""
        if self._better(value):
            self.best = value
            return True
        return False

    def before_falling(self) -> None:
        """Do not count an epoch while it cools down."""
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0

    def after_falling(self) -> None:
        """Begin to cool down."""
        self.cooling = self.cooldown

    def _better(self, value: float) -> bool:
        best = self.best
        if best is None:
            return not math.isnan(value)
        if self.mode == "min":
            return value < best * (1 - self.threshold)
        return value > best * (1 + self.threshold)


@dataclass
class Adaptive(Reactive):
    """The rate, `initial` at first, falls by `factor` when `monitor` has not fallen for more than `patience` epochs.

    An epoch counts as waiting unless its figure is at least `tolerance` below the best before it; the best is kept
    however small its lead. Never below `minimum`. As scikit-learn's "adaptive".
    """

    name = "adaptive"

    initial: Positive = 0.001
    monitor: str = "train_loss"
    factor: Factor = 0.2
    minimum: Annotated[float, Ge(0), Le(1)] = 1e-6
    tolerance: Annotated[float, Gt(0), Le(1e6)] = 1e-4

    def improved(self, value: float) -> bool:
        """Compare with the best."""
        best = math.inf if self.best is None else self.best
        self.best = min(best, value) if not math.isnan(value) else self.best
        return value <= best - self.tolerance


PARTS = (OnPlateau, Adaptive)
