"""One step of training in numbers: everything that it computes.

Network, objective and optimizer of a `Trainer` take an ordinary step, and their buffers are copied. Only the central
differences, which check the gradient, are computed here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np

from zoo_core.basics import ONE_BLAS_THREAD
from zoo_core.contract import naming_parts
from zoo_core.errors import NumericError, UsageError
from zoo_core.model import Model
from zoo_core.nn import CENTRAL_STEP, Dense, Network, Objective, Stage, TargetUnits, central_difference, row_losses
from zoo_core.parts import Activation, Array, Segment
from zoo_core.spec.describe import summary
from zoo_core.training._diagnostics import nonfinite_step
from zoo_core.training._excerpt import choose_excerpt, largest_entry
from zoo_core.training._explanation import Change, Cost, Excerpt, Explanation, GradientCheck, LayerPass
from zoo_core.training._trainer import Trainer

EPSILON = float(np.finfo(float).eps)


def in_float64(trainer: Trainer) -> Trainer:
    """Return a run that computes in float64, with the first weights, rows and random streams of another."""
    if trainer.network.dtype == np.float64:
        return trainer
    spec = trainer.spec.model_copy(update={"dtype": "float64"})
    first = trainer.model
    model = Model(spec, first.about, environment=first.environment, preprocessors=first.preprocessors)
    model.source = first.source
    model.network.set_streams(stage.transform.rng for stage in trainer.network.stages)
    model.network.restore(trainer.network.state())
    return Trainer(model, trainer.splits, pool=trainer.pool)


@naming_parts
def explain(trainer: Trainer, rows: int = 2, units: int = 4, step: int = 0) -> Explanation:
    """Take a step of a run's first epoch, after those before it, and return what it computed.

    Args:
        trainer: a run that has taken no step.
        rows: how many rows of the batch the excerpt shows.
        units: how many units of each layer the excerpt shows.
        step: the step, counted from 0.

    Returns:
        All arrays of the step, and an excerpt that says which of their entries to show.

    Raises:
        UsageError: the epoch has no such step.
        NumericError: the loss is not finite.

    Example:
        step = explain(in_float64(zoo_core.prepare("glyphs-quickstart")))
        step.cost.total  # the objective
    """
    with ONE_BLAS_THREAD, trainer.pool, np.errstate(all="ignore"):
        which = _take_steps_before(trainer, step)
        rate = trainer.learning_rate.rate(step / trainer.loader.batches.steps)
        rate_of_step = trainer.begin_step()
        factor = trainer.objective.gradient_scale
        trainer.objective.scale_gradients(1.0)  # to show the gradient itself
        streams = _SavedStreams(trainer.network)
        trainer.objective.compute()
        if not trainer.objective.is_finite():
            raise NumericError(nonfinite_step(trainer.objective, trainer.spec.name, 0, step, rate))
        stages, cost = _layer_passes(trainer.objective), _cost(trainer.objective, trainer.model.units)
        gradient = trainer.network.gradients.copy()
        excerpt = choose_excerpt(trainer, stages, rows, units)
        checks = [_check_gradient(trainer, s, excerpt, gradient, streams) for s in trainer.network.layout.segments]
        streams.restore()
        trainer.objective.scale_gradients(factor)
        trainer.objective.compute()
        changes = _update(trainer, rate_of_step, gradient)
        streams.restore()
        after = trainer.objective.evaluate()
    part = trainer.optimizer
    constraints = [c.name for layer in trainer.network.layers for c in layer.constraints]
    return Explanation(
        which, stages, cost, part.name, summary(type(part)), rate, constraints, changes, checks, after, excerpt
    )


def _take_steps_before(trainer: Trainer, step: int) -> Array:
    """Take the steps before one; return the numbers of its rows."""
    batches = trainer.loader.batches
    if step >= batches.steps:
        raise UsageError(f"step {step + 1}: an epoch of this run has {batches.steps:,} step(s); explain one of these")
    trainer.loader.start_epoch()
    for _ in range(step):
        rate = trainer.begin_step()
        trainer.objective.compute()
        trainer.end_step(rate)
    return np.arange(batches.rows)[batches.indices(step)]


class _SavedStreams:
    """The random streams as they were before the step, so that it can be repeated with the same random numbers."""

    def __init__(self, network: Network) -> None:
        self._network = network
        streams = [stage.transform.rng for stage in network.stages]
        self._streams = copy.deepcopy(streams)  # one list: shared streams stay shared

    def restore(self) -> None:
        """Put the streams back."""
        self._network.set_streams(copy.deepcopy(self._streams))


# ------------------------------------------------------------------ forward, loss, backward


def _layer_passes(objective: Objective) -> list[LayerPass]:
    """Copy the buffers of the step, stage by stage."""
    workspace, stages = objective.workspace, objective.network.stages
    found: list[tuple[Array | None, Array | None]] = [(dy, dx) for *_, dy, dx in workspace.backward]  # last first
    if objective.fused:
        found = [(None, workspace.delta), *((dy, dx) for *_, dy, dx in workspace.backward_fused)]
    found += [(None, None)] * (len(stages) - len(found))  # stages before the first product
    return [
        _layer_pass(stage, x.copy(), y.copy(), _copy_or_none(dy), _copy_or_none(dx))
        for stage, x, y, (dy, dx) in zip(stages, workspace.inputs, workspace.values, reversed(found), strict=True)
    ]


def _copy_or_none(array: Array | None) -> Array | None:
    return None if array is None else array.copy()


def _layer_pass(stage: Stage, x: Array, y: Array, dy: Array | None, dx: Array | None) -> LayerPass:
    part = stage.transform
    if isinstance(part, Dense):
        return LayerPass(stage.path, "dense", "dense", "z = x W + b", x, y, dy, dx, None)
    slope = None
    if isinstance(part, Activation) and type(part).derivative is not Activation.derivative:
        slope = np.empty_like(x)
        part.derivative(x, y, slope)
    return LayerPass(stage.path, part.kind, part.name, summary(type(part)), x, y, dy, dx, slope)


def _cost(objective: Objective, units: TargetUnits) -> Cost:
    part, network, workspace = objective.part, objective.network, objective.workspace
    values = row_losses(part, objective.fused, workspace.z, workspace.outputs, objective.targets)
    penalties = {
        f"{layer.path}: {penalty.name}": penalty.value(network.weights(layer))
        for layer in network.layers
        for penalty in layer.penalties
    }
    return Cost(
        part.name, summary(type(part)), part.reduction, objective.fused, objective.targets.copy(), values.copy(),
        _copy_or_none(objective.weights), objective.loss - objective.penalty(), penalties, objective.loss, units.name,
        units.own(objective.targets) if units.name else None, units.own(workspace.outputs) if units.name else None,
    )  # fmt: skip


# ------------------------------------------------------------------ checks, update


def _check_gradient(
    trainer: Trainer, segment: Segment, excerpt: Excerpt, gradient: Array, streams: _SavedStreams
) -> GradientCheck:
    """Check the entry with the largest gradient that the excerpt shows of a parameter."""
    own = segment.view(gradient)
    index = largest_entry(own, segment.path.rpartition(".")[0], excerpt)
    weights = segment.view(trainer.network.parameters)
    step = CENTRAL_STEP * max(1.0, abs(float(weights[index])))  # relative to large parameters

    def loss() -> float:
        streams.restore()
        return trainer.objective.evaluate()

    central = float(central_difference(loss, weights, index, step))
    return GradientCheck(segment.path, index, float(own[index]), central, step, EPSILON * abs(loss()) / step)


def _update(trainer: Trainer, rate: float, gradient: Array) -> list[Change]:
    """Update the parameters as training does; return the change of each."""
    network = trainer.network
    before, penalties = network.parameters.copy(), dict(_penalty_gradients(trainer))
    trainer.end_step(rate)
    after = network.parameters.copy()
    return [
        Change(s.path, s.view(before), s.view(gradient), penalties.get(s.path), s.view(after))
        for s in network.layout.segments
    ]


def _penalty_gradients(trainer: Trainer) -> Iterator[tuple[str, Array]]:
    """Yield the path of each weight matrix with penalties, and their gradient."""
    for layer in trainer.network.layers:
        weights = trainer.network.weights(layer)
        total, term = np.zeros_like(weights), np.empty_like(weights)
        for penalty in layer.penalties:
            penalty.gradient(weights, term)
            total += term
        if layer.penalties:
            yield f"{layer.path}.weights", total
