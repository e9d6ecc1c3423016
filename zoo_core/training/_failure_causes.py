"""Why a run has learnt nothing, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.model import Model
from zoo_core.parts import Array, Record, Schedule, Table
from zoo_core.training._targets import badly_scaled

STAGE_ROWS = 256  # for which all layers are looked at
LARGE, SMALL = 30.0, 1e-3  # the learning rate over its default, beyond which it is the likely cause


def causes(model: Model, train: Table, sample: Table, outputs: Array, name: str) -> Iterator[tuple[str, str]]:
    """Yield keys and texts of causes with their remedies, the surest first; the last one always comes.

    `outputs` are those of the network for the sample, which is of the split `name`.
    """
    if name != "train":  # the rows to learn from were learnt
        yield "below_baseline", "the inputs may not tell of the target; more rows, fewer units or dropout may help"
    rate, usual = learning_rates(model)
    if usual and rate < SMALL * usual:
        yield "learning_rate", f"the learning rate {rate:g} is likely too small; try {usual:g}"
    if scaled := badly_scaled(model, train):
        yield "targets_unscaled", scaled
    if usual and rate > LARGE * usual:
        yield "learning_rate", f"the learning rate {rate:g} is likely too large; try {usual:g}"
    if dead := _dead_layer(model, sample):
        yield "dead_units", f"{dead} gives 0 for every row; lower the learning rate, or use leaky_relu"
    if (np.ptp(outputs, axis=0) <= 1e-6 * np.abs(outputs).max(axis=0)).all():
        wide = "; a softmax over one unit is always 1" if outputs.shape[1] == 1 and (outputs == 1).all() else ""
        yield "constant_outputs", f"all rows get the same output{wide}; check the last activation and the learning rate"
    if is_flat(model.history):
        yield "flat_loss", "the training loss is flat from the start; try another learning rate or initializer"
    longer = "" if model.history[-1]["epoch"] + 1 < model.spec.training.epochs else "train longer, "  # it was stopped
    yield "below_baseline", f"{longer}use a larger network, or check that the inputs tell of the target"


def learning_rates(model: Model) -> tuple[float, float]:
    """Return the largest learning rate of a run, and the default of its optimizer, or 0 without one."""
    optimizer = model.spec.optimizer
    rate: Any = optimizer.learning_rate
    if isinstance(rate, Schedule):
        rate = max([getattr(rate, "initial", 0.0), *(r.get("learning_rate") or 0.0 for r in model.history)])
    usual: Any = getattr(type(optimizer), "learning_rate", None)  # the default of a dataclass's field
    return float(rate), float(usual) if isinstance(usual, (int, float)) else 0.0


def _dead_layer(model: Model, sample: Table) -> str:
    """Return path and name of the first layer with a kink at 0 that gives only 0 for some rows, or ''."""
    x = np.asarray(sample.x[:STAGE_ROWS])
    prepared = model.preprocessor.prepare(x, np.empty((len(x), model.network.inputs), model.network.dtype))
    silent = {id(transform) for transform, y in model.network.stage_outputs(prepared) if not y.any()}
    for layer in model.network.layers:
        if 0.0 in layer.activation.kinks and id(layer.activation) in silent:
            return f"{layer.path} ({layer.activation.name!r})"
    return ""


def is_flat(history: list[Record]) -> bool:
    """Return whether the training loss stays where it begins."""
    losses = [record["train_loss"] for record in history]
    return len(losses) > 2 and max(losses) - min(losses) <= 1e-3 * abs(losses[0])
