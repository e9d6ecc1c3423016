"""Training as a generator of events: no input, no output, and no clock in the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from zoo_core.basics.workers import Pool
from zoo_core.data import SplitRows
from zoo_core.errors import NumericError
from zoo_core.model import Model, kept_record
from zoo_core.parts import Record, Table
from zoo_core.training._callback_run import CallbackRun
from zoo_core.training._diagnostics import layer_record, nonfinite_weights
from zoo_core.training._gradient_steps import GradientSteps
from zoo_core.training._interval import Interval
from zoo_core.training._lint import lint_spec
from zoo_core.training._position import TrainingPosition
from zoo_core.training._preflight import check_model
from zoo_core.training._speed import Speed
from zoo_core.training._stepping import PAUSE, Pause, Stepping
from zoo_core.training._success import failed_training, hopeless_training
from zoo_core.training.events import EpochEnded, Event, Finished, LayerStats, Progress, SafePoint, Started, StepTaken


class Trainer(GradientSteps):
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
        super().__init__(model, splits, pool=pool)
        self.history = model.history
        self.split_rows: dict[str, SplitRows] = {}  # which rows of the data each split has
        self.inputs: list[Path] = []  # the files that the run was made from, which it must not replace
        self.output: Path | None = None  # where `follow` saves the model
        self.interrupted = ""  # the reason to leave after the present block of steps
        self.at_end: list[Callable[[], None]] = []  # what is called before a run that is over says so
        self.callback_run = CallbackRun(self)
        self._speed = Speed()
        self._statistics: Record = {}  # of the layers, at the last step of the epoch
        self._stepping: Stepping | None = None

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
        self._choose_update()
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

    def interrupt(self, reason: str) -> None:
        """Leave after the present block of steps; the last event gives the reason."""
        self.interrupted = reason

    def warn(self, text: str) -> None:
        """Show a warning to the user."""
        self.callback_run.warn(text)

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
        if not self._is_finite():
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

    def _epoch(self, interval: Interval | None) -> Iterator[Event | Pause]:
        """Take the remaining steps of the present epoch, block by block."""
        position, steps, block = self.position, self.loader.batches.steps, self.loader.block_steps
        step = self.callback_run.after_each(self._step) if self.callback_run.watches_batches else self._step
        first = position.step
        if pauses := self._stepping is not None:
            step = self._stepping.keeping(step)
            yield PAUSE  # before the order of the rows is drawn, so that `follow` may take the rest
        self._begin_epoch()
        keep_statistics = self.spec.training.layer_statistics
        while position.step < steps:
            for left in reversed(range(self.loader.steps_of_block(position.step))):
                if pauses and position.step > first and not self.callback_run.stopped:
                    yield PAUSE
                if left:
                    step()
            now, is_last = time.perf_counter(), position.step == steps - 1
            layers = step(watched=self._speed.statistics_due(now) or (keep_statistics and is_last))
            if self.callback_run.stopped:
                self.loader.cut_block(position.step)
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

    def _begin_epoch(self) -> None:
        """Draw the order of the rows, unless the run goes on within an epoch."""
        if self.position.step == 0:
            self.optimizer.start_epoch(self.network.parameters)
            self.loader.start_epoch()
            self.metrics.start()

    def is_epoch_trained(self) -> bool:
        """Return whether all steps of the present epoch are over, and only what follows them is not."""
        return self.position.step == self.loader.batches.steps or bool(self.callback_run.stopped)

    def _is_last_step(self) -> bool:
        """Return whether no step follows a finite one; parts that measure and call back may still fail."""
        is_last = self.is_epoch_trained() and self.position.epoch == self.epochs - 1
        return is_last and self._is_finite()

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

    def _progress(self, layers: tuple[LayerStats, ...]) -> Progress:
        position, steps = self.position, self.loader.batches.steps
        speed, seconds = self._speed.rows_per_second(self._rows_done()), self._speed.seconds()
        loss, rate = self.metrics.training.mean_loss, self._rate_at(position.step - 1)
        return Progress(position.epoch, position.step, steps, speed, seconds, loss, rate, layers)
