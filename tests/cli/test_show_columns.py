"""`zoo show MODEL` says what each column is, what prepares it, and what was learnt, as independent code computes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import zoo_core

ROWS = 60
SIZES = np.random.default_rng(0).normal(50, 9, ROWS).round(2)
SPEC = {
    "data": {
        "name": "csv", "path": "t.csv", "target": "price", "task": "regression", "target_preprocessor": "standard",
        "columns": {"day": "date", "size": "number", "city": "category", "same": "number"},
    },
    "model": {"loss": "mse", "layers": [{"units": 1, "activation": "identity"}]}, "optimizer": "sgd",
    "training": {"epochs": 1, "evaluate": ["train"]},
}  # fmt: skip


@pytest.fixture
def model(run_zoo):
    lines = [
        f"2024-0{1 + i % 9}-01,{'' if i == 7 else SIZES[i]},{'city ' + 'abcdefghi'[i % 9]},1,{SIZES[i] * 1000}"
        for i in range(ROWS)
    ]
    Path("t.csv").write_text("\n".join(["day,size,city,same,price", *lines]) + "\n")
    return zoo_core.train(zoo_core.Spec.parse(SPEC), output="m.npz")


def test_what_is_learnt_of_each_column_is_told(run_zoo, model):
    shown = json.loads(run_zoo("show", "m.npz", "--json")[1])
    day, size, city, same = shown["columns"]
    known = np.delete(SIZES, 7)
    filled = np.insert(known, 7, np.median(known))
    assert (size["kind"], size["by"]) == ("number", "standard")
    assert size["learnt"]["mean"] == pytest.approx(filled.mean())
    assert size["learnt"]["standard deviation"] == pytest.approx(filled.std())
    assert size["learnt"]["a missing value becomes"] == pytest.approx(np.median(known))
    assert (city["by"], city["learnt"]["columns"]) == ("one_hot", 9)
    assert city["learnt"]["categories"] == [f"city {letter}" for letter in "abcdefghi"]
    assert (day["by"], "month.sin" in day["learnt"]["parts"]) == ("date_parts", True)
    assert day["learnt"]["mean"] == "2024-04-26"
    assert same["learnt"]["left out"] == "it does not vary"
    (target,) = shown["targets"]
    assert (target["target"], target["by"]) == ("price", "standard")
    assert target["learnt"]["mean"] == pytest.approx((SIZES * 1000).mean())


def test_the_tables_are_short(run_zoo, model):
    _, out, _ = run_zoo("show", "m.npz")
    assert "city a, city b, city c, city d, city e, city f, ... (9 in all)" in out
    assert "Targets: each is scaled while it is learnt; predictions are in its own units" in out


def test_plain_numbers_and_ranks_are_told_too(run_zoo, model):
    plain = {**SPEC, "data": {"name": "csv", "path": "p.csv", "preprocessor": "rank"}}
    plain["model"] = {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]}
    Path("p.csv").write_text("a,b,y\n" + "".join(f"{i},{i * i},{'pq'[i % 2]}\n" for i in range(21)))
    zoo_core.train(zoo_core.Spec.parse(plain), output="p.npz")
    shown = json.loads(run_zoo("show", "p.npz", "--json")[1])
    assert [one["column"] for one in shown["columns"]] == ["a", "b"]
    assert shown["columns"][1]["learnt"] == {"smallest": 0, "median": 100, "largest": 400}
    assert shown["targets"] == []
