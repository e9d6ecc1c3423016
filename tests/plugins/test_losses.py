"""Losses match PyTorch in value and gradient, row by row, and stay exact for large logits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.testing.checks.losses import loss_gradient_findings
from zoo_core.testing.harness.loss_samples import positive_rows
from zoo_core.testing.harness.transform_harness import forward
from zoo_plugins.losses import classification as losses, margin as losses_margin, regression as losses_regression

KINDS: dict[str, Any] = {
    part.name: part for family in (losses, losses_margin, losses_regression) for part in family.PARTS
}
GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "losses.npz")
CASES = [str(case) for case in GOLDEN["cases"]]
TAKES_ANY_NUMBER = [
    "hinge", "squared_hinge", "categorical_hinge", "mse", "mae", "huber", "log_cosh",
    "mape", "quantile", "cosine",
]  # fmt: skip


def made(case: str) -> tuple[str, Any]:
    head, _, options = case.partition(" {")
    form, _, name = head.rpartition(" ")
    return form, KINDS[name](**json.loads("{" + options))


@pytest.mark.parametrize("name", TAKES_ANY_NUMBER)
def test_gradient_matches_central_differences_at_any_outputs(name: str) -> None:
    assert list(loss_gradient_findings(KINDS[name](), np.random.default_rng(8).normal(0, 2, (6, 4)))) == []


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_is_exact_where_the_probability_is_zero(dtype: Any) -> None:
    z = np.array([[0, 2000], [0, 2000], [-1500, 1500]], dtype)
    part, labels = KINDS["cross_entropy"](), np.array([0, 1, 0])
    outputs = forward(part.fused_with[0](), z, 2)
    np.testing.assert_array_equal(part.fused_value(z, outputs, labels), [2000, 0, 3000])


def test_binary_cross_entropy_is_exact_where_the_probability_is_zero() -> None:
    z, targets = np.array([[-1000.0, 500.0]]), np.array([[1.0, 0.0]])
    part = KINDS["binary_cross_entropy"]()
    outputs = forward(part.fused_with[0](), z, 2)
    np.testing.assert_allclose(part.fused_value(z, outputs, targets), [(1000 + 500) / 2], rtol=1e-15)


def test_mse_of_two_columns_by_hand() -> None:
    part, out = KINDS["mse"](), np.empty((1, 2))
    outputs, targets = np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]])
    part.gradient(outputs, targets, out)
    np.testing.assert_array_equal(part.value(outputs, targets), [(1 + 4) / 2])
    np.testing.assert_array_equal(out, [[1.0, -2.0]])


@pytest.mark.parametrize("name", ["kl_divergence", "mse", "huber", "tversky", "dice", "cosine"])
def test_perfect_outputs_cost_nothing(name: str) -> None:
    rows = positive_rows(5, 3) if name not in ("tversky", "dice") else np.eye(3)
    np.testing.assert_allclose(KINDS[name]().value(rows, rows), 0, atol=1e-14)
