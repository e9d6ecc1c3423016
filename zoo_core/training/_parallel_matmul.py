"""Extra BLAS threads for products whose bits do not depend on the number of threads, while they save time.

BLAS divides a product among threads by rows and columns, and most numbers stay one sum in one order. Bits change only
if BLAS also cuts long sums. Each product is therefore tried on random arrays of its shapes. With extra threads the
result is that of one thread, so they can be switched on and off during a run.

Whether they save time shows in the duration of whole steps. A waiting BLAS thread spins: if another program wants its
processor, a product can take fifty times as long.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import numpy as np

from zoo_core.basics import HOLDERS, blas_libraries, blas_threads
from zoo_core.nn import DOT, Dense, Network, Product
from zoo_core.parts import Array
from zoo_core.training._threads import MEASURED_WORK, processors

P = ParamSpec("P")
R = TypeVar("R")

MIN_THREADED_WORK = 1_500_000  # multiplications in a product that gets more threads
MIN_SIDE = 16  # products with fewer rows or columns stay on one thread
WORK_PER_THREAD = 4_000_000  # multiplications for each thread, about
MAX_SHARE = 0.95  # a step with extra threads may take this share of the time without
QUIET_SECONDS = 0.03  # seconds until idle BLAS threads sleep; only then steps without them can be timed
BASELINE_STEPS = 16  # for the median that is the baseline; the first steps run on cold caches and take twice as long
START_BUDGET, MAX_BUDGET = 4, 0.02  # at first, in steps; at most, in seconds
MIN_PAUSE, MAX_PAUSE = 0.1, 5.0  # seconds; the baseline is measured again after the longest


class SpeedMonitor:
    """Keeps a budget of the time that extra threads have saved; `enabled` tells whether they are switched on.

    When the budget is spent they are switched off, for a pause that doubles each time (at most 5 s).
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.enabled = False
        self._clock = clock
        self._times: deque[float] = deque(maxlen=BASELINE_STEPS)  # of the latest steps without extra threads
        self._timing_allowed_at = self._switch_at = clock() + QUIET_SECONDS  # on the clock; when to switch next
        self._baseline, self._budget, self._pause = 0.0, 0.0, MIN_PAUSE  # seconds

    def timed(self, step: Callable[P, R]) -> Callable[P, R]:
        """Return a function that takes a step, times it, and switches extra threads on or off."""

        def timed_step(*arguments: P.args, **options: P.kwargs) -> R:
            began = self._clock()
            if self.enabled and began >= self._switch_at:  # the baseline is due again
                self._switch_off(began, 0.0)
            result = step(*arguments, **options)
            now = self._clock()
            (self._spend if self.enabled else self._measure)(now - began, now)
            return result

        return timed_step

    def _measure(self, seconds: float, now: float) -> None:
        """Add a step without extra threads to the baseline, and switch them on when it is complete."""
        if now < self._timing_allowed_at:
            return
        self._times.append(seconds)
        if len(self._times) == BASELINE_STEPS and now >= self._switch_at:
            self._baseline = float(np.median(self._times))
            self._budget = max(self._budget, START_BUDGET * self._baseline)
            self.enabled, self._switch_at = True, now + MAX_PAUSE

    def _spend(self, seconds: float, now: float) -> None:
        """Take the time of a step with extra threads from the budget, which the baseline pays into."""
        self._timing_allowed_at = now + QUIET_SECONDS
        self._budget = min(self._budget + MAX_SHARE * self._baseline - seconds, MAX_BUDGET)
        if self._budget == MAX_BUDGET:
            self._pause = MIN_PAUSE
        if self._budget < 0:
            self._switch_off(now, self._pause)
            self._pause = min(2 * self._pause, MAX_PAUSE)

    def _switch_off(self, now: float, pause: float) -> None:
        self.enabled, self._switch_at = False, now + pause
        self._times.clear()


class ThreadedProduct:
    """A product that runs on several threads while the monitor allows.

    The number of BLAS threads belongs to the whole process. If another run holds it too, one thread is used.
    """

    def __init__(self, blas: Any, threads: int, monitor: SpeedMonitor) -> None:
        self._blas, self._threads, self._monitor = blas, threads, monitor

    def __call__(self, a: Array, b: Array, out: Array) -> None:
        """Multiply."""
        if not self._monitor.enabled:
            a.dot(b, out)
            return
        with HOLDERS.lock:  # no other run begins to hold the number during this product
            alone = HOLDERS.is_alone()
            if alone:
                self._blas.set_num_threads(self._threads)
                a.dot(b, out)
                self._blas.set_num_threads(1)
        if not alone:
            a.dot(b, out)

    def __reduce__(self) -> tuple[Callable[[], Product], tuple[()]]:
        """Copy and pickle as the plain product: a copied model trains nowhere."""
        return _plain_product, ()


def _plain_product() -> Product:
    return DOT


class ParallelMatmul:
    """The products of a network that run on several threads; `threads` is the largest number, 1 if there are none.

    `blas` has a method `set_num_threads`; the number is 1 between products.
    """

    def __init__(self, blas: Any) -> None:
        self.threads, self.speed_monitor = 1, SpeedMonitor()
        self._blas = blas
        self._products: list[tuple[Dense, str, ThreadedProduct]] = []

    def timed(self, step: Callable[P, R]) -> Callable[P, R]:
        """Return a function that takes a step and times it."""
        return self.speed_monitor.timed(step)

    def add_threads(self, network: Network, sizes: Collection[int], most: int) -> None:
        """Give up to `most` threads to each product that keeps its bits for batches of these sizes."""
        for dense in (s.transform for s in network.stages if isinstance(s.transform, Dense)):
            work = max(sizes) * dense.weights["weights"].size
            threads = min(most, max(2, work // WORK_PER_THREAD))
            narrow = min(max(sizes), *dense.weights["weights"].shape) < MIN_SIDE
            if threads == 1 or narrow or not MIN_THREADED_WORK <= work < MEASURED_WORK:
                continue
            examples = [_examples(dense, rows) for rows in sizes]
            for name in examples[0]:
                if all(self._keeps_bits(*operands[name], threads) for operands in examples):
                    self._products.append((dense, name, ThreadedProduct(self._blas, threads, self.speed_monitor)))
                    setattr(*self._products[-1])
                    self.threads = max(self.threads, threads)

    def close(self) -> None:
        """Put the plain products back."""
        self.speed_monitor.enabled = False
        for dense, name, product in self._products:
            if vars(dense).get(name) is product:
                delattr(dense, name)
        self._products.clear()

    def _keeps_bits(self, a: Array, b: Array, threads: int) -> bool:
        expected, result = (np.empty((len(a), b.shape[1]), a.dtype) for _ in range(2))
        a.dot(b, expected)
        self._blas.set_num_threads(threads)
        a.dot(b, result)
        self._blas.set_num_threads(1)
        return np.array_equal(expected, result)


@contextmanager
def parallel_products(
    network: Network, sizes: Collection[int], threads: int, *, extra: bool
) -> Iterator[ParallelMatmul | None]:
    """Give extra threads to the products of a network; yield these products, or None if none uses extra threads.

    `threads` is the number that the run holds, `sizes` are the numbers of rows that batches have. `extra` allows extra
    threads.
    """
    blas = _find_blas() if extra else None
    products = ParallelMatmul(blas)
    try:
        if blas is not None:
            with blas_threads(threads), HOLDERS.lock:
                if HOLDERS.is_alone():  # trying more threads would change the bits of another run's products
                    products.add_threads(network, sizes, processors())
        yield products if products.threads > 1 else None
    finally:
        products.close()


def _examples(dense: Dense, rows: int) -> dict[str, tuple[Array, Array]]:
    """Return operands of the shapes of a layer's products, by the attribute that multiplies them."""
    weights, rng = dense.weights["weights"], np.random.default_rng(0)
    x, w, z = (
        rng.standard_normal(shape, weights.dtype)
        for shape in ((rows, dense.inputs), weights.shape, (rows, weights.shape[1]))
    )
    return {"multiply_forward": (x, w), "multiply_for_weights": (x.T, z), "multiply_for_inputs": (z, w.T)}


def _find_blas() -> Any | None:
    """Return the BLAS library, or None if it is limited to one thread, or if there are several."""
    found = blas_libraries()
    return found[0] if len(found) == 1 and found[0].get_num_threads() > 1 else None
