"""Buffers are ordinary arrays that begin with a cache line."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_core.basics._arrays import LINE, aligned


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
@pytest.mark.parametrize("shape", [(), 7, (3, 5), (1, 784), (100, 100)])
def test_a_buffer_has_its_shape_and_begins_with_a_cache_line(shape: int | tuple[int, ...], dtype: type) -> None:
    for fill, wanted in ((0.0, 0), (1.0, 1), (None, None)):
        made = [aligned(shape, dtype, fill) for _ in range(4)]
        for array in made:
            like = np.empty(shape, dtype)
            assert (array.shape, array.dtype, array.strides) == (like.shape, like.dtype, like.strides)
            assert array.__array_interface__["data"][0] % LINE == 0
            assert array.flags.writeable
            assert wanted is None or (array == wanted).all()
        assert not any(np.shares_memory(a, b) for a in made for b in made if a is not b)


def test_an_array_that_does_not_fit_in_memory_is_named() -> None:
    with pytest.raises(MemoryError, match=r"an array \(1000000000, 1000000\) of float32"):
        aligned((10**9, 10**6), np.float32)
