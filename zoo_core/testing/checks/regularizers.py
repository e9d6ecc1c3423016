"""Penalties, constraints and changes of a batch; noise is among the transforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Array, BatchAugmentation, Constraint, Penalty
from zoo_core.testing.harness.buffers import changed, overwritten
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.differences import compare
from zoo_core.testing.harness.dtypes import DTYPES, returned, strict, watch
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness, randomness

SHAPE = 5, 3


def matrix(dtype: Any = np.float64) -> Array:
    """Return a weight matrix."""
    return np.random.default_rng(7).normal(size=SHAPE).astype(dtype)


# ------------------------------------------------------------------ penalties


def _gradient(part: Penalty, weights: Array) -> Array:
    out = np.zeros_like(weights)
    part.gradient(weights, out)
    return out


def penalty_gradient(part: Penalty) -> Iterator[Finding]:
    """Compare `gradient` with the central differences of `value`."""
    weights = matrix()
    expected = central_differences(lambda: part.value(weights), weights)
    halved = ("value has the factor 1/2 and gradient has not, or the reverse", expected * 2)
    yield from compare(
        "the gradient", _gradient(part, weights), expected, {"weight": weights},
        [halved, (halved[0], expected / 2)],
    )  # fmt: skip


def _penalty_value(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        value = part.value(matrix(dtype))
        if type(value) is not float:
            yield Finding(
                "value does not return a float", str(np.dtype(dtype)), "float", type(value).__name__,
                "write float(...) around it: NumPy's scalars turn float32 into float64",
            )  # fmt: skip
            return
    small, large, larger = (part.value(size * matrix()) for size in (1.0, 1e3, 1e4))
    if larger < large < min(small, 0):
        yield Finding(
            "value falls without end as the weights grow: training would be paid for large ones",
            "weights of 1, 1e3 and 1e4 in size", "numbers that do not fall", f"{small:.6g}, {large:.6g}, {larger:.6g}",
            "a sign error",
        )  # fmt: skip


def _penalty_out(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()

    def run(fill: float) -> dict[str, Array]:
        out = np.full(SHAPE, fill)
        part.gradient(matrix(), out)
        return {"out of gradient": out}

    yield from overwritten(run)


def _penalty_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part, weights = subject.make(), matrix()
    for method, call in (("value", part.value), ("gradient", lambda w: _gradient(part, w))):
        with changed(method, {"weights": weights}) as findings:
            call(weights)
        yield from findings


def _penalty_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    with watch() as watched:
        subject.make().gradient(watched(matrix(np.float32)), watched(matrix(np.float32)))
    yield from watched.findings


def _penalty_large(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        for size in (0.0, 1e4):
            weights = matrix(dtype) * dtype(size)
            with strict("value and gradient", f"weights of {size:g} in size", dtype) as findings:
                findings.finite(value=part.value(weights), out=_gradient(part, weights))
            yield from findings


def _penalty_draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part = subject.make()
    return [np.asarray(part.value(matrix())), _gradient(part, matrix())]


_PENALTY = (
    Check(
        "gradient", "the gradient is that of value, by central differences",
        lambda subject: penalty_gradient(subject.make()), varied=True,
    ),
    Check("value", "value is a float, and large weights are not paid for", _penalty_value),
    Check("out", "`out` is overwritten, never read or added to", _penalty_out),
    Check("inputs", "the weights are not changed", _penalty_inputs),
    Check("dtype", "float32 stays float32, also in between", _penalty_dtype),
    Check("large", "weights of 0 and of 1e4 give finite numbers and no warning", _penalty_large),
    no_randomness(_penalty_draw),
)  # fmt: skip


# ------------------------------------------------------------------ constraints


def _projection(subject: PartUnderTest) -> Iterator[Finding]:
    part, weights = subject.make(), 3 * matrix()
    given = weights.copy()
    answer = part.constrain(weights)
    if answer is not None:
        yield Finding(
            f"constrain returns a {type(answer).__name__}, which is thrown away",
            likely="it is to change `weights` in place: weights[...] = ...",
        )
    elif np.array_equal(weights, given) and _is_idle(part):
        yield Finding(
            "constrain leaves all weights as they are, from 1e-6 to 1e6 in size",
            likely="a name is bound anew, such as `weights = np.maximum(weights, 0)`; write weights[...] = ...",
        )
    once = weights.copy()
    part.constrain(weights)
    if not np.allclose(weights, once, rtol=1e-6, atol=1e-12):
        at = tuple(np.argwhere(~np.isclose(weights, once, rtol=1e-6, atol=1e-12))[0])
        yield Finding(
            "constrain changes again what it has constrained",
            f"row {at[0]}, column {at[1]} the second time", f"{once[at]:.6g}", f"{weights[at]:.6g}",
            "it is no projection: weights would go on shrinking or growing with each step",
        )  # fmt: skip


def _is_idle(part: Any) -> bool:
    """Tell whether a constraint does nothing to weights of any size."""
    for size in (1e-6, 1e-3, 1.0, 1e3, 1e6):
        weights = size * matrix()
        part.constrain(weights)
        if not np.array_equal(weights, size * matrix()):
            return False
    return True


def _constraint_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    with watch() as watched:
        subject.make().constrain(watched(3 * matrix(np.float32)))
    yield from watched.findings


def _constraint_large(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        weights = np.array([[0, 1e4, -1e4, 1e-3], [0, 1e4, 1e4, 0]], dtype)
        with strict("constrain", "columns of zeros and of 1e4", dtype) as findings:
            part.constrain(weights)
            findings.finite(weights=weights)
        yield from findings


def _constraint_draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    weights = matrix()
    subject.make().constrain(weights)
    return [weights]


_CONSTRAINT = (
    Check("projection", "weights are changed in place, and not again the second time", _projection),
    Check("dtype", "float32 stays float32, also in between", _constraint_dtype),
    Check("large", "weights of 0 and of 1e4 give finite numbers and no warning", _constraint_large),
    no_randomness(_constraint_draw),
)


# ------------------------------------------------------------------ changes of a batch


def _batch(dtype: Any = np.float64) -> tuple[Array, Array]:
    x = np.random.default_rng(8).normal(size=(8, 3)).astype(dtype)
    return x, np.eye(4, dtype=dtype)[np.arange(8) % 4]


def _shapes(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _batch()
    inputs, changed_targets = subject.make().augment(x, targets, np.random.default_rng(0))
    for name, was, now in (("inputs", x, inputs), ("targets", targets, changed_targets)):
        if np.shape(now) != was.shape:
            yield Finding(f"change returns {name} of another shape", "", str(was.shape), str(np.shape(now)))


def _batch_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _batch()
    with changed("augment", {"x": x, "targets": targets}) as findings:
        subject.make().augment(x, targets, np.random.default_rng(0))
    yield from findings


def _batch_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _batch(np.float32)
    inputs, softened = subject.make().augment(x, targets, np.random.default_rng(0))
    yield from returned({"the inputs that change returns": inputs, "the targets that change returns": softened})


def _batch_draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return list(subject.make().augment(*_batch(), rng))


_BATCH_AUGMENTATION = (
    Check("shapes", "inputs and targets keep their shapes", _shapes),
    Check("inputs", "the batch that is given is not changed", _batch_inputs),
    Check("dtype", "float32 stays float32", _batch_dtype),
    randomness(_batch_draw),
)

CHECKS = {Penalty: _PENALTY, Constraint: _CONSTRAINT, BatchAugmentation: _BATCH_AUGMENTATION}
