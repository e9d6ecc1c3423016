"""The process of one competitor: reads a request a line, does it, answers a line, both JSON. Started by `pool.py`."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from typing import Any, TextIO

from tests.benchmarks import data
from tests.benchmarks.contract import Competitor, competitor
from tests.benchmarks.status import megabytes
from tests.benchmarks.workloads import Workload


class Worker:
    """Answers requests: the methods below, by name."""

    def __init__(self, key: str, threads: int) -> None:
        self._kind, self._threads = competitor(key), threads

    def prepare(self, work: dict[str, Any]) -> None:
        """Make a new competitor ready for a workload."""
        self._work = Workload(**work | {"widths": tuple(work["widths"])})
        self._competitor: Competitor = self._kind()
        self._competitor.prepare(self._work, self._threads)

    def epochs(self, count: int) -> float:
        """Train for some epochs; return the seconds that one took."""
        began = time.perf_counter()
        for _ in range(count):
            self._competitor.epoch()
        return (time.perf_counter() - began) / count

    def predict(self, rows: int, seconds: float) -> float:
        """Predict `rows` rows again and again for about `seconds`; return the seconds that one time took."""
        x, _ = data.rows(rows, self._work.widths[0], self._work.widths[-1])
        self._competitor.probabilities(x)  # the first call may compile
        times, began = 0, time.perf_counter()
        while (spent := time.perf_counter() - began) < seconds or not times:
            self._competitor.probabilities(x)
            times += 1
        return spent / times

    def loss(self) -> float:
        """Return the cross-entropy reached on the training rows."""
        x, y = data.training_rows(self._work)
        return data.cross_entropy(self._competitor.probabilities(x), y)

    def digest(self) -> str:
        """Return the sha256 of the trained parameters."""
        return self._competitor.digest()

    def call(self, function: str, **options: Any) -> Any:
        """Return what a function gives, named as "module:function"."""
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(**options)

    def peak(self) -> float:
        """Return the most memory that this process ever held, in MB."""
        return megabytes("VmHWM")


def serve(worker: Worker, requests: TextIO, answers: TextIO) -> None:
    """Answer until the requests end."""
    for line in requests:
        request = json.loads(line)
        try:
            answer = {"answer": getattr(worker, request.pop("do"))(**request)}
        except Exception as error:  # a peer that fails is reported; the others go on
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    serve(Worker(sys.argv[1], int(sys.argv[2])), sys.stdin, channel)
