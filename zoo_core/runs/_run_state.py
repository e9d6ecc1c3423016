"""The state of a run apart from its model: taken from a trainer, and set in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo_core.nn import part_state, set_part_state
from zoo_core.parts import Part
from zoo_core.spec import walk_parts
from zoo_core.storage import records, tabulate
from zoo_core.training import Trainer, TrainingPosition


def get_state(trainer: Trainer) -> dict[str, Any]:
    """Return the state of a run by path; arrays are not copied.

    Call it between two steps: at a SafePoint, or before or after `Trainer.events`.
    """
    trainer.callback_run.start()
    state = {
        "run.position": dict(vars(trainer.position)),
        "run.permutation": trainer.loader.batches.permutation,
        "run.streams": trainer.model.source.get_state(),
        "run.history": tabulate(trainer.history),
        "run.trace": trainer.model.fingerprints.table(),
    }
    if trainer.position.step:
        running = trainer.metrics.training
        state["run.loss_so_far"] = {"total": running.total, "weight": running.weight}
    for path, part in _stateful_parts(trainer).items():
        state |= part_state(part, path)
    return state


def owner_of_state(trainer: Trainer, name: str) -> str:
    """Return the part that a value of `get_state` belongs to, as "optimizer 'adam': ", or ''."""
    for path, part in _stateful_parts(trainer).items():
        for place, owner in walk_parts(part, path):
            if place == name.rpartition(".")[0]:
                return f"{owner.kind} {owner.name!r}: "
    return ""


def set_state(trainer: Trainer, state: Mapping[str, Any]) -> None:
    """Set what `get_state` returned; `events` then goes on from there.

    The trainer's model must already have the arrays of the checkpoint.
    Raises KeyError, TypeError, ValueError or a similar error for the state of another run.
    """
    trainer.callback_run.start()
    position = _read_position(trainer, state["run.position"])
    trainer.set_position(position, state["run.permutation"], state["run.loss_so_far"] if position.step else {})
    trainer.model.source.set_state(state["run.streams"])
    trainer.model.set_history(records(state["run.history"]), state["run.trace"].tolist())
    for path, part in _stateful_parts(trainer).items():
        set_part_state(part, path, state)
    _check_lengths(trainer)


def _read_position(trainer: Trainer, table: Mapping[str, Any]) -> TrainingPosition:
    position = TrainingPosition(**table)
    if not (_is_count(position.epochs_before) and _is_count(position.steps_before)):
        raise ValueError("the run continues one of no such length")
    if not (_is_within(position.epoch, trainer.epochs) and _is_within(position.step, trainer.loader.batches.steps)):
        raise ValueError(f"there is no step {position.step!r} of epoch {position.epoch!r}")
    return position


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_within(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _check_lengths(trainer: Trainer) -> None:
    """Raise ValueError unless history, fingerprints and steps are as long as the position says."""
    position, steps = trainer.position, trainer.loader.batches.steps
    epochs = [*range(position.epoch)]
    if [record["epoch"] for record in trainer.history] != epochs:
        raise ValueError("the history is not that of its epochs")
    width, traced = 1 + len(trainer.network.state()), epochs if trainer.spec.training.trace else []
    if [(row[0], len(row)) for row in trainer.model.fingerprints.rows] != [(epoch, width) for epoch in traced]:
        raise ValueError("the trace is not that of its epochs")
    if trainer.steps_taken != position.epoch * steps + position.step:
        raise ValueError("the optimizer has not taken the steps of its epochs")


def _stateful_parts(trainer: Trainer) -> dict[str, Part]:
    """Return the parts that may have state, by path; the model saves those of the network."""
    metrics = trainer.metrics.training.metrics if trainer.position.step else []  # not started between epochs
    named: dict[str, Sequence[Part]] = {
        "callbacks": trainer.callback_run.callbacks,
        "augmentations": trainer.loader.augmentations,
        "metrics": metrics,
    }
    lists = {f"run.{name}.{i}": part for name, parts in named.items() for i, part in enumerate(parts)}
    source = trainer.model.source.source
    return {"opt": trainer.optimizer, "run.loss": trainer.model.loss, "run.generator": source, **lists}
