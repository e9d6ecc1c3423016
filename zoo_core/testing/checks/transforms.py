"""Checks of transforms: activations, normalizers and noise, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.contract import declares
from zoo_core.parts import Array, Noise, Normalizer, Transform
from zoo_core.testing.harness.buffers import input_findings, overwriting
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import DTYPES, Float64Watch, expect_float32
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.finite_values import finite_findings, large_size
from zoo_core.testing.harness.gradients import gradient_findings, parameter_findings
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import randomness, same
from zoo_core.testing.harness.saved_state import transfer_findings
from zoo_core.testing.harness.transform_harness import (
    ROWS,
    backward,
    fitting_width,
    forward,
    infer,
    input_width,
    reseed,
    sample_inputs,
    start_part,
    upstream_gradient,
)


def prepared(subject: PartUnderTest, dtype: Any = np.float64) -> Any:
    """Return a new part that is ready to run."""
    part = subject.make()
    start_part(part, fitting_width(subject.make), dtype)
    return part


def _sample(subject: PartUnderTest) -> tuple[Any, Array, Array]:
    """Return a new part that is ready to run, inputs, and the gradient of a loss with respect to its outputs."""
    part, width = prepared(subject), fitting_width(subject.make)
    return part, sample_inputs(part, ROWS, width), upstream_gradient(ROWS, width)


# ------------------------------------------------------------------ buffers


def _fill_outputs(subject: PartUnderTest, fill: float) -> dict[str, Array]:
    part, x, c = _sample(subject)
    y, back, served = (np.full(shape, fill) for shape in (c.shape, x.shape, c.shape))
    reseed(part, 2)
    part.forward(x, y)
    for array in part.gradients.values():
        array.fill(fill)
    part.backward(x, y, c, back)
    part.infer(x, served)
    gradients = {f"self.gradients[{name!r}] in backward": array for name, array in part.gradients.items()}
    return {"out of forward": y, "out of backward": back, "out of infer": served, **gradients}


def _check_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part, width = prepared(subject), fitting_width(subject.make)
    for rows in (ROWS, 2, 1, ROWS):  # batches change in size
        x, c = sample_inputs(part, rows, width), upstream_gradient(rows, width)
        kept = {"x": x, "grad": c, **{f"self.weights[{n!r}]": w for n, w in part.weights.items()}}
        yield from input_findings("forward", kept, forward, part, x, width)
        y = forward(part, x, width)
        yield from input_findings("backward", {**kept, "y": y}, backward, part, x, y, c)
        part.end_step()
        yield from input_findings("infer", kept, infer, part, x, width)


def _check_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    width = fitting_width(subject.make)
    part = prepared(subject, np.float32)
    x, c = (array.astype(np.float32) for array in (sample_inputs(part, ROWS, width), upstream_gradient(ROWS, width)))
    watched = Float64Watch()
    part.weights = {name: watched(w) for name, w in part.weights.items()}
    part.start(width, np.float32)
    y = watched(np.zeros_like(c))
    reseed(part, 2)
    part.forward(watched(x), y)
    part.backward(watched(x), y, watched(c), watched(np.zeros_like(x)))
    part.infer(watched(x), y)
    yield from watched.findings
    state = {f"the state {name!r}": getattr(part, name) for name in part.state}
    yield from expect_float32({name: value for name, value in state.items() if isinstance(value, np.ndarray)})


def _check_large(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in DTYPES:
        yield from _large_findings(prepared(subject, dtype), prepared(subject), dtype, fitting_width(subject.make))


def _large_findings(part: Any, precise: Any, dtype: Any, width: int) -> Iterator[Finding]:
    """Yield findings for a part of a dtype and a width; `precise` is one for float64."""
    pattern = np.resize(np.array([1, -1, 0, 1e-4, -1, 1, -1e-4]), (ROWS, input_width(part, width)))
    far = large_size(lambda size: forward(precise, size * pattern, width))
    x = (far * pattern).astype(dtype)
    c, size = np.resize(np.array([1.5, -0.5, 2], dtype), (ROWS, width)), f"inputs of size {far:g}"
    yield from finite_findings("forward", size, dtype, lambda: {"y": forward(part, x, width)})
    y = forward(part, x, width)
    yield from finite_findings("backward", size, dtype, lambda: _backward_results(part, x, y, c))
    yield from finite_findings("infer", size, dtype, lambda: {"out": infer(part, x, width)})


def _backward_results(part: Transform, x: Array, y: Array, c: Array) -> dict[str, Array]:
    out = backward(part, x, y, c)
    return {"out": out, **{f"self.gradients[{name!r}]": gradient for name, gradient in part.gradients.items()}}


# ------------------------------------------------------------------ outside training; saved state


def _check_inference(subject: PartUnderTest) -> Iterator[Finding]:
    part, width = prepared(subject), fitting_width(subject.make)
    x = sample_inputs(part, ROWS, width)
    forward(part, x, width)
    part.end_step()
    whole = infer(part, x, width)
    if not np.array_equal(whole, infer(part, x, width)):
        yield Finding("a second call of infer gives other numbers", likely="it draws random numbers outside training")
        return
    alone = np.concatenate([infer(part, row[None], width) for row in x])
    if not np.allclose(alone, whole, rtol=1e-9, atol=1e-12):
        yield Finding(
            "the result of infer for a row depends on the other rows",
            f"row 0 of {ROWS}", str(alone[0]), str(whole[0]),
            "infer uses statistics of the batch instead of running statistics",
        )  # fmt: skip


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    width = fitting_width(subject.make)
    old, new = prepared(subject), prepared(subject)
    batches = [sample_inputs(old, rows, width, seed) for seed, rows in enumerate((6, 3, 6, 6) * 3)]

    def train(part: Transform) -> list[Array]:
        for x in batches:
            y = forward(part, x, width)
            backward(part, x, y, upstream_gradient(len(x), width))
            part.end_step()
        return use(part)

    def use(part: Transform) -> list[Array]:
        """Return outputs in training, and outside it except for noise, which is for training alone."""
        outside = [] if isinstance(part, Noise) else [infer(part, batches[0], width)]
        return [*outside, forward(part, batches[0], width)]

    train(old)
    unsaved = list(transfer_findings(old, new))
    yield from unsaved
    if unsaved:
        return
    if not same(use(old), use(new)):
        yield Finding(
            "saved and loaded, it gives other outputs",
            likely=f"`state` lacks a running attribute, or `start` stores a copy of it; it names {old.state}",
        )
    elif not same(train(old), train(new)):
        yield Finding(
            "saved and loaded, further training gives another state",
            likely=f"`state` lacks a running attribute; it names {old.state}",
        )


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part, x, c = _sample(subject)
    part.rng = rng
    out = np.zeros_like(c)
    part.forward(x, out)
    return [out, backward(part, x, out, c)]


def _is_not_noise(part: type[Any]) -> bool:
    return not issubclass(part, Noise)


def _has_parameters(part: type[Any]) -> bool:
    return part.parameters is not Transform.parameters


def _check_linear_backward(subject: PartUnderTest) -> Iterator[Finding]:
    part, x, c = _sample(subject)
    if not declares(part, "backward_is_linear", "backward"):
        return
    y = forward(part, x, c.shape[1])
    once = [backward(part, x, y, c), *(g.copy() for g in part.gradients.values())]
    twice = [backward(part, x, y, 2 * c), *(g.copy() for g in part.gradients.values())]
    if not all(np.allclose(b, 2 * a, rtol=1e-9, atol=1e-12) for a, b in zip(once, twice, strict=True)):
        yield Finding(
            "`backward_is_linear` is True, but twice `grad` does not give twice the gradient",
            likely="backward adds a term of its own, or limits `grad`",
        )


_TRANSFORM = (
    Check(
        "parameters", "the gradients of its parameters equal central differences",
        lambda subject: parameter_findings(subject.make(), width=fitting_width(subject.make)),
        _has_parameters, varied=True,
    ),
    Check("linear_backward", "a linear backward is proportional to `grad`", _check_linear_backward, varied=True),
    overwriting(_fill_outputs, "`out` and the gradients are overwritten and never read"),
    Check("inputs", "only `out` and the gradients are changed", _check_inputs),
    Check("dtype", "float32 stays float32 in every operation", _check_dtype, varied=True),
    Check("large", "inputs of 1e4 give finite numbers and no warning", _check_large),
    Check("inference", "outside training, outputs depend on their row alone", _check_inference, _is_not_noise),
    Check("state", "saved and loaded, it continues exactly", _check_state, varied=True),
    randomness(_draw),
)  # fmt: skip
_GRADIENT = Check(
    "gradient", "backward equals the gradient of forward by central differences",
    lambda subject: gradient_findings(subject.make(), width=fitting_width(subject.make)), varied=True,
)  # fmt: skip
CHECKS = {Normalizer: (_GRADIENT,), Noise: (_GRADIENT,), Transform: _TRANSFORM}
