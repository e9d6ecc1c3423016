"""The report on a model as tables and as a picture: readable for several targets, many classes and long names."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from tests.reports.test_report import BINARY, X, train
from zoo_core.display.plots import report_figure
from zoo_core.display.text import report_tables
from zoo_core.parts import Table
from zoo_core.reports import Report, make_report
from zoo_core.reports._classes import ClassFigures


def report_of(names: list[str], counts: np.ndarray, **more: Any) -> Report:
    classes = [ClassFigures(name, 0.5, 0.5, 0.5, float(n)) for name, n in zip(names, counts.sum(axis=1), strict=True)]
    return Report("m", int(counts.sum()), {"accuracy": 0.5}, {}, classes=classes, confusion=counts, **more)


def lines(report: Report) -> list[str]:
    return [line for table in report_tables(report) for line in table.plain_lines()]


def test_each_target_has_a_panel_of_its_own_and_counts_alike(tmp_path):
    y = np.stack([1e5 * X[:, 0], 1e-3 * X[:, 1]], axis=1)
    model, table = train(tmp_path, y, "regression", 2, epochs=20)
    report = make_report(model, table)
    figure = report_figure(report)
    first, second, errors = figure.axes[:3]
    assert (first.get_title(loc="left")[:8], second.get_title(loc="left")[:8]) == ("target 1", "target 2")
    for axes, values in ((first, y[:, 0]), (second, y[:, 1])):
        low, high = axes.get_xlim()
        assert high - low < 2 * np.ptp(values)  # a small unit is not drawn in a corner
    assert "in standard deviations of the values" in errors.get_xlabel()
    assert report.measured_by == "loss"  # in rmse the first target alone would count
    of = {one.feature: one.mean for one in report.importance}
    assert of["feature 2"] == pytest.approx(of["feature 1"], rel=0.5)


def test_one_target_is_drawn_in_its_unit(tmp_path):
    model, table = train(tmp_path, 1e5 * X[:, 0], "regression", 1)
    report = make_report(model, table, repeats=2)
    assert report.measured_by == "rmse"
    assert report_figure(report).axes[1].get_xlabel() == "prediction - value"


def test_long_names_of_classes_are_cut_and_told_apart_in_the_picture():
    names = [f"a name that is far longer than {n} picture has room for {n}" for n in "abcd"]
    report = report_of([*names, "tab\tand \x1b[31m"], np.eye(5, dtype=int))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = report_figure(report)
        figure.canvas.draw()
    shown = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert len(set(shown)) == 5
    assert max(map(len, shown)) < 30
    assert all(text.isprintable() for text in shown)


def test_shares_of_a_class_with_little_weight_are_shares():
    report = report_of(["a", "b"], np.array([[0.3, 0.1], [0.0, 2.0]]), weighted=True)
    drawn = report_figure(report).axes[1].images[0].get_array()
    np.testing.assert_allclose(drawn, [[0.75, 0.25], [0, 1]])


def test_of_many_classes_the_pairs_that_are_mixed_up_most_are_listed():
    counts = np.diag(np.arange(100, 120))
    counts[3, 7], counts[7, 3], counts[0, 1] = 9, 4, 1
    names = [f"kind {n}" for n in range(20)]
    said = lines(report_of(names, counts))
    start = said.index("Mixed up most: 3 of 3 pairs of classes")
    cells = [line.split("  ") for line in said[start + 2 : start + 5]]
    assert [[cell.strip() for cell in row if cell] for row in cells] == [
        ["kind 3", "kind 7", "9"], ["kind 7", "kind 3", "4"], ["kind 0", "kind 1", "1"],
    ]  # fmt: skip
    assert "Predicted as" not in said


def test_columns_of_a_wide_confusion_matrix_are_numbers():
    names = [f"class with a long name {n}" for n in "abcdef"]
    said = lines(report_of(names, np.eye(6, dtype=int)))
    start = said.index("Predicted as")
    assert said[start + 1].split() == ["true", "class", "1", "2", "3", "4", "5", "6"]
    assert said[start + 2].startswith("1 class with a long name a")
    narrow = lines(report_of(["a", "b"], np.eye(2, dtype=int)))
    assert narrow[narrow.index("Predicted as") + 1].split() == ["true", "class", "a", "b"]


def test_a_class_without_rows_has_no_figures():
    nothing = ClassFigures("b", float("nan"), float("nan"), float("nan"), 0)
    said = lines(Report("m", 1, {"accuracy": 1.0}, {}, classes=[ClassFigures("a", 1.0, 1.0, 1.0, 1), nothing]))
    assert said[-1].split() == ["b", "-", "-", "-", "0"]


def test_sums_of_whole_weights_are_shown_as_whole_numbers(tmp_path):
    model, table = train(tmp_path, BINARY, "classification", 2)
    whole = make_report(model, Table(table.x, table.y, np.arange(200) % 3 * 1.0), repeats=0)
    assert {type(one.support) for one in whole.classes} == {int}
    assert whole.calibration is not None
    assert {type(one.rows) for one in whole.calibration.bins} == {int}
    parts = make_report(model, Table(table.x, table.y, np.arange(200) % 3 / 2), repeats=0)
    assert sum(one.support for one in parts.classes) == pytest.approx((np.arange(200) % 3 / 2).sum())
