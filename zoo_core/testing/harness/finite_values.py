"""Overflow, division by zero, and values that are not finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.source_places import raised_at

_UNSTABLE = "a formula that overflows, such as exp of a large number; shift, clip or rearrange it"


def finite_findings(
    method: str, inputs: str, dtype: Any, compute: Callable[[], Mapping[str, Any]]
) -> Iterator[Finding]:
    """Yield a finding if `compute` overflows or divides by zero, and for each of its results that is not finite."""
    where = f"{inputs}, {np.dtype(dtype)}"
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            results = compute()
    except FloatingPointError as error:
        problem = f"{method} causes a NumPy warning: {error}"
        yield Finding(problem, f"{where}, {raised_at(error)}", "finite numbers", "", _UNSTABLE)
        return
    for name, array in results.items():
        bad = np.asarray(array)[~np.isfinite(array)]
        if bad.size:
            problem = f"{name} of {method} is not finite"
            yield Finding(problem, where, "finite numbers", f"{bad.ravel()[0]}", _UNSTABLE)


def large_size(compute: Callable[[float], Any]) -> float:
    """Return the size of numbers at which results must be finite: 1e4, or less if the function itself grows too much.

    `compute` returns results for numbers of a size. An exponential function exceeds all numbers far below 1e4.
    """
    with np.errstate(all="ignore"):
        at_30, at_3 = (float(np.max(np.abs(np.asarray(compute(size), np.float64)))) for size in (30.0, 3.0))
    if at_30 == np.inf and at_3 > 100:
        return 3.0
    return 30.0 if 1e9 < at_30 < np.inf else 1e4
