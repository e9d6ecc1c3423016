"""Callbacks that stop a run at the end of an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, MinLen

from zoo_core.parts import Array, Callback, Run
from zoo_plugins._monitor import monitored_value


@dataclass
class EarlyStopping(Callback):
    """Stops when `monitor` has not improved by more than `min_delta` for `patience` epochs.

    monitor: a name in the record, such as "validation_loss"; patience: epochs, 0 or more; min_delta: 0 or more;
    restore: restore the best epoch's weights at the end. Source: Prechelt, "Early stopping - but when?" (1998), in
    the form of Keras.
    """

    name = "early_stopping"
    state = ("best", "best_epoch", "kept")

    monitor: str = "validation_loss"
    patience: Annotated[int, Ge(0)] = 10
    min_delta: Annotated[float, Ge(0)] = 0.0
    restore: bool = True

    def on_train_begin(self, run: Run) -> None:
        """Reset the state."""
        self.best: float | None = None
        self.best_epoch = -1
        self.kept: dict[str, Array] | None = None

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Compare the epoch's value with the best; return a reason to stop when patience is over."""
        value = monitored_value(record, self.monitor)
        if value is None:
            return None
        if self._improved(value, run):
            self.best, self.best_epoch = value, int(record["epoch"])
            self.kept = run.snapshot() if self.restore else None
        elif record["epoch"] - self.best_epoch >= self.patience:
            if self.best is None:
                return f"early stopping: {self.monitor} was never a number"
            return f"early stopping: {self.monitor} was best in epoch {self.best_epoch + 1} ({self.best:.6g})"
        return None

    def _improved(self, value: float, run: Run) -> bool:
        if math.isnan(value):
            return False
        if self.best is None:
            return True
        return run.better(self.monitor, value, self.best) and abs(value - self.best) > self.min_delta

    def on_train_end(self, run: Run) -> None:
        """Restore the best weights, and say so if they are not those of the last epoch."""
        if self.kept is None:
            return
        run.restore(self.kept, self.best_epoch)
        if self.best_epoch != run.history[-1]["epoch"]:
            run.say(f"kept the weights of epoch {self.best_epoch + 1}, the best by {self.monitor}")


@dataclass
class StopAt(Callback):
    """Stops as soon as `monitor` reaches `target`.

    monitor: a name in the record; target: -1e12 to 1e12.
    """

    name = "stop_at"

    monitor: str = "validation_accuracy"
    target: Annotated[float, Ge(-1e12), Le(1e12)] = 1.0

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Compare the epoch's value with the target."""
        value = monitored_value(record, self.monitor)
        if value is not None and (value == self.target or run.better(self.monitor, value, self.target)):
            return f"{self.monitor} reached {value:.6g}"
        return None


@dataclass
class StopOnNan(Callback):
    """Stops when a loss, or the value of `monitor` if given, is not finite.

    restore: restore the parameters of the last epoch whose values were finite. A training loss that stops being
    finite within an epoch ends the run with an error, with or without this part. As Keras's TerminateOnNaN.
    """

    name = "stop_on_nan"
    state = ("kept",)

    monitor: Annotated[str, MinLen(1)] | None = None
    restore: bool = True

    def on_train_begin(self, run: Run) -> None:
        """Reset the state."""
        self.kept: dict[str, Array] | None = None
        self._lost = False

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Look for values that are not finite."""
        if self.monitor is None:
            figures = {key: value for key, value in record.items() if key.endswith("_loss")}
        else:
            value = monitored_value(record, self.monitor)
            figures = {} if value is None else {self.monitor: value}
        for key, value in figures.items():
            if not math.isfinite(value):
                self._lost = True
                return f"{key} is {value} in epoch {record['epoch'] + 1}"
        if self.restore and figures:
            self.kept = run.snapshot()
        return None

    def on_train_end(self, run: Run) -> None:
        """Restore the last finite parameters, if the present ones are not finite."""
        if self._lost and self.kept is not None:
            run.restore(self.kept)


@dataclass
class TimeLimit(Callback):
    """Stops at the end of the epoch in which `minutes` are over. Time before a resume counts.

    minutes: above 0.
    """

    name = "time_limit"
    state = ("spent",)

    minutes: Annotated[float, Gt(0)] = 10.0

    def on_train_begin(self, run: Run) -> None:
        """Start the clock."""
        self.spent = 0.0

    @property
    def spent(self) -> float:
        """Seconds since the start, on a monotonic clock."""
        return time.monotonic() - self._began

    @spent.setter
    def spent(self, seconds: float) -> None:
        self._began = time.monotonic() - seconds

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Read the clock."""
        return f"the time limit of {self.minutes:g} min is over" if self.spent > 60 * self.minutes else None


PARTS = (EarlyStopping, StopAt, StopOnNan, TimeLimit)
