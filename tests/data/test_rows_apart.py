"""Groups and times of the rows of a text table."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import DataError

HEADER = "person,when,a,b,y\n"


def write(path: Path, rows: list[str]) -> Path:
    path.write_text(HEADER + "\n".join(rows) + "\n")
    return path


def rows_of(count: int, people: int) -> list[str]:
    rng = random.Random(1)
    days = [f"20{10 + at // 300}-{1 + at // 25 % 12:02}-{1 + at % 25:02}" for at in range(count)]
    rng.shuffle(days)
    return [f"p{at % people},{day},{rng.random():.3f},{at},{'yes' if at % 3 else 'no'}" for at, day in enumerate(days)]


def spec(path: Path, **data: Any) -> dict[str, Any]:
    return {
        "data": {"name": "csv", "path": str(path), "target": "y", **data},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
        "optimizer": "adam",
        "training": {"epochs": 1},
    }


def split_rows(trainer: zoo_core.Model | Any) -> dict[str, list[int]]:
    """Return the numbers of the rows in each split; they stand in the column b."""
    return {name: np.asarray(table.x)[:, -1].astype(int).tolist() for name, table in trainer.splits.items()}


PERSON = {"person": "ignore"}


def test_a_person_is_in_one_split(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", rows_of(100, 20))
    columns = {"when": "ignore"}
    trainer = zoo_core.prepare(spec(path, group="person", columns=columns, test=0.2, validation=0.2))
    assert list(trainer.model.about.feature_names) == ["a", "b"]
    people = {name: {row % 20 for row in rows} for name, rows in split_rows(trainer).items()}
    assert {name: len(own) for name, own in people.items()} == {"train": 12, "validation": 4, "test": 4}
    assert len(set().union(*people.values())) == 20


def test_later_rows_are_tests(tmp_path: Path) -> None:
    rows = rows_of(100, 20)
    path = write(tmp_path / "t.csv", rows)
    trainer = zoo_core.prepare(spec(path, time="when", columns={"person": "id"}, test=0.2))
    found = split_rows(trainer)
    day = [row.split(",")[1] for row in rows]
    assert max(day[row] for row in found["train"]) < min(day[row] for row in found["test"])
    assert len(found["test"]) == 20


@pytest.mark.filterwarnings("ignore:.*without a target are left out")
def test_a_model_of_groups_predicts_without_them(tmp_path: Path, run_zoo: Any) -> None:
    path = write(Path("t.csv"), [*rows_of(60, 12), "p1,2030-01-01,0.5,61,"])  # one row has no label
    model = zoo_core.train(spec(path, group="person", columns={"when": "date"}, test=0.25), output="m.npz")
    Path("new.csv").write_text("b,a,when\n3,0.5,2011-01-01\n")
    code, printed, err = run_zoo("predict", "m.npz", "new.csv")
    assert (code, err) == (0, "")
    assert printed.strip() in model.labels().tolist()
    assert run_zoo("evaluate", "m.npz")[0] == 0
    Path("true.csv").write_text("b,a,when,y\n3,0.5,2011-01-01,yes\n")
    assert run_zoo("evaluate", "m.npz", "--data", "true.csv")[0] == 0


@pytest.mark.parametrize("form", ["{2}/{1}/{0}", "{1}/{2}/{0}", "{2}.{1}.{0} 12:30"])
def test_times_may_be_dates_in_another_order(tmp_path: Path, form: str) -> None:
    rows = rows_of(100, 20)
    days = [row.split(",")[1] for row in rows]
    own = [row.replace(day, form.format(*day.split("-"))) for row, day in zip(rows, days, strict=True)]
    found = [
        split_rows(zoo_core.prepare(spec(write(tmp_path / "t.csv", lines), time="when", test=0.2, columns=PERSON)))
        for lines in (rows, own)
    ]
    assert found[0] == found[1]


def test_times_that_may_be_in_two_orders_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [f"p{i},0{i % 9 + 1}/0{i % 7 + 1}/2020,1,{i},yes" for i in range(20)])
    with pytest.raises(DataError, match="'01/01/2020' may be day, month, year or month, day, year; write 2026-01-31"):
        zoo_core.prepare(spec(path, time="when", columns=PERSON))


@pytest.mark.parametrize(
    ("option", "row", "words"),
    [
        ("group", ",2020-01-01,1,2,yes", r"line 4, column 'person': the row has no group"),
        ("time", "p1,,1,2,yes", r"line 4, column 'when': the row has no time"),
        ("time", "p1,soon,1,2,yes", "'soon' is no time; write a number or 2026-01-31"),
    ],
)
def test_rows_without_a_group_or_a_time_are_named(tmp_path: Path, option: str, row: str, words: str) -> None:
    path = write(tmp_path / "t.csv", ["p1,2020-01-01,1,2,yes", "p2,2020-01-02,1,2,no", row])
    columns = {"when": "ignore"} if option == "group" else {"person": "ignore"}
    with pytest.raises(DataError, match=words):
        zoo_core.prepare(spec(path, columns=columns, **{option: {"group": "person", "time": "when"}[option]}))


def test_the_test_file_has_the_same_groups(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", rows_of(30, 6))
    other = write(tmp_path / "u.csv", ["p9,2020-01-01,1,99,yes", "p1,2020-01-02,1,98,no"])
    data = {"group": "person", "columns": {"when": "ignore"}, "test_path": str(other)}
    with pytest.raises(DataError, match="share 1 groups"):
        zoo_core.prepare(spec(path, **data))
