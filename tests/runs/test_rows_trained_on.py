"""A measurement says where it takes rows that the model was trained on. On random labels any such gain is false."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import merged
from zoo_core.data import RowSketch, row_hashes
from zoo_core.parts import Table

Zoo = Callable[..., tuple[int, str, str]]
SPEC: dict[str, Any] = {
    "name": "noise",
    "seed": 1,
    "data": {"name": "csv", "path": "noise.csv", "target": "y", "train": 0.7, "validation": 0.15, "test": 0.15},
    "model": {
        "loss": "cross_entropy",
        "layers": [{"units": 40, "activation": "relu"}, {"units": 2, "activation": "softmax"}],
    },
    "optimizer": "lbfgs",
    "training": {"epochs": 40, "batch_size": "all"},
}  # fmt: skip
LEARNT = "rows_trained_on"


def noise(rows: int = 160, levels: int = 0) -> list[str]:
    """Return a table of normal inputs, or of so many levels, whose labels are drawn at random."""
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, levels, (rows, 2)) if levels else rng.normal(size=(rows, 8)).round(4)
    labels = rng.integers(0, 2, rows)
    return [",".join([*map(str, row), "ab"[label]]) for row, label in zip(inputs.tolist(), labels, strict=True)]


def write(lines: list[str], name: str = "noise.csv") -> None:
    head = ",".join([*(f"x{i}" for i in range(lines[0].count(","))), "y"])
    Path(name).write_text("\n".join([head, *lines]) + "\n")


@pytest.fixture
def zoo(run_zoo: Zoo) -> Zoo:
    """The command, in a folder with a table of noise, its spec and the model that has learnt it by heart."""
    write(noise())
    Path("noise.json").write_text(json.dumps(SPEC))
    assert run_zoo("train", "noise.json", "-q")[0] == 0
    return run_zoo


def measured(zoo: Zoo, *arguments: str) -> tuple[float, dict[str, str]]:
    """Return the accuracy and the warnings by key; standard error has the same warnings."""
    code, out, err = zoo("evaluate", *arguments, "--json")
    assert code == 0
    found = json.loads(out)
    warnings = {item["key"]: item["text"] for item in found.get("warnings", [])}
    assert err == "".join(f"warning: {text}\n" for text in warnings.values())
    return found["accuracy"], warnings


CHANGES: dict[str, Callable[[list[str]], list[str]]] = {
    "sorted": sorted,
    "reversed": lambda lines: lines[::-1],
    "a row lost": lambda lines: lines[:50] + lines[51:],
    "a row twice": lambda lines: [*lines, lines[0]],
    "the first row last": lambda lines: [*lines[1:], lines[0]],
    "half of it": lambda lines: lines[::2],
    "grown": lambda lines: [*lines, *noise(200)[-40:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_table_that_has_changed_is_said_to_hold_rows_that_were_learnt(zoo: Zoo, change: str) -> None:
    before, warnings = measured(zoo, "noise.npz")
    assert warnings == {}
    write(CHANGES[change](noise()))
    after, warnings = measured(zoo, "noise.npz")
    assert after > before  # the false gain
    assert "the data have changed since model 'noise' was trained" in warnings[LEARNT]
    assert " test rows are rows that model 'noise' was trained on" in warnings[LEARNT]


def test_the_number_of_learnt_rows_is_exact_for_a_small_table(zoo: Zoo) -> None:
    model, lines = zoo_core.load("noise.npz"), noise()
    write(lines[:7], "part.csv")
    rows = np.array([[float(cell) for cell in line.split(",")[:-1]] for line in lines])
    labels = np.array(["ab".index(line[-1]) for line in lines])
    known = set(model.training_rows.hashes.tolist())
    learnt = [row_hashes(rows[i : i + 1], labels[i : i + 1])[0] in known for i in range(7)]
    assert sum(hash_ in known for hash_ in row_hashes(rows, labels).tolist()) == len(known) == 112
    _, warnings = measured(zoo, "noise.npz", "--data", "part.csv")
    assert warnings[LEARNT].startswith(
        f"{sum(learnt)} of the 7 rows of part.csv are rows that model 'noise' was trained"
    )


def test_rows_that_are_new_are_measured_without_a_word(zoo: Zoo) -> None:
    write(noise(400)[200:], "new.csv")
    assert measured(zoo, "noise.npz", "--data", "new.csv")[1] == {}
    assert measured(zoo, "noise.npz", "--split", "train")[1] == {}


def test_another_split_that_holds_new_rows_only_says_that_the_data_changed(zoo: Zoo) -> None:
    write([line.replace(".", ".1") for line in noise()])
    assert list(measured(zoo, "noise.npz")[1]) == ["data_changed"]
    assert list(measured(zoo, "noise.npz", "--split", "train")[1]) == ["data_changed"]


def test_rows_that_are_equal_by_chance_are_no_false_alarm(zoo: Zoo) -> None:
    write(noise(levels=3))
    assert zoo("train", "noise.json", "-q", "--force")[0] == 0
    assert measured(zoo, "noise.npz")[1] == {}
    assert measured(zoo, "noise.npz", "--split", "validation")[1] == {}


def test_a_confusion_matrix_warns_too(zoo: Zoo) -> None:
    write(sorted(noise()))
    code, _, err = zoo("plot", "noise.npz", "--kind", "confusion", "-o", "c.png")
    assert (code, "rows that model 'noise' was trained on" in err) == (0, True)


def test_a_model_trained_further_is_tested_on_the_rows_of_the_earlier_one(zoo: Zoo) -> None:
    code, out, err = zoo("train", "noise.json", "--from", "noise.npz", "--seed", 2, "-o", "on.npz", "-q", "--json")
    assert (code, "trained on" in err) == (0, False)
    assert json.loads(out)["test_accuracy"] < 0.75
    further = zoo_core.load("on.npz")
    assert further.spec.data.split_seed == 1
    np.testing.assert_array_equal(further.training_rows.hashes, zoo_core.load("noise.npz").training_rows.hashes)


def test_other_splits_of_a_model_trained_further_are_warned_of_and_stay_so(zoo: Zoo) -> None:
    again = ("train", "noise.json", "-q", "--from")
    _, _, err = zoo(*again, "noise.npz", "-o", "two.npz", "--set", "data.split_seed=2")
    assert "validation rows and " in err
    assert "test rows are rows that the earlier model was trained on" in err
    assert list(measured(zoo, "two.npz")[1]) == [LEARNT]
    _, _, err = zoo(*again, "two.npz", "-o", "three.npz", "--seed", 5)  # the same splits, and so the same leak
    assert "test rows are rows that the earlier model was trained on" in err
    _, _, err = zoo(*again, "noise.npz", "-o", "four.npz", "--set", "data.test=0.3", "--set", "data.train=0.55")
    assert "24 of the 24 validation rows are rows that the earlier model was trained on" in err  # no test row is


def test_python_gets_the_warning_as_an_event_and_in_the_model(zoo: Zoo) -> None:
    spec = merged(SPEC, {"data": {"split_seed": 3}})
    trainer = zoo_core.prepare(spec, start_from="noise.npz")
    texts = [event.text for event in zoo_core.follow(trainer) if type(event).__name__ == "Message" and event.warning]
    assert trainer.model.warnings[LEARNT] in texts


def test_runs_with_several_seeds_share_their_splits_by_split_seed(zoo: Zoo) -> None:
    sketches = [
        zoo_core.prepare(merged(SPEC, {"seed": seed, "data": {"split_seed": 1}})).model.training_rows.hashes.tolist()
        for seed in (1, 2, 3)
    ]
    assert sketches[0] == sketches[1] == sketches[2] == zoo_core.load("noise.npz").training_rows.hashes.tolist()
    assert zoo_core.prepare(merged(SPEC, {"seed": 2})).model.training_rows.hashes.tolist() != sketches[0]


def test_a_large_table_is_estimated_from_a_sample() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50_000, 3)).astype(np.float32), rng.integers(0, 5, 50_000)
    sketch = RowSketch().with_hashes(row_hashes(x[i : i + 1000], y[i : i + 1000]) for i in range(0, 40_000, 1000))
    assert len(sketch.hashes) == 1024
    mixed = sketch.shared_with(Table(x[30_000:].astype(float), y[30_000:]))  # half of these rows were in the sketch
    assert 0.4 < mixed.share < 0.6
    assert str(mixed) == f"about {mixed.share:.0%} of the 20,000"
    assert sketch.shared_with(Table(x[40_000:], y[40_000:])).shared == 0


def test_a_row_has_one_hash_whatever_its_types() -> None:
    x, y = np.array([[0, 255, 3]]), np.array([2])
    wanted = row_hashes(x.astype(np.uint8), y)
    assert all(row_hashes(x.astype(t), y.astype(np.int32)) == wanted for t in (np.int64, np.float32, np.float64))
    assert row_hashes(-x * 0.0, y) == row_hashes(x * 0.0, y)
    others = [row_hashes(x[:, ::-1], y), row_hashes(x, y + 1), row_hashes(x + 1, y), row_hashes(x[:, :2], y)]
    assert len({wanted.item(), *(other.item() for other in others)}) == 5


def test_a_resumed_run_keeps_warnings_and_sketch(zoo: Zoo) -> None:
    spec = merged(SPEC, {"data": {"split_seed": 3}, "training": {"epochs": 3}})
    Path("s.json").write_text(json.dumps(spec))
    assert zoo("train", "s.json", "--from", "noise.npz", "-o", "whole.npz", "-q")[0] == 0
    trainer = zoo_core.prepare("s.json", start_from="noise.npz")
    from zoo_core.runs import Output, follow
    from zoo_core.training import Interval

    output = Output("m.npz")
    for event in follow(trainer, output, Interval.parse("1steps")):
        if type(event).__name__ == "EpochEnded":
            trainer.interrupt("stopped")
    assert zoo("resume", "m.npz", "-q")[0] == 0
    assert Path("m.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_rows_that_stand_twice_are_told_by_new_and_train_and_kept(run_zoo: Zoo) -> None:
    own = noise(120)
    write(own + own[:40])
    told = (
        r"note: (\d+) of the 24 validation rows and (\d+) of the 24 test rows are rows that the model was trained on.*"
    )
    code, _, err = run_zoo("new", "twice", "--data", "noise.csv", "--json")
    found = re.search(told, err)
    assert code == 0
    assert found
    splits = zoo_core.prepare("twice.toml").splits
    train = {tuple(row) for row in np.asarray(splits["train"].x).tolist()}
    shared = [
        sum(tuple(row) in train for row in np.asarray(splits[name].x).tolist()) for name in ("validation", "test")
    ]
    assert [int(count) for count in found.groups()] == shared
    assert min(shared) > 0
    _, _, err = run_zoo("train", "twice.toml", "-q", "--set", "training.epochs=1")
    assert found[0].replace("note", "warning") in err
    assert measured(run_zoo, "twice.npz")[1] == {LEARNT: found[0].removeprefix("note: ")}


@pytest.mark.parametrize("levels", [2, 5])
def test_rows_that_are_equal_by_chance_are_not_told_to_stand_twice(run_zoo: Zoo, levels: int) -> None:
    write(noise(levels=levels))
    code, _, err = run_zoo("new", "few", "--data", "noise.csv")
    assert (code, "trained on" in err) == (0, False)


@pytest.mark.parametrize(("values", "copies", "is_told"), [(95, 1, False), (10**9, 2, True)])
def test_many_rows_of_few_values_are_no_copies(values: int, copies: int, is_told: bool) -> None:
    rng = np.random.default_rng(0)
    rows = np.tile(rng.integers(0, values, (40_000, 4)).astype(float), (copies, 1))
    rows = rng.permutation(rows)
    spec = merged(SPEC, {"data": {"train": 0.7, "validation": 0.1, "test": 0.2}, "training": {"epochs": 1}})
    model = zoo_core.train(spec, data=(rows[:, :3], rows[:, 3] < values / 2))
    assert (LEARNT in model.warnings) == is_told
