"""Splits are disjoint and have the requested sizes; errors say what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.helpers.properties import UNTIMED
from zoo_core.data import SplitRule, make_splits
from zoo_core.data._draws import split_proportionally
from zoo_core.data._splits import SelectedRows
from zoo_core.errors import DataError, SpecError, UsageError, ZooError
from zoo_core.parts import Data, Table


def numbered(rows: int, start: int = 0, classes: int = 2) -> Table:
    """A table whose only feature is the number of the row."""
    return Table(np.arange(start, start + rows)[:, None], np.arange(rows) % classes, np.arange(rows) / 10)


def split(data: Data, seed: int = 0, **wanted: Any) -> dict[str, list[int]]:
    tables = make_splits(data, SplitRule(**wanted), np.random.default_rng(seed))
    for table in tables.values():
        assert len(table.x) == len(table.y) == len(table.weights)  # type: ignore[arg-type]
    return {name: np.asarray(table.x)[:, 0].tolist() for name, table in tables.items()}


ALONE = Data(numbered(10))
VALUES = Data(numbered(10), task="regression")
WITH_TEST = Data(numbered(10), numbered(4, start=100))
A = list(range(10))
T = list(range(100, 104))


@pytest.mark.parametrize(
    ("data", "wanted", "expected"),
    [
        (ALONE, {}, {"train": A}),
        (WITH_TEST, {}, {"train": A, "test": T}),
        (ALONE, {"train": ":8", "validation": "8:"}, {"train": A[:8], "validation": A[8:]}),
        (ALONE, {"validation": "-3:"}, {"train": A[:7], "validation": A[7:]}),
        (ALONE, {"validation": ":3"}, {"train": A[3:], "validation": A[:3]}),
        (ALONE, {"validation": "4:6"}, {"train": A[:4] + A[6:], "validation": A[4:6]}),
        (ALONE, {"train": "2:5"}, {"train": A[2:5]}),
        (WITH_TEST, {"test": "8:"}, {"train": A[:8], "test": A[8:]}),
        (WITH_TEST, {"test": "test[:2]"}, {"train": A, "test": T[:2]}),
        (WITH_TEST, {"validation": "test[:1]"}, {"train": A, "validation": T[:1], "test": T[1:]}),
        (WITH_TEST, {"validation": "test[:]"}, {"train": A, "validation": T}),
        (
            WITH_TEST,
            {"train": "train[:9]", "validation": "test[:2]", "test": "test[2:]"},
            {"train": A[:9], "validation": T[:2], "test": T[2:]},
        ),
    ],
)
def test_slices(data: Data, wanted: dict[str, str], expected: dict[str, list[int]]) -> None:
    assert split(data, **wanted) == expected


def test_the_order_of_the_result_is_train_validation_test() -> None:
    assert list(split(WITH_TEST, validation=0.2)) == ["train", "validation", "test"]


def test_labels_and_weights_go_with_their_rows() -> None:
    for table in make_splits(ALONE, SplitRule(validation=0.3), np.random.default_rng(1)).values():
        rows = np.asarray(table.x)[:, 0]
        np.testing.assert_array_equal(table.y, rows % 2)
        np.testing.assert_array_equal(table.weights, rows / 10)


@pytest.mark.parametrize(
    ("wanted", "sizes"),
    [
        ({"validation": 0.2}, {"train": 8, "validation": 2}),
        ({"train": 0.6, "validation": 0.2, "test": 0.2}, {"train": 6, "validation": 2, "test": 2}),
        ({"train": 0.7, "validation": 0.2, "test": 0.1}, {"train": 7, "validation": 2, "test": 1}),
        ({"train": 0.5}, {"train": 5}),
        ({"train": ":6", "validation": 0.5}, {"train": 6, "validation": 2}),  # half of the four remaining rows
    ],
)
def test_fractions(wanted: dict[str, Any], sizes: dict[str, int]) -> None:
    found = split(ALONE, **wanted)
    assert {name: len(rows) for name, rows in found.items()} == sizes
    together = [row for rows in found.values() for row in rows]
    assert len(set(together)) == len(together)
    assert set(together) <= set(A)


def test_fractions_are_drawn_by_the_generator() -> None:
    data = Data(numbered(200))
    assert split(data, seed=1, validation=0.5) == split(data, seed=1, validation=0.5)
    assert split(data, seed=1, validation=0.5) != split(data, seed=2, validation=0.5)


@UNTIMED
@given(
    counts=st.lists(st.integers(1, 30), min_size=2, max_size=5),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**32 - 1),
)
def test_stratified_splits_keep_the_shares_of_the_classes(counts: list[int], share: float, seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    data = Data(Table(labels[:, None], labels))
    try:
        tables = make_splits(data, SplitRule(validation=share, stratify=True), np.random.default_rng(seed))
    except ZooError:  # too few rows for this fraction, or only one class: other tests check the messages
        return
    size = len(tables["validation"].y)
    assert abs(size - share * len(labels)) < 1
    drawn = np.bincount(tables["validation"].y, minlength=len(counts))
    assert (np.abs(drawn - size * np.array(counts) / len(labels)) < 1).all()
    np.testing.assert_array_equal(drawn + np.bincount(tables["train"].y, minlength=len(counts)), counts)


def test_the_largest_remainder_by_hand() -> None:
    # By hand: quotas 4.7, 1.6, 1.58, 1.2, 0.61, 0.31; the three remaining seats go to 0.7, 0.61 and 0.6.
    assert split_proportionally(10, [47_000, 16_000, 15_800, 12_000, 6_100, 3_100]) == [5, 2, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("data", "wanted", "error", "words"),
    [
        (
            ALONE,
            {"train": ":8", "validation": "6:"},
            DataError,
            ["data.train and data.validation", "2 rows", "leak"],
        ),
        (WITH_TEST, {"validation": "test[:3]", "test": "test[2:]"}, DataError, ["and data.test", "1 rows"]),
        (ALONE, {"validation": "5:5"}, UsageError, ["data.validation", "'5:5'", "empty"]),
        (ALONE, {"validation": 0.01}, UsageError, ["data.validation", "0.01", "empty"]),
        (ALONE, {"validation": ":"}, UsageError, ["data.train", "empty"]),
        (ALONE, {"validation": "1.0"}, SpecError, ["data.validation", "'1.0'", "':50000'"]),
        (ALONE, {"train": "test[:5"}, SpecError, ["data.train"]),
        (ALONE, {"train": ":11"}, UsageError, ["':11'", "only 10 rows"]),
        (ALONE, {"train": "-11:"}, UsageError, ["'-11:'", "only 10 rows"]),
        (ALONE, {"validation": "test[:5]"}, UsageError, ["test part does not exist"]),
        (WITH_TEST, {"train": "test[:2]"}, UsageError, ["must not be trained on"]),
        (ALONE, {"validation": 0.6, "test": 0.6}, UsageError, ["add up to 1"]),
        (ALONE, {"validation": -0.1}, UsageError, ["above 0"]),
        (Data(numbered(10, classes=1)), {}, DataError, ["one class ('0')"]),
        (Data(numbered(10, classes=1), class_names=("ham", "spam")), {}, DataError, ["one class ('ham')"]),
        (VALUES, {"validation": 0.5, "stratify": True}, UsageError, ["regression"]),
    ],
)
def test_what_cannot_be_split(data: Data, wanted: dict[str, Any], error: type[ZooError], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        split(data, **wanted)
    for word in words:
        assert word in str(caught.value)


def test_a_regression_may_have_constant_targets() -> None:
    assert split(Data(numbered(4, classes=1), task="regression")) == {"train": [0, 1, 2, 3]}


def test_contiguous_splits_share_memory_and_drawn_ones_copy_nothing() -> None:
    tables = make_splits(ALONE, SplitRule(train=":8", validation="8:"), np.random.default_rng(0))
    assert all(np.shares_memory(table.x, ALONE.train.x) for table in tables.values())
    drawn = make_splits(ALONE, SplitRule(validation=0.4), np.random.default_rng(0))["validation"].x
    assert isinstance(drawn, SelectedRows)
    assert drawn.base is ALONE.train.x


def test_rows_behave_like_the_array_they_stand_for() -> None:
    base = np.arange(20, dtype=np.float32).reshape(10, 2)
    where = np.array([1, 4, 9])
    rows, array = SelectedRows(base, where), base[where]
    assert (rows.shape, rows.dtype, len(rows)) == (array.shape, array.dtype, 3)
    np.testing.assert_array_equal(np.asarray(rows), array)
    np.testing.assert_array_equal(rows[1:], array[1:])
    np.testing.assert_array_equal(rows[np.array([2, 0])], array[[2, 0]])
    out = np.empty((2, 2), np.float32)
    assert rows.take(np.array([2, 0]), axis=0, out=out) is out
    np.testing.assert_array_equal(out, array[[2, 0]])
    np.testing.assert_array_equal(rows.take(np.array([7]), mode="clip"), array[[2]])
    np.testing.assert_array_equal(np.asarray(SelectedRows(rows, np.array([2]))), array[[2]])
    with pytest.raises(ValueError, match="axis 0"):
        rows.take(where, axis=1)
    with pytest.raises(IndexError):
        rows.take(np.array([3]))


def grouped(rows: int, groups: int, seed: int) -> Data:
    """A table whose rows belong to groups of unequal sizes."""
    own = np.random.default_rng(seed).integers(0, groups, rows) ** 2
    return Data(replace(numbered(rows), groups=own))


@UNTIMED
@given(seed=st.integers(0, 10_000), groups=st.integers(12, 60))
def test_a_group_stays_in_one_split(seed: int, groups: int) -> None:
    data = grouped(400, groups, seed)
    assert data.train.groups is not None
    parts = split(data, seed, validation=0.2, test=0.2)
    owners = [{int(data.train.groups[row]) for row in rows} for rows in parts.values()]
    assert sum(map(len, owners)) == len(set().union(*owners))
    assert sorted(row for rows in parts.values() for row in rows) == list(range(400))
    biggest = int(np.unique(data.train.groups, return_counts=True)[1].max())
    assert abs(len(parts["test"]) - 80) <= biggest


def test_slices_that_divide_a_group_are_refused() -> None:
    data = Data(replace(numbered(10), groups=np.arange(10) // 4))
    with pytest.raises(DataError, match=r"data.train and data.validation share 1 groups.*a leak"):
        split(data, validation="6:")
    assert split(data, validation="8:")["validation"] == [8, 9]


def test_later_rows_test_what_earlier_ones_taught() -> None:
    times = np.array([5, 4, 3, 2, 1, 0, 9, 8, 7, 6], float)
    parts = split(Data(replace(numbered(10), times=times)), validation=0.2, test=0.3)
    assert parts == {"train": [1, 2, 3, 4, 5], "validation": [0, 9], "test": [6, 7, 8]}
    assert split(ALONE, in_order=True, test=0.3) == {"train": A[:7], "test": A[7:]}


def test_rows_of_one_time_stay_together() -> None:
    times = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2], float)
    assert split(Data(replace(numbered(10), times=times)), test=0.5)["test"] == A[3:]


@pytest.mark.parametrize("stratify", [True, False])
def test_each_row_is_tested_in_one_fold(stratify: bool) -> None:
    data = Data(numbered(53, classes=3))
    folds = [split(data, folds=5, fold=fold, stratify=stratify, validation=0.25) for fold in range(1, 6)]
    assert sorted(row for fold in folds for row in fold["test"]) == list(range(53))
    for fold in folds:
        assert sorted(fold["train"] + fold["validation"] + fold["test"]) == list(range(53))
        assert len(fold["test"]) in (10, 11)
        if stratify:
            counts = np.bincount(np.array(fold["test"]) % 3)
            assert counts.max() - counts.min() <= 1


def test_folds_keep_groups_whole() -> None:
    data = grouped(200, 30, 1)
    assert data.train.groups is not None
    tested = [split(data, folds=4, fold=fold)["test"] for fold in range(1, 5)]
    owners = [set(data.train.groups[rows].tolist()) for rows in tested]
    assert sum(map(len, owners)) == len(set().union(*owners))
    assert sorted(row for rows in tested for row in rows) == list(range(200))


def test_a_fold_in_order_learns_from_the_rows_before_it() -> None:
    # As the documents of scikit-learn's TimeSeriesSplit say: n // (folds + 1) rows in each fold, the rest comes first.
    for fold in range(1, 5):
        first = 9 + 8 * (fold - 1)
        found = split(Data(numbered(41)), folds=4, fold=fold, in_order=True)
        assert found == {"train": list(range(first)), "test": list(range(first, first + 8))}


def test_a_test_part_of_its_own_is_in_no_fold() -> None:
    found = split(WITH_TEST, folds=2, fold=1)
    assert sorted(found["train"] + found["test"]) == A
    assert split(WITH_TEST, folds=2, fold=2)["test"] == found["train"]


@pytest.mark.parametrize(
    ("data", "wanted", "words"),
    [
        (ALONE, {"folds": 11, "fold": 1}, ["data.folds is 11", "only 10 of them", "the 10 rows"]),
        (
            Data(replace(numbered(10), groups=np.zeros(10, int))),
            {"folds": 2, "fold": 1},
            ["only 1 of them", "groups", "choose fewer folds"],
        ),
        (
            Data(replace(numbered(10), groups=np.arange(10))),
            {"stratify": True},
            ["data.stratify and groups", "data.stratify = false"],
        ),
        (
            ALONE,
            {"stratify": True, "in_order": True, "test": 0.2},
            ["data.stratify and data.in_order", "data.in_order = false"],
        ),
    ],
)
def test_folds_and_ways_that_do_not_fit(data: Data, wanted: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        split(data, **wanted)
    assert all(word in str(caught.value) for word in words)
