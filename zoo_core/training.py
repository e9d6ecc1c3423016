"""Training as a generator of events: no input, no output, no clock in the results."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from zoo_core.assembly import fresh
from zoo_core.data.batches import Batches, take_rows
from zoo_core.diagnosis import explain, layer_stats
from zoo_core.errors import DataError, NumericError
from zoo_core.events import EpochEnded, Event, Finished, Message, Progress, Started
from zoo_core.model import Model
from zoo_core.objective import Objective, class_weights, one_hot, targets_for
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
        self.changes = [fresh(r) for r in self.spec.model.regularizers if isinstance(r, BatchChange)]
        self._messages: list[Message] = []
        self._train = splits["train"]
        rows = self._train.x.shape[0]
        size = rows if self.settings.batch_size == "all" else min(self.settings.batch_size, rows)
        drop = self.settings.last_batch == "drop" and rows >= size
        self.batches = Batches(rows, size, shuffle=self.settings.shuffle, rng=source.stream("shuffle"), drop_last=drop)
        self.schedule = self._schedule()
        self._rng = source.stream("batch")
        self._targets, self._weights = self._prepare_targets()

    def _stopping(self) -> list[Callback]:
        return [self.settings.early_stopping] if self.settings.early_stopping else []

    def _schedule(self) -> Schedule | None:
        """Return the schedule of the learning rate, or None where it is a plain number."""
        rate = self.optimizer.learning_rate
        if isinstance(rate, Schedule):
            rate.start(self.epochs, self.batches.steps)
            return rate
        return None

    def _prepare_targets(self) -> tuple[Array, Array | None]:
        """Return all training targets in the form the loss takes, and the weight of each row or None."""
        y, loss, dtype = self._train.y, self.model.loss, self.network.dtype
        weights = None if self._train.weights is None else np.asarray(self._train.weights, dtype)
        if y.ndim == 1 and y.dtype.kind in "iu":
            by_class = class_weights(loss, y, max(self.network.outputs, 2))
            if by_class is not None:
                if len(by_class) != max(self.network.outputs, 2):
                    raise DataError(
                        f"model.loss.class_weights has {len(by_class)} numbers for {self.network.outputs} classes"
                    )
                own = np.asarray(by_class, dtype)[y]
                weights = own if weights is None else weights * own
        if self.changes and y.ndim == 1:
            return one_hot(y, self.network.outputs, dtype), weights
        return targets_for(loss, y, self.network.outputs, dtype), weights

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
        measured = epoch % self.settings.evaluate_every == 0 or epoch == self.epochs - 1
        on_train = self.metrics if "train" not in self.settings.evaluate else []
        for metric in on_train:
            metric.start(self.batches.rows_used, self.network.outputs)
        total = weight = 0.0
        steps = self.batches.steps
        due = time.perf_counter() + PROGRESS_SECONDS
        stats_due = due
        objective, optimizer, network = self.objective, self.optimizer, self.network
        for step in range(steps):
            which = self.batches.indices(step)
            self._load(which)
            objective.compute()
            if not math.isfinite(objective.total):
                raise NumericError(explain(self, epoch, step))
            total += objective.total
            weight += objective.weight
            for metric in on_train:
                metric.update(objective.outputs, self._batch_y(which), objective.weights)
            rate = self.rate(epoch + step / steps)
            optimizer.steps += 1
            now = time.perf_counter()
            before = network.parameters.copy() if now >= stats_due else None
            gradient = network.gradients.copy() if before is not None else None
            optimizer.update(network.parameters, network.gradients, rate, objective)
            network.end_step()
            if now >= due:
                layers = layer_stats(network, objective, before, gradient)
                yield Progress(
                    epoch,
                    step + 1,
                    steps,
                    self._speed(epoch, step, now),
                    now - self._began,
                    total / weight,
                    rate,
                    layers,
                )
                due = now + PROGRESS_SECONDS
                stats_due = now + STATS_SECONDS if before is not None else stats_due
        self._record(epoch, total / weight, on_train, measured)

    def _load(self, which: slice | Array) -> None:
        """Put a batch into the buffers: gather, prepare, change."""
        rows = which.stop - which.start if isinstance(which, slice) else len(which)
        x, targets = self.objective.x(rows), self._targets[which]
        self.model.preparation.apply(self._gather(which, rows), x)
        for change in self.changes:
            changed, targets = change.change(x, targets, self._rng)
            if changed is not x:
                x[...] = changed
        weights = None if self._weights is None else self._weights[which]
        self.objective.look_at(rows, targets, weights)

    def _gather(self, which: slice | Array, rows: int) -> Array:
        source = self._train.x
        if not hasattr(self, "_raw"):
            self._raw = np.empty((self.batches.batch_size, source.shape[1]), source.dtype)
        return take_rows(source, which, self._raw[:rows])

    def _batch_y(self, which: slice | Array) -> Array:
        return self._train.y[which]

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

    def _record(self, epoch: int, loss: float, on_train: list[Metric], measured: bool) -> None:
        record: Record = {"epoch": epoch, "train_loss": loss}
        record |= {f"train_{m.name}": m.result() for m in on_train}
        if self.batches.rows_used != self._train.x.shape[0]:
            record["train_rows"] = self.batches.rows_used
            record["train_rows_left_out"] = self._train.x.shape[0] - self.batches.rows_used
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
