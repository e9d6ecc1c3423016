"""Overflow, division by zero, and values that are not finite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.source_places import raised_at


class FiniteWatch:
    """Collects findings about values that are not finite. Iterate over it after `with watch_finite(...)`."""

    def __init__(self, method: str, inputs: str, dtype: Any) -> None:
        self.findings: list[Finding] = []
        self.method, self.where = method, f"{inputs}, {np.dtype(dtype)}"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def finite(self, **arrays: Any) -> None:
        """Add a finding for each array that is not finite."""
        for name, array in arrays.items():
            bad = np.asarray(array)[~np.isfinite(array)]
            if bad.size:
                self.add(f"{name} of {self.method} is not finite", f"{bad.ravel()[0]}")

    def add(self, problem: str, got: str = "", where: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(problem, where or self.where, "finite numbers", got, _UNSTABLE))


_UNSTABLE = "a formula that overflows, such as exp of a large number; shift, clip or rearrange it"


@contextmanager
def watch_finite(method: str, inputs: str, dtype: Any) -> Iterator[FiniteWatch]:
    """Turn overflow, division by zero and invalid operations into findings."""
    found = FiniteWatch(method, inputs, dtype)
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield found
    except FloatingPointError as error:
        place = raised_at(error)
        found.add(f"{method} causes a NumPy warning: {error}", where=f"{found.where}, {place}")
