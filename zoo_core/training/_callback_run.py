"""Calls the callbacks of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zoo_core.contract import stop_reason
from zoo_core.parts import Callback, Record
from zoo_core.spec import TrainingSpec, copy_part
from zoo_core.training._run_view import Notes, RunView
from zoo_core.training.events import LayerStats, Message

if TYPE_CHECKING:
    from zoo_core.training._trainer import Trainer

Step = Callable[..., tuple[LayerStats, ...]]


class CallbackRun:
    """Calls the callbacks of a run, and hands on what they say.

    `on_batch_end` is called only where a callback overrides it; `watches_batches` tells whether any does. `stopped` is
    the reason why the run ends before its last epoch, or ''.
    """

    def __init__(self, trainer: Trainer) -> None:
        callbacks = self.callbacks = _copied_callbacks(trainer.spec.training)
        self.stopped, self._notes = "", Notes()
        self.run = RunView(trainer, self._notes)
        self._on_batch = [c for c in callbacks if type(c).on_batch_end is not Callback.on_batch_end]
        self.watches_batches = bool(self._on_batch)
        self._started = False
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start the callbacks, at the first call only."""
        for callback in [] if self._started else self.callbacks:
            callback.on_train_begin(self.run)
        self._started = True

    def after_each(self, step: Step) -> Step:
        """Return a function that takes a step and calls `on_batch_end`. Once the run is stopped it does nothing."""

        def step_and_call(*, watched: bool = False) -> tuple[LayerStats, ...]:
            if self.stopped:
                return ()
            layers = step(watched=watched)
            self._notes.in_batch = True
            self._stop("on_batch_end", [c.on_batch_end(self.run) for c in self._on_batch], self._on_batch)
            self._notes.in_batch = False
            return layers

        return step_and_call

    def end_epoch(self, record: Record) -> None:
        """Show the record of an epoch to the callbacks."""
        for callback in self.callbacks:
            with self._errors_later():
                self._stop("on_epoch_end", [callback.on_epoch_end(record, self.run)], [callback])

    def _stop(self, method: str, answers: Sequence[Any], callbacks: Sequence[Callback]) -> None:
        """Add the reasons to stop that callbacks gave."""
        reasons = [stop_reason(c, method, answer) for c, answer in zip(callbacks, answers, strict=True)]
        self.stopped = "; ".join(filter(None, [self.stopped, *reasons]))

    def finish(self) -> bool:
        """Finish the callbacks; return whether one of them restored earlier weights."""
        before = self._notes.restored
        for callback in self.callbacks:
            with self._errors_later():
                callback.on_train_end(self.run)
        return self._notes.restored > before

    def raise_error(self) -> None:
        """Raise the first error that a callback raised in `end_epoch` or `finish`."""
        if self._error is not None:
            raise self._error

    @contextmanager
    def _errors_later(self) -> Iterator[None]:
        """Keep an error of a callback until `raise_error`: first the others are called, and the model is saved."""
        try:
            yield
        except (Exception, SystemExit) as error:
            self._error = self._error or error

    def warn(self, text: str) -> None:
        """Show a warning to the user."""
        self._notes.messages.append(Message(text, warning=True))

    def take_messages(self) -> Iterator[Message]:
        """Yield the messages since the last call."""
        yield from self._notes.messages
        self._notes.messages.clear()


def _copied_callbacks(settings: TrainingSpec) -> list[Callback]:
    """Return a copy of each callback of a spec, early stopping first."""
    stopping = [] if settings.early_stopping is None else [settings.early_stopping]
    return [copy_part(callback) for callback in (*stopping, *settings.callbacks)]
