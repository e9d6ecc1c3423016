"""How fast a run is, for displays only."""

from __future__ import annotations

import time


class Speed:
    """Time and rows since a run began or was resumed."""

    def start(self, rows: int) -> None:
        """Begin with `rows` rows done already."""
        self._start, self._first_row = time.perf_counter(), rows

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start

    def rows_per_second(self, rows: int) -> float:
        """Return the mean speed when `rows` rows are done."""
        return (rows - self._first_row) / max(self.seconds(), 1e-9)
