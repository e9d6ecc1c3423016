"""The baseline: what a model reaches that looks at no input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.model import baseline_figures
from zoo_core.parts import Table


def trained(path: Path, x: np.ndarray, y: np.ndarray, task: str, units: int, **model: Any) -> zoo_core.Model:
    np.savez(path / "d.npz", x=x, y=y)
    loss, activation = ("cross_entropy", "softmax") if task == "classification" else ("mse", "identity")
    return zoo_core.train(
        {
            "data": {"name": "npz", "path": str(path / "d.npz"), "task": task, "train": ":40", "test": "40:"},
            "model": {"loss": loss, "layers": [{"units": units, "activation": activation}], **model},
            "optimizer": "sgd",
            "training": {"epochs": 1, "metrics": model.pop("metrics", None)},
        }
    )


X = np.random.default_rng(0).normal(size=(60, 3))


def test_the_most_frequent_class_of_the_training_rows(tmp_path: Path) -> None:
    y = np.array([0] * 9 + [1] * 10 + [2] * 21 + [2] * 5 + [1] * 15)
    model = trained(tmp_path, X, y, "classification", 3)
    assert model.about.baseline == [9 / 40, 10 / 40, 21 / 40]
    assert baseline_figures(model, Table(X[40:], y[40:])) == {"accuracy": 5 / 20}


def test_probabilities_are_the_shares_of_the_classes(tmp_path: Path) -> None:
    y = np.array([0, 1] * 5 + [1] * 30 + [0, 1] * 10)
    metrics = ["accuracy", "log_loss", "brier", "recall", "roc_auc"]
    path = tmp_path / "d.npz"
    np.savez(path, x=X, y=y)
    spec = {
        "data": {"name": "npz", "path": str(path), "train": ":40", "test": "40:"},
        "model": {"loss": "binary_cross_entropy", "layers": [{"units": 1, "activation": "sigmoid"}]},
        "optimizer": "sgd",
        "training": {"epochs": 1, "metrics": metrics},
    }
    model = zoo_core.train(spec)
    found = baseline_figures(model, Table(X[40:], y[40:]))
    share = 35 / 40
    assert found["accuracy"] == 0.5
    assert found["log_loss"] == pytest.approx(-(np.log(share) + np.log(1 - share)) / 2)
    assert found["recall"] == 1
    assert found["roc_auc"] == 0.5


def test_the_mean_of_the_training_rows(tmp_path: Path) -> None:
    y = np.arange(60.0)
    model = trained(tmp_path, X, y, "regression", 1)
    found = baseline_figures(model, Table(X[40:], y[40:, None]))
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((y[40:] - y[:40].mean()) ** 2)))
    assert found["r2"] < 0


def test_it_stands_beside_the_figures(run_zoo: Any) -> None:
    code, printed, _ = run_zoo("train", "glyphs-quickstart", "-o", "m.npz", "--json", "--set", "training.epochs=1")
    assert code == 0
    baseline = json.loads(printed)["baseline"]
    assert set(baseline) == {"validation_accuracy", "test_accuracy"}
    assert 0.05 < baseline["test_accuracy"] < 0.2
    shown = run_zoo("evaluate", "m.npz")[1]
    assert [line.split()[0] for line in shown.splitlines()] == ["metric", "loss", "accuracy"]
    assert shown.splitlines()[0].split() == ["metric", "test", "baseline"]


def test_a_file_that_does_not_tell_it_has_none(tmp_path: Path) -> None:
    model = trained(tmp_path, X, np.array([0, 1] * 30), "classification", 2)
    model.about = model.about.replaced(baseline=[1.0])
    assert baseline_figures(model, Table(X, np.array([0, 1] * 30))) == {}
