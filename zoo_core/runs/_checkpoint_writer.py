"""Saves the checkpoints of a run at an interval, and at its end the model."""

from __future__ import annotations

import time
from collections.abc import Iterator

from zoo_core.errors import NumericError
from zoo_core.runs._advice import notes_after_divergence, notes_after_stop
from zoo_core.runs._checkpoint import write_checkpoint
from zoo_core.runs._output import Output
from zoo_core.training import Interval, Trainer
from zoo_core.training.events import Event, Finished, SafePoint


def save_run(output: Output, trainer: Trainer, events: Iterator[Event], interval: Interval | None) -> Iterator[Event]:
    """Pass the events of a run on; save checkpoints at the interval, and at the end the model.

    The first checkpoint is written before the first step, so that an output that cannot be written fails at once.
    An error of the run gets notes that say how to go on.
    """
    try:
        if interval is not None and output.last is None:
            save_checkpoint(output, trainer, interval)
        for event in events:
            if isinstance(event, SafePoint):
                save_checkpoint(output, trainer, interval)
                continue
            if isinstance(event, Finished):
                _save_end(output, trainer)
            yield event
    except BaseException as error:
        for note in _notes(error, output, trainer):
            error.add_note(note)
        raise


def _notes(error: BaseException, output: Output, trainer: Trainer) -> Iterator[str]:
    """Return how a run can go on after an error. Save the best weights of a run that diverged."""
    if not isinstance(error, NumericError):
        return notes_after_stop(output.path, output.latest_progress())
    best = output.path.with_name(f"{output.path.stem}.best{output.path.suffix}")
    restored = trainer.callback_run.finish()
    if restored:
        trainer.model.save(best)
    return notes_after_divergence(best if restored else None, output.latest_progress())


def _save_end(output: Output, trainer: Trainer) -> None:
    if trainer.interrupted:
        save_checkpoint(output, trainer)
        return
    trainer.model.save(output.path, overwrite=output.overwrite)
    output.clear()


def save_checkpoint(output: Output, trainer: Trainer, interval: Interval | None = None) -> None:
    """Write a checkpoint, and record its duration in the interval. Only this checkpoint and the one before are kept."""
    path, began = output.checkpoint_path(trainer.optimizer.steps), time.perf_counter()
    write_checkpoint(trainer, path)
    if interval is not None:
        interval.record_duration(time.perf_counter() - began)
    for other in output.checkpoints():
        if other not in (path, output.last):
            other.unlink(missing_ok=True)
    output.record(path)
