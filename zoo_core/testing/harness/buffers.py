"""The rules for arrays that a part gets: it overwrites `out`, never reads it, and changes nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest

FILLS = 0.0, 7.0


def overwriting(
    fill_outputs: Callable[[PartUnderTest, float], Mapping[str, Array]],
    promise: str = "`out` is overwritten and never read",
) -> Check:
    """Return the check that outputs do not depend on what their buffers held before.

    `fill_outputs(subject, fill)` fills every buffer with a number, computes, and returns the buffers by name.
    """
    return Check("out", promise, lambda subject: _overwrite_findings(partial(fill_outputs, subject)))


def _overwrite_findings(run: Callable[[float], Mapping[str, Array]]) -> Iterator[Finding]:
    """Compare the results of two runs whose buffers held different numbers before."""
    first, second = (run(fill) for fill in FILLS)
    for name, array in first.items():
        other = second[name]
        differs = (array != other) & ~(np.isnan(array) & np.isnan(other))
        if not differs.any():
            continue
        yield Finding(
            f"{name} depends on its previous content",
            f"{int(differs.sum())} of {differs.size} entries",
            f"the same for a buffer of {FILLS[0]:g} and a buffer of {FILLS[1]:g}",
            f"{array[differs][0]:.6g} and {other[differs][0]:.6g}",
            _explain_difference(array[differs], other[differs]),
        )


def _explain_difference(first: Array, second: Array) -> str:
    if (second == FILLS[1]).all():
        return "these entries are not written"
    if np.allclose(second - first, FILLS[1] - FILLS[0]):
        return "it is added to instead of overwritten"
    return "it is read before it is written"


def input_findings(
    method: str, arrays: Mapping[str, Array], call: Callable[..., object], *arguments: Any
) -> Iterator[Finding]:
    """Yield a finding for each array that `call(*arguments)` changes; messages call it `method`."""
    before = {name: array.copy() for name, array in arrays.items()}
    call(*arguments)
    for name, array in arrays.items():
        differs = ~((array == before[name]) | ((array != array) & (before[name] != before[name])))
        if differs.any():
            at = tuple(np.argwhere(differs)[0])
            yield Finding(
                f"{method} changes its input {name}",
                f"index {', '.join(map(str, at))}",
                str(before[name][at]),
                str(array[at]),
                "an in-place operation, such as `x *= 2` or `out=x`; write into `out` or a copy",
            )
