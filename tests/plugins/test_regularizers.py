"""Regularizers match PyTorch, pass the general checks, and noise keeps the mean and its own mask."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.errors import UsageError
from zoo_core.parts import Constraint, Noise, Penalty
from zoo_core.testing.harness.transform_harness import backward, forward, infer, start_part
from zoo_plugins.regularizers import batches as regularizers_batch, noise as regularizers_noise, weights as regularizers

FAMILIES = (regularizers, regularizers_noise, regularizers_batch)
KINDS: dict[str, Any] = {part.name: part for family in FAMILIES for part in family.PARTS}
PENALTIES = [name for name, kind in KINDS.items() if issubclass(kind, Penalty)]
CONSTRAINTS = [name for name, kind in KINDS.items() if issubclass(kind, Constraint)]
NOISES = [name for name, kind in KINDS.items() if issubclass(kind, Noise)]
GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "regularizers.npz")
DTYPES = [np.float32, np.float64]


# ------------------------------------------------------------------ penalties


def test_l2_of_half_a_weight_decay_is_pytorchs_weight_decay() -> None:
    out = np.empty_like(GOLDEN["weights"])
    KINDS["l2"](strength=0.02 / 2).gradient(GOLDEN["weights"], out)
    np.testing.assert_allclose(out, GOLDEN["weight_decay"], rtol=1e-9)


def test_orthogonal_is_zero_for_an_orthogonal_matrix_and_for_a_single_row() -> None:
    part, out = KINDS["orthogonal"](), np.empty((1, 3))
    assert part.value(np.diag([1.0, 2.0, 3.0])) == 0
    assert part.value(np.ones((1, 3))) == 0
    part.gradient(np.ones((1, 3)), out)
    np.testing.assert_array_equal(out, np.zeros((1, 3)))


# ------------------------------------------------------------------ constraints


def test_max_norm_leaves_short_columns_alone_to_the_bit() -> None:
    weights = np.array([[3.0, 0.3], [4.0, 0.4]])
    KINDS["max_norm"](max_value=1.0).constrain(weights)
    np.testing.assert_allclose(weights[:, 0], [0.6, 0.8], rtol=1e-15)
    np.testing.assert_array_equal(weights[:, 1], [0.3, 0.4])


def test_min_max_norm_goes_its_share_of_the_way() -> None:
    weights = np.array([[3.0, 0.3, 1.2], [4.0, 0.4, 0.9]])  # norms 5, 0.5, 1.5
    KINDS["min_max_norm"](min_value=1.0, max_value=2.0, rate=0.5).constrain(weights)
    np.testing.assert_allclose(np.hypot(*weights), [3.5, 0.75, 1.5], rtol=1e-15)


def test_min_max_norm_names_bounds_in_the_wrong_order() -> None:
    with pytest.raises(UsageError, match=r"min_value 3\.0 is above max_value 1\.0"):
        KINDS["min_max_norm"](min_value=3.0)


def test_non_neg_clears_the_negative_weights_only() -> None:
    weights = np.array([[-1.0, 2.0], [0.0, -3.0]])
    KINDS["non_neg"]().constrain(weights)
    np.testing.assert_array_equal(weights, [[0, 2], [0, 0]])


# ------------------------------------------------------------------ noise


@pytest.mark.parametrize("name", NOISES)
def test_noise_is_silent_outside_training(name: str) -> None:
    part, x = KINDS[name](), np.random.default_rng(0).normal(size=(4, 3))
    start_part(part, 3)
    np.testing.assert_array_equal(infer(part, x, 3), x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_goes_back_through_the_same_mask(rate: float, dtype: Any) -> None:
    part, x = KINDS["dropout"](rate=rate), np.ones((300, 200), dtype)
    start_part(part, 200, dtype)
    y = forward(part, x, 200)
    assert set(np.unique(y)) <= {0, dtype(1 / (1 - rate))}
    assert abs((y == 0).mean() - rate) <= 5 * math.sqrt(rate * (1 - rate) / x.size)
    grad = np.random.default_rng(1).normal(size=x.shape).astype(dtype)
    np.testing.assert_array_equal(backward(part, x, y, grad), grad * y)


def test_dropout_draws_anew_at_each_step() -> None:
    part, x, out = KINDS["dropout"](), np.ones((50, 40)), np.empty((2, 50, 40))
    start_part(part, 40)
    part.forward(x, out[0])
    part.forward(x, out[1])
    assert 0.4 < (out[0] != out[1]).mean() < 0.6


@pytest.mark.parametrize(
    ("name", "options", "mean", "std"),
    [
        ("alpha_dropout", {"rate": 0.3}, 0.0, 1.0),  # of a standard normal input
        ("gaussian_noise", {"std": 2.0}, 0.0, math.sqrt(1 + 4)),
        (
            "gaussian_dropout",
            {"rate": 0.2},
            0.0,
            math.sqrt(1 / 0.8),
        ),
    ],
)
def test_noise_has_the_moments_of_its_formula(name: str, options: dict[str, float], mean: float, std: float) -> None:
    part, x = KINDS[name](**options), np.random.default_rng(9).normal(size=(500, 400))
    start_part(part, 400)
    y = forward(part, x, 400)
    assert y.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(y.size))
    assert y.std() == pytest.approx(std, rel=5 / math.sqrt(y.size))


# ------------------------------------------------------------------ changes of a batch


def test_label_smoothing_moves_a_single_column_towards_a_half() -> None:
    targets = np.array([[0.0], [1.0]])
    _, softened = KINDS["label_smoothing"](smoothing=0.2).augment(targets, targets, np.random.default_rng(0))
    np.testing.assert_allclose(softened, [[0.1], [0.9]], rtol=1e-15)


def test_mixup_mixes_inputs_and_targets_alike() -> None:
    x = np.arange(6.0)[:, None] ** 2  # rows that tell who was mixed with whom
    inputs, targets = KINDS["mixup"](alpha=1.0).augment(x, np.eye(6), np.random.default_rng(3))
    np.testing.assert_allclose(targets @ x, inputs, rtol=1e-12)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-15)
    assert (np.diag(targets) < 1).sum() >= 4
    np.testing.assert_array_equal(x[:, 0], np.arange(6.0) ** 2)


def test_mixup_draws_its_share_from_the_beta_distribution() -> None:
    rng, part = np.random.default_rng(0), KINDS["mixup"](alpha=0.5)
    shares = np.array([part.augment(np.eye(2), np.eye(2), rng)[0].max() for _ in range(2000)])
    # The larger of share and 1 - share (or 1, where a row met itself: half the time); Beta(1/2, 1/2) is the
    # arcsine law, whose larger part has the mean 1/2 + 1/pi.
    mixed = shares[shares < 1]
    assert mixed.mean() == pytest.approx(0.5 + 1 / math.pi, abs=0.02)
