"""Initializers have the moments and the structure that their formulas promise, in both dtypes alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from zoo_plugins.initializers import basic as initializers, variance_scaling as initializers_scaled

KINDS: dict[str, Any] = {part.name: part for family in (initializers, initializers_scaled) for part in family.PARTS}
SHAPE = (400, 300)
GAIN = 1.5
CUT_STD = 0.8796256610342398  # scipy.stats.truncnorm(-2, 2).std()

# case -> (name, options, mean, standard deviation, largest size or None)
MOMENTS: dict[str, tuple[str, dict[str, Any], float, float, float | None]] = {
    "uniform": ("uniform", {"low": -1.0, "high": 3.0}, 1.0, 4 / math.sqrt(12), 3.0),
    "normal": ("normal", {"mean": 0.5, "std": 2.0}, 0.5, 2.0, None),
    "truncated_normal": ("truncated_normal", {"std": 3.0}, 0.0, 3.0 * CUT_STD, 6.0),
    "glorot_uniform": ("glorot_uniform", {}, 0, math.sqrt(2 / 700), math.sqrt(6 / 700)),
    "glorot_normal": ("glorot_normal", {}, 0, math.sqrt(2 / 700), None),
    "glorot_normal with gain": ("glorot_normal", {"gain": "activation"}, 0, GAIN * math.sqrt(2 / 700), None),
    "he_uniform": ("he_uniform", {}, 0, GAIN / 20, math.sqrt(3) * GAIN / 20),
    "he_normal": ("he_normal", {}, 0, GAIN / 20, None),
    "he_normal for relu": ("he_normal", {"gain": math.sqrt(2)}, 0, math.sqrt(2 / 400), None),
    "lecun_uniform": ("lecun_uniform", {}, 0, 1 / 20, math.sqrt(3) / 20),
    "lecun_normal": ("lecun_normal", {}, 0, 1 / 20, None),
    "variance_scaling": ("variance_scaling", {}, 0, 1 / 20, 2 / 20 / CUT_STD),
    "variance_scaling by units": (
        "variance_scaling",
        {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"},
        0, math.sqrt(3 / 300), math.sqrt(9 / 300),
    ),
    "variance_scaling by both": (
        "variance_scaling", {"mode": "fan_avg", "distribution": "normal"}, 0, math.sqrt(1 / 350), None,
    ),
}  # fmt: skip


def filled(part: Any, shape: tuple[int, ...] = SHAPE, dtype: Any = np.float64, seed: int = 0) -> Any:
    out = np.full(shape, np.nan, dtype)
    part.fill(out, np.random.default_rng(seed), GAIN)
    return out


@pytest.mark.parametrize("case", MOMENTS)
def test_moments_are_those_of_the_formula(case: str) -> None:
    name, options, mean, std, largest = MOMENTS[case]
    values = filled(KINDS[name](**options))
    # Five standard errors; that of a normal's standard deviation is std / sqrt(2 n), the largest of these.
    assert abs(values.mean() - mean) < 5 * std / math.sqrt(values.size)
    assert abs(values.std() - std) < 5 * std / math.sqrt(2 * values.size)
    if largest is not None:
        assert 0.99 * largest < np.abs(values).max() <= largest


@pytest.mark.parametrize("case", ["normal", "he_normal", "uniform", "truncated_normal"])
def test_kurtosis_is_that_of_the_distribution(case: str) -> None:
    name, options, mean, std, _ = MOMENTS[case]
    expected = {"normal": 3.0, "he_normal": 3.0, "uniform": 1.8, "truncated_normal": 2.3654}[case]
    values = (filled(KINDS[name](**options)) - mean) / std
    assert np.mean(values**4) == pytest.approx(expected, abs=5 * math.sqrt(96 / values.size))


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (1, 3), (3, 1)])
def test_orthogonal_has_orthogonal_rows_or_columns_as_long_as_the_gain(shape: tuple[int, int]) -> None:
    matrix = filled(KINDS["orthogonal"](), shape)
    product = matrix @ matrix.T if shape[0] < shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, GAIN**2 * np.eye(min(shape)), atol=1e-12)


def test_orthogonal_is_uniform_in_sign() -> None:
    # Without the sign correction LAPACK's Q would have a diagonal of one sign far too often.
    part = KINDS["orthogonal"](gain=1.0)
    diagonal = np.concatenate([np.diag(filled(part, (4, 4), seed=seed)) for seed in range(200)])
    assert abs((diagonal > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(diagonal.size)


def test_identity_passes_inputs_on() -> None:
    np.testing.assert_array_equal(filled(KINDS["identity"](scale=2.0), (2, 3)), [[2, 0, 0], [0, 2, 0]])


def test_sparse_has_its_share_of_zeros_in_every_column() -> None:
    values = filled(KINDS["sparse"](sparsity=0.905, std=0.5), (20, 500))
    assert set((values == 0).sum(axis=0)) == {19}  # 18.1 rounded up, as torch.nn.init.sparse_ does
    assert len(set(np.nonzero(values)[0])) == 20
    assert values[values != 0].std() == pytest.approx(0.5, rel=5 / math.sqrt(1000))


@pytest.mark.parametrize(
    ("name", "options", "value"), [("zeros", {}, 0), ("ones", {}, 1), ("constant", {"value": 7.5}, 7.5)]
)
def test_constants(name: str, options: dict[str, float], value: float) -> None:
    np.testing.assert_array_equal(filled(KINDS[name](**options), (3, 2)), np.full((3, 2), value))


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (6,), (1, 4), (4, 1)])
@pytest.mark.parametrize("name", KINDS)
def test_float32_is_the_rounded_float64_of_the_same_seed(name: str, shape: tuple[int, ...]) -> None:
    double, single = filled(KINDS[name](), shape), filled(KINDS[name](), shape, np.float32)
    assert np.isfinite(double).all()
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, double.astype(np.float32))
