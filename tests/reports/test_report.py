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


def test_tables_without_weights_are_said_to_be_so(tmp_path: Path) -> None:
    model, table = train(tmp_path, BINARY, "classification", 2)
    words = "count each row once, without its weight"
    assert not any(words in note for note in make_report(model, table, repeats=0).notes)
    weighted = Table(table.x, table.y, np.linspace(0.5, 2, len(table.y)))
    assert any(words in note for note in make_report(model, weighted, repeats=0).notes)
