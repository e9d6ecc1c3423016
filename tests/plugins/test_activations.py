"""Activations match PyTorch in value and gradient, pass the general checks, and have the correct gains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.errors import UsageError
from zoo_core.parts import Activation
from zoo_core.registry import Registry
from zoo_core.testing import checks_of
from zoo_core.testing._run import findings
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import backward, forward, start_part
from zoo_plugins._special import normal_cdf
from zoo_plugins.activations import basic, gated, gelu, hard, smooth, softmax, thresholds

FAMILIES = basic, hard, softmax, smooth, thresholds, gated, gelu
KINDS: dict[str, Any] = {part.name: part for family in FAMILIES for part in family.PARTS}
GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "activations.npz")
CASES = [str(case) for case in GOLDEN["cases"]]


def made(case: str) -> Activation:
    name, _, options = case.partition(" ")
    return KINDS[name](**json.loads(options or "{}"))


REGISTRY = Registry()
VARIANTS = sorted({*(c for c in CASES if "{" in c), 'prelu {"shared": true}', 'maxout {"pieces": 4}'})
KINKS = {  # declared for the default options only
    'hard_shrink {"threshold": 1.5}': (-1.5, 1.5),
    'soft_shrink {"threshold": 1.5}': (-1.5, 1.5),
    'threshold {"threshold": -0.7, "value": 3.0}': (-0.7,),
    'clipped_linear {"slope": 0.5, "offset": 0.25, "minimum": -1.0, "maximum": 2.0}': (-2.5, 3.5),
}


def test_rrelu_draws_its_slopes_uniformly_and_anew() -> None:
    part, x = KINDS["rrelu"](lower=0.1, upper=0.4), np.full((200, 50), -1.0)
    start_part(part, 50)
    slopes = -forward(part, x, 50, seed=1)
    assert slopes.min() >= 0.1
    assert slopes.max() <= 0.4
    assert abs(slopes.mean() - 0.25) < 5 * 0.3 / np.sqrt(12 * x.size)
    assert (slopes != -forward(part, x, 50, seed=2)).all()


def test_maxout_gives_the_gradient_of_equal_pieces_to_the_first() -> None:
    part, x = KINDS["maxout"](pieces=3), np.array([[1.0, 5.0, 1.0, 7.0, 0.0, 7.0]])
    start_part(part, 2)
    y = forward(part, x, 2)
    np.testing.assert_array_equal(y, [[1.0, 7.0]])
    np.testing.assert_array_equal(backward(part, x, y, np.array([[2.0, 3.0]])), [[2, 0, 0, 3, 0, 0]])


@pytest.mark.parametrize("case", VARIANTS)
def test_other_options_keep_the_promises_of_the_defaults(case: str) -> None:
    name, _, options = case.partition(" ")
    own = {"kinks": KINKS[case]} if case in KINKS else {}
    part = type(name, (KINDS[name],), {"__doc__": KINDS[name].__doc__, **own})
    subject = PartUnderTest(part, json.loads(options), REGISTRY)
    assert [f for check in checks_of(part) for f in findings(check, subject)] == []


# From PyTorch's calculate_gain and its documentation.
PYTORCH_GAINS = {
    "identity": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5, "selu": 3 / 4,
    "leaky_relu": (2 / (1 + 0.01**2)) ** 0.5, 'leaky_relu {"slope": 0.3}': (2 / 1.09) ** 0.5,
}  # fmt: skip


@pytest.mark.parametrize("case", PYTORCH_GAINS)
def test_gain_is_that_of_pytorch(case: str) -> None:
    assert made(case).gain == pytest.approx(PYTORCH_GAINS[case], rel=1e-12)


RECTIFIERS = ["relu6", "elu", "celu", "gelu", "silu", "mish", "dish", "quick_gelu", "hard_silu", "hard_mish"]


@pytest.mark.parametrize("name", RECTIFIERS)
def test_gain_keeps_the_second_moment_of_a_standard_normal(name: str) -> None:
    part = KINDS[name]()
    z = np.linspace(-12, 12, 20001)
    weights = np.exp(-(z**2) / 2)
    start_part(part, z.size)
    moment = (weights * forward(part, z[None], z.size)[0] ** 2).sum() / weights.sum()
    assert part.gain == pytest.approx(moment**-0.5, rel=1e-4)


def test_softmax_rows_sum_to_one_and_ignore_a_shift() -> None:
    part, z = KINDS["softmax"](), np.random.default_rng(0).normal(size=(3, 5))
    rows = forward(part, z, 5)
    np.testing.assert_allclose(rows.sum(1), 1, rtol=1e-14)
    np.testing.assert_allclose(forward(part, z + 1000, 5), rows, rtol=1e-12)


def test_sparsemax_of_a_textbook_row() -> None:
    part, z = KINDS["sparsemax"](), np.array([[0.5, 1.0, -1.0], [3.0, 0.0, 0.0], [0.2, 0.2, 0.2]])
    expected = [[0.25, 0.75, 0.0], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(forward(part, z, 3), expected, rtol=1e-12)


# P(Z <= z) to 20 digits, from mpmath.ncdf.
NORMAL_CDF = {
    0.0: 0.5, 1.0: 0.84134474606854294859, -1.0: 0.15865525393145705142, -2.0: 0.022750131948179207200,
    -5.0: 2.8665157187919391168e-7, -10.0: 7.6198530241605260660e-24, 6.0: 0.99999999901341235350,
}  # fmt: skip


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 3e-14), (np.float32, 3e-6)])
def test_normal_cdf_keeps_its_digits_in_the_tail(dtype: Any, tolerance: float) -> None:
    z = np.array([list(NORMAL_CDF)], dtype)
    out, exponential, spare = (np.empty_like(z) for _ in range(3))
    normal_cdf(z, out, exponential, spare)
    np.testing.assert_allclose(out[0], list(NORMAL_CDF.values()), rtol=tolerance)


def test_clipped_linear_names_bounds_in_the_wrong_order() -> None:
    with pytest.raises(UsageError, match=r"clipped_linear: minimum 2\.0 is not below maximum 1\.0"):
        KINDS["clipped_linear"](minimum=2.0)
