"""A column that a frame declares to be of categories is one, whatever its values are, and reads as in a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import zoo_core
from tests.runs.test_frame_columns import spec

N = 60
CODES = [at * 7 % 5 for at in range(N)]
LABELS = ["yes" if code in (1, 4) else "no" for code in CODES]  # no linear function of the number
DAYS = [dt.datetime(2020, 1, 1 + code) for code in CODES]


def declared(values: Sequence[Any], **options: Any) -> pd.DataFrame:
    return pd.DataFrame({"c": pd.Categorical(values, **options), "y": LABELS})


@pytest.mark.parametrize(
    ("frame", "categories"),
    [
        (declared(CODES), ["0", "1", "2", "3", "4"]),
        (declared(CODES, ordered=True), ["0", "1", "2", "3", "4"]),
        (declared([None if code == 0 else code for code in CODES]), ["1", "2", "3", "4"]),
        (declared([code / 2 for code in CODES]), ["0.0", "1.0", "2.0", "0.5", "1.5"]),
        (declared([code in (1, 4) for code in CODES]), ["False", "True"]),
        (declared([2**60 + code for code in CODES]), [str(2**60 + code) for code in range(5)]),
        (declared(DAYS), [f"2020-01-0{code + 1}" for code in range(5)]),
        (declared([f"2020-01-0{code + 1}" for code in CODES]), [f"2020-01-0{code + 1}" for code in range(5)]),
        ({"c": pd.Categorical(CODES), "y": LABELS}, ["0", "1", "2", "3", "4"]),
        ({"c": pl.Series([f"{code}" for code in CODES], dtype=pl.Categorical), "y": LABELS}, list("01234")),
        (
            pl.DataFrame({"c": pl.Series(LABELS, dtype=pl.Enum(["yes", "no"])), "y": LABELS}),
            ["no", "yes"],
        ),
    ],
    ids=["whole", "ordered", "gaps", "fractions", "truth", "long", "times", "dates", "mapping", "polars", "enum"],
)
def test_it_is_a_category_as_the_same_column_of_a_file(frame: Any, categories: list[str], tmp_path: Path) -> None:
    model = zoo_core.train(spec(), data=frame, target="y")
    assert [(column.kind, column.categories) for column in model.about.columns] == [("category", categories)]
    assert model.evaluate(frame)["accuracy"] == 1
    pd.DataFrame({name: frame[name] for name in ("c", "y")}).to_csv(tmp_path / "t.csv", index=False)
    read = {"name": "csv", "path": str(tmp_path / "t.csv"), "target": "y", "columns": {"c": "category"}}
    same = zoo_core.train(spec(**read))
    assert same.predict(frame).tolist() == model.predict(frame).tolist() == LABELS
    part = frame[:1] if hasattr(frame, "iloc") else {"c": frame["c"][:1]}
    assert model.predict(part).tolist() == same.predict(part).tolist() == LABELS[:1]


def test_what_the_spec_says_wins() -> None:
    model = zoo_core.train(spec(columns={"c": "number"}), data=declared(CODES), target="y")
    assert model.about.columns == []


def test_more_texts_than_a_found_category_may_have_are_taken() -> None:
    frame = pd.DataFrame({"c": pd.Categorical([f"n{at}" for at in range(N)]), "y": LABELS})
    assert len(zoo_core.train(spec(), data=frame, target="y").about.columns[0].categories or ()) == N


@pytest.mark.parametrize("form", [lambda f: f, lambda f: f.to_dict("list"), lambda f: f.to_dict("records")])
def test_numbers_beside_texts_stay_numbers(form: Callable[[pd.DataFrame], Any]) -> None:
    frame = pd.DataFrame({"c": [1.5, "x"] * (N // 2), "a": np.arange(N), "y": LABELS})
    assert zoo_core.train(spec(), data=form(frame), target="y").about.columns[0].categories == ["1.5", "x"]
