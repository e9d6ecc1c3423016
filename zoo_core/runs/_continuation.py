"""Continued training: a run that goes on with the optimizer of an earlier one, as if there had been one longer run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from zoo_core.errors import Hint, ModelFileError, PluginError, SpecError, UsageError
from zoo_core.model import Model
from zoo_core.model.run_state import RunState
from zoo_core.nn import part_state, set_part_state
from zoo_core.parts import Part
from zoo_core.spec import Spec, walk_parts
from zoo_core.training import Trainer, TrainingPosition

BEFORE = "run.before"  # epochs and steps of the run, those of earlier ones included


def keep_state(trainer: Trainer) -> None:
    """Give the model of a run that is over the state that `continue_run` needs."""
    with suppress(*([] if trainer.spec.training.keep_optimizer else [PluginError])):
        trainer.model.run_state = RunState(_state(trainer))


def _state(trainer: Trainer) -> dict[str, Any]:
    position = trainer.position
    found: dict[str, Any] = {BEFORE: {"epochs": position.all_epochs, "steps": trainer.optimizer.steps}}
    found["run.streams"] = trainer.model.source.get_state()
    for path, part in _stateful_parts(trainer).items():
        found |= part_state(part, path)
    return found


def _stateful_parts(trainer: Trainer) -> dict[str, Part]:
    """Return the parts whose state decides on later weights, by path; callbacks and metrics begin anew."""
    augmentations = {f"run.augmentations.{i}": part for i, part in enumerate(trainer.loader.augmentations)}
    source = trainer.model.source.source
    return {"opt": trainer.optimizer, "run.loss": trainer.model.loss, "run.generator": source, **augmentations}


def check_continuation(spec: Spec, earlier: Model | None) -> None:
    """Raise an error where a run is to go on with the optimizer of an earlier one, and cannot.

    UsageError: there is no earlier model, or it has no state. SpecError: its optimizer is another.
    """
    if not spec.training.resume_optimizer:
        return
    if earlier is None:
        raise UsageError("training.resume_optimizer: there is no model to start from", Hint("earlier_model"))
    if earlier.run_state is None:
        message = f"training.resume_optimizer: model {earlier.name!r} has no state of its optimizer"
        raise UsageError(message, Hint("keep_optimizer"))
    ours, theirs = _names(spec.optimizer), _names(earlier.spec.optimizer)
    if ours != theirs:
        raise SpecError(
            f"spec {spec.name!r}: training.resume_optimizer: its optimizer is {ours[0][1]!r}, and that of model "
            f"{earlier.name!r} is {theirs[0][1]!r} with other parts; use the same, or leave the key out"
        )


def _names(optimizer: Part) -> list[tuple[str, str]]:
    return [(path, part.name) for path, part in walk_parts(optimizer, "")]


def continue_run(trainer: Trainer, earlier: Model) -> None:
    """Give a run before its first step the state of the run that an earlier model ended.

    Raises ModelFileError for a state that does not fit.
    """
    if earlier.run_state is None:
        return
    values = copy.deepcopy(dict(earlier.run_state.values()))  # the earlier model may be continued again
    try:
        trainer.set_position(TrainingPosition(**_before(values)), None, {})
        trainer.model.source.set_state(values["run.streams"], strict=False)
        for path, part in _stateful_parts(trainer).items():
            set_part_state(part, path, values)
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ModelFileError(f"model {earlier.name!r}: its state is not that of such a run: {error!r}") from error


def _before(values: Mapping[str, Any]) -> dict[str, int]:
    """Return the place at which a run begins after another, from the state of a model or of a checkpoint."""
    if BEFORE in values:
        epochs, steps = values[BEFORE]["epochs"], values[BEFORE]["steps"]
    else:
        position = TrainingPosition(**values["run.position"])
        epochs, steps = position.all_epochs, values["opt.steps"]
    if not all(type(number) is int and number >= 0 for number in (epochs, steps)):
        raise ValueError(f"{epochs!r} epochs and {steps!r} steps")
    return {"epochs_before": epochs, "steps_before": steps}
