"""Frames with texts, dates, truth values and gaps are trained on as they are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import zoo_core
from tests.helpers.frames import polars_frame
from zoo_core.errors import DataError

N = 120


def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, N),
            "sex": rng.choice(["m", "f"], N),
            "member": rng.random(N) > 0.5,
            "joined": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N), unit="D"),
            "born": [dt.date(1980, 1, 1) + dt.timedelta(days=int(days)) for days in rng.integers(0, 3000, N)],
        }
    )
    frame["y"] = np.where((frame["sex"] == "m") ^ frame["member"], "yes", "no")
    frame.loc[3, "age"] = None
    frame.loc[5, "sex"] = None
    return frame


def spec(**data: Any) -> dict[str, Any]:
    layers = [{"units": 8, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
    return {
        "data": data,
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": {"name": "adam", "learning_rate": 0.02},
        "training": {"epochs": 30},
    }


def test_kinds_are_found_by_the_types_of_values(tmp_path: Path) -> None:
    frame = people()
    model = zoo_core.train(spec(), data=frame, target="y", output=tmp_path / "m.npz")
    kinds = {column.name: column.kind for column in model.about.columns}
    assert kinds == {"age": "number", "sex": "category", "member": "boolean", "joined": "date", "born": "date"}
    assert model.about.columns[1].categories == ["f", "m"]
    assert model.evaluate(frame)["accuracy"] > 0.97
    loaded = zoo_core.load(tmp_path / "m.npz")
    expected = model.predict(frame).tolist()
    assert loaded.predict(polars_frame(frame[["born", "joined", "sex", "age", "member"]])).tolist() == expected
    assert loaded.predict({name: frame[name].tolist() for name in kinds}).tolist() == expected


def test_the_same_table_as_a_file_gives_the_same_weights(tmp_path: Path) -> None:
    frame = people()
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    columns = {"age": "number", "sex": "category", "member": "boolean", "joined": "date", "born": "date"}
    from_file = zoo_core.train(spec(name="csv", path=str(path), target="y", columns=columns))
    from_frame = zoo_core.train(spec(), data=frame, target="y")
    expected = from_file.arrays()
    for name, array in from_frame.arrays().items():
        if name != "training_rows":  # of the file they are not in the same order
            np.testing.assert_array_equal(array, expected[name])


def test_a_frame_of_numbers_without_gaps_has_no_columns_to_describe() -> None:
    frame = people()[["y"]].assign(a=np.arange(N), b=np.linspace(0, 1, N))
    model = zoo_core.train(spec(), data=frame, target="y")
    assert (model.about.columns, model.spec.data.preprocessor.name) == ([], "standard")  # type: ignore[union-attr]


def test_decimals_are_numbers_and_lists_are_refused_with_their_place() -> None:
    frame = people()[["y"]].assign(a=np.arange(N) / 4, b=np.arange(N))
    exact = frame.assign(a=[Decimal(value) for value in frame["a"]])
    model = zoo_core.train(spec(), data=frame, target="y")
    for given in (exact, polars_frame(exact), exact.assign(a=[None, *exact["a"][1:]])):
        assert zoo_core.train(spec(), data=given, target="y").about.inputs == 2
        if given["a"][0] is not None:
            assert model.predict(given).tolist() == model.predict(frame).tolist()
    with pytest.raises(DataError, match=r"column 'a', row 0 \(from 0\): list \[0, 1\] is neither number"):
        zoo_core.train(spec(), data=frame.assign(a=[[row, 1] for row in range(N)]), target="y")
    with pytest.raises(DataError, match=r"column 'a', row 0 \(from 0\): ndarray .* is neither number"):
        zoo_core.train(spec(), data=frame.assign(a=list(np.ones((N, 2)))), target="y")


def test_a_column_of_names_is_refused_and_can_be_left_out() -> None:
    frame = people().assign(name=[f"n{i}" for i in range(N)])
    with pytest.raises(DataError, match=r"'name' has 120 different texts .* data.columns = \{'name': 'ignore'\}"):
        zoo_core.train(spec(), data=frame, target="y")
    model = zoo_core.train(spec(columns={"name": "ignore"}), data=frame, target="y")
    assert "name" not in model.about.feature_names
    with pytest.raises(DataError, match="no column 'sexx'; did you mean 'sex'"):
        zoo_core.train(spec(columns={"sexx": "category"}), data=people(), target="y")
    with pytest.raises(DataError, match="column 'age', row 0"):
        zoo_core.train(spec(columns={"age": "boolean"}), data=people(), target="y")


def test_validation_rows_may_have_categories_of_their_own() -> None:
    frame = people()
    late = frame[:20].assign(sex="x")
    model = zoo_core.train(spec(), data={"train": frame[20:], "validation": late}, target="y")
    assert model.about.columns[1].categories == ["f", "m", "x"]
    assert "validation_accuracy" in model.history[-1]


def test_tables_of_arrow_and_nullable_columns_give_the_same(tmp_path: Path) -> None:
    frame = people()
    expected = zoo_core.train(spec(), data=frame, target="y").predict(frame).tolist()
    for other in (frame.convert_dtypes(), polars_frame(frame)):
        model = zoo_core.train(spec(), data=other, target="y")
        assert model.predict(frame).tolist() == expected
