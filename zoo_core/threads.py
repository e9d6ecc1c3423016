"""How many threads BLAS may use: the largest single effect on the speed of small networks.

On small products a second thread costs more than it brings, and many times more when another program wants the core,
since waiting threads spin. So the rule looks at the sizes and at the idle processors. The bits of a result depend on
the number: a model file names it, a resumed run keeps it, and a spec or `--threads` can fix it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

WORTH_IT = 30_000_000  # multiplications in the largest product of a step, from which a second thread pays
SHARE = 15_000_000  # multiplications that keep a thread busy


def choose_threads(batch_size: int, widths: Sequence[int]) -> int:
    """Return the number of threads for batches of so many rows and layers of these widths, inputs first."""
    work = max(batch_size * a * b for a, b in itertools.pairwise(widths))
    return 1 if work < WORTH_IT else max(1, min(work // SHARE, idle_processors()))


def idle_processors() -> int:
    """Return how many processors this process may use and others left idle in the last minute."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return round(usable - load + 0.25)  # this process itself has begun to count


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Hold the number of BLAS threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=threads, user_api="blas"):
        yield
