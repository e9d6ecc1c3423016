"""What a check is, what it finds, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from zoo_core.testing.harness.subject import PartUnderTest


@dataclass(frozen=True)
class Finding:
    """One mistake in a part, in words for its author."""

    problem: str
    where: str = ""  # which point, which input
    expected: str = ""
    got: str = ""
    likely: str = ""  # the mistake that would explain the numbers

    def __str__(self) -> str:
        """Return the finding as a few lines."""
        labelled = [
            ("at", self.where),
            ("expected", self.expected),
            ("got", self.got),
            ("likely", self.likely),
        ]
        return "\n".join([self.problem, *(f"  {label:<8} {text}" for label, text in labelled if text)])


class NotRunError(Exception):
    """A check cannot be run; the text says what it would need."""


@dataclass(frozen=True)
class Check:
    """One promise of the contract, and the function that yields what breaks it."""

    name: str
    promise: str
    run: Callable[[PartUnderTest], Iterator[Finding]]
    applies: Callable[[type[Any]], bool] = lambda part: True
    varied: bool = False  # run it also with each option changed: what it promises holds for all of them


State = Literal["passed", "failed", "declared", "not run"]


@dataclass(frozen=True)
class Result:
    """What came of one check of one part.

    "declared": it fails, and the part lists it in `expected_failures`. `reason` is the part's, or why it did not run.
    """

    part: str  # "activation relu"
    check: str
    promise: str
    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""
