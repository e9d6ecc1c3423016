"""The report on a model, against loops that count row by row."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import UsageError
from zoo_core.parts import Table
from zoo_core.reports import make_report


def train(tmp_path: Path, y: np.ndarray, task: str, units: int, **options: Any) -> tuple[zoo_core.Model, Table]:
    x = np.random.default_rng(0).normal(size=(len(y), 3))
    x[:, 2] = 1.5
    np.savez(tmp_path / "d.npz", x=x, y=y)
    loss, activation = ("cross_entropy", "softmax") if task == "classification" else ("mse", "identity")
    spec = {
        "data": {"name": "npz", "path": str(tmp_path / "d.npz"), "task": task, "preprocessor": "none"},
        "model": {"loss": loss, "layers": [{"units": units, "activation": activation}]},
        "optimizer": {"name": "sgd", "learning_rate": 0.5 if task == "classification" else 0.05},
        "training": {"epochs": 3} | options,
    }
    model = zoo_core.train(spec)
    return model, Table(x, y if task == "classification" else y.reshape(len(y), -1))


X = np.random.default_rng(0).normal(size=(200, 3))
BINARY = (X[:, 0] + 0.5 * np.random.default_rng(1).normal(size=200) > 0.3).astype(int)
THREE = np.digitize(X[:, 0] + 0.4 * np.random.default_rng(1).normal(size=200), [-0.5, 0.5])


def test_figures_by_class_are_those_of_a_count(tmp_path: Path) -> None:
    model, table = train(tmp_path, THREE, "classification", 3)
    report = make_report(model, table)
    predicted = model.predict(table.x).tolist()
    pairs = list(zip(table.y.tolist(), predicted, strict=True))
    for at, found in enumerate(report.classes):
        hits = sum(true == at and guess == at for true, guess in pairs)
        called, real = predicted.count(at), table.y.tolist().count(at)
        assert (found.name, found.support) == (str(at), real)
        assert found.precision == pytest.approx(hits / called)
        assert found.recall == pytest.approx(hits / real)
        assert found.f1 == pytest.approx(2 * hits / (called + real))
        assert report.confusion is not None
        assert report.confusion[at].tolist() == [pairs.count((at, guess)) for guess in range(3)]
    assert report.thresholds == []
    assert report.figures == model.evaluate(table.x, table.y)


def test_thresholds_are_the_best_of_all(tmp_path: Path) -> None:
    model, table = train(tmp_path, BINARY, "classification", 2)
    scores = model.predict_proba(table.x)[:, 1]

    def at(threshold: float) -> tuple[float, float, float]:
        called = scores >= threshold
        hits = float((called & (BINARY == 1)).sum())
        recall, alarms = hits / BINARY.sum(), float((called & (BINARY == 0)).sum()) / (BINARY == 0).sum()
        return 2 * hits / (called.sum() + BINARY.sum()), recall - alarms, float((called == (BINARY == 1)).mean())

    plain, best_f1, best_balance = make_report(model, table, repeats=0).thresholds
    assert plain.threshold == 0.5
    assert plain.accuracy == pytest.approx(model.evaluate(table.x, table.y)["accuracy"])
    assert best_f1.f1 == pytest.approx(max(at(cut)[0] for cut in scores))
    assert at(best_balance.threshold)[1] == pytest.approx(max(at(cut)[1] for cut in scores))
    for found in (plain, best_f1, best_balance):
        assert (found.f1, found.accuracy) == pytest.approx((at(found.threshold)[0], at(found.threshold)[2]))


def test_calibration_compares_probabilities_with_shares(tmp_path: Path) -> None:
    model, table = train(tmp_path, BINARY, "classification", 2)
    scores = model.predict_proba(table.x)[:, 1].tolist()
    found = make_report(model, table, repeats=0).calibration
    assert found is not None
    assert found.of == "probability of 1"
    assert sum(one.rows for one in found.bins) == 200
    error = 0.0
    for one in found.bins:
        own = [row for row, score in enumerate(scores) if one.low <= score < one.high or score == one.high == 1]
        assert one.rows == len(own)
        assert one.predicted == pytest.approx(sum(scores[row] for row in own) / len(own))
        assert one.observed == pytest.approx(sum(BINARY[own]) / len(own))
        error += abs(sum(scores[row] - BINARY[row] for row in own)) / 200
    assert found.error == pytest.approx(error)


def test_errors_of_values(tmp_path: Path) -> None:
    y = np.stack([2 * X[:, 0] + 100, X[:, 1]], axis=1)
    model, table = train(tmp_path, y, "regression", 2)
    report = make_report(model, table)
    predicted = np.asarray(model.predict(table.x), float)
    for at, found in enumerate(report.targets):
        errors = (predicted[:, at] - y[:, at]).tolist()
        assert found.name == f"target {at + 1}"
        assert found.rmse == pytest.approx(math.sqrt(sum(e * e for e in errors) / 200))
        assert found.mae == pytest.approx(sum(map(abs, errors)) / 200)
        assert found.bias == pytest.approx(sum(errors) / 200)
        assert found.r2 == pytest.approx(1 - np.mean(np.square(errors)) / np.var(y[:, at]))
        assert found.error_quantiles[2] == pytest.approx(np.median(errors))


def test_a_feature_without_use_has_no_importance(tmp_path: Path) -> None:
    model, table = train(tmp_path, THREE, "classification", 3)
    before = np.array(table.x)
    report = make_report(model, table)
    found = {one.feature: one for one in report.importance}
    assert report.measured_by == "accuracy"
    assert report.importance[0].feature == "feature 1"
    assert found["feature 1"].mean > 5 * found["feature 1"].spread > 0
    assert (found["feature 3"].mean, found["feature 3"].spread) == (0, 0)  # it has one value, so nothing is shuffled
    np.testing.assert_array_equal(table.x, before)
    assert report.importance == make_report(model, table).importance
    with pytest.raises(UsageError, match="repeats is 1"):
        make_report(model, table, repeats=1)


def test_importance_of_errors_is_how_much_they_grow(tmp_path: Path) -> None:
    model, table = train(tmp_path, 3 * X[:, 0], "regression", 1)
    first = make_report(model, table).importance[0]
    assert first.feature == "feature 1"
    # Shuffled, 3 a becomes 3 b with b independent of a: the mean squared error grows to about 2 * 9.
    assert first.mean == pytest.approx(math.sqrt(18), rel=0.3)


def test_the_command_prints_draws_and_gives_json(run_zoo: Any) -> None:
    code, printed, err = run_zoo("evaluate", "glyphs-quickstart", "--report", "-o", "r.png")
    assert (code, err) == (0, "")
    for word in ("By class", "precision", "Predicted as", "Calibration", "no importance of features: there are 784"):
        assert word in printed
    assert Path("r.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads(run_zoo("evaluate", "glyphs-quickstart", "--report", "--json")[1])
    assert data["rows"] == 1000
    assert sum(map(sum, data["confusion"])) == 1000
    assert data["classes"][0]["support"] == 100
    code, _, err = run_zoo("evaluate", "glyphs-quickstart", "-o", "r.png")
    assert (code, "add --report" in err) == (2, True)


REPEATED = np.arange(200) % 4  # whole weights, 0 among them: a row of weight 3 stands for three rows


def halves(report: Any) -> dict[str, Any]:
    """Return what a report says of rows, without what counts them once or draws at random."""
    data = report.to_dict()
    return {key: data[key] for key in data if key not in ("rows", "notes", "weighted", "figures", "baseline")}


@pytest.mark.parametrize("y", [BINARY, THREE])
def test_a_weighted_row_counts_as_that_many_rows_in_every_table(tmp_path: Path, y: np.ndarray) -> None:
    model, table = train(tmp_path, y, "classification", int(y.max()) + 1)
    weighted = make_report(model, Table(table.x, y, REPEATED.astype(float)), repeats=0)
    several = make_report(model, Table(np.repeat(table.x, REPEATED, axis=0), np.repeat(y, REPEATED)), repeats=0)
    assert (weighted.weighted, several.weighted) == (True, False)
    assert "each row counts by its weight" in weighted.notes
    assert_alike(halves(weighted), halves(several))


def assert_alike(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_alike(a[key], b[key])
    elif isinstance(a, list):
        assert len(a) == len(b)
        for pair in zip(a, b, strict=True):
            assert_alike(*pair)
    else:
        assert a == (b if isinstance(b, str) else pytest.approx(b, nan_ok=True))


def test_weighted_errors_of_values_are_those_of_repeated_rows(tmp_path: Path) -> None:
    y = 2 * X[:, 0] + X[:, 1] ** 2
    model, table = train(tmp_path, y, "regression", 1)
    weighted = make_report(model, Table(table.x, table.y, REPEATED.astype(float)), repeats=0).targets[0]
    rows = Table(np.repeat(table.x, REPEATED, axis=0), np.repeat(table.y, REPEATED, axis=0))
    several = make_report(model, rows, repeats=0).targets[0]
    for key in ("rmse", "mae", "r2", "bias"):
        assert getattr(weighted, key) == pytest.approx(getattr(several, key))
    errors = np.repeat((np.asarray(model.predict(table.x), float) - y), REPEATED)
    expected = np.quantile(errors, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf")
    assert weighted.error_quantiles == pytest.approx(expected.tolist())


def test_each_of_several_labels_has_thresholds_and_calibration(tmp_path: Path) -> None:
    y = np.column_stack([BINARY, THREE > 0, np.zeros(200)]).astype(np.uint8)
    np.savez(tmp_path / "d.npz", x=X, y=y)
    spec = {
        "data": {"name": "npz", "path": str(tmp_path / "d.npz"), "task": "multilabel"},
        "model": {"loss": "binary_cross_entropy", "layers": [{"units": 3, "activation": "sigmoid"}]},
        "optimizer": "adam", "training": {"epochs": 5, "metrics": ["accuracy"]},
    }  # fmt: skip
    model = zoo_core.train(spec)
    report = make_report(model, Table(X, y), repeats=0)
    first, second, third = model.about.target_names
    assert [*report.label_thresholds] == [*report.label_calibration] == [first, second]  # no row has the third
    assert [one.name for one in report.classes] == [first, second, third]
    for at, name in enumerate((first, second)):
        half = report.label_thresholds[name][0]
        called, true = model.predict_proba(X)[:, at] >= 0.5, y[:, at] == 1
        assert half.accuracy == pytest.approx(np.mean(called == true))
        assert half.recall == pytest.approx(np.mean(called[true]))
        assert sum(one.rows for one in report.label_calibration[name].bins) == 200


def test_a_report_runs_the_network_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, table = train(tmp_path, BINARY, "classification", 2)
    seen: list[int] = []
    infer = model.network.infer
    monkeypatch.setattr(model.network, "infer", lambda rows, load: seen.append(rows) or infer(rows, load))
    make_report(model, table, repeats=0)
    assert seen == [200]
