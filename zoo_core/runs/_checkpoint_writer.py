"""Saves the checkpoints of a run at an interval, and at its end the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from zoo_core.errors import Hint, PluginError, ResourceError, UsageError
from zoo_core.runs._checkpoint import write_checkpoint
from zoo_core.runs._output import Output
from zoo_core.runs._rescue import Rescue
from zoo_core.training import Interval, Trainer
from zoo_core.training.events import EpochEnded, Event, Finished, Message, SafePoint

NOT_WRITTEN = ResourceError, UsageError  # the disk, or a file that stands in the way
NOWHERE = "no other place could be written either"


def save_run(output: Output, trainer: Trainer, events: Iterator[Event], interval: Interval | None) -> Iterator[Event]:
    """Pass the events of a run on; save checkpoints at the interval, and at the end the model.

    The first checkpoint is written before the first step, so that an output that cannot be written fails at once. A
    later one that cannot be written ends no run. An error of the run gets notes that say what is kept.
    """
    rescue = Rescue(output, trainer)
    try:
        _begin(output, trainer, interval)
        for event in events:
            if isinstance(event, SafePoint):
                yield from _save_on_the_way(output, trainer, interval)
                continue
            if isinstance(event, Finished):
                _save_end(output, trainer, rescue)
            elif isinstance(event, EpochEnded):
                rescue.end_epoch(event.record)
            yield event
    except BaseException as error:
        for note in rescue.notes(error):
            error.add_note(note)
        raise


def _begin(output: Output, trainer: Trainer, interval: Interval | None) -> None:
    output.check_inputs(trainer.inputs)
    output.check_free()
    if interval is not None and output.last is None:
        save_checkpoint(output, trainer, interval)


def _save_on_the_way(output: Output, trainer: Trainer, interval: Interval | None) -> Iterator[Message]:
    """Save a checkpoint; say so, the first time, if that is impossible. Training goes on."""
    try:
        save_checkpoint(output, trainer, interval)
        output.is_failing = False
    except NOT_WRITTEN as error:
        if not output.is_failing:
            yield Message(f"{error.worded(None)}; training goes on without this checkpoint", warning=True)
        output.is_failing = True


def _save_end(output: Output, trainer: Trainer, rescue: Rescue) -> None:
    """Save the model of a run, or the checkpoint of one that was interrupted: at its place, or else elsewhere."""
    try:
        if trainer.interrupted:
            save_checkpoint(output, trainer)
            return
        _write(output, lambda: trainer.model.save(output.path, overwrite=output.is_replaceable))
        rescue.note = f"the trained model is saved: {output.path}"
        output.clear()
    except PluginError:  # the file would not give back the model: its weights are kept in a checkpoint
        save_checkpoint(output, trainer)
        raise
    except NOT_WRITTEN:
        rescue.note = _save_elsewhere(output, trainer, rescue)
        raise


def _save_elsewhere(output: Output, trainer: Trainer, rescue: Rescue) -> str:
    """Save the model or checkpoint that could not be written at its place; return what to tell the user."""
    if trainer.interrupted:
        step = trainer.steps_taken
        place = rescue.save_elsewhere(
            lambda path: write_checkpoint(trainer, path), lambda path: Output(path).checkpoint_path(step)
        )
        return Hint("resume", checkpoint=str(place), path=str(place)) if place else NOWHERE
    place = rescue.save_elsewhere(lambda path: trainer.model.save(path, overwrite=False), lambda path: path)
    if place is not None and place.parent == output.path.parent:
        output.clear()
    return f"the trained model is saved: {place}" if place else NOWHERE


def save_checkpoint(output: Output, trainer: Trainer, interval: Interval | None = None) -> None:
    """Write a checkpoint, and record its duration in the interval. Only this checkpoint and the one before are kept."""
    path, began = output.checkpoint_path(trainer.steps_taken), time.perf_counter()
    _write(output, lambda: write_checkpoint(trainer, path, output.replaceable))
    if interval is not None:
        interval.record_duration(time.perf_counter() - began)
    output.record(path)


def _write(output: Output, write: Callable[[], object]) -> None:
    """Write a file; if that fails, once more without the checkpoint before the last, whose room it may need."""
    try:
        write()
    except ResourceError:
        if not output.make_room():
            raise
        write()
