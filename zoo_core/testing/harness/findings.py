"""What a check finds, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One mistake in a part, described for its author. `str` gives it as a few lines.

    Example:
        >>> print(Finding("the rate is negative", where="epoch 3", likely="a sign error"))
        the rate is negative
          at       epoch 3
          likely   a sign error
    """

    problem: str
    where: str = ""  # the point and the input
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
    """A check cannot be run; the message says what it needs."""


State = Literal["passed", "failed", "declared", "not run"]


@dataclass(frozen=True)
class Result:
    """The result of one check of one part.

    The state "declared" means that the check fails and the part lists it in `expected_failures`. `reason` is the one
    given there, or why the check was not run.

    Example:
        >>> next(check_part(Relu))
        Result(part='activation relu', check='definition', promise='...', state='passed', findings=(), reason='')
    """

    part: str  # kind and name, such as "activation relu"
    check: str
    promise: str
    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""
