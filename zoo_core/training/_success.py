"""Says in one line where a run has learnt nothing: what was seen, the likely cause, and the remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from zoo_core.data import select_rows
from zoo_core.errors import NumericError
from zoo_core.model import Model, confusion_counts
from zoo_core.nn import row_losses
from zoo_core.parts import Array, Record, Schedule, Table
from zoo_core.training._baseline import baseline
from zoo_core.training._diagnostics import divergence
from zoo_core.training._lint import unsuitable_outputs

MOST_ROWS = 4096  # of a split that are looked at
STAGE_ROWS = 256  # of those, for which all layers are looked at
FEWEST_ROWS = 10  # fewer say nothing
FEWEST_STEPS = 20  # a shorter run cannot be judged
UNUSABLE = "unusable_outputs"
FAR = 10.0  # standard deviations between the targets and 0, or their size, above which they are badly scaled
LARGE, SMALL = 30.0, 1e-3  # the learning rate over its default, beyond which it is the likely cause


def hopeless_training(model: Model, splits: Mapping[str, Table]) -> dict[str, str]:
    """Return warnings, by key, of what the spec and the splits show before training."""
    unsuitable = next(unsuitable_outputs(model.spec), "")
    return ({UNUSABLE: unsuitable} if unsuitable else {}) | _unseen_classes(model, splits)


def _unseen_classes(model: Model, splits: Mapping[str, Table]) -> dict[str, str]:
    """Return a warning, by its key, if a split has classes that the training split lacks."""
    if model.about.task == "regression":
        return {}
    seen = np.unique(splits["train"].y)
    found = {name: np.setdiff1d(table.y, seen) for name, table in splits.items()}
    labels = model.labels().tolist()
    said = [f"{_names(labels, missing)} only in {name}" for name, missing in found.items() if len(missing)]
    if not said:
        return {}
    text = f"classes that the training split lacks cannot be learnt: {'; '.join(said)}"
    return {"unseen_classes": f"{text}; set data.stratify = true, or choose other splits"}


def _names(labels: list[Any], indices: Array) -> str:
    shown = [repr(labels[i]) for i in indices[:3]]
    return ", ".join([*shown, *(["..."] if len(indices) > 3 else [])])


def failed_training(model: Model, splits: Mapping[str, Table], steps: int) -> dict[str, str]:
    """Return a warning, by its key, if a finished run cannot have succeeded: one line, of the surest cause."""
    if UNUSABLE in model.warnings:
        return {}
    if diverged := divergence(model.history):
        return {"diverged": diverged}
    try:
        return _shortfall(model, splits) if steps >= FEWEST_STEPS else {}
    except NumericError:  # outputs that are not finite: every measurement says so
        return {}


def _shortfall(model: Model, splits: Mapping[str, Table]) -> dict[str, str]:
    """Return a warning if the model is no better than its baseline, on the rows it learnt from or on others."""
    samples = {name: _sample(table) for name, table in splits.items() if len(table.y) >= FEWEST_ROWS}
    others = [name for name in samples if name != "train"]
    for name in [*(["train"] if "train" in samples else []), *sorted(others, key=lambda n: -len(splits[n].y))[:1]]:
        if fact := _fact(model, splits["train"], samples[name], name):
            key, cause = next(_causes(model, splits["train"], samples[name], name))
            return {key: f"{fact}: {cause}"}
    return {}


def _sample(table: Table) -> Table:
    """Return evenly spaced rows of a table."""
    return select_rows(table, np.arange(0, len(table.y), -(-len(table.y) // MOST_ROWS)))


def _fact(model: Model, train: Table, sample: Table, name: str) -> str:
    """Return how the model fails against the baseline of a split, or ''."""
    if model.about.task == "classification":
        return _worse_than_one_class(model, train, sample, name)
    own, always = model.outputs(np.asarray(sample.x)), baseline(train, sample).answer
    losses = [_mean_loss(model, sample, own)]
    for column, mean in enumerate(always):
        changed = own.copy()
        changed[:, column] = mean
        losses.append(_mean_loss(model, sample, changed))
    names = model.about.target_names or [f"target {i + 1}" for i in range(len(always))]
    worse = [repr(names[i]) for i, loss in enumerate(losses[1:]) if loss <= losses[0]]
    return f"on the {name} split {', '.join(worse[:3])} is predicted no better than by its mean" if worse else ""


def _mean_loss(model: Model, sample: Table, outputs: Array) -> float:
    """Return the loss of a regression."""
    targets = sample.y.astype(model.network.dtype)
    return float(np.average(row_losses(model.loss, False, outputs, outputs, targets), weights=sample.weights))


def _worse_than_one_class(model: Model, train: Table, sample: Table, name: str) -> str:
    counts = confusion_counts(model, sample)
    found = baseline(train, dataclasses.replace(sample, weights=None))
    accuracy, most = np.trace(counts) / counts.sum(), found.accuracy or 0.0
    sizes = counts.sum(axis=1)
    present = sizes > 0
    recall = float(np.mean(np.diag(counts)[present] / sizes[present]))
    weighed = model.loss.class_weights is not None or train.weights is not None  # then rare classes count for more
    if most == 1 or accuracy > most or (weighed and recall > 1 / present.sum()):
        return ""
    label = repr(model.labels().tolist()[int(found.answer)])
    return f"{name} accuracy {accuracy:.4g} is no better than always answering {label} ({most:.4g})"


def _causes(model: Model, train: Table, sample: Table, name: str) -> Iterator[tuple[str, str]]:
    """Yield keys and texts of causes with their remedies, the surest first; the last one always comes."""
    if name != "train":  # the rows to learn from were learnt
        yield "below_baseline", "the inputs may not tell of the target; more rows, fewer units or dropout may help"
    if far := far_targets(model, train):
        yield "targets_unscaled", far.removeprefix("; ")
    rate, usual = _learning_rates(model)
    if usual and rate > LARGE * usual:
        yield "learning_rate", f"the learning rate {rate:g} is likely too large; try {usual:g}"
    if usual and rate < SMALL * usual:
        yield "learning_rate", f"the learning rate {rate:g} is likely too small; try {usual:g}"
    outputs = model.outputs(np.asarray(sample.x))
    if dead := _dead_layer(model, sample):
        yield "dead_units", f"{dead} gives 0 for every row; lower the learning rate, or use leaky_relu"
    if (np.ptp(outputs, axis=0) <= 1e-6 * np.abs(outputs).max(axis=0)).all():
        wide = "; a softmax over one unit is always 1" if outputs.shape[1] == 1 and (outputs == 1).all() else ""
        yield "constant_outputs", f"all rows get the same output{wide}; check the last activation and the learning rate"
    if _is_flat(model.history):
        yield "flat_loss", "the training loss is flat from the start; try another learning rate or initializer"
    yield "below_baseline", "train longer, use a larger network, or check that the inputs tell of the target"


def far_targets(model: Model, train: Table) -> str:
    """Return how the targets are badly scaled, or ''."""
    if model.about.task == "classification":
        return ""
    mean, deviation = np.abs(train.y.mean(axis=0)), train.y.std(axis=0)
    at = int(np.argmax(np.maximum(deviation, mean / np.maximum(deviation, 1e-30))))
    if deviation[at] <= FAR and mean[at] <= FAR * deviation[at]:
        return ""
    size = f"mean {train.y[:, at].mean():.4g}, standard deviation {deviation[at]:.4g}"
    return f"; the targets are far from 0 or large ({size}); scale them to mean 0 and standard deviation 1"


def _learning_rates(model: Model) -> tuple[float, float]:
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


def _is_flat(history: list[Record]) -> bool:
    losses = [record["train_loss"] for record in history]
    return len(losses) > 2 and max(losses) - min(losses) <= 1e-3 * abs(losses[0])
