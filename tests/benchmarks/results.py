"""What was measured, and what it says: medians, ratios within a round, their spread."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.benchmarks.contract import OWN_CHOICE

OURS = "zoo"


@dataclass
class Measured:
    """One competitor at one number of threads: seconds, a number for each round, and what it reached."""

    key: str
    title: str
    threads: int
    seconds: list[float]
    loss: float | None = None
    peak_mb: float | None = None

    @property
    def median(self) -> float:
        """Seconds in the median round."""
        return float(np.median(self.seconds))

    @property
    def setting(self) -> str:
        """The number of threads as a table shows it."""
        return "own choice" if self.threads == OWN_CHOICE else str(self.threads)


@dataclass
class Result:
    """A whole comparison: all measurements, and who did not take part and why."""

    title: str
    measured: list[Measured]
    absent: dict[str, str] = field(default_factory=dict)
    base: str = OURS  # whom the others are compared with

    def best(self) -> list[Measured]:
        """Return each competitor at its best number of threads, in the order of the competitors."""
        found: dict[str, Measured] = {}
        rounds = max((len(one.seconds) for one in self.measured), default=0)
        for one in (m for m in self.measured if len(m.seconds) == rounds):
            if one.key not in found or one.median < found[one.key].median:
                found[one.key] = one
        return list(found.values())

    def ratio(self, other: Measured) -> tuple[float, float, float] | None:
        """Return how many times as long as the base another took, round by round: median, lower and upper quartile."""
        base = next((one for one in self.best() if one.key == self.base), None)
        if base is None:
            return None
        ratios = np.asarray(other.seconds) / np.asarray(base.seconds)
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        return float(middle), float(low), float(high)
