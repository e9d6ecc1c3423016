"""Statistics of the layers at one step, and the reason why a loss or a weight is not finite."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.basics import row_slices
from zoo_core.contract import contract_error, named_error, part_that_raised, raised
from zoo_core.errors import PluginError, ZooError, message_text
from zoo_core.nn import Layer, Network, Objective, Stage
from zoo_core.parts import Array, Record
from zoo_core.training.events import LayerStats

SAFE_INPUT = 50.0  # a sound activation does not overflow for inputs below this size
OVERFLOWED = "the loss itself overflowed; scale the targets or choose a bounded loss"
DIVERGED = 2.0  # the last loss over the first, and over the least, above which a run is warned of


def layer_stats(network: Network, objective: Objective, before: Array, gradient: Array) -> tuple[LayerStats, ...]:
    """Return the statistics of each layer for the latest step; `before` are the parameters before it."""
    return tuple(_layer_stats(network, layer, objective, before, gradient) for layer in network.layers)


def _layer_stats(network: Network, layer: Layer, objective: Objective, before: Array, gradient: Array) -> LayerStats:
    own = [s.where for s in network.layout.segments if s.path.startswith(f"{layer.path}.")]
    where = slice(own[0].start, own[-1].stop)
    size = float(np.linalg.norm(before[where]))
    change = float(np.linalg.norm(network.parameters[where] - before[where]))
    outputs = _layer_outputs(network, layer, objective)
    dead = float(np.mean(~outputs.any(axis=0))) if 0.0 in layer.activation.kinks else None
    return LayerStats(
        f"{layer.path} {layer.activation.name}",
        outputs.shape[1],
        dead,
        float(np.linalg.norm(gradient[where])),
        change / size if size else 0.0,
    )


def layer_record(layers: Sequence[LayerStats]) -> Record:
    """Return the statistics of layers as values of a record, such as "layers.0.gradient_norm"."""
    record: Record = {}
    for index, layer in enumerate(layers):
        values = {"dead_units": layer.dead, "gradient_norm": layer.gradient_norm, "update_ratio": layer.update_ratio}
        record |= {f"layers.{index}.{name}": value for name, value in values.items() if value is not None}
    return record


def _layer_outputs(network: Network, layer: Layer, objective: Objective) -> Array:
    index = next(i for i, stage in enumerate(network.stages) if stage.transform is layer.activation)
    return objective.workspace.values[index]


def name_the_part(error: BaseException, where: str) -> PluginError | None:
    """Return an error that names the part which raised another, and `where`; None if no part did.

    None also where a built-in part lacks memory or meets an error of the system.
    """
    found, when = part_that_raised(error), f" {where}"
    if found and isinstance(error, NotImplementedError) and not message_text(error):
        part, line = found
        return contract_error(
            part, line.rpartition(".")[2].partition(",")[0], f"is missing{when}", "its author has to write it"
        )
    if named := named_error(error, when):
        return named
    if found is None or isinstance(error, (ZooError, KeyboardInterrupt, MemoryError, OSError)):
        return None
    return PluginError(raised(error, *found, when))


def nonfinite_step(objective: Objective, name: str, epoch: int, step: int, rate: float) -> str:
    """Return the message for a loss that is not finite: where this began, and the likely cause.

    `name` is that of the spec, `rate` the learning rate of the step.
    """
    workspace = objective.workspace
    place, cause = "loss", OVERFLOWED
    passes = list(zip(objective.network.stages, workspace.inputs, workspace.values, strict=True))
    for stage, x, values in reversed(passes):
        if not np.isfinite(values).all():
            place = f"{stage.path} ({getattr(stage.transform, 'name', '') or 'matrix product'!r})"
            cause = _likely_cause(stage, x, rate)
    if not np.isfinite(workspace.x).all():
        place, cause = "input", "the prepared inputs are not finite; check data, preprocessor and batch augmentations"
    return _nonfinite_loss(name, objective.loss, epoch, step, place, cause)


def nonfinite_block(
    objective: Objective, losses: Array, batch_size: int, name: str, epoch: int, last: int, rate: float
) -> str:
    """Return the message for a block of steps ending at `last`, whose per-row `losses` are not all finite.

    Outputs were checked step by step. If an earlier step is at fault, the loss itself overflowed there.
    """
    batches = list(row_slices(len(losses), batch_size))
    lost = [i for i, which in enumerate(batches) if not np.isfinite(losses[which]).all()]
    if not lost or lost[0] == len(batches) - 1:
        return nonfinite_step(objective, name, epoch, last, rate)
    step = last - len(batches) + 1 + lost[0]
    return _nonfinite_loss(name, float(losses[batches[lost[0]]].sum()), epoch, step, "loss", OVERFLOWED)


def _nonfinite_loss(name: str, loss: float, epoch: int, step: int, place: str, cause: str) -> str:
    where = f"in epoch {epoch + 1}, step {step + 1}; first seen at {place}"
    return f"spec {name!r}: the loss is {loss} {where}: {cause}"


def _likely_cause(stage: Stage, x: Array, rate: float) -> str:
    """Return why the values of a stage are not finite: for small inputs, only a wrong formula gives such values."""
    if stage.transform.name and np.abs(x).max() < SAFE_INPUT:
        return f"it gave them for inputs between {x.min():.3g} and {x.max():.3g}; its formula is wrong there"
    return f"its values overflowed; the learning rate {rate:g} is likely too large: try a tenth, or clip gradients"


def nonfinite_weights(network: Network, name: str) -> str:
    """Return the message for a run that ended with weights that are not finite though its loss was."""
    segments = network.layout.segments
    place = next(s.path for s in segments if not np.isfinite(s.view(network.parameters)).all())
    return (
        f"spec {name!r}: {place} is not finite after the last step: its gradient overflowed; "
        "scale the inputs and targets, lower the learning rate, or clip gradients"
    )


def divergence(history: Sequence[Record]) -> str:
    """Return the warning for a run whose loss ended finite but far above where it began, or ''."""
    losses = [record["train_loss"] for record in history]
    if len(losses) < 2 or not losses[-1] > DIVERGED * max(losses[0], abs(min(losses))):
        return ""
    return (
        f"the training loss rose from {losses[0]:.4g} to {losses[-1]:.4g}: the run diverged; "
        "lower the learning rate, or stop it early"
    )
