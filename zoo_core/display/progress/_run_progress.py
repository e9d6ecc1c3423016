"""The state of a run as a display needs it, collected from the run's events."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoo_core._directions import direction
from zoo_core.display._records import Points, best_point, is_finite_number, metric_keys, split_key
from zoo_core.display.text import format_count, format_duration, format_number, printable
from zoo_core.parts import Record
from zoo_core.training.events import EpochEnded, Event, Finished, LayerStats, Progress, Started


@dataclass
class MetricHistory:
    """One metric of one split over the epochs, which count from 1: the finite values, and the latest value."""

    higher_is_better: bool
    has_best: bool = True  # no epoch is chosen by its test figures
    points: Points = field(default_factory=lambda: ([], []))
    last: float = float("nan")

    def add(self, epoch: int, value: float) -> None:
        """Add the value of an epoch."""
        self.last = value
        if is_finite_number(value):
            self.points[0].append(epoch)
            self.points[1].append(value)

    def best(self) -> tuple[float, float | None]:
        """Return the epoch with the best value, and this value; (0, None) if there is none."""
        return best_point(self.points, self.higher_is_better) if self.points[1] and self.has_best else (0, None)


@dataclass
class RunProgress:
    """How far a run is, and its metrics so far."""

    started: Started = field(default_factory=lambda: Started("", 0, 0, 0, {}, 0, 1))
    progress: Progress | None = None
    layers: tuple[LayerStats, ...] = ()  # the latest; not every `Progress` has them
    done: int = 0  # finished epochs, including those before a resume
    step: int = 0  # finished steps of the current epoch
    metrics: dict[str, MetricHistory] = field(default_factory=dict)
    finished: Finished | None = None
    saved: int = 0  # the epoch whose weights the model holds, once the run is over

    def take(self, event: Event) -> None:
        """Update from an event."""
        if isinstance(event, Started):
            self.started, self.done = event, event.first_epoch
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

    def _end_epoch(self, record: Record) -> None:
        self.done += 1
        self.step = 0
        for key, value in record.items():
            if split_key(key) and isinstance(value, (int, float)):
                self._metric(key).add(self.done, value)

    def _metric(self, key: str) -> MetricHistory:
        if key not in self.metrics:
            self.metrics[key] = MetricHistory(
                bool(direction(key, self.started.higher_is_better)), has_best=not key.startswith("test_")
            )
            order = metric_keys([dict.fromkeys(self.metrics)])
            self.metrics = {key: self.metrics[key] for key in order}
        return self.metrics[key]

    @property
    def name(self) -> str:
        """The run's name, without control characters."""
        return printable(self.started.name) or "training"

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
        """Return "79,510 parameters; rows: 50,000 train, 10,000 test; 1 thread, 1 extra"."""
        start = self.started
        rows = ", ".join(f"{format_number(count)} {split}" for split, count in start.rows.items())
        return f"{format_number(start.parameters)} parameters; rows: {rows or '-'}; {self.threads()}"

    def threads(self) -> str:
        """Return "1 thread, 1 extra" or, without extra threads, "1 thread"."""
        extra = f", {self.started.extra_threads} extra" if self.started.extra_threads else ""
        return format_count(self.started.threads, "thread") + extra

    def ending(self, seconds: float) -> str:
        """Return why the run ended, after how many epochs and how long."""
        reason = printable(self.finished.reason) if self.finished else "stopped"
        seconds = self.finished.seconds if self.finished else seconds
        epochs = format_count(self.done - self.started.first_epoch, "epoch")
        saved = f"; saved epoch {self.saved}" if self.saved not in (0, self.done) else ""
        return f"{reason}; {epochs} in {format_duration(seconds)}{saved}"
