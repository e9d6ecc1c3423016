"""Says in one line where a run has learnt nothing: what was seen, the likely cause, and the remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from zoo_core.data import select_rows
from zoo_core.errors import NumericError
from zoo_core.model import Model, confusion_counts
from zoo_core.nn import row_losses, targets_for
from zoo_core.parts import Array, Table
from zoo_core.training._baseline import baseline
from zoo_core.training._diagnostics import divergence
from zoo_core.training._failure_causes import LARGE, SMALL, causes, is_flat, learning_rates
from zoo_core.training._lint import unsuitable_outputs, unsuitable_scale
from zoo_core.training._targets import equal_targets, learnt_targets, unreachable_targets

MOST_ROWS = 4096  # of a split that are looked at
FEWEST_ROWS = 10  # fewer say nothing
FEWEST_STEPS = 20  # a shorter run cannot be judged
UNUSABLE = "unusable_outputs"
BARELY = 0.01  # a share of the baseline's loss: who learns less from the rows to learn from learns nothing
DOUBTFUL = 0.1  # likewise, where the learning rate is suspicious


def hopeless_training(model: Model, splits: Mapping[str, Table]) -> dict[str, str]:
    """Return warnings, by key, of what the spec and the splits show before training."""
    train = splits["train"]
    if model.about.task != "classification":
        out, equal = _unusable(model, train), equal_targets(model, train)
        return ({UNUSABLE: out} if out else {}) | ({"constant_targets": equal} if equal else {})
    unsuitable = next(unsuitable_outputs(model.spec, model.about.task), "")
    return ({UNUSABLE: unsuitable} if unsuitable else {}) | _unseen_classes(model, splits)


def _unusable(model: Model, train: Table) -> str:
    if model.about.task == "multilabel":
        return next(unsuitable_outputs(model.spec, "multilabel"), "")
    return next(unsuitable_scale(model.spec), "") or unreachable_targets(model, train)


def _unseen_classes(model: Model, splits: Mapping[str, Table]) -> dict[str, str]:
    """Return a warning, by its key, if a split has classes that the training split lacks."""
    seen = np.unique(splits["train"].y)
    found = {name: np.setdiff1d(table.y, seen) for name, table in splits.items() if name != "train"}
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
    """Return a warning if the model is no better than its baseline, on the rows it learnt from or on the others."""
    others = {name: table for name, table in splits.items() if name != "train"}
    samples = {"train": _sample(splits["train"]), " and ".join(others): _joined([_sample(t) for t in others.values()])}
    for name, sample in samples.items():
        if sample is None or len(sample.y) < FEWEST_ROWS:
            continue
        if fact := _fact(model, splits["train"], sample, name):
            key, cause = next(causes(model, splits["train"], sample, _outputs(model, sample), name))
            return {key: f"{fact}: {cause}"}
    return _stuck(model)


def _stuck(model: Model) -> dict[str, str]:
    """Return a warning if the weights hardly moved from where they were drawn, however good that was by chance."""
    rate, usual = learning_rates(model)
    if not usual or rate >= SMALL * usual or not is_flat(model.history) or model.started_from:
        return {}
    loss = model.history[-1]["train_loss"]
    return {"learning_rate": f"the training loss stays at {loss:.4g}: the learning rate {rate:g} is likely too small; "
            f"try {usual:g}"}  # fmt: skip


def _sample(table: Table) -> Table:
    """Return evenly spaced rows of a table, in memory."""
    rows = select_rows(table, np.arange(0, len(table.y), -(-len(table.y) // MOST_ROWS)))
    return dataclasses.replace(rows, x=np.asarray(rows.x))


def _joined(tables: list[Table]) -> Table | None:
    """Return the rows of all tables, because a small split alone says little; None if there are none."""
    if len(tables) < 2:
        return tables[0] if tables else None
    weighed = all(table.weights is not None for table in tables)
    return Table(
        np.concatenate([table.x for table in tables]), np.concatenate([table.y for table in tables]),
        np.concatenate([table.weights for table in tables]) if weighed else None,
    )  # fmt: skip


def _fact(model: Model, train: Table, sample: Table, name: str) -> str:
    """Return how the model fails against the baseline of a split, or ''."""
    rate, usual = learning_rates(model)
    doubtful = usual and not SMALL * usual <= rate <= LARGE * usual
    least = 0.0 if name != "train" else DOUBTFUL if doubtful else BARELY
    if model.about.task == "classification":
        return _worse_than_one_class(model, train, sample, name) or (
            _worse_than_shares(model, train, sample) if name == "train" else ""
        )
    train, sample = learnt_targets(model, train), learnt_targets(model, sample)
    names = model.about.target_names or [f"target {i + 1}" for i in range(sample.y.shape[1])]
    worse = {repr(names[i]): skill for i, skill in _skills(model, train, sample) if skill <= least}
    how = "hardly better" if min(worse.values(), default=0.0) > 0 else "no better"
    constant = "its mean" if model.about.task == "regression" else "the share of rows that have it"
    return f"on the {name} split {', '.join([*worse][:3])} is predicted {how} than by {constant}" if worse else ""


def _skills(model: Model, train: Table, sample: Table) -> Iterator[tuple[int, float]]:
    """Yield for each target that varies its index and 1 - loss / loss of the mean, as R2 for the squared error.

    The tables hold the targets as the network learns them. Other targets keep their predictions. What they cost is
    subtracted, so that a target of small size counts too.
    """
    own, targets = _outputs(model, sample), sample.y
    if own.shape != targets.shape:
        values = model.decision.values(model.outputs(sample.x))
        yield from _squared_skills(train, targets, model.units.learnt(values, own.dtype))
        return
    loss = _mean_loss(model, sample, own)
    for column, mean in enumerate(baseline(train, sample).answer):
        if np.ptp(train.y[:, column]) == 0:
            continue
        constant, right = own.copy(), own.copy()
        constant[:, column], right[:, column] = mean, targets[:, column]
        least = _mean_loss(model, sample, right)
        room = _mean_loss(model, sample, constant) - least
        yield column, 1 - (loss - least) / room if room > 0 else 0.0


def _squared_skills(train: Table, targets: Array, values: Array) -> Iterator[tuple[int, float]]:
    """Yield R2 of each target that varies, where the loss takes other outputs than a value for each target."""
    for column in np.flatnonzero(np.ptp(train.y, axis=0) > 0):
        spread = np.sum((targets[:, column] - train.y[:, column].mean()) ** 2)
        error = np.sum((targets[:, column] - values[:, column]) ** 2)
        yield int(column), 1 - error / spread if spread > 0 else 0.0


def _outputs(model: Model, sample: Table) -> Array:
    """Return the outputs of the network, not in the units of the targets, in double precision."""
    return model.units.learnt(model.outputs(sample.x), np.dtype(np.float64))


def _mean_loss(model: Model, sample: Table, outputs: Array) -> float:
    """Return the loss on a sample, for outputs in double precision."""
    width, classes = outputs.shape[1], model.about.class_count(outputs.shape[1])
    targets = targets_for(model.loss, sample.y, width, classes, outputs.dtype)
    return float(np.average(row_losses(model.loss, False, outputs, outputs, targets), weights=sample.weights))


def _worse_than_one_class(model: Model, train: Table, sample: Table, name: str) -> str:
    counts = confusion_counts(model, sample)
    found = baseline(train, dataclasses.replace(sample, weights=None))
    accuracy, most = np.trace(counts) / counts.sum(), found.accuracy or 0.0
    sizes = counts.sum(axis=1)
    present = sizes > 0
    recall = float(np.mean(np.diag(counts)[present] / sizes[present]))
    if most == 1 or accuracy > most or (_is_weighed(model, train) and recall > 1 / present.sum()):
        return ""
    label = repr(model.labels().tolist()[int(found.answer)])
    return f"{name} accuracy {accuracy:.4g} is no better than always answering {label} ({most:.4g})"


def _is_weighed(model: Model, train: Table) -> bool:
    """Return whether rare classes or some rows count for more."""
    return model.loss.class_weights is not None or train.weights is not None


def _worse_than_shares(model: Model, train: Table, sample: Table) -> str:
    """Return how the loss of probabilities is no better than that of the shares of the classes, or ''."""
    shares = np.bincount(train.y, minlength=len(model.labels())) / len(train.y)
    width = model.network.outputs
    constant = np.tile(shares[1:] if width == 1 and len(shares) == 2 else shares, (len(sample.y), 1))
    if _is_weighed(model, train) or constant.shape[1] != width or not model.decision.gives_probabilities:
        return ""
    if (found := model.decision.probabilities(constant)) is None or not np.allclose(found, shares):
        return ""
    loss = _mean_loss(model, sample, _outputs(model, sample))
    always = _mean_loss(model, sample, constant)
    if loss <= always + DOUBTFUL * abs(always):  # less than that is slow, not wrong
        return ""
    return f"train loss {loss:.4g} is worse than that of the shares of the classes ({always:.4g})"
