"""The report on a model: all that its predictions of some rows tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from zoo_core.errors import UsageError
from zoo_core.model import Model, baseline_figures
from zoo_core.model.answers import answers
from zoo_core.model.evaluation import evaluate_table
from zoo_core.parts import Array, Table
from zoo_core.reports._classes import (
    Calibration,
    ClassFigures,
    Threshold,
    calibration,
    class_figures,
    confusion,
    countable,
    thresholds,
)
from zoo_core.reports._importance import MOST_FEATURES, MOST_ROWS, Importance, permutation_importance
from zoo_core.reports._values import TargetFigures, target_figures

REPEATS = 5


@dataclass(frozen=True)
class Report:
    """What a model reached on some rows.

    Args:
        model: its name.
        rows: how many there are.
        figures: the loss and the metrics of its spec.
        baseline: the metrics of always answering with the most frequent class, or the mean.
        classes: the figures of each class, or of each of several labels; empty for a regression.
        confusion: counts (classes, classes), row the true class, column the predicted one; None without classes.
        thresholds: for two classes with probabilities.
        calibration: of the probabilities, if there are any.
        label_thresholds: of several labels with probabilities, by the name of each that some rows have and some lack.
        label_calibration: of these labels.
        targets: the figures of each target; empty for a classification.
        importance: of each feature, the most important first; empty where it was not asked for.
        measured_by: the figure that the importance is the loss of.
        notes: what was left out, and why.
        weighted: whether each row counts by its weight, so that numbers of rows are sums of weights.
        true: class indices (rows,) or values (rows, targets).
        predicted: class indices (rows,) or values (rows, targets).
    """

    model: str
    rows: int
    figures: dict[str, float]
    baseline: dict[str, float]
    classes: list[ClassFigures] = field(default_factory=list)
    confusion: Array | None = None
    thresholds: list[Threshold] = field(default_factory=list)
    calibration: Calibration | None = None
    label_thresholds: dict[str, list[Threshold]] = field(default_factory=dict)
    label_calibration: dict[str, Calibration] = field(default_factory=dict)
    targets: list[TargetFigures] = field(default_factory=list)
    importance: list[Importance] = field(default_factory=list)
    measured_by: str = ""
    notes: list[str] = field(default_factory=list)
    weighted: bool = False
    true: Array = field(default_factory=lambda: np.empty(0))
    predicted: Array = field(default_factory=lambda: np.empty(0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the rows themselves."""
        data = {key: value for key, value in asdict(self).items() if key not in ("true", "predicted")}
        counts = None if self.confusion is None else self.confusion.tolist()
        return {key: value for key, value in (data | {"confusion": counts}).items() if value not in (None, [], {}, "")}


def make_report(model: Model, table: Table, *, repeats: int = REPEATS, seed: int = 0) -> Report:
    """Return the report on a model.

    Args:
        model: the model.
        table: rows with labels as the model's class indices, or values in its units.
        repeats: how often each feature is shuffled for its importance, 2 or more; 0 for no importance.
        seed: draws the orders.

    Raises:
        UsageError: `repeats` is 1 or negative, or there are no rows.
        DataError, NumericError: as `Model.outputs`.
    """
    if repeats < 0 or repeats == 1:
        raise UsageError(f"repeats is {repeats}; it is 2 or more, or 0 for no importance")
    outputs = np.empty((len(table.y), model.network.outputs), model.network.dtype)
    figures = evaluate_table(model, table, check=True, keep=outputs)  # the network runs once over these rows
    common: dict[str, Any] = {"model": model.name, "rows": len(table.y), "figures": figures}
    common["baseline"] = baseline_figures(model, table)
    kinds = {"classification": _classification, "regression": _regression, "multilabel": _labels}
    counted = replace(table, weights=countable(table.weights))
    own = kinds[model.about.task](model, counted, model.units.own(outputs))
    more = _importance(model, table, figures, repeats, seed)
    scaled = [f"the loss is of targets scaled by {model.units.name!r}, as it is learnt"] if model.units.name else []
    weighted = [] if table.weights is None else ["each row counts by its weight"]
    common |= {"weighted": bool(weighted), "notes": [*scaled, *weighted, *more.pop("notes", [])]}
    return Report(**common, **own, **more)


def _classification(model: Model, table: Table, outputs: Array) -> dict[str, Any]:
    names, w = [str(label) for label in model.labels().tolist()], table.weights
    predicted, scores = model.decision.classes(outputs), model.decision.probabilities(outputs)
    counts = confusion(table.y, predicted, len(names), w)
    own = {"true": table.y, "predicted": predicted, "confusion": counts, "classes": class_figures(counts, names)}
    if scores is None:
        return own
    if len(names) == 2 and (counts.sum(axis=1) > 0).all():
        own["thresholds"] = thresholds(table.y, scores[:, 1], w)
    return {**own, "calibration": calibration(table.y, scores, names, w)}


def _labels(model: Model, table: Table, outputs: Array) -> dict[str, Any]:
    predicted, scores = answers(model, outputs).astype(np.uint8), model.decision.label_probabilities(outputs)
    w, own = table.weights, dict[str, Any](true=table.y, predicted=predicted, classes=[])
    own |= {"label_thresholds": {}, "label_calibration": {}}
    for at, name in enumerate(model.about.target_names):
        true = table.y[:, at]
        counts = confusion(true, predicted[:, at], 2, w)
        own["classes"].append(class_figures(counts, ["", name])[1])
        if scores is not None and (counts.sum(axis=1) > 0).all():
            own["label_thresholds"][name] = thresholds(true, scores[:, at], w)
            both = np.column_stack([1 - scores[:, at], scores[:, at]])
            own["label_calibration"][name] = calibration(true, both, ["", name], w)
    return own


def _regression(model: Model, table: Table, outputs: Array) -> dict[str, Any]:
    predicted = np.asarray(model.decision.values(outputs), np.float64)
    own: dict[str, Any] = {"true": table.y, "predicted": predicted}
    names = model.about.target_names or [f"target {i + 1}" for i in range(table.y.shape[1])]
    columns = zip(names, table.y.T.astype(np.float64), predicted.T, strict=True)
    return {**own, "targets": [target_figures(*column, table.weights) for column in columns]}


def _measure(model: Model, figures: Iterable[str]) -> tuple[str, int]:
    """Return the figure that tells importance, and 1 if higher is better, else -1.

    It is the first metric; of several scaled targets the loss, since in `rmse` the largest unit hides the others.
    """
    if model.about.task == "regression" and model.network.outputs > 1 and model.units.name:
        return "loss", -1
    first = model.metrics()[0]
    return next(key for key in figures if key.startswith(first.name)), 1 if first.higher_is_better else -1


def _rows(table: Table) -> Array:
    return np.asarray(table.x)


def _importance(model: Model, table: Table, figures: Iterable[str], repeats: int, seed: int) -> dict[str, Any]:
    """Return the importance of the features, on some of the rows."""
    features = table.x.shape[1]
    if not repeats or not model.metrics():
        return {}
    if features > MOST_FEATURES:
        return {"notes": [f"no importance of features: there are {features}, and more than {MOST_FEATURES} take long"]}
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(table.y))[:MOST_ROWS]
    x, y, weights = _rows(table)[some], table.y[some], None if table.weights is None else table.weights[some]
    key, sign = _measure(model, figures)

    def score(inputs: Array) -> float:
        return sign * evaluate_table(model, Table(inputs, y, weights))[key]

    names = list(model.about.feature_names) or [f"feature {i + 1}" for i in range(features)]
    found = permutation_importance(score, x, names, repeats, rng)
    left = [f"importance of features: on {MOST_ROWS} rows, drawn at random"] if len(table.y) > MOST_ROWS else []
    return {"importance": found, "measured_by": key, "notes": left}
