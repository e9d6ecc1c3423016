"""Training as a generator of events: no input, no output, no clock in the results."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from zoo_core.assembly import fresh
from zoo_core.data.batches import Batches
from zoo_core.diagnosis import explain, layer_stats
from zoo_core.errors import NumericError
from zoo_core.events import EpochEnded, Event, Finished, LayerStats, Message, Progress, Started
from zoo_core.feed import Feed
from zoo_core.model import Model
from zoo_core.objective import Objective
from zoo_core.parts import (
    Array,
    BatchChange,
    Callback,
    Metric,
    Preparation,
    RandomSource,
    Record,
    Schedule,
    Table,
)  # fmt: skip
from zoo_core.tally import Tally

PROGRESS_SECONDS = 0.1  # how often a display may look
STATS_SECONDS = 0.5  # how often layer statistics are gathered; each costs about one step


class Trainer:
    """One run: a model and the splits it learns from. `events()` trains; the model is changed in place.

    It is the `Run` that callbacks see.
    """

    def __init__(self, model: Model, splits: Mapping[str, Table], source: RandomSource, *, threads: int = 1) -> None:
        self.model, self.splits, self.threads = model, splits, threads
        self.spec, self.network, self.history = model.spec, model.network, model.history
        self.settings = self.spec.training
        self.epochs = self.settings.epochs
        self.log: Path | None = None
        self.objective = Objective(self.network, model.loss)
        self.optimizer = fresh(self.spec.optimizer)
        self.optimizer.start(self.network.layout)
        self.metrics: list[Metric] = model.metrics()
        self.callbacks: list[Callback] = [fresh(c) for c in (*self._stopping(), *self.settings.callbacks)]
        self._messages: list[Message] = []
        self.batches = self._divide(splits["train"].x.shape[0], source)
        self.schedule = self._schedule()
        changes = [fresh(r) for r in self.spec.model.regularizers if isinstance(r, BatchChange)]
        self.feed = Feed(splits["train"], self.objective, model.preparation, changes, source.stream("batch"))
        measured = self.metrics if "train" not in self.settings.evaluate else []
        self.tally = Tally(self.objective, measured, self.batches.batch_size)

    def _divide(self, rows: int, source: RandomSource) -> Batches:
        settings = self.settings
        size = rows if settings.batch_size == "all" else min(settings.batch_size, rows)
        drop = settings.last_batch == "drop"
        return Batches(rows, size, shuffle=settings.shuffle, rng=source.stream("shuffle"), drop_last=drop)

    def _stopping(self) -> list[Callback]:
        return [self.settings.early_stopping] if self.settings.early_stopping else []

    def _schedule(self) -> Schedule | None:
        """Return the schedule of the learning rate, or None where it is a plain number."""
        rate = self.optimizer.learning_rate
        if isinstance(rate, Schedule):
            rate.start(self.epochs, self.batches.steps)
            return rate
        return None

    # -------------------------------------------------------------- the run

    def events(self) -> Iterator[Event]:
        """Train to the end, yielding what happens. Raises NumericError when the loss leaves the finite numbers."""
        self._began = time.perf_counter()
        yield Started(
            self.spec.name, self.epochs, 0, self.batches.steps, {k: t.x.shape[0] for k, t in self.splits.items()},
            self.network.layout.size, self.threads, self._directions(),
        )  # fmt: skip
        for callback in self.callbacks:
            callback.start(self)
        reason = "all epochs done"
        with np.errstate(all="ignore"):  # what leaves the finite numbers is found and explained below
            for epoch in range(self.epochs):
                yield from self._epoch(epoch)
                stop = self._call_back(self.history[-1])
                yield EpochEnded(self.history[-1], time.perf_counter() - self._began)
                yield from self._said()
                if stop:
                    reason = stop
                    break
        for callback in self.callbacks:
            callback.finish(self)
        yield from self._said()
        yield Finished(reason, time.perf_counter() - self._began)

    def _epoch(self, epoch: int) -> Iterator[Progress]:
        self.batches.start_epoch()
        self.tally.start(self.batches.rows_used)
        steps, block = self.batches.steps, self.tally.steps
        due = stats_due = time.perf_counter() + PROGRESS_SECONDS
        for first in range(0, steps, block):
            last = min(first + block, steps) - 1
            for step in range(first, last):
                self._step(epoch, step)
            now = time.perf_counter()
            layers = self._watched_step(epoch, last) if now >= stats_due else self._step(epoch, last)
            self._settle(epoch, last)
            if now >= due:
                yield self._progress(epoch, last, now, layers)
                due = now + PROGRESS_SECONDS
                stats_due = now + STATS_SECONDS if layers else stats_due
        self._record(epoch)

    def _step(self, epoch: int, step: int) -> tuple[LayerStats, ...]:
        """Learn from one batch."""
        self._look(epoch, step)
        self._update(epoch, step)
        return ()

    def _watched_step(self, epoch: int, step: int) -> tuple[LayerStats, ...]:
        """Learn from one batch and tell what that did to the layers."""
        self._look(epoch, step)
        before, gradient = self.network.parameters.copy(), self.network.gradients.copy()
        self._update(epoch, step)
        return layer_stats(self.network, self.objective, before, gradient)

    def _look(self, epoch: int, step: int) -> None:
        """Find the gradient of one batch, and count its loss."""
        which = self.batches.indices(step)
        self.feed.load(which)
        self.objective.compute()
        if not self.objective.is_finite():
            raise NumericError(explain(self, epoch, step))
        self.tally.add(self.feed.table.y[which])

    def _update(self, epoch: int, step: int) -> None:
        rate = self.rate(epoch + step / self.batches.steps)
        self.optimizer.steps += 1
        self.optimizer.update(self.network.parameters, self.network.gradients, rate, self.objective)
        self.network.end_step()

    def _settle(self, epoch: int, step: int) -> None:
        self.tally.settle()
        if not math.isfinite(self.tally.total):
            raise NumericError(explain(self, epoch, step))

    def _progress(self, epoch: int, step: int, now: float, layers: tuple[LayerStats, ...]) -> Progress:
        steps, seconds = self.batches.steps, now - self._began
        rate = self.rate(epoch + step / steps)
        return Progress(epoch, step + 1, steps, self._speed(epoch, step, now), seconds, self.tally.loss, rate, layers)

    def rate(self, time_in_epochs: float) -> float:
        """Return the learning rate at a time in epochs."""
        if self.schedule is not None:
            return self.schedule.rate(time_in_epochs)
        rate: float = self.optimizer.learning_rate
        return rate

    def _speed(self, epoch: int, step: int, now: float) -> float:
        rows = epoch * self.batches.rows_used + (step + 1) * self.batches.batch_size
        return rows / max(now - self._began, 1e-9)

    # -------------------------------------------------------------- what an epoch gave

    def _record(self, epoch: int) -> None:
        measured = epoch % self.settings.evaluate_every == 0 or epoch == self.epochs - 1
        record: Record = {"epoch": epoch, "train_loss": self.tally.loss}
        record |= {f"train_{m.name}": m.result() for m in self.tally.metrics}
        if self.batches.rows_used != self.batches.rows:
            record["train_rows"] = self.batches.rows_used
            record["train_rows_left_out"] = self.batches.rows - self.batches.rows_used
        if self.objective.has_penalties:
            record["penalty"] = self.objective.penalty()
        for split in self.settings.evaluate if measured else ():
            if split in self.splits:
                figures = self.model.evaluate_table(self.splits[split])
                record |= {f"{split}_{name}": value for name, value in figures.items()}
        if self.schedule is not None:
            record["learning_rate"] = self.rate(float(epoch))
            self.schedule.observe(record)
        self.history.append(record)

    def _call_back(self, record: Record) -> str:
        reasons = [reason for c in self.callbacks if (reason := c.after_epoch(record, self))]
        return "; ".join(reasons)

    def _said(self) -> Iterator[Message]:
        yield from self._messages
        self._messages.clear()

    def _directions(self) -> dict[str, bool]:
        directions = {f"{split}_loss": False for split in self.splits}
        for metric in self.metrics:
            directions |= {f"{split}_{metric.name}": metric.higher_is_better for split in self.splits}
        return directions

    # -------------------------------------------------------------- what callbacks may do

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Tell whether a figure beats the best one so far."""
        if best is None:
            return True
        return value > best if self._directions().get(monitor, False) else value < best

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of parameters and running state."""
        return {path: array.copy() for path, array in self.network.state().items()}

    def restore(self, snapshot: Mapping[str, Array]) -> None:
        """Put a snapshot back."""
        self.network.restore(snapshot)

    def say(self, text: str) -> None:
        """Have a line shown to the user."""
        self._messages.append(Message(text, source="callback"))


def fit_preparation(preparation: Preparation, table: Table) -> Preparation:
    """Fit a preparation on the training split and return it."""
    preparation.fit(table.x)
    return preparation
