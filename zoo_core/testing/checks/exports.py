"""Checks that a part leaves the zoo as it is: what `zoo export` writes down computes what its code does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.errors import DataError, PluginError
from zoo_core.graphs import FURTHER, evaluate, record_alone
from zoo_core.parts import Activation, Array, Normalizer, Part, Preprocessor
from zoo_core.testing.checks.described_columns import fit
from zoo_core.testing.checks.preprocessors import sample_inputs as sample_rows
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding, NotRunError
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import fitting_width, input_width, start_part

ROWS = 257
EXTREMES = (0.0, -0.0, 1.0, -1.0, 1e-7, 20.0, -20.0, 90.0, -90.0, 1e3, -1e3)
CLOSE = {"float32": 1e-5, "float64": 1e-11}  # of a value, or of 1 if it is smaller


def _check_transform(subject: PartUnderTest) -> Iterator[Finding]:
    width = fitting_width(subject.make)
    for dtype in CLOSE:
        part: Any = subject.make()
        start_part(part, width, np.dtype(dtype))
        x = np.random.default_rng(4).normal(0, 3, (ROWS, input_width(part, width)))
        for row, value in enumerate(EXTREMES):
            x[row], x[row + len(EXTREMES), row % x.shape[1]] = value, value
        yield from _findings(part, "infer", x.astype(dtype), width, dtype)


def _check_preprocessor(subject: PartUnderTest) -> Iterator[Finding]:
    part: Any = subject.make()
    x = sample_rows()
    fit(part, x)
    for dtype in CLOSE:
        yield from _findings(part, "transform", x, part.output_width(x.shape[1]), dtype)


@np.errstate(all="ignore")
def _findings(part: Any, method: str, x: Array, width: int, dtype: str) -> Iterator[Finding]:
    """Compare the form of a part, and what its code gives when it is recorded, with the code itself."""
    expected = np.empty((len(x), width), dtype)
    try:
        getattr(part, method)(x.copy(), expected)
    except DataError:
        return
    for operators in ((), FURTHER):
        try:
            graph = record_alone(part, x[:7], width, dtype, operators)
        except PluginError as error:
            yield from _refusal(part, error)
            return
        found = evaluate(graph, x)["out"]
        apart = np.abs(found.astype(np.float64) - expected) / np.maximum(1, np.abs(expected))
        wrong = np.isfinite(expected) & ~(apart <= CLOSE[dtype])
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            place = f"row {at[0]}, column {at[1]}, in {dtype}"
            likely = (
                "`onnx` says something else than the code" if _has_form(part) else "the result depends on the batch"
            )
            what = f"an export computes something else than `{method}`"
            yield Finding(what, place, repr(expected[at]), repr(found[at]), likely)
            return


def _refusal(part: Part, error: PluginError) -> Iterator[Finding]:
    """Report a form that fails; code that cannot be written down is allowed, and said."""
    if not _has_form(part):
        raise NotRunError(str(error)) from error
    yield Finding(str(error), likely="a mistake in `onnx`")


def _has_form(part: Any) -> bool:
    base = Preprocessor if isinstance(part, Preprocessor) else Activation
    return type(part).onnx is not base.onnx


CHECK = "what an export computes equals what the code computes, or the part says that it cannot be exported"
CHECKS = {
    Activation: (Check("export", CHECK, _check_transform, varied=True),),
    Normalizer: (Check("export", CHECK, _check_transform, varied=True),),
    Preprocessor: (Check("export", CHECK, _check_preprocessor, varied=True),),
}
