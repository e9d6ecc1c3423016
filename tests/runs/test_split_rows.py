"""A prepared run says which rows of the data each split has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import zoo_core

SPEC: dict[str, Any] = {
    "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
    "optimizer": "adam",
}
X = np.arange(300.0).reshape(100, 3)
Y = np.arange(100) % 2


@pytest.mark.parametrize(
    "data",
    [
        {"validation": 0.2, "test": 0.1},
        {"train": ":50", "validation": "50:60", "test": "-20:"},
        {"folds": 5, "fold": 2, "validation": 0.25, "stratify": True},
        {},
    ],
)
def test_the_indices_give_the_rows_of_the_splits(data: dict[str, Any]) -> None:
    trainer = zoo_core.prepare(SPEC | {"data": data}, data=(X, Y))
    assert trainer.split_rows.keys() == trainer.splits.keys()
    for name, table in trainer.splits.items():
        indices = trainer.split_rows[name].indices
        assert trainer.split_rows[name].part == "train"
        np.testing.assert_array_equal(np.asarray(table.x), X[indices])
        np.testing.assert_array_equal(table.y, Y[indices])
        indices[:] = 0  # a copy
        assert trainer.split_rows[name].indices.any() or len(indices) == 1
    every = np.concatenate([rows.indices for rows in trainer.split_rows.values()])
    assert len(np.unique(every)) == len(every)


def test_a_test_part_of_its_own_has_its_own_indices() -> None:
    trainer = zoo_core.prepare(SPEC, data={"train": (X, Y), "validation": (X[:7] + 0.5, Y[:7]), "test": (X[:9], Y[:9])})
    rows = trainer.split_rows
    assert (rows["test"].part, rows["test"].rows) == ("test", range(9))
    assert (rows["train"].rows, rows["validation"].rows) == (range(100), range(100, 107))
