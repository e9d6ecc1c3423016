"""A run that is taken step by step, as a lesson does: what `Trainer.step` needs beside the events of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core.training._one_thread import with_named_parts, with_one_blas_thread
from zoo_core.training.events import Event, LayerStats, StepTaken

if TYPE_CHECKING:
    from zoo_core.training._callback_run import Step
    from zoo_core.training._trainer import Trainer


class Pause:
    """Comes before each step of a run that is taken step by step."""


PAUSE = Pause()


class Stepping:
    """The events of a run, with a pause before each step. They are the same events that `follow` takes."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer, self._loss = trainer, float("nan")
        self._rate = self._loss
        self._events = with_named_parts(trainer, with_one_blas_thread(trainer.events(stepping=self)))
        self._earlier: list[Event] | None = None  # what came before the first step
        self._ended = False

    def take(self) -> StepTaken | None:
        """Go on from a pause to the next one, or to the end of the run; return None where the run has ended."""
        trainer = self._trainer
        if self._earlier is None:
            self._earlier = self._to_pause()
        before, happened, self._earlier = trainer.optimizer.steps, self._earlier, []
        while trainer.optimizer.steps == before:  # a resumed run may begin with the end of an epoch
            if self._ended:
                return None
            epoch, step = trainer.position.epoch, trainer.position.step + 1
            happened += self._to_pause()
        return StepTaken(epoch, step, self._loss, self._rate, tuple(happened))

    def _to_pause(self) -> list[Event]:
        found: list[Event] = []
        for event in self._events:
            if isinstance(event, Pause):
                return found
            found.append(event)
        self._ended = True
        self._trainer.loader.close()
        self._trainer.pool.close()
        return found

    def keeping(self, step: Step) -> Step:
        """Return a function that takes a step and keeps its loss and its rate; the trainer keeps the gradients."""
        trainer = self._trainer

        def keep(*, watched: bool = False) -> tuple[LayerStats, ...]:
            layers = step(watched=True)
            self._loss, self._rate = trainer.loader.batch_loss(trainer.position.step - 1), trainer.latest_rate()
            return layers if watched else ()

        return keep
