"""Batches: each row once in an epoch, in an order that depends on the generator, gathered without copies."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_core.data import Batches, take_rows


def epoch(batches: Batches) -> list[np.ndarray]:
    batches.start_epoch()
    every = np.arange(batches.rows)
    return [every[batches.indices(step)] for step in range(batches.steps)]


@pytest.mark.parametrize(
    ("rows", "size", "drop", "sizes"),
    [
        (10, 5, False, [5, 5]),
        (11, 5, False, [5, 5, 1]),
        (11, 5, True, [5, 5]),
        (3, 100, False, [3]),
        (3, 100, True, [3]),
        (4, 1, True, [1, 1, 1, 1]),
    ],
)
@pytest.mark.parametrize("shuffle", [False, True])
def test_sizes_and_coverage(rows: int, size: int, drop: bool, sizes: list[int], shuffle: bool) -> None:
    batches = Batches(rows, size, shuffle=shuffle, rng=np.random.default_rng(0), drop_last=drop)
    found = epoch(batches)
    assert [len(b) for b in found] == sizes
    assert batches.rows_used == sum(sizes)
    together = np.concatenate(found)
    assert len(set(together)) == len(together)
    if not shuffle:
        np.testing.assert_array_equal(together, np.arange(sum(sizes)))


def test_the_order_is_new_each_epoch_and_the_same_for_a_seed() -> None:
    runs = []
    for _ in range(2):
        batches = Batches(50, 50, shuffle=True, rng=np.random.default_rng(7))
        runs.append([epoch(batches)[0], epoch(batches)[0]])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0][0], runs[0][1])


def test_a_resumed_generator_gives_the_order_of_an_unbroken_run() -> None:
    rng = np.random.default_rng(3)
    batches = Batches(20, 20, shuffle=True, rng=rng)
    epoch(batches)
    state = rng.bit_generator.state
    second = epoch(batches)[0]
    resumed = np.random.default_rng()
    resumed.bit_generator.state = state
    np.testing.assert_array_equal(epoch(Batches(20, 20, shuffle=True, rng=resumed))[0], second)


@pytest.mark.parametrize(("rows", "size"), [(0, 1), (1, 0)])
def test_empty_batches_are_refused(rows: int, size: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Batches(rows, size, shuffle=False, rng=np.random.default_rng(0))


def test_take_rows_gathers_into_out_and_cuts_views() -> None:
    x = np.arange(12, dtype=np.uint8).reshape(6, 2)
    out = np.zeros((3, 2), np.uint8)
    assert take_rows(x, np.array([5, 0, 2]), out) is out
    assert out.tolist() == [[10, 11], [0, 1], [4, 5]]
    cut = take_rows(x, slice(1, 3), out)
    assert np.shares_memory(cut, x)
    assert cut.tolist() == [[2, 3], [4, 5]]


@pytest.mark.parametrize("x", [np.eye(9, 700), np.eye(9, 700, order="F"), np.eye(18, 700)[::2], np.eye(9, 700)[:, 9:]])
def test_take_rows_of_many_numbers_each(x: np.ndarray) -> None:
    which = np.array([8, 0, 8, 3])
    found = take_rows(x, which, np.empty((4, x.shape[1])))
    np.testing.assert_array_equal(found, np.stack([x[8], x[0], x[8], x[3]]))


class Streamed:
    """Rows that are no array: they have only `shape`, `dtype` and `take`, as the contract demands."""

    shape, dtype = (6, 2), np.dtype(np.float32)

    def take(self, indices: np.ndarray, axis: int, out: np.ndarray) -> None:
        out[...] = np.stack([indices, indices * 10], axis=1)


@pytest.mark.parametrize("which", [slice(2, 4), np.array([2, 3])])
def test_take_rows_of_a_source_that_is_no_array(which: slice | np.ndarray) -> None:
    out = np.zeros((2, 2), np.float32)
    assert take_rows(Streamed(), which, out).tolist() == [[2, 20], [3, 30]]
