"""What a display remembers of a run, taken from its events one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoo_core.display.text.figures import divide, finite, higher_is_better, keys
from zoo_core.display.text.tables import duration, number, printable
from zoo_core.parts import Record
from zoo_core.training.events import EpochEnded, Event, Finished, LayerStats, Progress, Started


@dataclass
class Figure:
    """One figure of one split over the epochs, counted from 1: the finite values, the latest, the best."""

    higher: bool
    epochs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    last: float = float("nan")
    best: float | None = None
    best_epoch: int = 0

    def take(self, epoch: int, value: float) -> None:
        """Add the value of an epoch."""
        self.last = value
        if not finite(value):
            return
        self.epochs.append(epoch)
        self.values.append(value)
        if self.best is None or (value > self.best if self.higher else value < self.best):
            self.best, self.best_epoch = value, epoch


@dataclass
class State:
    """A run as far as it has come."""

    started: Started = field(default_factory=lambda: Started("", 0, 0, 0, {}, 0, 1))
    progress: Progress | None = None
    layers: tuple[LayerStats, ...] = ()  # the latest; not every progress brings them
    done: int = 0  # epochs that have ended, those before a resume included
    step: int = 0  # steps done in the epoch at hand
    figures: dict[str, Figure] = field(default_factory=dict)
    finished: Finished | None = None

    def take(self, event: Event) -> None:
        """Remember what an event tells."""
        if isinstance(event, Started):
            self.started, self.done = event, event.first_epoch
        elif isinstance(event, Progress):
            self.progress, self.step = event, event.step
            self.layers = event.layers or self.layers
        elif isinstance(event, EpochEnded):
            self._ended(event.record)
        elif isinstance(event, Finished):
            self.finished = event

    def _ended(self, record: Record) -> None:
        self.done += 1
        self.step = 0
        for key, value in record.items():
            if divide(key) and isinstance(value, (int, float)):
                self._figure(key).take(self.done, value)

    def _figure(self, key: str) -> Figure:
        if key not in self.figures:
            self.figures[key] = Figure(higher_is_better(key, self.started.higher_is_better))
            order = keys([dict.fromkeys(self.figures)])
            self.figures = {key: self.figures[key] for key in order}
        return self.figures[key]

    @property
    def name(self) -> str:
        """The run's name, safe to show."""
        return printable(self.started.name) or "training"

    def share(self) -> float:
        """Return which part of all epochs is done, 0 to 1."""
        inside = self.step / max(self.started.steps, 1)
        return min((self.done + inside) / max(self.started.epochs, 1), 1.0)

    def left(self, seconds: float) -> float:
        """Estimate the seconds to come from those passed since the start; NaN when unknown."""
        begun = self.started.first_epoch / max(self.started.epochs, 1)
        share = self.share()
        return seconds * (1 - share) / (share - begun) if share > begun else float("nan")

    def size(self) -> str:
        """Return "79,510 parameters; rows: 50,000 train, 10,000 test; 1 thread, 1 helper"."""
        start = self.started
        rows = ", ".join(f"{number(count)} {split}" for split, count in start.rows.items())
        return f"{number(start.parameters)} parameters; rows: {rows or '-'}; {self.threads()}"

    def threads(self) -> str:
        """Return "1 thread, 1 helper", or the threads alone."""
        helpers = f", {counted(self.started.extra_threads, 'helper')}" if self.started.extra_threads else ""
        return counted(self.started.threads, "thread") + helpers

    def ending(self, seconds: float) -> str:
        """Return how the run ended, after how long."""
        reason = printable(self.finished.reason) if self.finished else "stopped"
        seconds = self.finished.seconds if self.finished else seconds
        epochs = counted(self.done - self.started.first_epoch, "epoch")
        return f"{reason}; {epochs} in {duration(seconds)}"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: "1 epoch", "20 epochs"."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
