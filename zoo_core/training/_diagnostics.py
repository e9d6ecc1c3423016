"""What a step tells about its layers, and why a loss left the finite numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_core._arrays import row_slices
from zoo_core._part_checks import contract_error, part_that_raised
from zoo_core.errors import PluginError
from zoo_core.nn import Layer, Network, Objective, Stage
from zoo_core.parts import Array, Record
from zoo_core.training.events import LayerStats

MODEST = 50.0  # inputs that no sound activation overflows on
OVERFLOWED = "the loss itself overflowed; scale the targets or choose a bounded loss"
DIVERGED = 2.0  # how many times the first loss, and the least, the last one must be for a warning

if TYPE_CHECKING:
    from zoo_core.training._trainer import Trainer


def layer_stats(network: Network, objective: Objective, before: Array, gradient: Array) -> tuple[LayerStats, ...]:
    """Return the statistics of each layer for the latest step: `before` are the parameters that it changed."""
    return tuple(_stats(network, layer, objective, before, gradient) for layer in network.layers)


def _stats(network: Network, layer: Layer, objective: Objective, before: Array, gradient: Array) -> LayerStats:
    own = [s.where for s in network.layout.segments if s.path.startswith(f"{layer.path}.")]
    where = slice(own[0].start, own[-1].stop)
    size = float(np.linalg.norm(before[where]))
    change = float(np.linalg.norm(network.parameters[where] - before[where]))
    outputs = _outputs(network, layer, objective)
    dead = float(np.mean(~outputs.any(axis=0))) if 0.0 in layer.activation.kinks else None
    return LayerStats(
        f"{layer.path} {layer.activation.name}",
        outputs.shape[1],
        dead,
        float(np.linalg.norm(gradient[where])),
        change / size if size else 0.0,
    )


def _outputs(network: Network, layer: Layer, objective: Objective) -> Array:
    index = next(i for i, stage in enumerate(network.stages) if stage.transform is layer.activation)
    return objective.workspace.values[index]


def name_the_part(error: BaseException, trainer: Trainer) -> PluginError | None:
    """Return an error that names the part inside which another was raised, or None where it was in no part."""
    found = part_that_raised(error)
    if found is None:
        return None
    part, line = found
    where = f"in epoch {trainer.position.epoch + 1}, step {trainer.position.step + 1}"
    if isinstance(error, NotImplementedError) and not str(error):
        return contract_error(
            part, line.rpartition(".")[2].partition(",")[0], f"is missing {where}", "its author has to write it"
        )
    return PluginError(f"{part.kind} {part.name!r} ({line}) raised {type(error).__name__} {where}: {error}")


def nonfinite_step(trainer: Trainer, epoch: int, step: int) -> str:
    """Return the message for a loss that is not finite: where it began and the likely cause."""
    network, objective = trainer.network, trainer.objective
    p = objective.workspace
    place, cause = "loss", OVERFLOWED
    for stage, x, values in reversed(list(zip(network.stages, p.inputs, p.values, strict=True))):
        if not np.isfinite(values).all():
            place = f"{stage.path} ({getattr(stage.transform, 'name', '') or 'matrix product'!r})"
            cause = _cause(stage, x, trainer.rate(epoch + step / trainer.feed.batches.steps))
    if not np.isfinite(p.x).all():
        place, cause = "input", "the prepared inputs are not finite; check data, preprocessor and changes of batches"
    return _told(trainer, objective.loss, epoch, step, place, cause)


def nonfinite_block(trainer: Trainer, epoch: int, last: int) -> str:
    """Return the message for a block, up to the step `last`, in which rows have a loss that is not finite.

    Outputs were finite in each step, and the arrays of earlier steps are gone: then it is the loss that overflowed.
    """
    values, size = trainer.tally.values, trainer.feed.batches.batch_size
    batches = list(row_slices(len(values), size))
    lost = [i for i, which in enumerate(batches) if not np.isfinite(values[which]).all()]
    if not lost or lost[0] == len(batches) - 1:
        return nonfinite_step(trainer, epoch, last)
    step = last - len(batches) + 1 + lost[0]
    return _told(trainer, float(values[batches[lost[0]]].sum()), epoch, step, "loss", OVERFLOWED)


def _told(trainer: Trainer, loss: float, epoch: int, step: int, place: str, cause: str) -> str:
    where = f"in epoch {epoch + 1}, step {step + 1}; first seen at {place}"
    return f"spec {trainer.spec.name!r}: the loss is {loss} {where}: {cause}"


def _cause(stage: Stage, x: Array, rate: float) -> str:
    """Say why a stage gave values that are not finite: from small inputs only a part that is wrong does."""
    if stage.transform.name and np.abs(x).max() < MODEST:
        return f"it gave them for inputs between {x.min():.3g} and {x.max():.3g}; its formula is wrong there"
    return f"its values overflowed; the learning rate {rate:g} is likely too large: try a tenth, or clip gradients"


def nonfinite_weights(trainer: Trainer) -> str:
    """Return the message for a run that ended with weights that are not finite, though its loss still was."""
    network = trainer.network
    segments = network.layout.segments
    place = next(s.path for s in segments if not np.isfinite(s.view(network.parameters)).all())
    return (
        f"spec {trainer.spec.name!r}: {place} is not finite after the last step: its gradient overflowed; "
        "scale the inputs and targets, lower the learning rate, or clip gradients"
    )


def divergence(history: Sequence[Record]) -> str:
    """Return the warning for a run whose loss ended far above where it began, though it stayed finite, or ''."""
    losses = [record["train_loss"] for record in history]
    if len(losses) < 2 or not losses[-1] > DIVERGED * max(losses[0], abs(min(losses))):
        return ""
    return (
        f"the training loss rose from {losses[0]:.4g} to {losses[-1]:.4g}: the run diverged; "
        "lower the learning rate, or stop it early"
    )
