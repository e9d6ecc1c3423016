"""Groups and times of rows from Python: frames divide as the same table in a file, arrays by what is beside them."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import zoo_core
from zoo_core.errors import DataError

ROWS = 60


def table() -> dict[str, list[Any]]:
    """Return rows of 12 persons on mixed days; the column b has the number of the row."""
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=at) for at in range(ROWS)]
    random.Random(1).shuffle(days)
    persons = [f"p{at % 12}" for at in range(ROWS)]
    labels = ["yes" if at % 3 else "no" for at in range(ROWS)]
    return {"person": persons, "day": days, "a": [at % 7 for at in range(ROWS)], "b": list(range(ROWS)), "y": labels}


def spec(**data: Any) -> dict[str, Any]:
    return {
        "data": {"test": 0.2, "validation": 0.2, **data},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
        "optimizer": "adam",
        "training": {"epochs": 1},
    }


def parts(run: Any) -> dict[str, list[int]]:
    """Return the numbers of the rows in each split; they stand in the last column of inputs."""
    return {name: np.asarray(own.x)[:, -1].astype(int).tolist() for name, own in run.splits.items()}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, dict])
@pytest.mark.parametrize("option", [{"group": "person"}, {"time": "day"}], ids=["group", "time"])
def test_a_frame_is_divided_as_the_same_table_in_a_file(
    tmp_path: Path, frame: Callable[..., Any], option: dict[str, str]
) -> None:
    pd.DataFrame(table()).to_csv(tmp_path / "t.csv", index=False)
    left_out = {"columns": {"person": "ignore", "day": "ignore"}, **option}
    file = zoo_core.prepare(spec(name="csv", path=str(tmp_path / "t.csv"), target="y", **left_out))
    given = zoo_core.prepare(spec(name="arrays", target="y", **left_out), data=frame(table()))
    assert parts(given) == parts(file)
    assert given.model.about.feature_names == ["a", "b"]


@pytest.mark.parametrize("beside", [{"group": "person"}, {"time": 1}, {"weights": "b"}], ids=str)
def test_kinds_may_be_told_of_columns_that_are_not_learnt_from(beside: dict[str, str]) -> None:
    columns = {"person": "category", "day": "date", "b": "number", "y": "category"}
    run = zoo_core.prepare(spec(target="y", columns=columns, preprocessor="table", **beside), data=table())
    taken = {"person": "person", 1: "day", "b": "b"}[next(iter(beside.values()))]
    assert run.model.about.feature_names == [name for name in ("person", "day", "a", "b") if name != taken]
    with pytest.raises(DataError, match="no column 'bb'"):
        zoo_core.prepare(spec(target="y", columns={"bb": "number"}, **beside), data=table())


def test_a_wrong_name_beside_x_and_y_is_said() -> None:
    rows = table()
    with pytest.raises(DataError, match="groups, times or weights, not 'group'"):
        zoo_core.prepare(spec(), data={"x": np.zeros((ROWS, 2)), "y": rows["y"], "group": rows["person"]})


def test_no_two_splits_share_a_person() -> None:
    rows = table()
    run = zoo_core.prepare(spec(target="y", group="person", columns={"day": "ignore"}), data=pd.DataFrame(rows))
    people = [{rows["person"][at] for at in own} for own in parts(run).values()]
    assert all(people)
    assert sum(map(len, people)) == len(set.union(*people)) == 12


@pytest.mark.parametrize(
    "times",
    [
        lambda days: days,
        lambda days: np.array(days, "datetime64[D]"),
        lambda days: pd.Series(pd.to_datetime(days)),
        lambda days: [day.toordinal() for day in days],
        lambda days: [day.isoformat() for day in days],
    ],
    ids=["dates", "NumPy", "pandas", "numbers", "texts"],
)
def test_later_rows_test_what_earlier_ones_taught(times: Callable[[list[datetime.date]], Any]) -> None:
    rows = table()
    x = np.column_stack([rows["a"], rows["b"]])
    run = zoo_core.prepare(spec(), data={"x": x, "y": rows["y"], "times": times(rows["day"])})
    order = sorted(range(ROWS), key=lambda at: rows["day"][at])
    found = parts(run)
    assert [sorted(found[name]) for name in found] == [sorted(order[:36]), sorted(order[36:48]), sorted(order[48:])]


@pytest.mark.parametrize("groups", [list, np.array, pd.Series, pd.Categorical])
def test_folds_of_arrays_keep_groups_whole(groups: Callable[..., Any]) -> None:
    rows = table()
    x = np.column_stack([rows["a"], rows["b"]]).astype(float)
    data = {"x": x, "y": rows["y"], "groups": groups(rows["person"])}
    result = zoo_core.cross_validate(spec(test=None), folds=3, data=data)
    runs = [zoo_core.prepare(fold.model.spec, data=data) for fold in result.folds]
    people = [{rows["person"][at] for at in parts(run)["test"]} for run in runs]
    assert sum(map(len, people)) == len(set.union(*people)) == 12


def test_groups_given_by_split_may_not_be_shared() -> None:
    x, y = np.arange(24.0).reshape(12, 2), ["a", "b"] * 6
    own = [{"x": x, "y": y, "groups": [first + at // 4 for at in range(12)]} for first in (0, 3, 6)]
    data = dict(zip(("train", "validation", "test"), own, strict=True))
    zoo_core.prepare(spec(test=None, validation=None), data=data)
    data["test"]["groups"] = [2] * 12
    with pytest.raises(DataError, match=r"data.train and data.test share 1 groups"):
        zoo_core.prepare(spec(test=None, validation=None), data=data)


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        ({"groups": ["a", None, "b"]}, "groups: row 1 (from 0) is missing; fill it in"),
        ({"groups": [1.0, 2.0, np.nan]}, "groups: row 2 (from 0) is missing"),
        ({"times": np.array(["2026-01-31", "NaT", "2026-02-01"], "datetime64[D]")}, "times: row 1 (from 0) is missing"),
        ({"times": ["2026-01-31", "soon", "2026-02-01"]}, "'soon' is no time; write a number or 2026-01-31"),
        ({"groups": ["a", "b"]}, "groups: is of shape (2,) for 3 rows of inputs; give a value for each"),
        ({"times": [[1.0], [2.0], [3.0]]}, "times: is of shape (3, 1) for 3 rows of inputs"),
    ],
)
def test_rows_without_a_group_or_a_time_are_named(beside: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError) as caught:
        zoo_core.prepare(spec(), data={"x": np.zeros((3, 2)), "y": ["a", "b", "a"], **beside})
    assert words in str(caught.value)


def test_a_frame_is_evaluated_by_the_weights_that_the_model_was_trained_with(tmp_path: Path) -> None:
    rows = {"a": list(range(ROWS)), "w": [at % 4 for at in range(ROWS)], "y": [at**2 / 50 for at in range(ROWS)]}
    form = {"test": 0.2, "validation": 0.2, "weights": "w"}
    layers = {"loss": "mse", "layers": [{"units": 1}]}
    of = {"data": {"target": "y", **form}, "model": layers, "optimizer": "adam", "training": {"epochs": 1}}
    model = zoo_core.train(of, data=rows)
    counted = {"a": np.repeat(rows["a"], rows["w"]), "y": np.repeat(rows["y"], rows["w"])}
    expected = model.evaluate(counted["a"][:, None], counted["y"])
    for one in (model, zoo_core.load(model.to_bytes())):
        assert one.evaluate(pd.DataFrame(rows)) == pytest.approx(expected)
    with pytest.warns(UserWarning, match="no column 'w', which weighed the rows in training"):
        alike = model.evaluate({"a": rows["a"], "y": rows["y"]})
    assert alike == model.evaluate(np.array(rows["a"])[:, None], rows["y"])
