"""Large products are cut by their shapes alone; the blocks cover the result, and give the numbers of the product."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_core.basics.workers import Pool
from zoo_core.nn._dense import Dense
from zoo_core.nn._products import MAX_BLOCKS, SHARED_WORK, multiply_blocks, multiply_both, product_blocks

SHAPES = [
    (128, 784, 512), (784, 128, 512), (257, 1023, 129), (20_000, 800, 1), (1, 4_000, 5_000), (33, 20_000, 31),
    (512, 784, 100), (256, 2048, 2048), (3, 9_000_000, 2),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_blocks_cover_the_result_once(shape: tuple[int, int, int]) -> None:
    rows, _, columns = shape
    count = np.zeros((rows, columns), int)
    blocks = product_blocks(*shape)
    for block in blocks:
        count[block] += 1
        assert count[block].size
    assert (count == 1).all()
    assert len(blocks) <= MAX_BLOCKS


def test_small_products_stay_whole_and_large_ones_are_cut_along_the_longer_side() -> None:
    assert len(product_blocks(100, 784, 100)) == len(product_blocks(1, 784, 20_000)) == 1
    assert SHARED_WORK > 100 * 784 * 100
    assert product_blocks(128, 784, 512) == [(slice(128), slice(0, 256)), (slice(128), slice(256, 512))]
    assert product_blocks(784, 128, 512) == [(slice(0, 416), slice(512)), (slice(416, 784), slice(512))]
    assert len(product_blocks(256, 2048, 2048)) == MAX_BLOCKS


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES[:6])
@pytest.mark.parametrize("transposed", [False, True])
def test_every_number_of_threads_gives_the_same_bits(
    shape: tuple[int, int, int], dtype: type[np.floating], transposed: bool
) -> None:
    rng, (rows, inner, columns) = np.random.default_rng(0), shape
    a, b = (rng.standard_normal(size, np.float32).astype(dtype) for size in ((rows, inner), (inner, columns)))
    if transposed:
        a, b = np.ascontiguousarray(a.T).T, np.ascontiguousarray(b.T).T
    found, bias = [], np.arange(columns, dtype=dtype)[None, :] / columns
    for threads in (1, 2, 4):
        with Pool(threads) as pool:
            out = np.full((rows, columns), np.nan, dtype)
            multiply_blocks(pool, product_blocks(*shape), a, b, out, bias)
        found.append(out.tobytes())
    assert len(set(found)) == 1
    wanted = a.astype(np.float64) @ b.astype(np.float64) + bias
    np.testing.assert_allclose(out, wanted, rtol=0, atol=4 * inner * np.finfo(dtype).eps)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_two_products_at_once_have_the_bits_of_each_alone(threads: int) -> None:
    rng = np.random.default_rng(0)
    x, grad, weights = (rng.standard_normal(shape, np.float32) for shape in ((128, 784), (128, 512), (784, 512)))
    operands = [(x.T, grad), (grad, weights.T)]
    found, alone = ([np.full((len(a), b.shape[1]), np.nan, np.float32) for a, b in operands] for _ in range(2))
    blocks = [product_blocks(*a.shape, b.shape[1]) for a, b in operands]
    assert [len(cut) for cut in blocks] == [2, 2]
    with Pool(threads) as pool:
        for cut, (a, b), out in zip(blocks, operands, alone, strict=True):
            multiply_blocks(pool, cut, a, b, out)
        first, second = [(cut, a, b, out) for cut, (a, b), out in zip(blocks, operands, found, strict=True)]
        multiply_both(pool, first, second)
    assert [out.tobytes() for out in found] == [out.tobytes() for out in alone]
    np.testing.assert_allclose(found[1], grad @ weights.T, atol=1e-3)


def test_a_layer_with_shared_products_has_its_gradients() -> None:
    rng = np.random.default_rng(0)
    x, grad, weights = (rng.standard_normal(shape, np.float32) for shape in ((128, 512), (128, 512), (512, 512)))
    dense = Dense(512, 0.0, 0.0)
    dense.weights = {"weights": weights, "bias": np.zeros(512, np.float32)}
    dense.gradients = {name: np.full_like(value, np.nan) for name, value in dense.weights.items()}
    dense.start(512, np.float32)
    out = np.full_like(x, np.nan)
    with Pool(2) as dense.pool:
        dense.backward(x, x, grad, out)
    wanted = [x.T @ grad, grad.sum(axis=0), grad @ weights.T]
    for found, value in zip([*dense.gradients.values(), out], wanted, strict=True):
        np.testing.assert_allclose(found, value, atol=1e-3)
