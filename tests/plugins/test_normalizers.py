"""Normalizers match PyTorch in value, gradients and running statistics, and pass the general checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.testing.harness.transform_harness import backward, forward, infer, start_part
from zoo_plugins.normalizers import basic as normalizers

KINDS: dict[str, Any] = {part.name: part for part in normalizers.PARTS}
GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "normalizers.npz")


def made(name: str, **options: float) -> Any:
    part = KINDS[name](**options)
    start_part(part, 4)
    for parameter, array in part.weights.items():
        array[:] = GOLDEN[parameter]
    return part


@pytest.mark.parametrize("name", KINDS)
def test_value_and_gradients_match_pytorch(name: str) -> None:
    part, x = made(name, epsilon=1e-3), GOLDEN["x0"]
    y = forward(part, x, 4)
    np.testing.assert_allclose(y, GOLDEN[f"{name}.y"], rtol=1e-9)
    np.testing.assert_allclose(backward(part, x, y, GOLDEN["c"]), GOLDEN[f"{name}.x"], rtol=1e-9, atol=1e-13)
    for parameter, gradient in part.gradients.items():
        np.testing.assert_allclose(gradient, GOLDEN[f"{name}.{parameter}"], rtol=1e-9)


def trained_batch_norm() -> Any:
    part = made("batch_norm", epsilon=1e-3, momentum=0.3)
    for batch in ("x0", "x1", "x2"):
        forward(part, GOLDEN[batch], 4)
        part.end_step()
    return part


def test_running_statistics_match_pytorch() -> None:
    part = trained_batch_norm()
    np.testing.assert_allclose(part.running_mean, GOLDEN["batch_norm.running_mean"], rtol=1e-12)
    np.testing.assert_allclose(part.running_variance, GOLDEN["batch_norm.running_variance"], rtol=1e-12)
    np.testing.assert_allclose(infer(part, GOLDEN["x0"], 4), GOLDEN["batch_norm.infer"], rtol=1e-12)


def test_running_statistics_change_once_a_step_however_often_it_was_evaluated() -> None:
    once, twice = made("batch_norm"), made("batch_norm")
    forward(once, GOLDEN["x0"], 4)
    forward(twice, GOLDEN["x0"], 4)
    forward(twice, GOLDEN["x0"], 4)
    for part in (once, twice):
        part.end_step()
    np.testing.assert_array_equal(once.running_mean, twice.running_mean)


def test_a_batch_of_one_row_gives_beta_and_leaves_the_running_statistics_alone() -> None:
    part, x = made("batch_norm"), np.array([[1.0, 2.0, 3.0, 4.0]])
    y = forward(part, x, 4)
    np.testing.assert_array_equal(y, [GOLDEN["beta"]])
    np.testing.assert_array_equal(backward(part, x, y, x), np.zeros((1, 4)))
    part.end_step()
    np.testing.assert_array_equal(part.running_mean, np.zeros(4))
    np.testing.assert_array_equal(part.running_variance, np.ones(4))
