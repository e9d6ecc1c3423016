"""The check of optimizers that say `is_elementwise`: a step in slices has the bits of a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.basics import row_slices
from zoo_core.nn.slices import SlicedSteps, is_elementwise, unsliceable
from zoo_core.parts import Array, Layout, Optimizer
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import DTYPES
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.optimizer_harness import OptimizerHarness
from zoo_core.testing.harness.part_under_test import PartUnderTest

SHAPES = {"layers.0.weights": (9, 11), "layers.0.bias": (11,)}
SIZES = 1, 7, 32, 64  # of slices
STEPS = 8


def gradients_of(step: int, layout: Layout) -> Array:
    """Return the gradients of a step: first usual ones, then extreme ones too, at last NaN."""
    rng, finite = np.random.default_rng(step), np.finfo(layout.dtype)
    found = rng.normal(0, 1, layout.size)
    if step >= 3:
        extreme = [0.0, -0.0, finite.tiny, -finite.smallest_subnormal, finite.eps, -1.0, finite.max**0.25, -1e4]
        more = [finite.max, finite.min, np.inf, -np.inf, np.nan] if step == STEPS - 1 else []
        found = np.where(rng.random(layout.size) < 0.5, found, rng.choice(extreme + more, layout.size))
    return np.asarray(found, layout.dtype)


def bits(array: Array) -> Array:
    """Return the bits of numbers, as integers; all NaN have the same."""
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).view(f"u{array.dtype.itemsize}")


class _Run:
    """The steps of one optimizer, whole or in slices of a size."""

    def __init__(self, subject: PartUnderTest, dtype: Any) -> None:
        self._harness = OptimizerHarness(subject.make(), Layout.of(SHAPES, dtype))
        self.part, self.parameters = self._harness.part, self._harness.parameters
        self._sliced: SlicedSteps | None = None

    def take(self, step: int, size: int) -> None:
        """Take a step; the first one is whole."""
        harness = self._harness
        harness.gradients[...] = gradients_of(step, harness.layout)
        self.part.steps += 1
        slices = list(row_slices(harness.layout.size, size))
        if not step or len(slices) == 1:
            self.part.step(self.parameters, harness.gradients, harness.rate)
            return
        sliced = SlicedSteps(self.part, self.parameters, harness.gradients, slices)
        sliced.begin_step(harness.rate)
        for number in reversed(range(len(slices))):
            sliced.step_slice(number)
        sliced.end_step()

    def numbers(self) -> dict[str, Array]:
        """Return the parameters and the arrays and numbers of the state."""
        state = {name: getattr(self.part, name) for name in self.part.state}
        kept = {f"state {k!r}": np.atleast_1d(v) for k, v in state.items() if v is not None}
        return {"the parameters": self.parameters, **kept}


def _check_elementwise(subject: PartUnderTest) -> Iterator[Finding]:
    if not is_elementwise(subject.make()):
        return
    for dtype in DTYPES:
        for size in SIZES:
            if found := next(_differences(subject, dtype, size), None):
                yield found
                return


def _differences(subject: PartUnderTest, dtype: Any, size: int) -> Iterator[Finding]:
    whole, sliced = _Run(subject, dtype), _Run(subject, dtype)
    for step in range(STEPS):
        if step == 1 and (name := unsliceable(sliced.part, len(sliced.parameters))):
            yield Finding(
                "`is_elementwise` is True, but a step cannot be cut into slices", f"the attribute {name!r}",
                likely="it keeps something else than numbers and vectors of `layout.vector()`, or makes them in `step`",
            )  # fmt: skip
            return
        with np.errstate(all="ignore"):
            whole.take(step, len(whole.parameters))
            sliced.take(step, size)
        yield from _compare(whole.numbers(), sliced.numbers(), f"step {step + 1}, slices of {size} numbers")


def _compare(expected: dict[str, Array], got: dict[str, Array], where: str) -> Iterator[Finding]:
    for name, array in expected.items():
        if wrong := np.flatnonzero(bits(array) != bits(got[name])).tolist():
            yield Finding(
                f"`is_elementwise` is True, but a step in slices changes {name}", f"index {wrong[0]}, {where}",
                repr(array[wrong[0]]), repr(got[name][wrong[0]]),
                "a norm, a sum or a neighbour is used; or a number is kept in an attribute that is not in `state`",
            )  # fmt: skip


def _says_so(part: type[Any]) -> bool:
    return bool(getattr(part, "is_elementwise", False))


CHECKS = {
    Optimizer: (
        Check("elementwise", "a step in slices has the bits of a whole one", _check_elementwise, _says_so, varied=True),
    )
}
