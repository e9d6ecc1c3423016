"""Rows of a frame without a target are left out and counted, as those of a file are; of arrays they are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import zoo_core
from tests.runs.test_frame_columns import spec
from zoo_core.errors import DataError

N = 60
TEXT = r"2 row\(s\) without a target are left out; the first is row 3 \(from 0\)"
A, B = np.linspace(-1, 1, N), np.arange(N) % 7.0


def labels(gap: Any) -> list[Any]:
    """Return labels, of which two are missing."""
    return [gap if at in (3, 9) else ("yes" if at % 3 else "no") for at in range(N)]


def rows_of(y: Any) -> dict[str, Any]:
    return {"a": A, "b": B, "y": y}


def regression() -> dict[str, Any]:
    layers = [{"units": 1, "activation": "identity"}]
    return {**spec(), "model": {"loss": "mse", "layers": layers}}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(rows_of(labels(None))),
        pd.DataFrame(rows_of(labels(np.nan))),
        pd.DataFrame(rows_of(labels(" NA"))),
        pd.DataFrame(rows_of(pd.array(labels(None), "string"))),
        pd.DataFrame(rows_of(pd.Categorical(labels(None)))),
        pd.DataFrame(rows_of(labels(pd.NaT))),
        pl.DataFrame(rows_of(labels(None))),
        rows_of(labels(None)),
        (pd.DataFrame({"a": A, "b": B}), pd.Series(labels(None))),
    ],
    ids=["None", "NaN", "text", "nullable", "category", "NaT", "polars", "mapping", "beside"],
)
def test_labels(frame: Any, tmp_path: Path) -> None:
    target = None if isinstance(frame, tuple) else "y"
    with pytest.warns(UserWarning, match=TEXT):
        model = zoo_core.train(spec(), data=frame, target=target)
    assert model.labels().tolist() == ["no", "yes"]
    with pytest.warns(UserWarning, match=TEXT):
        found = model.table(*frame) if isinstance(frame, tuple) else model.table(frame)
    np.testing.assert_array_equal(found.x, np.delete(np.column_stack([A, B]), (3, 9), axis=0))
    pd.DataFrame(rows_of(labels(None))).to_csv(tmp_path / "t.csv", index=False)
    with pytest.warns(UserWarning, match=r"2 row\(s\) without a target"):
        same = zoo_core.train(spec(name="csv", path=str(tmp_path / "t.csv"), target="y"))
    np.testing.assert_array_equal(model.outputs(found.x), same.outputs(found.x))


@pytest.mark.parametrize(
    "y",
    [
        np.where(np.isin(np.arange(N), (3, 9)), np.nan, A),
        pd.array(np.where(np.isin(np.arange(N), (3, 9)), None, np.arange(N)), "Int64"),
        [None if at in (3, 9) else float(at) for at in range(N)],
    ],
    ids=["NaN", "nullable", "None"],
)
def test_numbers(y: Any) -> None:
    with pytest.warns(UserWarning, match=TEXT):
        trainer = zoo_core.prepare(regression(), data=pd.DataFrame(rows_of(y)), target="y")
    assert len(trainer.splits["train"].y) == N - 2


def test_weights_groups_and_times_stay_beside_their_rows() -> None:
    frame = pd.DataFrame(rows_of(labels(None))).assign(w=np.arange(N) + 1.0, g=np.arange(N) // 5, t=np.arange(N))
    options = {"weights": "w", "group": "g", "validation": 0.5}
    with pytest.warns(UserWarning, match=TEXT):
        trainer = zoo_core.prepare(spec(**options, columns={"t": "number"}), data=frame, target="y")
    for table in trainer.splits.values():
        np.testing.assert_array_equal(table.weights, np.asarray(table.x)[:, -1] + 1)
    with pytest.warns(UserWarning, match=TEXT):
        trainer = zoo_core.prepare(spec(time="t", test=0.5, columns={"g": "ignore"}), data=frame, target="y")
    assert trainer.splits["train"].weights is None
    assert np.asarray(trainer.splits["train"].x)[:, 0].max() < np.asarray(trainer.splits["test"].x)[:, 0].min()


def test_a_row_without_a_target_needs_no_weight_group_or_time() -> None:
    full = pd.DataFrame(rows_of(labels(None))).assign(w=np.arange(N) + 1.0, g=np.arange(N) // 5, t=np.arange(N))
    frame = full.astype({"w": float, "g": float, "t": float})
    frame.loc[3, ["w", "g", "t"]] = np.nan
    for options in ({"weights": "w", "columns": {"g": "ignore", "t": "ignore"}}, {"group": "g"}, {"time": "t"}):
        asked = spec(**{"validation": 0.5, "columns": {"w": "ignore"}} | options)
        with pytest.warns(UserWarning, match=TEXT):
            found, expected = (zoo_core.prepare(asked, data=given, target="y").splits for given in (frame, full))
        for name, table in found.items():
            np.testing.assert_array_equal(np.asarray(table.y), np.asarray(expected[name].y))
    frame.loc[4, "w"] = np.nan
    asked = spec(weights="w", columns={"g": "ignore", "t": "ignore"})
    with pytest.raises(DataError, match=r"row 4 \(from 0\) has the weight nan"), pytest.warns(UserWarning, match=TEXT):
        zoo_core.prepare(asked, data=frame, target="y")


def test_weights_of_a_frame_are_those_of_its_rows_when_it_is_evaluated() -> None:
    frame = pd.DataFrame(rows_of(labels(None))).assign(w=np.arange(N) + 1.0)
    with pytest.warns(UserWarning, match=TEXT):
        model = zoo_core.train(spec(weights="w"), data=frame, target="y")
    x, y = frame[["a", "b"]], frame["y"]
    for given in (frame, {"x": x, "y": y, "weights": frame["w"]}):
        with pytest.warns(UserWarning, match=TEXT):
            assert model.table(given).weights.tolist() == np.delete(np.arange(N) + 1.0, (3, 9)).tolist()
    with pytest.warns(UserWarning, match=TEXT), pytest.warns(UserWarning, match="no column 'w', which weighed"):
        assert model.table(frame.drop(columns="w")).weights is None


def test_one_of_two_targets_is_enough_and_none_at_all_is_refused() -> None:
    frame = pd.DataFrame({"a": A, "b": B, "c": B})
    frame.loc[3, "b"] = frame.loc[9, "c"] = np.nan
    given = regression()
    given["model"]["layers"][0]["units"] = 2
    with pytest.warns(UserWarning, match=TEXT):
        assert len(zoo_core.prepare(given, data=frame, target=["b", "c"]).splits["train"].y) == N - 2
    with pytest.raises(DataError, match="data, train: none of the 60 rows has a target"):
        zoo_core.prepare(spec(), data=pd.DataFrame(rows_of([None] * N)), target="y")


def test_an_array_must_have_all_targets() -> None:
    with pytest.raises(DataError, match=r"y: row 3 \(from 0\) has no label; leave such rows out"):
        zoo_core.prepare(spec(), data=(np.column_stack([A, B]), np.array(labels(None), object)))


@pytest.mark.parametrize(
    ("options", "data", "told"),
    [
        ({"columns": {"bb": "ignore"}}, rows_of, r"data.columns: the frame has no column 'bb'; did you mean 'b'"),
        ({"columns": {"bb": "id"}}, rows_of, r"data.columns: the frame has no column 'bb'; did you mean 'b'"),
        ({"weights": "aa"}, rows_of, "has no column 'aa'; did you mean 'a'"),
        ({"group": "aa"}, rows_of, "has no column 'aa'; did you mean 'a'"),
        ({"time": "aa"}, rows_of, "has no column 'aa'; did you mean 'a'"),
        ({"target": "yy"}, rows_of, "has no column 'yy'; did you mean 'y'"),
        ({"columns": {"a": "number"}}, lambda y: (A[:, None], y), "says what 'a' is, and arrays have no names"),
        (
            {"group": "a"},
            lambda y: (A[:, None], y),
            "data.group = 'a' names a column .* there are no groups",
        ),
        ({"time": "a"}, lambda y: (pd.DataFrame({"a": A}), y), "data.time = 'a' names a column .* there are no times"),
        ({"weights": "a"}, lambda y: {"x": A[:, None], "y": y}, "data.weights = 'a' names a column .* are no weights"),
    ],
)
def test_names_of_columns_that_are_not_there_are_refused(
    options: dict[str, Any], data: Callable[[Any], Any], told: str
) -> None:
    given = data(["no", "yes"] * (N // 2))
    with pytest.raises(DataError, match=told):
        zoo_core.prepare(spec(**({"target": "y"} if data is rows_of else {}) | options), data=given)


def test_a_target_of_arrays_cannot_be_named() -> None:
    with pytest.raises(DataError, match="target = 'y' names a column of a frame, and these rows have their targets"):
        zoo_core.prepare(spec(), data=(A[:, None], ["no", "yes"] * (N // 2)), target="y")
