"""Cross-validation: each fold is tested by a model that has not learnt it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import SpecError, UsageError
from zoo_core.model.evaluation import evaluate_table
from zoo_core.runs import fold_specs


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    lines = [f"{a:.4f},{b:.4f},{'yes' if a + b > 0 else 'no'}" for a, b in x]
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "\n".join(lines) + "\n")
    return path


def spec_of(path: Path, **data: Any) -> dict[str, Any]:
    return {
        "name": "t",
        "data": {"name": "csv", "path": str(path), "target": "y", **data},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
        "optimizer": "adam",
        "training": {"epochs": 2},
    }


def test_each_model_is_measured_on_rows_that_it_has_not_learnt(table: Path) -> None:
    result = zoo_core.cross_validate(spec_of(table, test=0.2, validation=0.25), folds=4)
    assert [fold.rows for fold in result.folds] == [15, 15, 15, 15]
    for fold in result.folds:
        splits = zoo_core.prepare(fold.model.spec).splits
        assert {name: len(part.y) for name, part in splits.items()} == {"train": 34, "validation": 11, "test": 15}
        assert fold.figures == evaluate_table(fold.model, splits["test"])
        assert not fold.model.training_rows.shared_with(splits["test"]).shared
    accuracies = [fold.figures["accuracy"] for fold in result.folds]
    assert result.mean["accuracy"] == pytest.approx(sum(accuracies) / 4)
    assert result.spread["accuracy"] == pytest.approx(np.std(accuracies) * np.sqrt(4 / 3))


def test_the_command_saves_each_model_and_prints_the_same_figures(table: Path, run_zoo: Any) -> None:
    Path("t.json").write_text(json.dumps(spec_of(table)))
    code, printed, _ = run_zoo("train", "t.json", "--folds", "3", "--json", "-q")
    assert code == 0
    found = json.loads(printed)
    expected = zoo_core.cross_validate("t.json", 3)
    assert found["mean"] == expected.mean
    assert found["spread"] == expected.spread
    assert [fold["model"] for fold in found["folds"]] == [f"t-fold-{i}.npz" for i in (1, 2, 3)]
    again = json.loads(run_zoo("evaluate", "t-fold-2.npz", "--json")[1])
    assert again["accuracy"] == found["folds"][1]["accuracy"]
    code, _, said = run_zoo("train", "t.json", "--folds", "3")
    assert (code, "t-fold-1.npz: exists" in said) == (2, True)
    _, shown, _ = run_zoo("train", "t.json", "--folds", "3", "--force")
    assert "standard deviation" in shown
    assert "saved t-fold-1.npz to t-fold-3.npz" in shown


def test_many_metrics_of_folds_stand_in_several_tables_and_no_number_is_broken(
    table: Path, run_zoo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(table) | {"training": {"epochs": 1, "metrics": ["accuracy", "precision", "recall", "f1"]}}
    Path("t.json").write_text(json.dumps(spec))
    monkeypatch.setenv("COLUMNS", "50")
    _, shown, _ = run_zoo("train", "t.json", "--folds", "2")
    start = shown.index("fold  ")
    found = shown[start:].splitlines()[:-1]
    assert max(map(len, found)) <= 50
    assert sum(line.startswith("baseline") for line in found) == 2
    data = json.loads(run_zoo("train", "t.json", "--folds", "2", "--force", "--json", "-q")[1])
    for value in data["mean"].values():
        assert f"{value:.4f}" in shown


def test_the_folds_divide_the_slice_to_learn_from(table: Path) -> None:
    result = zoo_core.cross_validate(spec_of(table, train=":30", validation="30:"), folds=3)
    assert [fold.rows for fold in result.folds] == [10, 10, 10]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"folds": 3}, "folds needs fold, the number of the test fold from 1"),
        ({"fold": 3}, "say folds too"),
        ({"folds": 3, "fold": 4}, "fold is 4, and there are 3 folds"),
        ({"folds": 3, "fold": 1, "test": 0.2}, "the fold is the test split; leave test out"),
    ],
)
def test_keys_that_contradict_each_other(table: Path, data: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        zoo_core.Spec.parse(spec_of(table, **data))


def test_numbers_of_folds_and_slices_that_are_refused(table: Path, run_zoo: Any) -> None:
    spec = zoo_core.Spec.parse(spec_of(table))
    for folds in (1, 1001, True):
        with pytest.raises(UsageError, match="from 2 to 1000"):
            fold_specs(spec, folds)
    with pytest.raises(UsageError, match=r"data\.test is '50:'"):
        zoo_core.cross_validate(spec_of(table, test="50:"))
    assert run_zoo("train", "glyphs-quickstart", "--folds", "3", "--from", "glyphs-quickstart")[0] == 2


def test_test_rows_that_are_given_apart_are_refused_with_folds() -> None:
    x, y = np.random.default_rng(0).normal(size=(30, 2)), ["a", "b", "a"] * 10
    layers = [{"units": 2, "activation": "softmax"}]
    spec: dict[str, Any] = {"model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "sgd"}
    given, words = {"train": (x, y), "test": (x[:9], y[:9])}, "each fold is a test split, and test rows are given apart"
    with pytest.raises(UsageError, match=words):
        zoo_core.cross_validate(spec, 3, data=given)
    with pytest.raises(UsageError, match=words):
        zoo_core.train(spec | {"data": {"folds": 3, "fold": 1}}, data=given)
