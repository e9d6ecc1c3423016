"""Competitors in processes of their own, and rounds in which they take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.contract import competitor
from tests.benchmarks.workloads import Workload

HOPELESS = 2.0  # times as slow: another number of threads would not become the best one any more
PAUSE = 0.2  # seconds between turns: waiting threads of OpenBLAS keep a processor busy for some hundredths of a second


Turn = dict[tuple[str, int], float]  # seconds by competitor and number of threads
Times = dict[tuple[str, int], list[float]]  # the same, for each round


class CompetitorError(Exception):
    """A competitor could not do what it was asked for."""


class Process:
    """A competitor's process."""

    def __init__(self, key: str, threads: int) -> None:
        self.key, self.threads = key, threads
        command = [sys.executable, "-m", "tests.benchmarks.worker", key, str(threads)]
        environment = os.environ | competitor(key).environment(threads)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, env=environment, text=True, **pipes)  # type: ignore[call-overload]

    def send(self, do: str, **options: Any) -> None:
        """Ask for something without waiting."""
        self._process.stdin.write(json.dumps({"do": do, **options}) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the answer. Raises CompetitorError where there is none."""
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "its process ended"}
        if "error" in answer:
            raise CompetitorError(answer["error"])
        return answer["answer"]

    def ask(self, do: str, **options: Any) -> Any:
        """Ask, and wait for the answer."""
        self.send(do, **options)
        return self.receive()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@dataclass
class Pool:
    """Processes that are ready, and those that failed with the reason."""

    processes: list[Process] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def ask_all(self, do: str, **options: Any) -> dict[tuple[str, int], Any]:
        """Ask one after the other; return the answers by competitor and threads. Who fails, drops out."""
        answers = {}
        for process in list(self.processes):
            time.sleep(PAUSE)
            try:
                answers[process.key, process.threads] = process.ask(do, **options)
            except (CompetitorError, BrokenPipeError) as error:
                self._drop(process, error)
        return answers

    def retire(self, times: Turn) -> None:
        """End processes that are far slower than the same competitor at another number of threads."""
        best = {key: min(t for (k, _), t in times.items() if k == key) for key, _ in times}
        for process in list(self.processes):
            if times[process.key, process.threads] > HOPELESS * best[process.key]:
                self.processes.remove(process)
                process.close()

    def _drop(self, process: Process, error: Exception) -> None:
        self.failed[process.key] = str(error).splitlines()[0]
        self.processes.remove(process)
        process.close()


@contextmanager
def pool(keys: Iterable[str], threads: Iterable[int] | None = None) -> Iterator[Pool]:
    """Start a process for each competitor and number of threads (by default, those that it wants tried)."""
    wanted = None if threads is None else list(threads)
    started = Pool([Process(key, n) for key in keys for n in (wanted or competitor(key).settings)])
    try:
        yield started
    finally:
        for process in started.processes:
            process.close()


def prepare(found: Pool, work: Workload) -> None:
    """Have every process prepare a workload."""
    found.ask_all("prepare", work=asdict(work))


def take_turns(turn: Callable[[], Turn], rounds: int, seconds: float) -> Times:
    """Measure round after round, until there are enough or the time is up; at least one.

    Who left on the way has fewer figures than the others.
    """
    found: list[Turn] = []
    end = time.monotonic() + seconds
    while not found or (len(found) < rounds and time.monotonic() < end):
        found.append(turn())
    return {who: [one[who] for one in found if who in one] for who in found[0]}
