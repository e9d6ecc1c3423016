"""Training as a generator of events: no input, no output, and no clock in the results."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.basics.workers import Pool
from zoo_core.data import SplitRows
from zoo_core.errors import NumericError
from zoo_core.model import Model, kept_record
from zoo_core.nn import Objective
from zoo_core.parts import Array, Record, Table
from zoo_core.spec import copy_part
from zoo_core.training._batch_loader import BatchLoader
from zoo_core.training._callback_run import CallbackRun
from zoo_core.training._diagnostics import (
    layer_record,
    layer_stats,
    nonfinite_block,
    nonfinite_step,
    nonfinite_weights,
)
from zoo_core.training._interval import Interval
from zoo_core.training._learning_rate import LearningRate
from zoo_core.training._lint import lint_spec
from zoo_core.training._metrics import EpochMetrics
from zoo_core.training._position import TrainingPosition
from zoo_core.training._preflight import check_model
from zoo_core.training._speed import Speed
from zoo_core.training._stepping import PAUSE, Pause, Stepping
from zoo_core.training._success import failed_training, hopeless_training
from zoo_core.training._targets import badly_scaled
from zoo_core.training._updates import Update, update_of
from zoo_core.training.events import EpochEnded, Event, Finished, LayerStats, Progress, SafePoint, Started, StepTaken


class Trainer:
    """One run: a model and the splits that it learns from. `events` trains; the model is changed in place.

    Args:
        model: the network to train, initialized.
        splits: "train", and those of "validation" and "test" that there are: tables of rows before their preparation.
            `np.asarray(table.x)` gathers their inputs. Of a prepared run, `split_rows` has the indices in the data.
        pool: the threads that share the work of a step; by default the caller works alone. `follow` closes it.

    Example:
        trainer = zoo_core.prepare("glyphs-quickstart")
        losses = [e.record["train_loss"] for e in trainer.events() if isinstance(e, EpochEnded)]
    """

    def __init__(self, model: Model, splits: Mapping[str, Table], *, pool: Pool | None = None) -> None:
        self.model, self.splits, self.pool = model, splits, pool or Pool()
        self.split_rows: dict[str, SplitRows] = {}  # which rows of the data each split has
        self.inputs: list[Path] = []  # the files that the run was made from, which it must not replace
        self.spec, self.network, self.history = model.spec, model.network, model.history
        self.network.share_products(self.pool)
        self.epochs = self.spec.training.epochs
        self.position = TrainingPosition()
        self.interrupted = ""  # the reason to leave after the present block of steps
        self.objective = Objective(self.network, model.loss)
        self.loader = BatchLoader(model, splits["train"], self.objective, model.source)
        self.optimizer = copy_part(self.spec.optimizer)
        self.optimizer.start(self.network.layout)
        self._update: Update = self.optimizer.update
        self.metrics = EpochMetrics(model, splits, self.objective, self.loader)
        steps, directions = self.loader.batches.steps, self.metrics.directions
        self.learning_rate = LearningRate(self.optimizer, self.network, self.epochs, steps, directions)
        self.output: Path | None = None  # where `follow` saves the model
        self.callback_run = CallbackRun(self)
        self._speed = Speed()
        self._statistics: Record = {}  # of the layers, at the last step of the epoch
        self._watched_gradients: Array | None = None  # of the latest watched step
        self._stepping: Stepping | None = None
        self.at_end: list[Callable[[], None]] = []  # what is called before a run that is over says so
        self._factors: tuple[float, float] | None = None  # of the latest step: of the gradients, and the rate

    def events(
        self, interval: Interval | None = None, *, stepping: Stepping | None = None
    ) -> Generator[Any, None, None]:
        """Train to the end of the last epoch, from the present position.

        Args:
            interval: how often a SafePoint comes; by default, none comes.
            stepping: of `step`, which wants a pause before each step.

        Yields:
            Started, then events in the order in which they happen, at the end Finished.

        Raises:
            NumericError: the loss or a weight is not finite.
            PluginError: a part breaks its contract.
            Exception: what a callback raised in the last epoch or at the end, after Finished.
        """
        self._stepping = stepping
        steps_left = (self.epochs - self.position.epoch) * self.loader.batches.steps - self.position.step
        self._update = update_of(self.optimizer, self.network.layout, self.pool, steps_left)
        self._speed.start(self._rows_done())
        yield self._started()
        check_model(self.model)
        self.model.warnings |= hopeless_training(self.model, self.splits)
        for line in dict.fromkeys([*lint_spec(self.spec), *self.model.warnings.values()]):
            self.warn(line)
        self.callback_run.start()
        yield from self.callback_run.take_messages()
        while not self.callback_run.stopped and self.position.epoch < self.epochs:
            yield from self._epoch(interval)
            if self.interrupted:
                yield Finished(self.interrupted, self._speed.seconds())
                return
            yield from self._end_epoch()
        yield from self._finish()

    def step(self) -> StepTaken | None:
        """Take one step, and all that comes before the next one: after the last step of an epoch, its end.

        A run that is taken step by step ends with the bits of `follow`, which may also take the rest of it. After a
        step, `network.state()` has the parameters by their paths, and `gradients()` what they were changed by.

        Returns:
            Epoch, step, loss, learning rate and events, or None if the run was over.

        Raises:
            PluginError, NumericError: as `follow`.

        Example:
            trainer = zoo_core.prepare("glyphs-quickstart")
            while taken := trainer.step():
                print(taken.epoch, taken.step, taken.loss)
        """
        if self._stepping is None:
            self._stepping = Stepping(self)
        try:
            return self._stepping.take()
        except BaseException:
            self._stepping = None  # the next step begins where the run is
            raise

    def gradients(self) -> dict[str, Array]:
        """Return the gradient of the latest step that `step` took, by the path of each array of parameters.

        Returns:
            Arrays in the shapes of the parameters, in which no learning rate is contained; empty before the first step.

        Example:
            trainer.step()
            trainer.gradients()["layers.0.weights"].shape  # (784, 64)
        """
        if self._watched_gradients is None:
            return {}
        return {segment.path: segment.view(self._watched_gradients) for segment in self.network.layout.segments}

    def interrupt(self, reason: str) -> None:
        """Leave after the present block of steps; the last event gives the reason."""
        self.interrupted = reason

    def warn(self, text: str) -> None:
        """Show a warning to the user."""
        self.callback_run.warn(text)

    @property
    def steps_taken(self) -> int:
        """The steps of this run, without those of a run that it continues."""
        return self.optimizer.steps - self.position.steps_before

    def set_position(self, position: TrainingPosition, permutation: Any, sums: Mapping[str, float]) -> None:
        """Go to a position. `permutation` is the epoch's order of rows; `sums` are `total` and `weight` of its losses.

        Raises KeyError, TypeError or ValueError for values of another run.
        """
        self.position = position
        self.learning_rate.begin_after(position.epochs_before)
        self.loader.batches.set_state(position.step, permutation)
        if position.step:
            self.metrics.start()
            self.metrics.training.add(**sums)

    def _started(self) -> Started:
        return Started(
            name=self.spec.name,
            epochs=self.epochs,
            first_epoch=self.position.epoch,
            steps=self.loader.batches.steps,
            rows={name: table.x.shape[0] for name, table in self.splits.items()},
            parameters=self.network.layout.size,
            threads=self.pool.threads,
            higher_is_better=self.metrics.directions,
            history=tuple(self.history),
        )

    def _finish(self) -> Iterator[Event]:
        self.callback_run.finish()
        if not np.isfinite(self.network.parameters).all():
            raise NumericError(nonfinite_weights(self.network, self.spec.name))
        failure = failed_training(self.model, self.splits, self.optimizer.steps)
        self.model.warnings |= failure
        for line in failure.values():
            self.warn(line)
        yield from self.callback_run.take_messages()
        reason = self.callback_run.stopped or "all epochs done"
        for call in self.at_end:
            call()
        yield Finished(reason, self._speed.seconds(), kept_record(self.history))
        self.callback_run.raise_error()

    # -------------------------------------------------------------- epochs

    def _epoch(self, interval: Interval | None) -> Iterator[Event | Pause]:
        """Take the remaining steps of the present epoch, block by block."""
        position, steps, block = self.position, self.loader.batches.steps, self.loader.block_steps
        step = self.callback_run.after_each(self._step) if self.callback_run.watches_batches else self._step
        first = position.step
        if pauses := self._stepping is not None:
            step = self._stepping.keeping(step)
            yield PAUSE  # before the order of the rows is drawn, so that `follow` may take the rest
        if position.step == 0:
            self.optimizer.start_epoch(self.network.parameters)
            self.loader.start_epoch()
            self.metrics.start()
        keep_statistics = self.spec.training.layer_statistics
        while position.step < steps:
            for _ in range(self.loader.steps_of_block(position.step) - 1):
                if pauses and position.step > first and not self.callback_run.stopped:
                    yield PAUSE
                step()
            if pauses and position.step > first and not self.callback_run.stopped:
                yield PAUSE
            now = time.perf_counter()
            is_last = position.step == steps - 1
            layers = step(watched=self._speed.statistics_due(now) or (keep_statistics and is_last))
            self._end_block()
            yield from self.callback_run.take_messages()
            if keep_statistics and is_last:
                self._statistics = layer_record(layers)
            if self._speed.progress_due(now, statistics=bool(layers)):
                yield self._progress(layers)
            if self.callback_run.stopped:
                self.interrupted = ""  # the run ends now
            if self.callback_run.stopped or self.interrupted:
                return
            if interval is not None and (interval.due(now, self.optimizer.steps, block) or self._is_last_step()):
                yield SafePoint(position.epoch, position.step)

    def is_epoch_trained(self) -> bool:
        """Return whether all steps of the present epoch are over, and only what follows them is not."""
        return self.position.step == self.loader.batches.steps or bool(self.callback_run.stopped)

    def _is_last_step(self) -> bool:
        """Return whether no step follows a finite one; parts that measure and call back may still fail."""
        is_last = self.is_epoch_trained() and self.position.epoch == self.epochs - 1
        return is_last and bool(np.isfinite(self.network.parameters).all())

    def _end_block(self) -> None:
        """Count a block of batches. Raises NumericError if a loss is not finite."""
        if self.callback_run.stopped:
            self.loader.cut_block(self.position.step)
        block, running = self.loader.block, self.metrics.training
        running.update(*block.outputs, block.targets, block.labels, block.sample_weights)
        if not math.isfinite(running.total):
            epoch, step, size = self.position.epoch, self.position.step - 1, self.loader.batches.batch_size
            rate = self.learning_rate.rate(self._epochs_at(step))
            text = nonfinite_block(self.objective, running.values, size, self.spec.name, epoch, step, rate)
            raise NumericError("; ".join(filter(None, [text, badly_scaled(self.model, self.splits["train"])])))

    def _end_epoch(self) -> Iterator[Event]:
        """Measure the epoch, record it, and call the callbacks."""
        epoch, steps = self.position.epoch, self.position.step
        self.optimizer.end_epoch(self.network.parameters)
        record = self.metrics.record(epoch, steps, is_last=bool(self.callback_run.stopped))
        record |= self._statistics
        self.learning_rate.end_epoch(record)
        self.history.append(record)
        state = self.network.state()  # it also checks that a model file can hold it
        if self.spec.training.trace:
            self.model.fingerprints.append(epoch, state)
        self.callback_run.end_epoch(record)
        if not self.callback_run.stopped and epoch + 1 < self.epochs:
            self.callback_run.raise_error()
        self.position = self.position.next_epoch()
        yield EpochEnded(record, self._speed.seconds())
        yield from self.callback_run.take_messages()

    # -------------------------------------------------------------- steps

    def _step(self, *, watched: bool = False) -> tuple[LayerStats, ...]:
        """Learn from one batch; if `watched`, return the statistics of each layer."""
        network, objective = self.network, self.objective
        rate = self.begin_step()
        objective.compute()
        if not objective.is_finite():
            epoch, step = self.position.epoch, self.position.step
            used = self.learning_rate.rate(self._epochs_at(step))
            text = nonfinite_step(objective, self.spec.name, epoch, step, used)
            raise NumericError("; ".join(filter(None, [text, badly_scaled(self.model, self.splits["train"])])))
        before = (network.parameters.copy(), network.gradients / objective.gradient_scale) if watched else None
        self.end_step(rate)
        if before is None:
            return ()
        self._watched_gradients = before[1]
        return layer_stats(network, objective, *before)

    def begin_step(self) -> float:
        """Load the batch of the present step; return the rate that `end_step` takes."""
        position = self.position
        factor, rate = self._factors = self.learning_rate.factors(
            position.epoch + position.step / self.loader.batches.steps
        )
        if factor != self.objective.gradient_scale:
            self.objective.scale_gradients(factor)
        self.loader.load_batch(position.step)
        return rate

    def latest_rate(self) -> float:
        """Return the learning rate of the latest step, or of the first one before it."""
        if self._factors is None:
            return self.learning_rate.rate(self._epochs_at(max(self.position.step, 1) - 1))
        return math.prod(self._factors)

    def end_step(self, rate: float) -> None:
        """Update the parameters with the gradient that the objective has computed."""
        network, optimizer = self.network, self.optimizer
        optimizer.steps += 1
        self._update(network.parameters, network.gradients, rate, self.objective)
        for call in network.after_step:
            call()
        self.position.step += 1

    def _progress(self, layers: tuple[LayerStats, ...]) -> Progress:
        position, steps = self.position, self.loader.batches.steps
        speed, seconds = self._speed.rows_per_second(self._rows_done()), self._speed.seconds()
        loss, rate = self.metrics.training.mean_loss, self.learning_rate.rate(self._epochs_at(position.step - 1))
        return Progress(position.epoch, position.step, steps, speed, seconds, loss, rate, layers)

    def _rows_done(self) -> int:
        batches = self.loader.batches
        return self.position.epoch * batches.rows_used + self.position.step * batches.batch_size

    def _epochs_at(self, step: int) -> float:
        """Return how many epochs the run has done at a step of the present epoch."""
        return self.position.epoch + step / self.loader.batches.steps
