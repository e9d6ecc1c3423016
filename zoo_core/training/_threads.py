"""How many threads BLAS uses: the largest single effect on the speed of small networks.

On small products a second thread costs more than it saves, and far more if another program wants the core, since a
waiting thread spins. If products are large, the number is measured on the largest one when a run begins.

The bits of a result depend on the number. Small networks always take one thread; `_parallel_matmul.py` adds threads
only to products that keep their bits. A model file names the number, a resumed run keeps it, a user can fix it.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.basics import blas_threads
from zoo_core.model import Model

T = TypeVar("T")

MEASURED_WORK = 30_000_000  # multiplications in the largest product of a step, below which it is one thread
MAX_SIDE = 768  # rows and columns of the measured product, at most
TRIALS, TRIAL_WORK = 7, 40_000_000  # trials of each number of threads, and the multiplications in a trial
ATTEMPTS = 3  # at a set of trials: a short disturbance spoils one set only
MAX_SHARE = 0.95  # more threads must take less than this share of the time, even in their worst trial


def choose_threads(model: Model, rows: int, *, requested: int | None = None, recorded: int | None = None) -> int:
    """Return the number of threads of a run with `rows` training rows.

    It is the first of these that is known: `requested` by the user, `recorded` in a checkpoint, fixed in the spec,
    measured.
    """
    spec = model.spec
    size = rows if spec.training.batch_size == "all" else min(spec.training.batch_size, rows)
    widths = [model.network.inputs, *(layer.units for layer in spec.model.layers)]
    return requested or recorded or spec.training.threads or measure_threads(size, widths, spec.dtype)


def measure_threads(batch_size: int, widths: Sequence[int], dtype: DTypeLike = np.float32) -> int:
    """Return the quickest number of threads for a batch size and the widths of the layers, inputs first."""
    inputs, units = max(itertools.pairwise(widths), key=lambda pair: pair[0] * pair[1])
    most = processors()
    if most == 1 or batch_size * inputs * units < MEASURED_WORK:
        return 1
    return quickest(most, _stopwatch(min(batch_size, MAX_SIDE), min(inputs, MAX_SIDE), min(units, MAX_SIDE), dtype))


def quickest(most: int, seconds: Callable[[int], float]) -> int:
    """Return a number of threads up to `most` that is quicker than any smaller one in every trial, or 1.

    `seconds(number)` times that many threads. One slow trial rules a number out: it is the sign of a busy processor.
    If more threads are quicker in most trials, the trials are repeated.
    """
    numbers = sorted({most, *(2**i for i in range(most.bit_length()))})
    for number in numbers:
        seconds(number)  # BLAS makes its threads and buffers
    for _ in range(ATTEMPTS):
        trials = [[seconds(number) for number in numbers] for _ in range(TRIALS)]
        times = dict(zip(numbers, zip(*trials, strict=True), strict=True))
        best, usual = _quickest(times, max), _quickest(times, np.median)
        if best > 1 or usual == 1:
            return best
    return 1


def _quickest(times: Mapping[int, Sequence[float]], of: Callable[[Sequence[float]], Any]) -> int:
    best = 1
    for number, own in times.items():
        if of(own) < MAX_SHARE * np.median(times[best]):
            best = number
    return best


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _stopwatch(rows: int, inputs: int, units: int, dtype: DTypeLike) -> Callable[[int], float]:
    """Return a function that times the two products of a dense layer, forward and of its weights' gradient."""
    x, w, z = (np.ones(shape, dtype) for shape in ((rows, inputs), (inputs, units), (rows, units)))
    gradient, repeats = np.empty_like(w), max(1, TRIAL_WORK // (2 * rows * inputs * units))

    def seconds(threads: int) -> float:
        with blas_threads(threads):
            began = time.perf_counter()
            for _ in range(repeats):
                x.dot(w, z)
                x.T.dot(z, gradient)
            return time.perf_counter() - began

    return seconds


def held(threads: int, events: Generator[T, None, None]) -> Iterator[T]:
    """Pass events on, and hold the number of BLAS threads only while one is made: runs may take turns.

    Values that are not finite give no warning of NumPy meanwhile; the run finds and explains them.
    """
    with closing(events):
        yield from iter(partial(_next_held, threads, events), None)


def _next_held(threads: int, events: Iterator[T]) -> T | None:
    with blas_threads(threads), np.errstate(all="ignore"):
        return next(events, None)
