"""Checks of penalties, constraints and batch augmentations. `transforms` has those of noise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Array, BatchAugmentation, Constraint, Penalty
from zoo_core.testing.harness.buffers import input_findings, overwriting
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.differences import compare_gradients
from zoo_core.testing.harness.dtypes import DTYPES, Float64Watch, expect_float32
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.finite_values import finite_findings
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness, randomness

SHAPE = 5, 3


def sample_weights(dtype: Any = np.float64) -> Array:
    """Return a weight matrix."""
    return np.random.default_rng(7).normal(size=SHAPE).astype(dtype)


# ------------------------------------------------------------------ penalties


def _penalty_gradient(part: Penalty, weights: Array) -> Array:
    out = np.zeros_like(weights)
    part.gradient(weights, out)
    return out


def penalty_findings(part: Penalty) -> Iterator[Finding]:
    """Compare `gradient` with the central differences of `value`."""
    weights = sample_weights()
    expected = central_differences(lambda: part.value(weights), weights)
    halved = ("the factor 1/2 is in value alone, or in gradient alone", expected * 2)
    yield from compare_gradients(
        "the gradient", _penalty_gradient(part, weights), expected, {"weight": weights},
        [halved, (halved[0], expected / 2)],
    )  # fmt: skip


def _check_penalty_value(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        value = part.value(sample_weights(dtype))
        if type(value) is not float:
            yield Finding(
                "value does not return a float", str(np.dtype(dtype)), "float", type(value).__name__,
                "return float(...): a NumPy scalar would turn float32 into float64",
            )  # fmt: skip
            return
    small, large, larger = (part.value(size * sample_weights()) for size in (1.0, 1e3, 1e4))
    if larger < large < min(small, 0):
        yield Finding(
            "value falls without limit as the weights grow: training would reward large weights",
            "weights of size 1, 1e3 and 1e4", "values that do not fall", f"{small:.6g}, {large:.6g}, {larger:.6g}",
            "a sign error",
        )  # fmt: skip


def _fill_penalty_gradient(subject: PartUnderTest, fill: float) -> dict[str, Array]:
    out = np.full(SHAPE, fill)
    subject.make().gradient(sample_weights(), out)
    return {"out of gradient": out}


def _check_penalty_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part, weights = subject.make(), sample_weights()
    yield from input_findings("value", {"weights": weights}, part.value, weights)
    yield from input_findings("gradient", {"weights": weights}, _penalty_gradient, part, weights)


def _check_penalty_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    watched = Float64Watch()
    subject.make().gradient(watched(sample_weights(np.float32)), watched(sample_weights(np.float32)))
    yield from watched.findings


def _check_penalty_large(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        for size in (0.0, 1e4):
            weights = sample_weights(dtype) * dtype(size)
            run = partial(_run_penalty, part, weights)
            yield from finite_findings("value and gradient", f"weights of size {size:g}", dtype, run)


def _run_penalty(part: Penalty, weights: Array) -> dict[str, Any]:
    return {"value": part.value(weights), "out": _penalty_gradient(part, weights)}


def _draw_penalty(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [np.asarray(result) for result in _run_penalty(subject.make(), sample_weights()).values()]


_PENALTY = (
    Check(
        "gradient", "the gradient equals that of value by central differences",
        lambda subject: penalty_findings(subject.make()), varied=True,
    ),
    Check("value", "value is a float that does not fall without limit", _check_penalty_value),
    overwriting(_fill_penalty_gradient),
    Check("inputs", "it does not change the weights", _check_penalty_inputs),
    Check("dtype", "float32 stays float32 in every operation", _check_penalty_dtype),
    Check("large", "weights of 0 and 1e4 give finite numbers and no warning", _check_penalty_large),
    no_randomness(_draw_penalty),
)  # fmt: skip


# ------------------------------------------------------------------ constraints


def _check_projection(subject: PartUnderTest) -> Iterator[Finding]:
    part, weights = subject.make(), 3 * sample_weights()
    given = weights.copy()
    answer = part.constrain(weights)
    if answer is not None:
        yield Finding(
            f"constrain returns a {type(answer).__name__}, which is not used",
            likely="it must change `weights` in place: weights[...] = ...",
        )
    elif np.array_equal(weights, given) and _changes_nothing(part):
        yield Finding(
            "constrain does not change weights of any size from 1e-6 to 1e6",
            likely="an assignment to the name, such as `weights = np.maximum(weights, 0)`; write weights[...] = ...",
        )
    once = weights.copy()
    part.constrain(weights)
    if not np.allclose(weights, once, rtol=1e-6, atol=1e-12):
        at = tuple(np.argwhere(~np.isclose(weights, once, rtol=1e-6, atol=1e-12))[0])
        yield Finding(
            "a second call of constrain changes the weights again",
            f"row {at[0]}, column {at[1]} after the second call", f"{once[at]:.6g}", f"{weights[at]:.6g}",
            "it is not a projection: weights would shrink or grow with each step",
        )  # fmt: skip


def _changes_nothing(part: Any) -> bool:
    """Return whether a constraint changes no weights, whatever their size."""
    for size in (1e-6, 1e-3, 1.0, 1e3, 1e6):
        weights = size * sample_weights()
        part.constrain(weights)
        if not np.array_equal(weights, size * sample_weights()):
            return False
    return True


def _check_constraint_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    watched = Float64Watch()
    subject.make().constrain(watched(3 * sample_weights(np.float32)))
    yield from watched.findings


def _check_constraint_large(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        weights = np.array([[0, 1e4, -1e4, 1e-3], [0, 1e4, 1e4, 0]], dtype)
        run = partial(_constrain_copy, part, weights)
        yield from finite_findings("constrain", "columns of zeros and of 1e4", dtype, run)


def _constrain_copy(part: Constraint, weights: Array) -> dict[str, Array]:
    changed = weights.copy()
    part.constrain(changed)
    return {"weights": changed}


def _draw_constraint(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [*_constrain_copy(subject.make(), sample_weights()).values()]


_CONSTRAINT = (
    Check("projection", "weights are changed in place, and a second call changes nothing", _check_projection),
    Check("dtype", "float32 stays float32 in every operation", _check_constraint_dtype),
    Check("large", "weights of 0 and 1e4 give finite numbers and no warning", _check_constraint_large),
    no_randomness(_draw_constraint),
)


# ------------------------------------------------------------------ batch augmentations


def _sample_batch(dtype: Any = np.float64) -> tuple[Array, Array]:
    x = np.random.default_rng(8).normal(size=(8, 3)).astype(dtype)
    return x, np.eye(4, dtype=dtype)[np.arange(8) % 4]


def _check_batch_shapes(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _sample_batch()
    inputs, changed_targets = subject.make().augment(x, targets, np.random.default_rng(0))
    for name, was, now in (("inputs", x, inputs), ("targets", targets, changed_targets)):
        if np.shape(now) != was.shape:
            yield Finding(f"augment returns {name} of another shape", "", str(was.shape), str(np.shape(now)))


def _check_batch_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _sample_batch()
    call = subject.make().augment, x, targets, np.random.default_rng(0)
    yield from input_findings("augment", {"x": x, "targets": targets}, *call)


def _check_batch_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _sample_batch(np.float32)
    inputs, softened = subject.make().augment(x, targets, np.random.default_rng(0))
    yield from expect_float32({"the inputs that augment returns": inputs, "the targets that augment returns": softened})


def _draw_batch(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return list(subject.make().augment(*_sample_batch(), rng))


_BATCH_AUGMENTATION = (
    Check("shapes", "inputs and targets keep their shapes", _check_batch_shapes),
    Check("inputs", "it does not change the given batch", _check_batch_inputs),
    Check("dtype", "float32 stays float32", _check_batch_dtype),
    randomness(_draw_batch),
)

CHECKS = {Penalty: _PENALTY, Constraint: _CONSTRAINT, BatchAugmentation: _BATCH_AUGMENTATION}
