"""Values of a frame unlike nearly all others of their column are named, and so is what no column can be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import zoo_core
from tests.runs.test_frame_columns import spec
from zoo_core.errors import DataError

N = 60
LABELS = ["yes" if at % 3 else "no" for at in range(N)]
WAY = r"data.columns = \{'c': 'category'\}"


def column(of_row: Any, odd: Any = None) -> dict[str, Any]:
    """Return a frame whose column has a value of each row; the third and the tenth are another one, if there is one."""
    values = [odd if odd is not None and at in (3, 9) else of_row(at) for at in range(N)]
    return {"c": pd.Series(values, dtype=object), "a": np.arange(N) / 7, "y": LABELS}


def kind(frame: dict[str, Any], **data: Any) -> str:
    trainer = zoo_core.prepare(spec(**data), data=pd.DataFrame(frame), target="y")
    return {column.name: column.kind for column in trainer.model.about.columns}.get("c", "number")


@pytest.mark.parametrize(
    ("of_row", "odd", "told"),
    [
        (lambda at: f"2020-01-{at % 9 + 1:02}", "2023-02-30", "'2023-02-30' is no date such as 2026-01-31"),
        (lambda at: f"2020-01-{at % 9 + 1:02}", "unknown", "'unknown' is no date such as 2026-01-31"),
        (lambda at: f"{at % 9 + 13}.1.2020", "2020-01-05", "'2020-01-05' is no date such as 31/1/2026"),
        (lambda at: dt.date(2020, 1, at % 9 + 1), "unknown", "'unknown' is no date"),
        (lambda at: dt.datetime(2020, 1, at % 9 + 1), 5, "5 is no date"),
        (lambda at: at % 5, "x", "'x' is no number"),
        (lambda at: at % 5 / 2, True, "True is no number"),
        (lambda at: at % 2 == 0, "maybe", "'maybe' is no boolean"),
    ],
)
def test_a_few_odd_values_are_named_with_their_row(of_row: Any, odd: Any, told: str) -> None:
    with pytest.raises(DataError, match=rf"column 'c', row 3 \(from 0\): {told}.*, as are 1 more, .*{WAY}"):
        kind(column(of_row, odd))
    assert kind(column(of_row, odd), columns={"c": "category"}) == "category"


@pytest.mark.parametrize(
    ("of_row", "expected"),
    [
        (lambda at: str(at % 5) if at % 2 else at % 5, "number"),
        (lambda at: "no" if at % 2 else True, "boolean"),
        (lambda at: 1 if at % 2 else True, "boolean"),
        (lambda at: "2020-01-05" if at % 2 else dt.date(2020, 1, 6), "date"),
        (lambda at: np.datetime64("2020-01-05", "ns") + at, "date"),
        (lambda at: pd.Period("2020-01", "M") + at, "date"),
        (lambda at: pd.Interval(at % 3, at % 3 + 1), "category"),
        (lambda at: "x" if at % 2 else at % 3, "category"),
    ],
    ids=["number", "words", "truth", "date", "NumPy", "period", "interval", "half"],
)
def test_values_of_several_types_are_one_kind(of_row: Any, expected: str) -> None:
    assert kind(column(of_row)) == expected


def test_texts_that_are_numbers_can_be_told_to_be_so() -> None:
    frame = column(lambda at: f"{at / 8}")
    with pytest.raises(DataError, match=r"'c' has 60 different texts .* data.columns = \{'c': 'number'\}"):
        kind(frame)
    trainer = zoo_core.prepare(spec(columns={"c": "number"}), data=frame, target="y")
    np.testing.assert_array_equal(np.asarray(trainer.splits["train"].x)[:, 0], np.arange(N) / 8)


def test_dates_of_several_forms_are_no_category() -> None:
    with pytest.raises(DataError, match="'c' has dates in more than one form, such as '2020-01-05' and '31/12/2020'"):
        kind(column(lambda at: "31/12/2020" if at % 2 else "2020-01-05"))


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({1: [0.0] * N, "1": [1.0] * N, "y": LABELS}, "two columns are called '1'; give each a name of its own"),
        (pd.DataFrame({1: [0.0] * N, "1": [1.0] * N, "y": LABELS}), "two columns are called '1'"),
        ({"c": [[1], [1, 2]] * (N // 2), "y": LABELS}, "column 'c' is no array: the rows differ in length"),
        (column(lambda at: 10**400), "'c' has a number above all floats"),
        (column(lambda at: bytes([255 - at % 2])), r"row 0 \(from 0\): bytes .* are no text in UTF-8"),
        (column(dt.timedelta), r"row 0 \(from 0\): timedelta .* give hours or the like, as numbers"),
        ({"a": [], "y": []}, "data, train, x: has no rows"),
    ],
    ids=["names", "names of pandas", "ragged", "large", "bytes", "durations", "no rows"],
)
def test_what_no_column_can_be_is_told(frame: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        zoo_core.prepare(spec(), data=frame, target="y")


def test_values_that_a_file_would_have_as_texts_or_numbers_may_be_targets() -> None:
    intervals = pd.DataFrame({"a": np.arange(N) / 7, "y": pd.cut(np.arange(N), 2)})
    trainer = zoo_core.prepare(spec(), data=intervals, target="y")
    assert trainer.model.labels().tolist() == ["(-0.059, 29.5]", "(29.5, 59.0]"]
    decimals = {"a": [Decimal(at) / 8 for at in range(N)], "y": [Decimal(at % 2) for at in range(N)]}
    trainer = zoo_core.prepare(spec(weights="w"), data={**decimals, "w": [Decimal(1)] * N}, target="y")
    assert trainer.model.labels().tolist() == [0, 1]
    np.testing.assert_array_equal(np.asarray(trainer.splits["train"].x)[:, 0], np.arange(N) / 8)
    with pytest.raises(DataError, match=r"data, train, y: row 3 \(from 0\) holds 'x', which is no number"):
        zoo_core.prepare(
            spec(task="regression"), data={**decimals, "y": [*map(float, range(3)), "x", *[1.0] * (N - 4)]}, target="y"
        )


def test_masked_values_of_a_mapping_are_missing() -> None:
    frame = {"a": np.ma.masked_array(np.arange(N) / 7, np.arange(N) == 3), "y": LABELS}
    trainer = zoo_core.prepare(spec(), data=frame, target="y")
    assert np.isnan(np.asarray(trainer.splits["train"].x)[:, 0]).nonzero()[0].tolist() == [3]
