"""Chooses the few numbers of a step that are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.parts import Array
from zoo_core.training._explanation import Excerpt, LayerPass
from zoo_core.training._gradient_steps import GradientSteps


def choose_excerpt(trainer: GradientSteps, stages: Sequence[LayerPass], rows: int, units: int) -> Excerpt:
    """Choose the first rows, the units with the largest gradients there, and the inputs that matter to those."""
    shown = list(range(min(rows, trainer.objective.rows)))
    columns = _features(trainer, stages, shown, units)
    inputs: dict[str, list[int]] = {}
    outputs: dict[str, list[int]] = {}
    for stage in stages:
        inputs[stage.path] = columns
        if stage.kind == "dense" or stage.x.shape[1] != stage.y.shape[1]:
            columns = _units(stage, shown, units)
        outputs[stage.path] = columns
    return Excerpt(shown, inputs, outputs)


def _units(stage: LayerPass, rows: Sequence[int], count: int) -> list[int]:
    """Return the columns of a stage's output with the largest gradients, or values if there are no gradients."""
    by = stage.y if stage.dy is None or not stage.dy[rows].any() else stage.dy
    return _largest(np.abs(by[rows]).sum(axis=0), count)


def _features(trainer: GradientSteps, stages: Sequence[LayerPass], rows: Sequence[int], count: int) -> list[int]:
    """Return the inputs of the first layer with the largest product of value and gradient."""
    first = next(stage for stage in stages if stage.kind == "dense")
    gradient = trainer.network.weight_gradients(trainer.network.layers[0])
    pull = np.abs(gradient[:, _units(first, rows, count)]).sum(axis=1)
    return _largest(np.abs(first.x[rows]).sum(axis=0) * pull, count)


def _largest(values: Array, count: int) -> list[int]:
    """Return the indices of the largest values, in ascending order."""
    return sorted(np.argsort(-values, kind="stable")[:count].tolist())


def largest_entry(gradient: Array, stage: str, excerpt: Excerpt) -> tuple[int, ...]:
    """Return the index of the largest gradient of a parameter, among the entries that the excerpt shows."""
    if not gradient.ndim:
        return ()
    columns = excerpt.outputs[stage]
    shown = np.zeros(gradient.shape, bool)
    if gradient.ndim == 2 and gradient.shape[0] > max(excerpt.inputs[stage]):
        shown[np.ix_(excerpt.inputs[stage], [c for c in columns if c < gradient.shape[1]])] = True
    else:
        shown[..., [c for c in columns if c < gradient.shape[-1]]] = True
    best = np.where(shown, np.abs(gradient), -1.0).argmax()
    return tuple(int(i) for i in np.unravel_index(best, gradient.shape))
