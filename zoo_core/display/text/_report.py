"""The report on a model as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.display.text._table import TextTable, text_table
from zoo_core.parts import Array

if TYPE_CHECKING:
    from zoo_core.reports import Report

MOST_CLASSES = 12  # columns of a confusion matrix; the picture shows more
MOST_PAIRS = 10  # of classes that are mixed up
WIDTH, GAP = 78, 3  # characters of a table, beyond which columns have numbers as names; between two columns
ERRORS = ("5 %", "25 %", "median", "75 %", "95 %")


def report_tables(report: Report) -> Iterator[TextTable]:
    """Yield the tables of a report; those that have nothing to say are left out."""
    figures = [(key, value, report.baseline.get(key)) for key, value in report.figures.items()]
    yield text_table(["metric", "value", "baseline"], figures, title=f"{report.model} on {report.rows:,} rows")
    if report.classes:
        rows = [(c.name, *map(_known, (c.precision, c.recall, c.f1)), c.support) for c in report.classes]
        what = "label" if report.confusion is None else "class"
        yield text_table([what, "precision", "recall", "F1", _count(report)], rows, title=f"By {what}")
        yield from _confusion(report)
    if report.thresholds:
        cells = [(t.rule, t.threshold, t.accuracy, t.precision, t.recall, t.f1) for t in report.thresholds]
        title = f"{report.classes[1].name} from this probability on (choose it on the validation split)"
        yield text_table(["rule", "threshold", "accuracy", "precision", "recall", "F1"], cells, title=title)
    yield from _calibration(report)
    yield from _labels(report)
    yield from _targets(report)
    if report.importance:
        shown = [(one.feature, one.mean, one.spread) for one in report.importance]
        title = f"Importance: how much worse {report.measured_by} gets if a feature is shuffled"
        yield text_table(["feature", "mean", "standard deviation"], shown, title=title)


def _known(value: float) -> float | None:
    """Return a figure; None, which is written as "-", for one that no row tells."""
    return None if math.isnan(value) else value


def _count(report: Report) -> str:
    """Return what a number of rows is called."""
    return "weight" if report.weighted else "rows"


def _labels(report: Report) -> Iterator[TextTable]:
    """Yield the thresholds and the calibration of several labels."""
    cells = [
        (name, t.rule, t.threshold, t.accuracy, t.precision, t.recall, t.f1)
        for name, rules in report.label_thresholds.items()
        for t in rules
    ]
    if cells:
        title = "Each label from this probability on (choose it on the validation split)"
        yield text_table(["label", "rule", "threshold", "accuracy", "precision", "recall", "F1"], cells, title=title)
    bins = [
        (name, f"{one.low:.1f} to {one.high:.1f}", one.rows, one.predicted, one.observed, f"{found.error:.3f}")
        for name, found in report.label_calibration.items()
        for one in found.bins
    ]
    if bins:
        head = ["label", "between", _count(report), "predicted", "observed", "off in the mean"]
        yield text_table(head, bins, title="Calibration of the probability of each label")


def _confusion(report: Report) -> Iterator[TextTable]:
    """Yield the confusion matrix; of many classes the pairs that are mixed up most."""
    names = [one.name for one in report.classes]
    if report.confusion is None:
        return
    if len(names) > MOST_CLASSES:
        yield from _confused_pairs(report, report.confusion, names)
        return
    heads, cells = names, report.confusion.tolist()
    if max(map(len, names)) + sum(len(name) + GAP for name in names) > WIDTH:
        heads = [str(at) for at in range(1, len(names) + 1)]
        names = [f"{at} {name}" for at, name in zip(heads, names, strict=True)]
    rows = [(name, *counts) for name, counts in zip(names, cells, strict=True)]
    title = "Predicted as, in sums of weights" if report.weighted else "Predicted as"
    yield text_table(["true class", *heads], rows, title=title)


def _confused_pairs(report: Report, counts: Array, names: Sequence[str]) -> Iterator[TextTable]:
    pairs = sorted((-count, at) for at, count in np.ndenumerate(counts) if at[0] != at[1] and count)
    rows = [(names[true], names[guess], -count) for count, (true, guess) in pairs[:MOST_PAIRS]]
    if rows:
        heads = ["true class", "predicted as", _count(report)]
        yield text_table(heads, rows, title=f"Mixed up most: {len(rows)} of {len(pairs):,} pairs of classes")


def _calibration(report: Report) -> Iterator[TextTable]:
    if report.calibration is not None:
        found = report.calibration
        rows = [(f"{one.low:.1f} to {one.high:.1f}", one.rows, one.predicted, one.observed) for one in found.bins]
        title = f"Calibration of the {found.of}: off by {found.error:.3f} in the mean"
        yield text_table(["between", _count(report), "predicted", "observed"], rows, title=title)


def _targets(report: Report) -> Iterator[TextTable]:
    if report.targets:
        rows = [(t.name, t.rmse, t.mae, t.r2, t.bias) for t in report.targets]
        yield text_table(["target", "rmse", "mae", "r2", "mean error"], rows, title="By target")
        errors = [(t.name, *t.error_quantiles) for t in report.targets]
        yield text_table(["target", *ERRORS], errors, title="Prediction - value, at these shares of the rows")
