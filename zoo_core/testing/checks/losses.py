"""Checks of losses: the value of each row, its gradient, and both fused with an output activation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Activation, Array, Loss
from zoo_core.testing.checks.loss_units import check_units, says_so
from zoo_core.testing.harness.buffers import input_findings, overwriting
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.differences import Mistakes, compare_gradients
from zoo_core.testing.harness.dtypes import DTYPES, Float64Watch, expect_float32
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.finite_values import finite_findings, large_size
from zoo_core.testing.harness.loss_samples import (
    ROWS,
    count_meant,
    sample_logits,
    sample_outputs,
    sample_targets,
    sample_width,
    takes_any_outputs,
)
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import continued_findings
from zoo_core.testing.harness.transform_harness import forward, start_part


def _loss_gradient(part: Loss, outputs: Array, targets: Array) -> Array:
    out = np.zeros_like(outputs)
    part.gradient(outputs, targets, out)
    return out


def _fused_activations(part: Loss) -> Iterator[tuple[str, Activation]]:
    for kind in part.fused_with:
        activation = kind()
        start_part(activation, sample_width(part))
        yield f"with {activation.name}", activation


# ------------------------------------------------------------------ values and gradients


def loss_gradient_findings(part: Loss, outputs: Array) -> Iterator[Finding]:
    """Compare `gradient` with the central differences of `value`, for targets of each form."""
    for targets in sample_targets(part, outputs):
        yield from _compare_with_differences(part, outputs, targets)


def _compare_with_differences(part: Loss, outputs: Array, targets: Array) -> Iterator[Finding]:
    expected = central_differences(lambda: float(np.sum(part.value(outputs, targets))), outputs)
    shown = {"output": outputs, "target": targets}
    yield from compare_gradients(
        "the gradient", _loss_gradient(part, outputs, targets), expected, shown, _wrong_divisions(expected)
    )


def _check_gradient(subject: PartUnderTest) -> Iterator[Finding]:
    """Use shares as outputs and, unless the loss is for classes, also errors of up to 6 on both sides."""
    yield from loss_gradient_findings(subject.make(), sample_outputs(subject.make()))
    if takes_any_outputs(subject.make()):
        rng, width = np.random.default_rng(14), sample_width(subject.make())
        outputs = rng.uniform(0.1, 6, (ROWS, width))
        targets = rng.uniform(0.1, 6, (ROWS, count_meant(subject.make(), width)))
        yield from _compare_with_differences(subject.make(), outputs, targets)


def _wrong_divisions(right: Array) -> Mistakes:
    rows, columns = right.shape
    yield "it is divided by the number of rows, but the core does that (`reduction`)", right / rows
    yield "it is divided by the number of columns, but value is not", right / columns
    yield "value is divided by the number of columns, but gradient is not", right * columns


def _check_value(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    outputs = sample_outputs(part)
    for targets in sample_targets(part, outputs):
        whole = part.value(outputs, targets)
        if np.shape(whole) != (ROWS,):
            yield Finding(
                f"value returns an array of shape {np.shape(whole)}",
                f"outputs of shape {outputs.shape}", f"shape ({ROWS},): one number for each row",
                f"shape {np.shape(whole)}",
                "the core takes the mean over the rows (`reduction`)" if np.ndim(whole) == 0 else
                "a sum or mean over the columns is missing",
            )  # fmt: skip
            continue
        alone = np.concatenate([part.value(outputs[i : i + 1], targets[i : i + 1]) for i in range(ROWS)])
        if not np.allclose(alone, whole, rtol=1e-9, atol=1e-12):
            yield Finding(
                "the value of a row depends on the other rows", "row 0", str(alone[0]), str(whole[0]),
                "a computation over all rows, such as a division by their number or by a mean of the batch",
            )  # fmt: skip


def fused_findings(part: Loss, case: str, activation: Activation) -> Iterator[Finding]:
    """Compare the fused methods with the plain ones, and with central differences with respect to the logits."""
    z = sample_logits(part)
    width = z.shape[1]
    for targets in sample_targets(part, z):

        def total(targets: Array = targets) -> float:
            return float(np.sum(part.fused_value(z, forward(activation, z, width), targets)))

        outputs = forward(activation, z, width)
        plain, both = part.value(outputs, targets), part.fused_value(z, outputs, targets)
        if not np.allclose(both, plain, rtol=1e-9, atol=1e-12):
            yield Finding(f"fused_value {case} differs from value", "row 0", str(plain[0]), str(both[0]))
        out, right = np.zeros_like(z), central_differences(total, z)
        part.fused_gradient(z, outputs, targets, out)
        by_outputs = central_differences(lambda t=targets, o=outputs: float(np.sum(part.value(o, t))), outputs)  # type: ignore[misc]
        yield from compare_gradients(
            f"the fused gradient {case}", out, right, {"z": z, "output": outputs, "target": targets},
            [("it is d loss / d outputs, and should be d loss / d z", by_outputs), *_wrong_divisions(right)],
        )  # fmt: skip


def _check_fused(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for case, activation in _fused_activations(part):
        yield from fused_findings(part, case, activation)


# ------------------------------------------------------------------ buffers, dtypes, large numbers


def _fill_outputs(subject: PartUnderTest, fill: float) -> dict[str, Array]:
    part = subject.make()
    outputs, z = sample_outputs(part), sample_logits(part)
    targets = sample_targets(part, outputs)[-1]
    found = {"out of gradient": np.full(outputs.shape, fill)}
    part.gradient(outputs, targets, found["out of gradient"])
    for case, activation in _fused_activations(part):
        out = found[f"out of fused_gradient {case}"] = np.full(outputs.shape, fill)
        part.fused_gradient(z, forward(activation, z, z.shape[1]), targets, out)
    return found


def _run_fused(part: Loss, z: Array, outputs: Array, targets: Array) -> dict[str, Array]:
    out = np.zeros_like(z)
    part.fused_gradient(z, outputs, targets, out)
    return {"value": part.fused_value(z, outputs, targets), "gradient": out}


def _check_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for targets in sample_targets(part, sample_outputs(part)):
        outputs = sample_outputs(part)
        given = {"outputs": outputs, "targets": targets}
        yield from input_findings("value", given, part.value, outputs, targets)
        yield from input_findings("gradient", given, _loss_gradient, part, outputs, targets)
        for case, activation in _fused_activations(part):
            z, outputs = sample_logits(part), forward(activation, sample_logits(part), outputs.shape[1])
            given = {"z": z, "outputs": outputs, "targets": targets}
            yield from input_findings(f"a fused method {case}", given, _run_fused, part, z, outputs, targets)


def _check_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for targets in sample_targets(part, sample_outputs(part).astype(np.float32)):
        outputs = sample_outputs(part).astype(np.float32)
        yield from expect_float32({"what value returns": part.value(outputs, targets)})
        watched = Float64Watch()
        part.gradient(watched(outputs), targets, watched(np.zeros_like(outputs)))
        for _, activation in _fused_activations(part):
            z = sample_logits(part, np.float32)
            out = forward(activation, z, z.shape[1])
            fused_value = part.fused_value(z, out, targets)
            part.fused_gradient(watched(z), watched(out), targets, watched(np.zeros_like(z)))
            yield from expect_float32({"what fused_value returns": fused_value})
        yield from watched.findings


def _check_large(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    columns: Array = np.array([[1, -1, -1], [-1, -1, -1], [0, 1, -1], [5e-4, 1, -1]])
    signs = np.resize(columns, (sample_width(part), 3)).T.copy()
    any_outputs = part.task == "regression" and takes_any_outputs(part)
    far = large_size(lambda s: part.value(s * signs, sample_targets(part, signs)[0])) if any_outputs else 1e4
    for dtype in DTYPES:
        z: Array = (1e4 * signs).astype(dtype)
        for targets in sample_targets(part, z):
            yield from _check_finite(part, "outputs of 0 and 1", (z > 0).astype(dtype), targets)
            if any_outputs:
                yield from _check_finite(part, f"outputs of size {far:g}", (far * signs).astype(dtype), targets)
            for case, activation in _fused_activations(part):
                with np.errstate(all="ignore"):
                    outputs = forward(activation, z, z.shape[1])
                run = partial(_run_fused, part, z, outputs, targets)
                yield from finite_findings("a fused method", f"logits of size 1e4, {case}", dtype, run)


def _check_finite(part: Loss, case: str, outputs: Array, targets: Array) -> Iterator[Finding]:
    dtype = outputs.dtype
    yield from finite_findings("value", case, dtype, lambda: {"value": part.value(outputs, targets)})
    yield from finite_findings("gradient", case, dtype, lambda: {"out": _loss_gradient(part, outputs, targets)})


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    def use(part: Loss, number: int) -> list[Array]:
        outputs = sample_outputs(part, ROWS + number)
        targets = sample_targets(part, outputs)[-1]
        return [part.value(outputs, targets), _loss_gradient(part, outputs, targets)]

    yield from continued_findings(subject.make(), subject.make(), use, "`value` and `gradient`")


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part = subject.make()
    outputs = sample_outputs(part)
    targets = sample_targets(part, outputs)[-1]
    return [np.asarray(part.value(outputs, targets)), _loss_gradient(part, outputs, targets)]


def _is_fused(part: type[Any]) -> bool:
    return bool(part.fused_with)


CHECKS = {
    Loss: (
        Check("value", "value is one number for each row, and depends on that row alone", _check_value),
        Check("gradient", "the gradient equals that of value by central differences", _check_gradient, varied=True),
        Check(
            "fused",
            "the fused methods agree with the plain ones and with central differences",
            _check_fused,
            _is_fused,
            varied=True,
        ),
        Check("units", "with `scales_targets` only errors count, in any unit", check_units, says_so, varied=True),
        overwriting(_fill_outputs),
        Check("inputs", "only `out` is changed", _check_inputs),
        Check("dtype", "float32 stays float32 in every operation", _check_dtype),
        Check("large", "logits of 1e4, and outputs of 0 and 1, give finite numbers and no warning", _check_large),
        Check("state", "saved and loaded, it gives the same numbers", _check_state, varied=True),
        no_randomness(_draw),
    ),
}  # fmt: skip
