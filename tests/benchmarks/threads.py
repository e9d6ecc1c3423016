"""What a second thread gains, what it costs beside another program, and that it changes no bit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import median

from tests.benchmarks.pool import Pool, Turn, pool, prepare
from tests.benchmarks.workloads import Workload, find

WIDE = Workload("wide", (784, 2048, 2048, 10), 256, "adam", 1e-3, rows=2_560, quick_rows=2_560)
NUMBERS = (1, 2, 3, 4)  # of threads
SPIN = "import os, sys\nif len(sys.argv) > 1: os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


def threads(rounds: int) -> Iterator[str]:
    """Yield the lines of a table: seconds of an epoch by number of threads, idle and with a busy processor."""
    yield "| workload | threads | idle, s | another program on one processor, s | sha256 of the parameters |"
    yield "| --- | --- | --- | --- | --- |"
    for work in (find("B", full=False), WIDE):
        with pool(["zoo"], NUMBERS) as found:
            prepare(found, work)
            idle = _medians(found, rounds)
            with busy_processor():  # in the middle of the run
                busy = _medians(found, rounds)
            digests = found.ask_all("digest")
        for key, digest in digests.items():
            yield f"| {work.title} | {key[1]} | {idle[key]:.3f} | {busy[key]:.3f} | {digest[:12]} |"


def _medians(found: Pool, rounds: int) -> Turn:
    """Train each process for some epochs, in turns; return the medians without the first round."""
    turns: Iterable[Turn] = [found.ask_all("epochs", count=1) for _ in range(rounds + 1)]
    times = list(turns)[1:]
    return {key: median(turn[key] for turn in times) for key in times[0]}


@contextmanager
def busy_processor() -> Iterator[None]:
    """Let another program take one processor, the last that this process may use."""
    last = [str(max(os.sched_getaffinity(0)))] if hasattr(os, "sched_getaffinity") else []
    program = subprocess.Popen([sys.executable, "-c", SPIN, *last])
    try:
        yield
    finally:
        program.kill()
        program.wait()
