"""Training as a generator of events: no input, no output, no clock in the results."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoo_core._part_checks import checked_figures, checked_rate, declares, stop_reason
from zoo_core.errors import NumericError
from zoo_core.model import Model
from zoo_core.nn import Objective
from zoo_core.parts import Array, Callback, Metric, Optimizer, Record, Schedule, Table
from zoo_core.spec import copy_part
from zoo_core.training._batches import BatchLoader
from zoo_core.training._diagnostics import divergence, layer_stats, nonfinite_block, nonfinite_step, nonfinite_weights
from zoo_core.training._interval import Interval
from zoo_core.training._metrics import EpochMetrics
from zoo_core.training._parallel_matmul import SpeedMonitor
from zoo_core.training._preflight import dry_run, lint_spec
from zoo_core.training.events import (
    EpochEnded,
    Event,
    Finished,
    LayerStats,
    Message,
    Progress,
    SafePoint,
    Started,
    direction,
)

PROGRESS_SECONDS = 0.1  # how often a display may look
LEAST_FACTOR = 1e-9  # that gradients are multiplied by: none is to vanish, and displays divide by it
STATS_SECONDS = 1.0  # how often layer statistics are gathered; each costs about one step


@dataclass
class TrainingPosition:
    """How far a run has come. All of it is in a checkpoint; the clock is not."""

    epoch: int = 0  # epochs that are over
    step: int = 0  # steps of the epoch at hand that are over


class Trainer:
    """One run: a model and the splits it learns from. `events()` trains; the model is changed in place.

    It is the `Run` that callbacks see. With an `interval`, events of the kind SafePoint come by it.
    """

    def __init__(self, model: Model, splits: Mapping[str, Table], *, threads: int = 1) -> None:
        self.model, self.splits, self.threads = model, splits, threads
        model.environment["threads"] = threads
        self.spec, self.network, self.history = model.spec, model.network, model.history
        self.settings = self.spec.training
        self.epochs = self.settings.epochs
        self.log: Path | None = None
        self.allow_extra_threads = False  # beside one thread, where they change no bit
        self.extra_threads = 0  # how many there are, while `follow` runs
        self.speed_monitor: SpeedMonitor | None = None  # of whether they help
        self.position = TrainingPosition()
        self.interval: Interval | None = None
        self.stopped = ""  # why the run is over before its last epoch
        self.interrupted = ""  # the reason to leave after the step at hand
        self.objective = Objective(self.network, model.loss)
        self.feed = BatchLoader(model, splits["train"], self.objective, model.source)
        self.optimizer = copy_part(self.spec.optimizer)
        self.optimizer.start(self.network.layout)
        self._plain = self._is_plain()
        self.metrics: list[Metric] = model.metrics()
        self.callbacks: list[Callback] = [copy_part(c) for c in (*self._stopping(), *self.settings.callbacks)]
        on_train = self.metrics if "train" not in self.settings.evaluate else []
        self.tally = EpochMetrics(self.objective, on_train)
        self._messages: list[Message] = []
        self._begun = False
        self.schedule = self._schedule()

    def _stopping(self) -> list[Callback]:
        return [self.settings.early_stopping] if self.settings.early_stopping else []

    def _schedule(self) -> Schedule | None:
        """Return the schedule of the learning rate, or None where it is a plain number."""
        rate = self.optimizer.learning_rate
        if isinstance(rate, Schedule):
            rate.start(self.epochs, self.feed.batches.steps)
            return rate
        return None

    def _is_plain(self) -> bool:
        """Tell whether multiplying the loss's gradient is as good as multiplying the parameters' gradient."""
        inherited = type(self.optimizer).update is Optimizer.update
        linear = all(declares(stage.transform, "backward_is_linear", "backward") for stage in self.network.stages)
        return linear and inherited and declares(self.optimizer, "is_plain_gradient_step", "step")

    # -------------------------------------------------------------- the run

    def events(self) -> Iterator[Event]:
        """Train to the end, yielding what happens. Raises NumericError when the loss leaves the finite numbers."""
        self._began, self._began_at = time.perf_counter(), self._rows_done()
        yield self._started()
        dry_run(self.spec)
        for doubt in lint_spec(self.spec):
            self.warn(doubt)
        self.start_callbacks()
        yield from self._pending_messages()
        with np.errstate(all="ignore"):  # what leaves the finite numbers is found and explained below
            while not self.stopped and self.position.epoch < self.epochs:
                yield from self._epoch()
                if self.interrupted:
                    yield Finished(self.interrupted, time.perf_counter() - self._began)
                    return
                self.stopped = self._end_epoch()
                yield EpochEnded(self.history[-1], time.perf_counter() - self._began)
                yield from self._pending_messages()
        for callback in self.callbacks:
            callback.on_train_end(self)
        if not np.isfinite(self.network.parameters).all():
            raise NumericError(nonfinite_weights(self))
        if doubt := divergence(self.history):
            self._messages.append(Message(doubt, warning=True))
        yield from self._pending_messages()
        yield Finished(self.stopped or "all epochs done", time.perf_counter() - self._began)

    def start_callbacks(self) -> None:
        """Start the callbacks, once."""
        for callback in [] if self._begun else self.callbacks:
            callback.on_train_begin(self)
        self._begun = True

    def interrupt(self, reason: str) -> None:
        """Have the run leave after the step at hand; its last event gives the reason."""
        self.interrupted = reason

    def restore_best(self) -> bool:
        """See callbacks off after the run has failed; tell whether one of them put weights back."""
        self._restored = False
        for callback in self.callbacks:
            callback.on_train_end(self)
        return self._restored

    def _started(self) -> Started:
        rows = {name: table.x.shape[0] for name, table in self.splits.items()}
        size, steps = self.network.layout.size, self.feed.batches.steps
        directions, helpers = self._directions(), self.extra_threads
        return Started(
            self.spec.name, self.epochs, self.position.epoch, steps, rows, size, self.threads, directions, helpers
        )  # fmt: skip

    def _epoch(self) -> Iterator[Event]:
        """Take the steps of the epoch at hand that are not done yet, block by block."""
        at, steps, block = self.position, self.feed.batches.steps, self.feed.steps
        step = self.speed_monitor.timed(self._step) if self.speed_monitor else self._step
        if at.step == 0:
            self.optimizer.start_epoch(self.network.parameters)
            self.feed.start_epoch()
            self.tally.start(self.feed.batches.rows_used)
        due = stats_due = time.perf_counter() + PROGRESS_SECONDS
        while at.step < steps:
            for _ in range(min(block, steps - at.step) - 1):
                step()
            now = time.perf_counter()
            layers = step(watched=now >= stats_due)
            self._settle()
            if now >= due:
                yield self._progress(now, layers)
                due = now + PROGRESS_SECONDS
                stats_due = now + STATS_SECONDS if layers else stats_due
            if self.interrupted:
                return
            if self.interval is not None and self.interval.due(self.optimizer.steps, now, block):
                yield SafePoint(at.epoch, at.step)

    def _step(self, *, watched: bool = False) -> tuple[LayerStats, ...]:
        """Learn from one batch; tell, where it is watched, what that did to the layers."""
        network, objective = self.network, self.objective
        rate = self.begin_step()
        objective.compute()
        if not objective.is_finite():
            raise NumericError(nonfinite_step(self, self.position.epoch, self.position.step))
        before = (network.parameters.copy(), network.gradients / objective.gradient_scale) if watched else None
        self.end_step(rate)
        return layer_stats(network, objective, *before) if before else ()

    def begin_step(self) -> float:
        """Have the objective look at the batch of the step at hand; returns the rate to end the step with."""
        at = self.position
        rate = self.rate(at.epoch + at.step / self.feed.batches.steps)
        if self._plain:
            factor, rate = (rate, 1.0) if rate > LEAST_FACTOR else (1.0, rate)
            self.objective.scale_gradients(factor)
        self.feed.load(at.step)
        return rate

    def end_step(self, rate: float) -> None:
        """Let the optimizer take its step, with the gradient that the objective has computed."""
        network, optimizer = self.network, self.optimizer
        optimizer.steps += 1
        optimizer.update(network.parameters, network.gradients, rate, self.objective)
        for move in network.after_step:
            move()
        self.position.step += 1

    def _settle(self) -> None:
        self.tally.update(self.feed.block)
        if not math.isfinite(self.tally.total):
            raise NumericError(nonfinite_block(self, self.position.epoch, self.position.step - 1))

    def _progress(self, now: float, layers: tuple[LayerStats, ...]) -> Progress:
        at, seconds = self.position, now - self._began
        steps, rate = self.feed.batches.steps, self.rate(at.epoch + (at.step - 1) / self.feed.batches.steps)
        speed = (self._rows_done() - self._began_at) / max(seconds, 1e-9)
        return Progress(at.epoch, at.step, steps, speed, seconds, self.tally.loss, rate, layers)

    def _rows_done(self) -> int:
        batches = self.feed.batches
        return self.position.epoch * batches.rows_used + self.position.step * batches.batch_size

    def rate(self, time_in_epochs: float) -> float:
        """Return the learning rate at a time in epochs."""
        if self.schedule is not None:
            return checked_rate(self.schedule, self.schedule.rate(time_in_epochs))
        rate: float = self.optimizer.learning_rate
        return rate

    # -------------------------------------------------------------- what an epoch gave

    def _end_epoch(self) -> str:
        """Measure, record, tell callbacks; returns a reason to stop or ''."""
        self.optimizer.end_epoch(self.network.parameters)
        record = self._record()
        if self.schedule is not None:
            record["learning_rate"] = self.rate(float(self.position.epoch))
            self.schedule.observe(record)
        self.history.append(record)
        if self.settings.trace:
            self.model.fingerprints.append(self.position.epoch, self.network.state())
        reasons = [reason for c in self.callbacks if (reason := stop_reason(c, c.on_epoch_end(record, self)))]
        self.position = TrainingPosition(self.position.epoch + 1)
        return "; ".join(reasons)

    def _record(self) -> Record:
        epoch = self.position.epoch
        record: Record = {"epoch": epoch, "train_loss": self.tally.loss}
        record |= {f"train_{name}": value for m in self.tally.metrics for name, value in checked_figures(m).items()}
        if self.feed.rows_left_out:
            record["train_rows"] = self.feed.batches.rows_used
            record["train_rows_left_out"] = self.feed.rows_left_out
        if self.objective.has_penalties:
            record["penalty"] = self.objective.penalty()
        measured = epoch % self.settings.evaluate_every == 0 or epoch == self.epochs - 1
        for split in self.settings.evaluate if measured else ():
            if split in self.splits:
                figures = self.model.evaluate_table(self.splits[split])
                record |= {f"{split}_{name}": value for name, value in figures.items()}
        return record

    def _pending_messages(self) -> Iterator[Message]:
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
        return value > best if direction(monitor, self._directions()) else value < best

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of parameters and running state."""
        return {path: array.copy() for path, array in self.network.state().items()}

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Put a snapshot back, and mark the record of the epoch that it is of, unless that is the last."""
        self.network.restore(snapshot)
        self._restored = True
        for record in self.history:
            record.pop("kept", None)
            if record["epoch"] == epoch and record is not self.history[-1]:
                record["kept"] = 1

    def say(self, text: str) -> None:
        """Have a line shown to the user."""
        self._messages.append(Message(text, source="callback"))

    def warn(self, text: str) -> None:
        """Have a warning shown to the user."""
        self._messages.append(Message(text, warning=True))
