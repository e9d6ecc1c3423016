"""Preprocessors follow their formulas, keep their precision, and accept constant features."""

import numpy as np
import pytest

from zoo_plugins.preprocessors.scaling import CHUNK, Fixed, MinMax, NoPreprocessing, Pixels, Standard

X = np.array([[1.0, 10.0, 0.0], [2.0, 30.0, -4.0], [6.0, 20.0, 4.0]])
LEVELS = np.arange(256, dtype=np.uint8)[None]


def prepared(part, x, dtype=np.float64, fit=None):
    part.fit(x if fit is None else fit)
    before, out = x.copy(), np.full(x.shape, np.nan, dtype)
    part.transform(x, out)
    np.testing.assert_array_equal(x, before)
    return out


def test_pixels_are_divided_by_255_to_the_last_bit_in_float64():
    expected = [[level / 255 for level in range(256)]]
    assert (prepared(Pixels(), LEVELS) == expected).all()
    assert (prepared(Pixels(), LEVELS.astype(np.float32)) == expected).all()


def test_pixels_in_float32_are_right_to_the_last_bit_but_one():
    found = prepared(Pixels(), LEVELS, np.float32)
    np.testing.assert_array_max_ulp(found, (np.arange(256) / 255).astype(np.float32)[None], 1)
    assert (found[0, 0], found[0, -1]) == (0, 1)


@pytest.mark.parametrize(
    ("part", "shift", "scale"),
    [
        (NoPreprocessing(), 0, 1),
        (Standard(), [3, 20, 0], [(14 / 3) ** 0.5, (200 / 3) ** 0.5, (32 / 3) ** 0.5]),
        (MinMax(), [1, 10, -4], [5, 20, 8]),
        (Fixed(shift=2.5, scale=0.5), 2.5, 0.5),
    ],
)
def test_a_preprocessor_follows_its_formula(part, shift, scale):
    new = np.array([[7.0, -1.0, 3.0]])
    expected = (new - shift) / np.asarray(scale)
    np.testing.assert_allclose(prepared(part, new, fit=X), expected, rtol=1e-14)
    np.testing.assert_allclose(prepared(part, new, np.float32, fit=X), expected, rtol=1e-6)


@pytest.mark.parametrize("part", [Fixed(shift=100.5, scale=2), Standard(), MinMax()])
def test_bytes_do_not_wrap_round_below_the_shift(part):
    low = prepared(part, np.array([[0], [255]], np.uint8), fit=np.array([[100], [101]], np.uint8))
    assert low[0, 0] < 0 < low[1, 0]


@pytest.mark.parametrize("kind", [Standard, MinMax])
def test_a_feature_that_does_not_vary_is_named_and_only_shifted(kind):
    part, x = kind(), np.column_stack([np.arange(7.0), np.full(7, 0.1)])
    with pytest.warns(UserWarning, match=r"1 feature\(s\) do not vary and are not scaled: 1$"):
        part.fit(x)
    assert part.scale[1] == 1
    out = np.empty((1, 2))
    part.transform(np.array([[0.0, 3.1]]), out)
    assert out[0, 1] == 3.1 - 0.1


def test_standard_keeps_its_digits_far_from_zero_and_over_many_chunks():
    rows = 2 * CHUNK + 2
    x = 1e9 + np.where(np.arange(rows) % 2, 1.0, -1.0)[:, None]
    part = Standard()
    part.fit(x)
    assert part.scale[0] == pytest.approx(1, rel=1e-9)
    assert part.shift[0] == pytest.approx(1e9, rel=1e-15)
