"""What a check is: a promise of the contract, and the function that tests it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest


@dataclass(frozen=True)
class Check:
    """One promise of the contract, and the function that yields a finding for each violation.

    Example:
        >>> [check.name for check in checks_of(Relu)][:2]
        ['definition', 'options']
    """

    name: str
    promise: str
    run: Callable[[PartUnderTest], Iterator[Finding]]
    applies: Callable[[type[Any]], bool] = lambda part: True
    varied: bool = False  # run it also with each option changed
