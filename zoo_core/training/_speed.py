"""How fast a run is, and when a display is due; no result depends on it."""

from __future__ import annotations

import time

PROGRESS_SECONDS = 0.1  # between two Progress events
STATS_SECONDS = 1.0  # between two layer statistics; each costs about one step


class Speed:
    """Time and rows since a run began or was resumed, and when progress and layer statistics are due."""

    def start(self, rows: int) -> None:
        """Begin with `rows` rows done already."""
        self._start, self._first_row = time.perf_counter(), rows
        self._progress_at = self._statistics_at = self._start + PROGRESS_SECONDS  # an epoch may be shorter

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start

    def rows_per_second(self, rows: int) -> float:
        """Return the mean speed when `rows` rows are done."""
        return (rows - self._first_row) / max(self.seconds(), 1e-9)

    def statistics_due(self, now: float) -> bool:
        """Return whether layer statistics are due."""
        return now >= self._statistics_at

    def progress_due(self, now: float, *, statistics: bool) -> bool:
        """Return whether progress is to be shown now, perhaps with `statistics`; the next is then due later."""
        if now < self._progress_at:
            return False
        self._progress_at = now + PROGRESS_SECONDS
        if statistics:
            self._statistics_at = now + STATS_SECONDS
        return True
