"""Losses: a value for each row, its gradient, and the two fused with an output activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.nn import central_differences
from zoo_core.parts import Activation, Array, Loss
from zoo_core.testing.harness.buffers import changed, overwritten
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.differences import Suspects, compare
from zoo_core.testing.harness.dtypes import DTYPES, returned, strict, watch
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.transform_harness import forward, prepare

ROWS, COLUMNS = 6, 4


def positive_rows(rows: int = ROWS, columns: int = COLUMNS) -> Array:
    """Return rows of positive numbers that sum to 1."""
    return np.random.default_rng(4).dirichlet(np.full(columns, 3.0), rows)


def targets_for(part: Loss, rows: int = ROWS, columns: int = COLUMNS, dtype: Any = np.float64) -> list[Array]:
    """Return targets of each form that the loss takes."""
    forms: list[Array] = [np.random.default_rng(5).dirichlet(np.ones(columns), rows).astype(dtype)]
    labels = np.arange(rows) % columns
    if part.task != "regression":
        forms.append(np.eye(columns, dtype=dtype)[labels])
    if part.targets == "labels":
        forms.append(labels)
    return forms


def _gradient(part: Loss, outputs: Array, targets: Array) -> Array:
    out = np.zeros_like(outputs)
    part.gradient(outputs, targets, out)
    return out


def _logits(dtype: Any = np.float64) -> Array:
    return np.random.default_rng(6).normal(0.0, 1.0, (ROWS, COLUMNS)).astype(dtype)


def _activations(part: Loss) -> Iterator[tuple[str, Activation]]:
    for kind in part.fused_with:
        activation = kind()
        prepare(activation, COLUMNS)
        yield f"with {activation.name}", activation


# ------------------------------------------------------------------ values and gradients


def gradient(part: Loss, outputs: Array) -> Iterator[Finding]:
    """Compare `gradient` with the central differences of `value`, for targets of each form."""
    for targets in targets_for(part, *outputs.shape):
        yield from _compared(part, outputs, targets)


def _compared(part: Loss, outputs: Array, targets: Array) -> Iterator[Finding]:
    expected = central_differences(lambda: float(np.sum(part.value(outputs, targets))), outputs)
    shown = {"output": outputs, "target": targets}
    yield from compare("the gradient", _gradient(part, outputs, targets), expected, shown, _divided(expected))


def _gradients(subject: PartUnderTest) -> Iterator[Finding]:
    """Look at shares and, where values are learnt, at outputs up to 6 away from their targets, on both sides."""
    yield from gradient(subject.make(), positive_rows())
    if subject.part.task != "classification":
        outputs, targets = np.random.default_rng(14).uniform(0.1, 6, (2, ROWS, COLUMNS))
        yield from _compared(subject.make(), outputs, targets)


def _divided(right: Array) -> Suspects:
    rows, columns = right.shape
    yield "it is divided by the number of rows, which the core does (`reduction`)", right / rows
    yield "it is divided by the number of columns, and value is not", right / columns
    yield "value is divided by the number of columns, and gradient is not", right * columns


def _value(subject: PartUnderTest) -> Iterator[Finding]:
    part, outputs = subject.make(), positive_rows()
    for targets in targets_for(part):
        whole = part.value(outputs, targets)
        if np.shape(whole) != (ROWS,):
            yield Finding(
                f"value returns an array of shape {np.shape(whole)}",
                f"outputs of shape {outputs.shape}", f"shape ({ROWS},): one number for each row",
                f"shape {np.shape(whole)}",
                "the mean over the rows is the core's (`reduction`)" if np.ndim(whole) == 0 else
                "a sum or mean over the columns is missing",
            )  # fmt: skip
            continue
        alone = np.concatenate([part.value(outputs[i : i + 1], targets[i : i + 1]) for i in range(ROWS)])
        if not np.allclose(alone, whole, rtol=1e-9, atol=1e-12):
            yield Finding(
                "value gives a row another loss alone than among others", "row 0", str(alone[0]), str(whole[0]),
                "something is computed over all rows: divided by their number, or normalized by a mean of the batch",
            )  # fmt: skip


def fused(part: Loss, words: str, activation: Activation) -> Iterator[Finding]:
    """Compare the fused methods with the plain ones and with central differences by the logits."""
    z = _logits()
    for targets in targets_for(part):

        def total(targets: Array = targets) -> float:
            return float(np.sum(part.fused_value(z, forward(activation, z, COLUMNS), targets)))

        outputs = forward(activation, z, COLUMNS)
        plain, both = part.value(outputs, targets), part.fused_value(z, outputs, targets)
        if not np.allclose(both, plain, rtol=1e-9, atol=1e-12):
            yield Finding(f"fused_value {words} is not value of the outputs", "row 0", str(plain[0]), str(both[0]))
        out, right = np.zeros_like(z), central_differences(total, z)
        part.fused_gradient(z, outputs, targets, out)
        by_outputs = central_differences(lambda t=targets, o=outputs: float(np.sum(part.value(o, t))), outputs)  # type: ignore[misc]
        yield from compare(
            f"the fused gradient {words}", out, right, {"z": z, "output": outputs, "target": targets},
            [("it is d loss / d outputs; d loss / d z is meant", by_outputs), *_divided(right)],
        )  # fmt: skip


def _fused(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for words, activation in _activations(part):
        yield from fused(part, words, activation)


# ------------------------------------------------------------------ buffers, dtypes, large numbers


def _outputs(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    targets = targets_for(part)[-1]

    def run(fill: float) -> dict[str, Array]:
        found = {"out of gradient": np.full((ROWS, COLUMNS), fill)}
        part.gradient(positive_rows(), targets, found["out of gradient"])
        for words, activation in _activations(part):
            out = found[f"out of fused_gradient {words}"] = np.full((ROWS, COLUMNS), fill)
            part.fused_gradient(_logits(), forward(activation, _logits(), COLUMNS), targets, out)
        return found

    yield from overwritten(run)


def _inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for targets in targets_for(part):
        outputs = positive_rows()
        with changed("value", {"outputs": outputs, "targets": targets}) as findings:
            part.value(outputs, targets)
        yield from findings
        with changed("gradient", {"outputs": outputs, "targets": targets}) as findings:
            _gradient(part, outputs, targets)
        yield from findings
        for words, activation in _activations(part):
            z, outputs = _logits(), forward(activation, _logits(), COLUMNS)
            with changed(f"a fused method {words}", {"z": z, "outputs": outputs, "targets": targets}) as findings:
                part.fused_value(z, outputs, targets)
                part.fused_gradient(z, outputs, targets, np.zeros_like(z))
            yield from findings


def _dtype(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for targets in targets_for(part, dtype=np.float32):
        outputs = positive_rows().astype(np.float32)
        yield from returned({"what value returns": part.value(outputs, targets)})
        with watch() as watched:
            part.gradient(watched(outputs), targets, watched(np.zeros_like(outputs)))
            for _, activation in _activations(part):
                z, out = _logits(np.float32), forward(activation, _logits(np.float32), COLUMNS)
                fused_value = part.fused_value(z, out, targets)
                part.fused_gradient(watched(z), watched(out), targets, watched(np.zeros_like(z)))
                yield from returned({"what fused_value returns": fused_value})
        yield from watched.findings


def _large(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for dtype in DTYPES:
        z: Array = np.array([[1e4, -1e4, 0, 5], [-1e4, -1e4, 1e4, 1e4], [-1e4, -1e4, -1e4, -1e4]], dtype)
        for targets in targets_for(part, len(z), dtype=dtype):
            yield from _finite(part, "outputs of 0 and 1", (z > 0).astype(dtype), targets)
            if part.task == "regression":
                yield from _finite(part, "outputs of 1e4 in size", z, targets)
            for words, activation in _activations(part):
                with np.errstate(all="ignore"):
                    outputs = forward(activation, z, COLUMNS)
                with strict("a fused method", f"logits of 1e4 in size, {words}", dtype) as findings:
                    out = np.zeros_like(z)
                    part.fused_gradient(z, outputs, targets, out)
                    findings.finite(value=part.fused_value(z, outputs, targets), gradient=out)
                yield from findings


def _finite(part: Loss, words: str, outputs: Array, targets: Array) -> Iterator[Finding]:
    with strict("value", words, outputs.dtype) as findings:
        findings.finite(value=part.value(outputs, targets))
    yield from findings
    with strict("gradient", words, outputs.dtype) as findings:
        findings.finite(out=_gradient(part, outputs, targets))
    yield from findings


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part, outputs = subject.make(), positive_rows()
    targets = targets_for(part)[-1]
    return [np.asarray(part.value(outputs, targets)), _gradient(part, outputs, targets)]


def _is_fused(part: type[Any]) -> bool:
    return bool(part.fused_with)


CHECKS = {
    Loss: (
        Check("value", "value is one number for each row, and of that row alone", _value),
        Check("gradient", "the gradient is that of value, by central differences", _gradients, varied=True),
        Check(
            "fused",
            "the fused methods agree with the plain ones and with central differences",
            _fused,
            _is_fused,
            varied=True,
        ),
        Check("out", "`out` is overwritten, never read or added to", _outputs),
        Check("inputs", "nothing but `out` is changed", _inputs),
        Check("dtype", "float32 stays float32, also in between", _dtype),
        Check("large", "logits of 1e4 and outputs of 0 and 1 give finite numbers and no warning", _large),
        no_randomness(_draw),
    ),
}  # fmt: skip
