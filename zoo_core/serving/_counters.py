"""What all workers count together, as text that Prometheus reads.

Each worker writes numbers to a small file of its own in a folder that they share; `text` adds up all of them.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds of a request, of the histogram
CLASSES = ("2xx", "4xx", "5xx")
FIELDS = [*CLASSES, "rows", "seconds", *BOUNDS, "slower", "reloads", "failed_reloads"]
PLACE = {field: i for i, field in enumerate(FIELDS)}


class Counters:
    """The counters of a worker, shape (models, fields); `text` shows the sums over all workers.

    Args:
        folder: is shared by the workers of a server.
        models: their names; requests for no model are not counted.
    """

    def __init__(self, folder: Path, models: Sequence[str]) -> None:
        self._folder, self._models, self._shape = folder, list(models), (len(models), len(FIELDS))
        own = np.memmap(folder / f"{os.getpid()}.counters", np.float64, "w+", shape=self._shape)
        # A view is faster than an array where single numbers change.
        self._own: dict[str, Any] = {name: memoryview(own[i]) for i, name in enumerate(models)}

    def add_request(self, model: str, status: int, seconds: float, rows: int) -> None:
        """Count an answered request."""
        own = self._own[model]
        own[PLACE[f"{status // 100}xx" if status >= 400 else "2xx"]] += 1
        own[PLACE["rows"]] += rows
        own[PLACE["seconds"]] += seconds
        own[PLACE[BOUNDS[0]] + bisect_left(BOUNDS, seconds)] += 1

    def add_reload(self, model: str, *, failed: bool) -> None:
        """Count a model that was loaded anew, or could not be."""
        self._own[model][PLACE["failed_reloads" if failed else "reloads"]] += 1

    def text(self) -> str:
        """Return the sums in the text format of Prometheus, version 0.0.4."""
        sums = np.zeros(self._shape)
        for file in sorted(self._folder.glob("*.counters")):
            if file.stat().st_size == sums.nbytes:
                sums += np.fromfile(file, np.float64).reshape(self._shape)
        lines = [line for name, row in zip(self._models, sums.tolist(), strict=True) for line in _lines(name, row)]
        return "\n".join([*sorted(_types()), *lines, ""])


def _types() -> list[str]:
    counters = ("zoo_requests_total", "zoo_rows_total", "zoo_reloads_total", "zoo_failed_reloads_total")
    return ["# TYPE zoo_request_seconds histogram", *(f"# TYPE {name} counter" for name in counters)]


def _lines(model: str, row: Sequence[float]) -> list[str]:
    name = model.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    first = PLACE[BOUNDS[0]]
    counts = list(accumulate(row[first : first + len(BOUNDS) + 1]))  # of requests up to each bound, and of all
    return [
        *(f'zoo_requests_total{{model="{name}",status="{s}"}} {row[PLACE[s]]:.0f}' for s in CLASSES),
        f'zoo_rows_total{{model="{name}"}} {row[PLACE["rows"]]:.0f}',
        *(
            f'zoo_request_seconds_bucket{{model="{name}",le="{bound}"}} {count:.0f}'
            for bound, count in zip([*BOUNDS, "+Inf"], counts, strict=True)
        ),
        f'zoo_request_seconds_sum{{model="{name}"}} {row[PLACE["seconds"]]:.6f}',
        f'zoo_request_seconds_count{{model="{name}"}} {counts[-1]:.0f}',
        f'zoo_reloads_total{{model="{name}"}} {row[PLACE["reloads"]]:.0f}',
        f'zoo_failed_reloads_total{{model="{name}"}} {row[PLACE["failed_reloads"]]:.0f}',
    ]
