"""The two rules for buffers, checked on one instance of a part, as a run does before it trains."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.parts import Part
from zoo_core.registry import Registry
from zoo_core.testing._table import checks_of
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest

RULES = "out", "inputs"  # the names of the checks


@dataclass(frozen=True)
class _Instance(PartUnderTest):
    """A part whose options are given by an instance."""

    instance: Part

    def make(self) -> Any:
        """Return a copy of the instance."""
        return copy.deepcopy(self.instance)


def buffer_findings(part: Part) -> Iterator[Finding]:
    """Yield each array that a part should write and does not, or changes and should not.

    Rules in `expected_failures` are left out. Errors that the part raises are not reported: no finding follows them.

    Args:
        part: an instance; copies of it are run on a few random rows.

    Example:
        >>> list(buffer_findings(Relu()))
        []
    """
    given = _Instance(type(part), {}, Registry(discover=False), part)
    for check in checks_of(type(part)):
        if check.name in RULES and check.name not in part.expected_failures:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    yield from check.run(given)
                except (Exception, SystemExit):  # the run meets it again, at a step that its message can name
                    continue
