"""The floor: the workload's matrix products alone, into arrays made once, through NumPy's BLAS. It learns nothing."""

from __future__ import annotations

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload

CHUNK = 512  # rows at a time in prediction


class Floor(Competitor):
    """What no NumPy program can go below."""

    title = "floor (products alone)"

    def prepare(self, work: Workload, threads: int) -> None:
        """Make every array, and the gradients that nobody computes."""
        self._work, self._weights = work, data.starting_weights(work)
        self._gradients = [np.empty_like(w) for w in self._weights]
        rows = min(work.batch, work.rows)
        x, _ = data.rows(rows, work.widths[0], work.widths[-1])
        self._values = [x, *(np.zeros((rows, units), np.float32) for units in work.widths[1:])]
        self._deltas = [np.zeros_like(v) for v in self._values]

    def epoch(self) -> None:
        """Multiply as an epoch does; the first layer needs no gradient of its inputs."""
        x, d, w, g = self._values, self._deltas, self._weights, self._gradients
        layers = range(len(w))
        for _ in range(self._work.steps):
            for i in layers:
                x[i].dot(w[i], x[i + 1])
            for i in reversed(layers):
                x[i].T.dot(d[i + 1], g[i])
                if i:
                    d[i + 1].dot(w[i].T, d[i])

    def probabilities(self, x: Array) -> Array:
        """Multiply as prediction does."""
        out = np.empty((len(x), self._work.widths[-1]), np.float32)
        for start in range(0, len(x), CHUNK):
            value = x[start : start + CHUNK]
            for w in self._weights:
                value = value.dot(w)
            out[start : start + CHUNK] = value
        return out
