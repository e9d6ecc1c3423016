"""Tables of categories, dates and missing values become the numbers that independent code computes."""

from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import numpy as np
import pytest

from tests.plugins.comparisons import FOLDER
from zoo_core.errors import DataError, SpecError
from zoo_core.parts import Column
from zoo_plugins.preprocessors.dates import DateParts
from zoo_plugins.preprocessors.one_hot import OneHot
from zoo_plugins.preprocessors.ranks import Rank
from zoo_plugins.preprocessors.scaling import MinMax, NoPreprocessing, Standard
from zoo_plugins.preprocessors.table import TablePreprocessor

NAN = np.nan
GOLDEN = np.load(FOLDER / "tables.npz")
TRAIN = 25


class OnDisk:
    """Rows that come from the disk: not an array."""

    def __init__(self, x):
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def take(self, indices, axis=0, out=None):
        return self._x.take(indices, axis=axis, out=out)


def prepared(part, x, columns=(), fit=None, dtype=np.float64):
    """Return the prepared rows and their names, for a part that was fitted to `fit`."""
    x = np.asarray(x, np.float64)
    part.set_columns(columns)
    part.fit(x if fit is None else np.asarray(fit, np.float64))
    before, out = x.copy(), np.full((len(x), part.output_width(x.shape[1])), 77, dtype)
    part.transform(x, out)
    np.testing.assert_array_equal(x, before)
    return out, part.output_names()


def letters(count):
    return tuple("abcdefghij"[:count])


@pytest.mark.parametrize("case", range(12))
def test_a_table_is_prepared_as_by_scikit_learn(case):
    x, expected = GOLDEN[f"{case}.x"], GOLDEN[f"{case}.prepared"]
    numbers = int(GOLDEN[f"{case}.numbers"])
    columns = [
        Column(f"c{i}", "number") if i < numbers else Column(f"c{i}", "category", letters(10))
        for i in range(x.shape[1])
    ]
    part = TablePreprocessor(missing=str(GOLDEN[f"{case}.rule"]))
    out, names = prepared(part, x, columns, x[:TRAIN])
    np.testing.assert_allclose(out, expected, atol=1e-9)
    assert len(names) == len(set(names)) == out.shape[1]
    lazy = TablePreprocessor(missing=str(GOLDEN[f"{case}.rule"]))
    lazy.set_columns(columns)
    lazy.fit(OnDisk(x[:TRAIN]))
    lazy.transform(x, again := np.empty_like(out))
    np.testing.assert_array_equal(again, out)


def test_one_hot_writes_a_column_for_each_category_of_the_training_rows():
    columns = [Column("sex", "category", ("f", "m", "x")), Column("one", "category", ("a", "b"))]
    fit = [[2, 1], [0, 1], [NAN, 1]]
    out, names = prepared(OneHot(), [[0, 1], [1, 0], [2, 1], [NAN, NAN], [-1, -1]], columns, fit)
    assert names == ["sex=f", "sex=x", "sex=?"]  # a column of one category tells nothing
    assert out.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, "column 'sex' has the value 'm'"),
        (NAN, "column 'sex' has a missing value"),
        (-1, "column 'sex' has a value"),
    ],
)
def test_unknown_categories_are_refused_by_the_rule(value, told):
    columns = [Column("sex", "category", ("f", "m", "x"))]
    with pytest.raises(DataError, match=told):
        prepared(OneHot(unknown="error"), [[value]], columns, [[0], [2]])


def test_one_hot_takes_plain_numbers_and_refuses_columns_that_differ_in_every_row():
    out, names = prepared(OneHot(), [[2.5], [7], [3]], fit=[[7], [2.5], [7]])
    assert (out.tolist(), names) == ([[1, 0], [0, 1], [0, 0]], [])
    with pytest.raises(DataError, match="column 1 and others have more than 10,000 different values"):
        prepared(OneHot(), np.column_stack([np.zeros(10_001), np.arange(10_001)]))


def test_dates_become_elapsed_time_and_angles_of_those_parts_that_vary():
    start = datetime(2023, 11, 28, 6, tzinfo=UTC)
    dates = [start + timedelta(days=40 * i, hours=5 * i) for i in range(9)]
    x = np.array([[date.timestamp()] for date in dates])
    out, names = prepared(DateParts(), x, [Column("t", "date")])
    seconds, years = x[:, 0], np.array([date.year for date in dates])
    expected = {f"t.{k}": (v - v.mean()) / v.std() for k, v in {"elapsed": seconds, "year": years}.items()}
    for part, shares in {
        "month": [(d.month - 1) / 12 for d in dates],
        "weekday": [d.weekday() / 7 for d in dates],
        "hour": [(d.hour * 3600 + d.minute * 60 + d.second) / 86400 for d in dates],
    }.items():
        expected[f"t.{part}.sin"] = np.sin(2 * np.pi * np.array(shares))
        expected[f"t.{part}.cos"] = np.cos(2 * np.pi * np.array(shares))
    assert names == list(expected)
    np.testing.assert_allclose(out, np.column_stack(list(expected.values())), atol=1e-9)


def test_a_date_that_does_not_vary_in_a_part_has_no_column_for_it_and_a_missing_one_is_flagged():
    days = [[86_400.0 * day] for day in (0, 7, 14, 21)]  # Thursdays of one month, at midnight
    out, names = prepared(DateParts(), [[NAN], [0], [21 * 86_400]], [Column("t", "date")], [*days, [NAN]])
    assert names == ["t.elapsed", "t.missing"]
    np.testing.assert_allclose(out, [[0, 1], [-1.3416407865, 0], [1.3416407865, 0]])


def test_dates_before_1970_and_far_away_are_dates():
    seconds = [datetime(1905, 2, 1, 23, tzinfo=UTC).timestamp(), datetime(2400, 7, 3, tzinfo=UTC).timestamp()]
    part = DateParts()
    out, names = prepared(part, [[s] for s in seconds], [Column("t", "date")])
    found = dict(zip(names, out[0].tolist(), strict=True))
    assert found["t.month.sin"] == pytest.approx(np.sin(2 * np.pi / 12))
    assert found["t.hour.cos"] == pytest.approx(np.cos(2 * np.pi * 23 / 24))
    assert found["t.weekday.sin"] == pytest.approx(np.sin(2 * np.pi * 2 / 7))  # a Wednesday


def test_missing_numbers_are_filled_from_training_rows_and_flagged_if_asked():
    columns = [Column("a"), Column("b"), Column("yes", "boolean"), Column("same")]
    fit = [[1, NAN, 0, 5], [3, 10, 1, 5], [8, 30, 1, 5], [4, 20, NAN, 5]]
    part = TablePreprocessor(number=NoPreprocessing(), missing_flags=True)
    out, names = prepared(part, [[NAN, NAN, NAN, NAN], [1, 2, 0, 9]], columns, fit)
    assert names == ["a", "b", "yes", "b?", "yes?"]  # a column of one value is left out, without a warning
    assert out.tolist() == [[3.5, 20, 1, 1, 1], [1, 2, 0, 0, 0]]


def test_a_missing_number_is_an_error_if_the_rule_says_so():
    columns = [Column("a"), Column("b")]
    with pytest.raises(DataError, match="column 'b' has a missing value"):
        prepared(TablePreprocessor(missing="error"), [[1, 2], [2, NAN]], columns)
    with pytest.raises(DataError, match="column 'a' has a missing value"):
        prepared(TablePreprocessor(missing="error"), [[NAN, 2]], columns, [[1, 2], [2, 3]])


def test_a_table_without_described_columns_is_all_numbers():
    x = np.array([[1.0, NAN], [3, 4], [5, 8]])
    out, names = prepared(TablePreprocessor(number=MinMax()), x)
    assert (out.tolist(), names) == ([[0, 0.5], [0.5, 0], [1, 1]], [])
    part = TablePreprocessor()
    out, _ = prepared(part, np.array([[1, 4], [3, 2], [2, 9]], np.uint8))
    np.testing.assert_allclose(out, prepared(Standard(), [[1, 4], [3, 2], [2, 9]])[0])


def test_a_table_refuses_what_it_cannot_prepare():
    category = Column("c", "category", ("a", "b"))
    with pytest.raises(SpecError, match="'standard' takes numbers alone, and column 'c' is none"):
        prepared(TablePreprocessor(category=Standard()), [[0], [1]], [category])
    with pytest.raises(DataError, match="no column varies in the training rows"):
        prepared(TablePreprocessor(), [[0, 1], [0, 1]], [category, Column("a")])


def test_parts_of_a_table_get_their_own_columns_and_the_targets():
    seen = {}

    class Spy(NoPreprocessing):
        wants_columns = wants_targets = True

        def fit(self, x):
            seen[self.columns[0].kind] = [column.name for column in self.columns], self.targets, x.shape

    part = TablePreprocessor(number=Spy(), category=Spy(), date=Spy())
    columns = [
        Column("d", "date"),
        Column("c", "category", ("a", "b")),
        Column("n"),
        Column("same"),
        Column("yes", "boolean"),
    ]
    part.set_targets(np.array([1, 0]))
    part.set_columns(columns)
    part.fit(np.array([[0.0, 1, 4, 5, 0], [9, 0, 3, 5, 1]]))
    assert {kind: (names, shape) for kind, (names, _, shape) in seen.items()} == {
        "number": (["n", "yes"], (2, 2)), "category": (["c"], (2, 1)), "date": (["d"], (2, 1)),
    }  # fmt: skip
    assert all(targets.tolist() == [1, 0] for _, targets, _ in seen.values())
    assert part.number.targets is None


def test_ranks_of_equal_numbers_are_their_mean_and_the_ends_are_0_and_1():
    x = np.array([[0.0], [0], [1], [1], [1], [2], [9]])
    out, _ = prepared(Rank(output="uniform"), [[-5], [0], [1], [1.5], [2], [100]], fit=x)
    np.testing.assert_allclose(out[:, 0] * 6, [0, 0, 3, 4.5, 5, 6], atol=1e-12)


def test_normal_ranks_are_quantiles_of_the_normal_distribution():
    fit = np.arange(1001.0)[:, None]
    rows = np.array([[0.0], [1], [25], [400], [500], [900], [1000]])
    out, _ = prepared(Rank(), rows, fit=fit)
    expected = [NormalDist().inv_cdf(min(max(row / 1000, 1e-7), 1 - 1e-7)) for row in rows[:, 0]]
    np.testing.assert_allclose(out[:, 0], expected, atol=1e-12)
    assert prepared(Rank(), [[3.0], [7]], fit=[[3], [3]])[0].tolist() == [[0], [0]]
