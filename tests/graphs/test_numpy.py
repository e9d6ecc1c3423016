"""Each function of NumPy that can be recorded is written down as NumPy computes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.graphs.networks import network_with
from tests.graphs.test_activations_and_normalizers import assert_close, expected
from zoo_core.graphs import evaluate, record_model
from zoo_core.parts import Activation

PLACES, TABLE = np.array([-2.0, -0.5, 0.0, 1.0, 4.0]), np.array([3.0, -1.0, 0.5, 2.0, 7.0])
SIX = np.array([3.0, -1.0, 0.5, 2.0, 7.0, -4.0])
MATRIX = np.random.default_rng(0).normal(0, 1, (6, 6))


def written(out, value):
    out[:, 1:3] = value
    out[:, 0] = out[:, 1] + 1
    out[:, 3:] = value[:, :1]


def masked(x, out):
    np.copyto(out, x)
    np.copyto(out, 0.5, where=x > 1)
    np.multiply(out, 2, out=out, where=x < -1)


FUNCTIONS = {
    "trigonometry": lambda x: np.sin(x) + np.cos(x) * np.arctan(x * 5) + np.tan(np.tanh(x)),
    "inverse": lambda x: np.arcsin(np.tanh(x) / 2) + np.arccos(np.tanh(x) / 2) + np.arctanh(np.tanh(x) / 2),
    "hyperbolic": lambda x: np.sinh(np.tanh(x)) + np.cosh(np.tanh(x)) + np.arcsinh(x) + np.arccosh(1.5 + x * x),
    "rounding": lambda x: np.floor(x) + 2 * np.ceil(x) + 3 * np.rint(x) + 4 * np.trunc(x) + 5 * np.round(x),
    "division": lambda x: x // 0.75 + x % 0.75 + np.remainder(x, -0.3) + np.reciprocal(x + 1e3) + 1 / (x + 2e3),
    "remainders": lambda x: (x * 1e4) % -0.7 + np.mod(x * 1e3, 0.1) + np.fmod(x, 0.7) + (x * 99) // 0.1 + x // -3,
    "whole remainders": lambda x: (x * 9).astype(int) // -4 + (x * 9).astype(int) % 3 + x * 0,
    "arithmetic of truth": lambda x: ((x > 0) + (x > 1)) * x + ((x > 0) * (x < 1)) + np.maximum(x > 0, x < -1),
    "other names": lambda x: np.degrees(x) + np.radians(x) + np.around(x) + np.fix(x) + np.fliplr(x),
    "replaced in place": lambda x: np.nan_to_num(y := np.log(np.maximum(x, 0)), copy=False, neginf=-3.0) + y,
    "powers": lambda x: x**2 + np.square(x) + np.abs(x) ** 1.5 + np.exp2(np.tanh(x)) + np.power(2.0, -abs(x)),
    "roots": lambda x: np.cbrt(x) + np.sqrt(np.abs(x)),
    "logarithms": lambda x: np.log(1 + x * x) + np.log1p(abs(x)) + np.log2(2 + abs(x)) + np.log10(2 + abs(x)),
    "exponentials": lambda x: np.expm1(-abs(x)) + np.exp(-abs(x)) + np.logaddexp(x, 1) + np.logaddexp(-x, x),
    "lengths": lambda x: np.hypot(x, 3) + np.sqrt(abs(x)) + np.copysign(2, x + 0.1) + np.fabs(x),
    "angles": lambda x: np.deg2rad(x) + np.rad2deg(x) / 100,
    "comparisons": lambda x: (x > 0) * 1.0 + (x >= 1) + (x < -1) + (x <= 2) + (x != 0) + (x == 0),
    "logic": lambda x: ((x > 0) & (x < 1)) | ~(x > -1) ^ np.logical_or(x > 2, np.logical_not(x < 3)),
    "choices": lambda x: np.where((x > 0) & (x < 2), x, np.where(x > 5, 5, -x * 0.1)),
    "bounds": lambda x: np.clip(x, -1, 2) + np.minimum(x, 1) + np.maximum(x, 0) + np.fmax(x, 0) + np.fmin(x, 0),
    "steps": lambda x: np.heaviside(x, 0.5) + np.sign(x) + np.nan_to_num(np.log(np.maximum(x, 0)), neginf=-3),
    "finite": lambda x: np.isfinite(1 / x) + np.isnan(np.sqrt(x)) * 2.0 + np.isinf(np.exp(x * 1e3)) * 4.0,
    "sums": lambda x: x.sum(axis=1, keepdims=True) + np.prod(np.tanh(x), axis=1)[:, None] + x * 0,
    "means": lambda x: (x - np.mean(x, axis=1, keepdims=True)) / (np.std(x, axis=1)[:, None] + x.var(1)[:, None] + 1),
    "norms": lambda x: x / (np.linalg.norm(x, axis=1, keepdims=True) + 1) + np.linalg.norm(x, 1, axis=1)[:, None],
    "extremes": lambda x: x.max(axis=1, keepdims=True) - x.min(axis=-1)[:, None] + x * 0,
    "places": lambda x: x.argmax(axis=1)[:, None] + 10 * x.argmin(1)[:, None] + x * 0,
    "spreads": lambda x: np.ptp(x, 1)[:, None] + np.median(x, 1)[:, None] + np.median(x[:, :3], 1, keepdims=True),
    "log sums": lambda x: x - np.logaddexp.reduce(x, axis=1, keepdims=True) + np.logaddexp.reduce(x, axis=1)[:, None],
    "bins": lambda x: np.digitize(x, [-1, 0, 0.5, 2]) + 10 * np.digitize(x, [0.0, 1.0], right=True) + x,
    "selected": lambda x: np.select([x > 2, x > 0], [x * 2, -x], default=0.5),
    "repeated": lambda x: np.repeat(x[:, :3], 2, axis=1) + np.tile(x[:, 3:], (1, 2)) + x[:, :2].repeat(3, axis=1),
    "truths": lambda x: (x > 0).any(axis=1)[:, None] + 2.0 * (x > -1).all(axis=1, keepdims=True) + x * 0,
    "counts": lambda x: np.count_nonzero(x > 0, axis=1)[:, None] + x * 0,
    "running": lambda x: np.cumsum(x, axis=1) + np.cumprod(np.tanh(x), axis=1) + np.maximum.accumulate(x, axis=1),
    "order": lambda x: np.sort(x, axis=1) - np.flip(np.sort(-x, axis=1), axis=1),
    "columns": lambda x: np.hstack([x[:, ::2], x[:, [5, 0]], x[:, -1:]]) + x[:, ::-1],
    "turned": lambda x: (x * 2)[:, ::-1] + np.tanh(x) - (x + 1)[:, [1, 0, 3, 2, 5, 4]],
    "grouping": lambda x: (x - (1 - x)) / (3 / (x * x + 9)) - (x - (2 - x)) - np.negative(-x) - np.float32(-3.5),
    "constants": lambda x: np.ones_like(x) * 3,
    "joined": lambda x: np.concatenate([x[:, 3:], np.column_stack([x[:, 0], x[:, 1] * 2, x[:, 2]])], axis=1),
    "pieces": lambda x: np.hstack(np.split(x, 3, axis=1)[::-1]) + np.hstack(np.hsplit(x, 2)),
    "differences": lambda x: np.diff(x, axis=1, prepend=0.0) + np.diff(x, axis=1, append=1.0),
    "products": lambda x: x @ MATRIX.astype(x.dtype) + np.dot(x, np.eye(6, dtype=x.dtype)),
    "weighted sums": lambda x: x.dot(MATRIX[0].astype(x.dtype))[:, None] * np.tanh(x),
    "row sums": lambda x: (np.einsum("bi,i->b", x, SIX.astype(x.dtype)) + np.einsum("ij->i", x))[:, None] + 0 * x,
    "scaled": lambda x: np.einsum("ij,j->ij", x, SIX.astype(x.dtype)) + np.einsum("ij,ij->ij", x, x),
    "inner": lambda x: np.einsum("ij,ij->i", x, x)[:, None] / (1 + np.einsum("ij,ij->i", x, x))[:, None] * x,
    "tables": lambda x: np.interp(x[:, 0], PLACES, TABLE)[:, None] + np.searchsorted(PLACES, x[:, 1])[:, None] + x * 0,
    "polynomials": lambda x: np.polyval([0.1, -2, 3], np.tanh(x)),
    "shapes": lambda x: np.expand_dims(x[:, 0], 1) + x[:, 1].reshape(-1, 1) + np.squeeze(x[:, 2:3], 1)[:, None] + x,
    "dtypes": lambda x: x.astype(np.float64) * 3 + x.astype(int) + np.float64(2) * (x > 0).astype(np.float32),
    "likes": lambda x: np.zeros_like(x) + np.ones_like(x) * x + np.full_like(x, 3),
    "rows": lambda x: x + np.ones(x.shape, x.dtype) + np.zeros((len(x), 1), x.dtype),
}  # fmt: skip


def model_with(function, dtype):
    """Return a model whose hidden layer computes a function, or writes with it."""

    @dataclass
    class Own(Activation):
        name = "own"

        def infer(self, x, out):
            out[...] = function(x)

    part = Own()
    if function in (written, masked):
        part.infer = (lambda x, out: written(out, x[:, 1:3])) if function is written else masked
    part.weights, part.gradients = {}, {}
    model = network_with("activation", "identity", {}, dtype, "hidden")
    model.network.stages[1].transform = part
    return model


def rows(dtype):
    x = np.random.default_rng(3).normal(0, 2, (257, 6))
    x[:6] = np.array([[0.0], [-0.0], [1], [-1], [0.5], [-2]])
    return x.astype(dtype)


CASES = {**FUNCTIONS, "writing": written, "masks": masked}


@pytest.mark.parametrize("name", CASES)
def test_the_graph_computes_what_numpy_does(name):
    for dtype in ("float32", "float64"):
        model, x = model_with(CASES[name], dtype), rows(dtype)
        assert_close(evaluate(record_model(model), x)["values"], expected(model, x), dtype)
