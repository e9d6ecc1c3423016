"""Checks of penalties and constraints. `augmentations` and `transforms` have those of the other regularizers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Array, Constraint, Penalty
from zoo_core.testing.harness.buffers import input_findings, overwriting
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.differences import compare_gradients
from zoo_core.testing.harness.dtypes import DTYPES, Float64Watch
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.finite_values import finite_findings
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import missing_state, transfer_findings

SHAPE = 5, 3
STEPS = 6  # calls before and after a resume


def started(subject: PartUnderTest, dtype: Any = np.float64, shape: tuple[int, int] = SHAPE) -> Any:
    """Return a penalty or constraint for weights of a shape, after its start."""
    part = subject.make()
    part.start(shape, np.dtype(dtype))
    return part


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
    for dtype in DTYPES:
        value = started(subject, dtype).value(sample_weights(dtype))
        if type(value) is not float:
            yield Finding(
                "value does not return a float", str(np.dtype(dtype)), "float", type(value).__name__,
                "return float(...): a NumPy scalar would turn float32 into float64",
            )  # fmt: skip
            return
    part = started(subject)
    small, large, larger = (part.value(size * sample_weights()) for size in (1.0, 1e3, 1e4))
    if larger < large < min(small, 0):
        yield Finding(
            "value falls without limit as the weights grow: training would reward large weights",
            "weights of size 1, 1e3 and 1e4", "values that do not fall", f"{small:.6g}, {large:.6g}, {larger:.6g}",
            "a sign error",
        )  # fmt: skip


def _fill_penalty_gradient(subject: PartUnderTest, fill: float) -> dict[str, Array]:
    out = np.full(SHAPE, fill)
    started(subject).gradient(sample_weights(), out)
    return {"out of gradient": out}


def _check_penalty_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part, weights = started(subject), sample_weights()
    yield from input_findings("value", {"weights": weights}, part.value, weights)
    yield from input_findings("gradient", {"weights": weights}, _penalty_gradient, part, weights)


def _check_penalty_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    watched = Float64Watch()
    started(subject, np.float32).gradient(watched(sample_weights(np.float32)), watched(sample_weights(np.float32)))
    yield from watched.findings


def _check_penalty_large(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in DTYPES:
        for size in (0.0, 1e4):
            weights = sample_weights(dtype) * dtype(size)
            run = partial(_run_penalty, started(subject, dtype), weights)
            yield from finite_findings("value and gradient", f"weights of size {size:g}", dtype, run)


def _run_penalty(part: Penalty, weights: Array) -> dict[str, Any]:
    return {"value": part.value(weights), "out": _penalty_gradient(part, weights)}


def _draw_penalty(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [np.asarray(result) for result in _run_penalty(started(subject), sample_weights()).values()]


def _check_penalty_state(subject: PartUnderTest) -> Iterator[Finding]:
    old, new = started(subject), started(subject)
    _evaluate_penalty(old)
    unsaved = list(transfer_findings(old, new))
    yield from unsaved
    if not unsaved and not np.array_equal(_evaluate_penalty(old), _evaluate_penalty(new)):
        yield Finding(
            f"saved and loaded after {STEPS} calls, it gives another value or gradient",
            likely=missing_state(old, "`value` or `gradient` changes"),
        )


def _evaluate_penalty(part: Penalty) -> Array:
    """Return the gradients and values of some calls, as one array."""
    results = [_run_penalty(part, size * sample_weights()) for size in range(1, STEPS + 1)]
    return np.array([[*result["out"].ravel(), result["value"]] for result in results])


_PENALTY = (
    Check(
        "gradient", "the gradient equals that of value by central differences",
        lambda subject: penalty_findings(started(subject)), varied=True,
    ),
    Check("value", "value is a float that does not fall without limit", _check_penalty_value),
    overwriting(_fill_penalty_gradient),
    Check("inputs", "it does not change the weights", _check_penalty_inputs),
    Check("dtype", "float32 stays float32 in every operation", _check_penalty_dtype),
    Check("large", "weights of 0 and 1e4 give finite numbers and no warning", _check_penalty_large),
    Check("state", "saved and loaded, it gives the same values and gradients", _check_penalty_state),
    no_randomness(_draw_penalty),
)  # fmt: skip


# ------------------------------------------------------------------ constraints


def _check_projection(subject: PartUnderTest) -> Iterator[Finding]:
    part, weights = started(subject), 3 * sample_weights()
    given, again = weights.copy(), copy.deepcopy(part)  # the second call has the state of the first
    answer = part.constrain(weights)
    if answer is not None:
        yield Finding(
            f"constrain returns a {type(answer).__name__}, which is not used",
            likely="it must change `weights` in place: weights[...] = ...",
        )
    elif np.array_equal(weights, given) and not part.state and _changes_nothing(part):
        yield Finding(
            "constrain does not change weights of any size from 1e-6 to 1e6",
            likely="an assignment to the name, such as `weights = np.maximum(weights, 0)`; write weights[...] = ...",
        )
    once = weights.copy()
    again.constrain(weights)
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


def _check_constraint_state(subject: PartUnderTest) -> Iterator[Finding]:
    for calls in range(1, STEPS):
        old, new = started(subject), started(subject)
        _constrain_often(old, calls)
        unsaved = list(transfer_findings(old, new))
        yield from unsaved
        if unsaved:
            return
        if not np.array_equal(_constrain_often(old, STEPS), _constrain_often(new, STEPS)):
            yield Finding(
                f"saved and loaded after {calls} call{'s' * (calls > 1)}, it gives other weights",
                likely=missing_state(old, "`constrain` changes"),
            )
            return


def _constrain_often(part: Constraint, calls: int) -> Array:
    """Return the weights after each of some calls, which get weights of another size each time."""
    return np.array([_constrain_copy(part, size * sample_weights())["weights"] for size in range(1, calls + 1)])


def _check_constraint_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    watched = Float64Watch()
    started(subject, np.float32).constrain(watched(3 * sample_weights(np.float32)))
    yield from watched.findings


def _check_constraint_large(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in DTYPES:
        weights = np.array([[0, 1e4, -1e4, 1e-3], [0, 1e4, 1e4, 0]], dtype)
        run = partial(_constrain_copy, started(subject, dtype, weights.shape), weights)
        yield from finite_findings("constrain", "columns of zeros and of 1e4", dtype, run)


def _constrain_copy(part: Constraint, weights: Array) -> dict[str, Array]:
    changed = weights.copy()
    part.constrain(changed)
    return {"weights": changed}


def _draw_constraint(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [*_constrain_copy(started(subject), sample_weights()).values()]


_CONSTRAINT = (
    Check("projection", "weights are changed in place, and a second call changes nothing", _check_projection),
    Check("dtype", "float32 stays float32 in every operation", _check_constraint_dtype),
    Check("large", "weights of 0 and 1e4 give finite numbers and no warning", _check_constraint_large),
    Check("state", "saved and loaded, it gives the same weights", _check_constraint_state),
    no_randomness(_draw_constraint),
)


CHECKS = {Penalty: _PENALTY, Constraint: _CONSTRAINT}
