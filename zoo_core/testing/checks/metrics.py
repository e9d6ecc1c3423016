"""Checks of metrics: the value does not depend on batches, and sample weights count."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zoo_core.parts import Array, Metric
from zoo_core.testing.harness.buffers import input_findings
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import transfer_state

ROWS, CLASSES = 60, 6
SEVERAL = "three labels a row"
Rows = tuple[str, Array, Array]  # description, outputs, targets


def sample_rows(part: Metric) -> Iterator[Rows]:
    """Yield outputs and targets of each form that a metric of the task accepts."""
    rng = np.random.default_rng(12)
    if part.task != "regression":
        shares, labels = rng.dirichlet(np.ones(CLASSES), ROWS), rng.permutation(np.arange(ROWS) % CLASSES)
        yield "six classes", (shares + np.eye(CLASSES)[labels] * rng.random((ROWS, 1))) / 2, labels
        yield "one output, the probability of class 1", rng.random((ROWS, 1)), rng.permutation(np.arange(ROWS) % 2)
    if part.multilabel:
        labels = rng.random((ROWS, 3)) < 0.4
        yield SEVERAL, np.clip((rng.random((ROWS, 3)) + labels) / 2, 0, 1), labels.astype(np.uint8)
    if part.task != "classification":
        true = rng.normal(size=(ROWS, 2))
        yield "two targets", true + rng.normal(0, 0.5, true.shape), true


def begin(part: Metric, outputs: Array, targets: Array) -> None:
    """Say what the classes or labels are called, as the core does, and start."""
    several = targets.ndim == 2 and targets.dtype.kind == "u"
    classes = 0 if targets.dtype.kind == "f" else outputs.shape[1] if several else max(outputs.shape[1], 2)
    part.set_meaning(None, [str(i) for i in range(classes)], is_multilabel=several)
    part.start(len(outputs), outputs.shape[1])


def metric_value(
    part: Metric, outputs: Array, targets: Array, weights: Array | None = None, cuts: Sequence[int] = ()
) -> float:
    """Return the value over rows in batches that are cut at `cuts`."""
    begin(part, outputs, targets)
    for rows in np.split(np.arange(len(outputs)), cuts):
        part.update(outputs[rows], targets[rows], None if weights is None else weights[rows])
    return part.result()


def _check_buffers(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for case, outputs, targets in sample_rows(part):
        expected = metric_value(part, outputs, targets, cuts=(20,))
        begin(part, outputs, targets)
        buffer = np.empty_like(outputs)
        for rows in np.split(np.arange(len(outputs)), (20,)):
            buffer[: len(rows)] = outputs[rows]
            part.update(buffer[: len(rows)], targets[rows], None)
        buffer[...] = buffer[::-1].copy()
        got = part.result()
        if not _is_equal(got, expected):
            yield Finding(
                "the value changes when the memory of an earlier batch is reused", case, f"{expected:.10g}",
                f"{got:.10g}", "update keeps `outputs` itself, but the next batch overwrites it: keep a copy",
            )  # fmt: skip
            return


def _is_equal(a: Any, b: Any, tolerance: float = 1e-9) -> bool:
    return bool(np.isclose(a, b, rtol=tolerance, atol=1e-12, equal_nan=True))


def _check_batching(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for case, outputs, targets in sample_rows(part):
        whole = metric_value(part, outputs, targets)
        cut = metric_value(part, outputs, targets, cuts=(1, 8, 41))
        if not _is_equal(whole, cut):
            last = metric_value(part, outputs[41:], targets[41:])
            batches = ("start", 0, 1), ("", 1, 8), ("", 8, 41), ("", 41, ROWS)
            means = [metric_value(part, outputs[a:b], targets[a:b]) for _, a, b in batches]
            yield Finding(
                "the value depends on the batches",
                f"{case}: {ROWS} rows at once, and as 1 + 7 + 33 + 19",
                f"{whole:.10g}", f"{cut:.10g}", _explain_batching(cut, last, float(np.mean(means))),
            )  # fmt: skip
            return


def _explain_batching(cut: float, last: float, mean: float) -> str:
    if _is_equal(cut, last):
        return "each update replaces the result of earlier ones: only the last batch counts"
    if _is_equal(cut, mean):
        return "it averages over batches; collect sums and counts over rows, and divide in result"
    return "collect sums and counts, or the rows themselves, and compute in result"


def _check_weights(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for case, outputs, targets in sample_rows(part):
        repeats = np.arange(ROWS) % 4  # rows that count not at all, once, twice and three times
        expected = metric_value(part, np.repeat(outputs, repeats, axis=0), np.repeat(targets, repeats, axis=0))
        got = metric_value(part, outputs, targets, repeats.astype(np.float64), cuts=(20,))
        plain = metric_value(part, outputs, targets)
        if not _is_equal(got, expected):
            yield Finding(
                "a row of weight 2 does not count as two rows, or a row of weight 0 counts",
                f"{case}, with weights 0, 1, 2, 3, 0, ...", f"{expected:.10g}", f"{got:.10g}",
                "the weights are ignored" if _is_equal(got, plain) else "divide by the sum of weights, not by the rows",
            )  # fmt: skip
            return
        if not _is_equal(metric_value(part, outputs, targets, np.ones(ROWS)), plain):
            yield Finding("weights of 1 give another value than no weights", case)


def _check_result(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for case, outputs, targets in sample_rows(part):
        value = metric_value(part, outputs, targets)
        if not isinstance(value, (float, int, np.floating, np.integer)):
            yield Finding("result does not return a number", case, "float", type(value).__name__)
            return
        metric_value(part, outputs[:7], targets[:7])
        if not _is_equal(metric_value(part, outputs, targets), value):
            yield Finding("start does not reset: a second run gives another value", case, f"{value:.10g}")
            return
        figures = part.figures()
        if wrong := [name for name in figures if name != part.name and not name.startswith(f"{part.name}_")]:
            yield Finding(f"figures names a value {wrong[0]!r}", case, f"{part.name!r} or '{part.name}_...'")
            return
        single = metric_value(part, outputs.astype(np.float32), targets)
        if not _is_equal(single, value, 1e-3):
            yield Finding("float32 outputs give another value", case, f"{value:.6g}", f"{single:.6g}")


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    """Stop within an epoch, as a checkpoint does, and continue with another instance that loads the state."""
    for case, outputs, targets in sample_rows(subject.make()):
        for cut in (20, 55):
            found = list(_compare_resumed(subject, case, outputs, targets, cut))
            yield from found
            if found:
                return


def _compare_resumed(subject: PartUnderTest, case: str, outputs: Array, targets: Array, cut: int) -> Iterator[Finding]:
    stopped, resumed = subject.make(), subject.make()
    for part in (stopped, resumed):
        begin(part, outputs, targets)
    stopped.update(outputs[:cut], targets[:cut], None)
    transfer_state(stopped, resumed)
    for part in (stopped, resumed):
        part.update(outputs[cut:], targets[cut:], None)
    right, got = ({"": part.result(), **part.figures()} for part in (stopped, resumed))
    for name in [name for name in right if not _is_equal(right[name], got.get(name, math.nan))]:
        yield Finding(
            f"a run that is resumed within an epoch gives another {repr(name) if name else 'value'}",
            case, f"{right[name]:.10g}", f"{got.get(name, math.nan):.10g}",
            'name what update collects in the class attribute `state`, such as state = ("total", "weight")',
        )  # fmt: skip
        return


def _check_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for _, outputs, targets in sample_rows(part):
        weights = np.ones(ROWS)
        given = {"outputs": outputs, "targets": targets, "weights": weights}
        yield from input_findings("update", given, metric_value, part, outputs, targets, weights)


def _check_direction(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for case, outputs, targets in sample_rows(part):
        perfect = _perfect_outputs(outputs, targets)
        good = metric_value(part, perfect, targets)
        poor = metric_value(part, np.roll(perfect, 1, axis=0), targets)
        if math.isnan(good) or math.isnan(poor) or good == poor:
            continue
        if (good > poor) != part.higher_is_better:
            yield Finding(
                f"perfect outputs score {'lower' if good < poor else 'higher'} than shifted ones, but "
                f"higher_is_better is {part.higher_is_better}",
                case, "", f"{good:.6g} for perfect outputs, {poor:.6g} for shifted ones",
                "a wrong higher_is_better, or a sign error: early stopping would keep the worst weights",
            )  # fmt: skip
            return


def _perfect_outputs(outputs: Array, targets: Array) -> Array:
    if targets.ndim == 2:
        return targets.astype(outputs.dtype)
    return targets[:, None].astype(float) if outputs.shape[1] == 1 else np.eye(outputs.shape[1])[targets]


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part = subject.make()
    return [np.asarray(metric_value(part, outputs, targets)) for _, outputs, targets in sample_rows(part)]


CHECKS = {
    Metric: (
        Check("batching", "the value does not depend on the batches", _check_batching),
        Check("weights", "a row of weight 2 counts as two rows, and a row of weight 0 does not count", _check_weights),
        Check("result", "the value is a float, and start resets it", _check_result),
        Check("direction", "higher_is_better agrees with the value of perfect outputs", _check_direction),
        Check("state", "`state` names all that update collects, so that a run can be resumed", _check_state),
        Check("inputs", "it does not change outputs, targets and weights", _check_inputs),
        Check("buffers", "the memory of a batch may be reused after update", _check_buffers),
        no_randomness(_draw),
    ),
}
