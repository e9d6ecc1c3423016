"""Metrics: the same figure however the rows are cut into batches, and with the weights that are given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zoo_core.parts import Array, Metric
from zoo_core.testing.harness.buffers import changed
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import transfer_state

ROWS, CLASSES = 60, 6
Rows = tuple[str, Array, Array]  # in words, outputs, targets


def examples(part: Metric) -> Iterator[Rows]:
    """Yield outputs and targets of each form that a metric of its task takes."""
    rng = np.random.default_rng(12)
    if part.task != "regression":
        shares, labels = rng.dirichlet(np.ones(CLASSES), ROWS), rng.permutation(np.arange(ROWS) % CLASSES)
        yield "six classes", (shares + np.eye(CLASSES)[labels] * rng.random((ROWS, 1))) / 2, labels
        yield "one output, the probability of class 1", rng.random((ROWS, 1)), rng.permutation(np.arange(ROWS) % 2)
    if part.task != "classification":
        true = rng.normal(size=(ROWS, 2))
        yield "two targets", true + rng.normal(0, 0.5, true.shape), true


def figure(
    part: Metric, outputs: Array, targets: Array, weights: Array | None = None, cuts: Sequence[int] = ()
) -> float:
    """Return the figure over rows that are given in batches cut at `cuts`."""
    part.start(len(outputs), outputs.shape[1])
    for rows in np.split(np.arange(len(outputs)), cuts):
        part.update(outputs[rows], targets[rows], None if weights is None else weights[rows])
    return part.result()


def _kept(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for words, outputs, targets in examples(part):
        expected = figure(part, outputs, targets, cuts=(20,))
        part.start(len(outputs), outputs.shape[1])
        buffer = np.empty_like(outputs)
        for rows in np.split(np.arange(len(outputs)), (20,)):
            buffer[: len(rows)] = outputs[rows]
            part.update(buffer[: len(rows)], targets[rows], None)
        buffer[...] = buffer[::-1].copy()
        got = part.result()
        if not _equal(got, expected):
            yield Finding(
                "the figure changes with the memory of batches that are past", words, f"{expected:.10g}", f"{got:.10g}",
                "update keeps `outputs` itself, whose buffer the next batch overwrites: keep a copy",
            )  # fmt: skip
            return


def _equal(a: Any, b: Any, tolerance: float = 1e-9) -> bool:
    return bool(np.isclose(a, b, rtol=tolerance, atol=1e-12, equal_nan=True))


def _batching(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for words, outputs, targets in examples(part):
        whole = figure(part, outputs, targets)
        cut = figure(part, outputs, targets, cuts=(1, 8, 41))
        if not _equal(whole, cut):
            last = figure(part, outputs[41:], targets[41:])
            batches = ("start", 0, 1), ("", 1, 8), ("", 8, 41), ("", 41, ROWS)
            means = [figure(part, outputs[a:b], targets[a:b]) for _, a, b in batches]
            yield Finding(
                "the figure depends on how the rows are cut into batches",
                f"{words}: {ROWS} rows at once, and as 1 + 7 + 33 + 19",
                f"{whole:.10g}", f"{cut:.10g}", _why(cut, last, float(np.mean(means))),
            )  # fmt: skip
            return


def _why(cut: float, last: float, mean: float) -> str:
    if _equal(cut, last):
        return "each update replaces what earlier ones gathered: only the last batch counts"
    if _equal(cut, mean):
        return "it averages over batches; gather sums and counts over rows, and divide in result"
    return "gather sums and counts, or the rows themselves, and compute in result"


def _weights(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for words, outputs, targets in examples(part):
        repeats = np.arange(ROWS) % 4  # rows that are left out, and that count two and three times
        expected = figure(part, np.repeat(outputs, repeats, axis=0), np.repeat(targets, repeats, axis=0))
        got = figure(part, outputs, targets, repeats.astype(np.float64), cuts=(20,))
        plain = figure(part, outputs, targets)
        if not _equal(got, expected):
            yield Finding(
                "a row of weight 2 does not count as two rows, or one of weight 0 as none",
                f"{words}, with weights 0, 1, 2, 3, 0, ...", f"{expected:.10g}", f"{got:.10g}",
                "the weights are ignored" if _equal(got, plain) else "divide by the sum of the weights, not by rows",
            )  # fmt: skip
            return
        if not _equal(figure(part, outputs, targets, np.ones(ROWS)), plain):
            yield Finding("weights of 1 give another figure than no weights", words)


def _result(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for words, outputs, targets in examples(part):
        value = figure(part, outputs, targets)
        if not isinstance(value, float):
            yield Finding("result does not return a float", words, "float", type(value).__name__)
            return
        figure(part, outputs[:7], targets[:7])
        if not _equal(figure(part, outputs, targets), value):
            yield Finding("start does not forget: the second time the figure is another", words, f"{value:.10g}")
            return
        single = figure(part, outputs.astype(np.float32), targets)
        if not _equal(single, value, 1e-3):
            yield Finding("float32 outputs give another figure", words, f"{value:.6g}", f"{single:.6g}")


def _gathered(subject: PartUnderTest) -> Iterator[Finding]:
    """Stop in the middle, as a checkpoint does, and go on with another instance that has only the named state."""
    for words, outputs, targets in examples(subject.make()):
        expected = figure(subject.make(), outputs, targets, cuts=(20,))
        stopped, resumed = subject.make(), subject.make()
        for part in (stopped, resumed):
            part.start(len(outputs), outputs.shape[1])
        stopped.update(outputs[:20], targets[:20], None)
        transfer_state(stopped, resumed)
        resumed.update(outputs[20:], targets[20:], None)
        if not _equal(resumed.result(), expected):
            yield Finding(
                "a run that is resumed within an epoch gives another figure",
                words, f"{expected:.10g}", f"{resumed.result():.10g}",
                'name what update gathers in the class attribute `state`, as in state = ("total", "weight")',
            )  # fmt: skip
            return


def _inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for _, outputs, targets in examples(part):
        weights = np.ones(ROWS)
        with changed("update", {"outputs": outputs, "targets": targets, "weights": weights}) as findings:
            figure(part, outputs, targets, weights)
        yield from findings


def _direction(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    for words, outputs, targets in examples(part):
        perfect = _perfect(outputs, targets)
        good = figure(part, perfect, targets)
        poor = figure(part, np.roll(perfect, 1, axis=0), targets)
        if math.isnan(good) or math.isnan(poor) or good == poor:
            continue
        if (good > poor) != part.higher_is_better:
            yield Finding(
                f"perfect outputs score {'lower' if good < poor else 'higher'} than outputs of other rows, and "
                f"higher_is_better is {part.higher_is_better}",
                words, "", f"{good:.6g} for perfect outputs, {poor:.6g} for shifted ones",
                "early stopping and comparisons would keep the worst: turn higher_is_better round, or a sign",
            )  # fmt: skip
            return


def _perfect(outputs: Array, targets: Array) -> Array:
    if targets.ndim == 2:
        return targets.copy()
    return targets[:, None].astype(float) if outputs.shape[1] == 1 else np.eye(outputs.shape[1])[targets]


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part = subject.make()
    return [np.asarray(figure(part, outputs, targets)) for _, outputs, targets in examples(part)]


CHECKS = {
    Metric: (
        Check("batching", "the figure does not depend on how rows are cut into batches", _batching),
        Check("weights", "a row of weight 2 counts as two rows, one of weight 0 as none", _weights),
        Check("result", "the figure is a float, and start forgets", _result),
        Check("direction", "higher_is_better is what perfect outputs show", _direction),
        Check("state", "what is gathered is named in `state`, so that a run can be resumed", _gathered),
        Check("inputs", "outputs, targets and weights are not changed", _inputs),
        Check("buffers", "the memory of a batch may be used again after update", _kept),
        no_randomness(_draw),
    ),
}
