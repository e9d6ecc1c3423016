"""The state of a run as a display needs it, collected from the run's events."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field

from zoo_core.basics import direction
from zoo_core.display.text import format_count, format_duration, format_number, printable
from zoo_core.model.records import metric_keys, split_key
from zoo_core.parts import Record
from zoo_core.training.events import EpochEnded, Event, Finished, LayerStats, Progress, Started


@dataclass
class MetricHistory:
    """One metric of one split over the epochs, which count from 1: the finite values, and the latest value."""

    higher_is_better: bool
    has_best: bool = True  # no epoch is chosen by its test figures
    points: tuple[array[float], array[float]] = field(default_factory=lambda: (array("d"), array("d")))
    last: float = float("nan")
    best_epoch: float = 0
    best_value: float | None = None

    def add(self, epoch: int, value: float) -> None:
        """Add the value of an epoch."""
        self.last = value
        if not math.isfinite(value):
            return
        epochs, values = self.points
        epochs.append(epoch)
        values.append(value)
        best = self.best_value
        if best is None or (value > best if self.higher_is_better else value < best):
            self.best_epoch, self.best_value = epoch, value

    def best(self) -> tuple[float, float | None]:
        """Return the first epoch with the best value, and this value; (0, None) if there is none."""
        return (self.best_epoch, self.best_value) if self.has_best else (0, None)


@dataclass
class RunProgress:
    """How far a run is, and its metrics so far."""

    started: Started = field(default_factory=lambda: Started("", 0, 0, 0, {}, 0, 1))
    progress: Progress | None = None
    layers: tuple[LayerStats, ...] = ()  # the latest; not every `Progress` has them
    done: int = 0  # finished epochs, including those before a resume
    step: int = 0  # finished steps of the current epoch
    metrics: dict[str, MetricHistory] = field(default_factory=dict)
    other_keys: set[str] = field(default_factory=set)  # of records, such as "epoch" and "layers.0.dead_units"
    finished: Finished | None = None
    saved: int = 0  # the epoch whose weights the model holds, once the run is over

    def take(self, event: Event) -> None:
        """Update from an event."""
        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Progress):
            self.progress, self.step = event, event.step
            self.layers = event.layers or self.layers
        elif isinstance(event, EpochEnded):
            self._end_epoch(event.record)
        elif isinstance(event, Finished):
            self._finish(event)

    def _finish(self, event: Finished) -> None:
        """Take the values of the epoch whose weights were saved."""
        self.finished = event
        self.saved = event.record.get("epoch", self.done - 1) + 1
        for key, metric in self.metrics.items() if event.record else ():
            metric.last = event.record.get(key, float("nan"))

    def _start(self, started: Started) -> None:
        self.started, self.done = started, started.first_epoch - len(started.history)
        for record in started.history:
            self._end_epoch(record)

    def _end_epoch(self, record: Record) -> None:
        self.done += 1
        self.step = 0
        for key, value in record.items():
            if isinstance(value, (int, float)):
                metric = self.metrics.get(key) or self._new_metric(key)
                if metric is not None:
                    metric.add(self.done, value)

    def _new_metric(self, key: str) -> MetricHistory | None:
        """Return the history of a metric that comes for the first time; None for a key that is no metric of a split."""
        if key in self.other_keys or not split_key(key):
            self.other_keys.add(key)
            return None
        is_higher_better = bool(direction(key, self.started.higher_is_better))
        self.metrics[key] = MetricHistory(is_higher_better, has_best=not key.startswith("test_"))
        order = metric_keys([dict.fromkeys(self.metrics)])
        self.metrics = {key: self.metrics[key] for key in order}
        return self.metrics[key]

    @property
    def name(self) -> str:
        """The run's name, without control characters."""
        return printable(self.started.name) or "training"

    def position(self) -> tuple[int, int]:
        """Return the epoch, from 1, and its finished steps; between two epochs, all those of the last one."""
        if self.step == 0 and self.done > self.started.first_epoch:
            return self.done, self.started.steps
        return min(self.done + 1, self.started.epochs), self.step

    def share(self) -> float:
        """Return the share of all epochs that is done, 0 to 1."""
        inside = self.step / max(self.started.steps, 1)
        return min((self.done + inside) / max(self.started.epochs, 1), 1.0)

    def seconds_left(self, seconds: float) -> float:
        """Estimate the remaining seconds from those since the start; NaN if unknown."""
        begun = self.started.first_epoch / max(self.started.epochs, 1)
        share = self.share()
        return seconds * (1 - share) / (share - begun) if share > begun else float("nan")

    def size(self) -> str:
        """Return "79,510 parameters; rows: 50,000 train, 10,000 test; 2 threads"."""
        start = self.started
        rows = ", ".join(f"{format_number(count)} {split}" for split, count in start.rows.items())
        return f"{format_number(start.parameters)} parameters; rows: {rows or '-'}; {self.threads()}"

    def threads(self) -> str:
        """Return "2 threads"."""
        return format_count(self.started.threads, "thread")

    def ending(self, seconds: float) -> str:
        """Return why the run ended, after how many epochs and how long."""
        reason = printable(self.finished.reason) if self.finished else "stopped"
        seconds = self.finished.seconds if self.finished else seconds
        epochs = format_count(self.done - self.started.first_epoch, "epoch")
        saved = f"; saved epoch {self.saved}" if self.saved not in (0, self.done) else ""
        return f"{reason}; {epochs} in {format_duration(seconds)}{saved}"
