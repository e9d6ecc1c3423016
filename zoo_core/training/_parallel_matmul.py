"""Helping threads: products on several processors where that changes no bit, for as long as it is quicker.

BLAS divides a product among threads by its rows and columns, and each number stays one sum in one order; bits change
only where it cuts long sums in other places. Which products keep theirs is tried, on arrays of their shapes. So helpers
may come and go as other programs do, and the result is that of one thread.

Whether they gain anything is seen in the time of whole steps: a thread of BLAS that waits spins, and where another
program wants its processor a product can take fifty times as long; where it shares a core, all else does.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

import numpy as np

from zoo_core.nn import DOT, Dense, Network, Product
from zoo_core.parts import Array
from zoo_core.training._threads import HOLDERS, WORTH_IT

P = ParamSpec("P")
R = TypeVar("R")

SMALLEST = 1_500_000  # multiplications in a product that is worth to be divided
NARROW = 16  # rows or columns that are not
EACH = 4_000_000  # for each thread, about
GAIN = 0.95  # of a step's time alone: helpers that need more are not worth a processor
QUIET = 0.03  # seconds until threads of BLAS that wait are asleep, and steps take what they take alone
STRETCH = 16  # such steps, whose median that is: the first ones, on arrays in no cache yet, take twice as long
START, MOST = 4, 0.02  # what helpers may lose before they have gained anything, in steps alone; and ever, in seconds
FIRST, LONGEST = 0.1, 5.0  # seconds until helpers are tried again, and until the time alone is measured again


class SpeedMonitor:
    """Has helpers help while steps are quicker with them; `helping` tells whether they do now.

    Helpers may lose what they have gained of late, and stay away then, the longer the less they gained.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.helping = False
        self._clock = clock
        self._times: deque[float] = deque(maxlen=STRETCH)  # of steps alone, of late
        self._quiet = self._next = clock() + QUIET  # when steps alone can be measured; when help comes or goes
        self._alone, self._credit, self._wait = 0.0, 0.0, FIRST  # seconds

    def timed(self, step: Callable[P, R]) -> Callable[P, R]:
        """Return a function that takes a step, and judges by its time."""

        def taken(*arguments: P.args, **options: P.kwargs) -> R:
            began = self._clock()
            if self.helping and began >= self._next:  # only to see the time alone again
                self._rest(began, 0.0)
            result = step(*arguments, **options)
            now = self._clock()
            (self._weigh if self.helping else self._measure)(now - began, now)
            return result

        return taken

    def _measure(self, seconds: float, now: float) -> None:
        """Take a step alone into account."""
        if now < self._quiet:
            return
        self._times.append(seconds)
        if len(self._times) == STRETCH and now >= self._next:
            self._alone = float(np.median(self._times))
            self._credit = max(self._credit, START * self._alone)
            self.helping, self._next = True, now + LONGEST

    def _weigh(self, seconds: float, now: float) -> None:
        """See whether help still pays."""
        self._quiet = now + QUIET
        self._credit = min(self._credit + GAIN * self._alone - seconds, MOST)
        if self._credit == MOST:
            self._wait = FIRST
        if self._credit < 0:
            self._rest(now, self._wait)
            self._wait = min(2 * self._wait, LONGEST)

    def _rest(self, now: float, wait: float) -> None:
        self.helping, self._next = False, now + wait
        self._times.clear()


class ThreadedProduct:
    """A product that helpers take part in while a judge has them.

    Others whose bits depend on the number of threads, which is one for the whole process, are left alone: where another
    holds it, too, nobody helps.
    """

    def __init__(self, blas: Any, threads: int, judge: SpeedMonitor) -> None:
        self._blas, self._threads, self._judge = blas, threads, judge

    def __call__(self, a: Array, b: Array, out: Array) -> None:
        """Multiply."""
        if self._judge.helping and HOLDERS.count <= 1:
            self._blas.set_num_threads(self._threads)
            a.dot(b, out)
            self._blas.set_num_threads(1)
        else:
            a.dot(b, out)

    def __reduce__(self) -> tuple[Callable[[], Product], tuple[()]]:
        """Have a copy, of a model that is being trained, multiply without help."""
        return _plain, ()


def _plain() -> Product:
    return DOT


class ParallelMatmul:
    """The divided products of a network; `threads` is the most that any of them may have, 1 where there are none.

    `blas` sets the number of threads by `set_num_threads`; it is 1 between products. `judge` is to time each step.
    """

    def __init__(self, blas: Any) -> None:
        self.threads, self.speed_monitor = 1, SpeedMonitor()
        self._blas = blas
        self._divided: list[tuple[Dense, str, ThreadedProduct]] = []

    def join(self, network: Network, sizes: Collection[int], most: int) -> None:
        """Divide the products for batches of so many rows that keep their bits, among `most` threads at most."""
        for dense in (s.transform for s in network.stages if isinstance(s.transform, Dense)):
            work = max(sizes) * dense.weights["weights"].size
            threads = min(most, max(2, work // EACH))
            narrow = min(max(sizes), *dense.weights["weights"].shape) < NARROW
            if threads == 1 or narrow or not SMALLEST <= work < WORTH_IT:
                continue
            examples = [_examples(dense, rows) for rows in sizes]
            for name in examples[0]:
                if all(self._keeps_bits(*operands[name], threads) for operands in examples):
                    self._divided.append((dense, name, ThreadedProduct(self._blas, threads, self.speed_monitor)))
                    setattr(*self._divided[-1])
                    self.threads = max(self.threads, threads)

    def close(self) -> None:
        """Leave the products as they were."""
        self.speed_monitor.helping = False
        for dense, name, product in self._divided:
            if vars(dense).get(name) is product:
                delattr(dense, name)
        self._divided.clear()

    def _keeps_bits(self, a: Array, b: Array, threads: int) -> bool:
        alone, helped = (np.empty((len(a), b.shape[1]), a.dtype) for _ in range(2))
        a.dot(b, alone)
        self._blas.set_num_threads(threads)
        a.dot(b, helped)
        self._blas.set_num_threads(1)
        return np.array_equal(alone, helped)


def _examples(dense: Dense, rows: int) -> dict[str, tuple[Array, Array]]:
    """Return operands like those of the products of a layer, by the attribute that multiplies them."""
    weights, rng = dense.weights["weights"], np.random.default_rng(0)
    x, w, z = (
        rng.standard_normal(shape, weights.dtype)
        for shape in ((rows, dense.inputs), weights.shape, (rows, weights.shape[1]))
    )
    return {"multiply_forward": (x, w), "multiply_for_weights": (x.T, z), "multiply_for_inputs": (z, w.T)}


def library() -> Any | None:
    """Return what sets the number of threads of BLAS, if it may have more than one at present."""
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return _direct(found[0]) if len(found) == 1 and (found[0].num_threads or 1) > 1 else None


def _direct(controller: Any) -> Any:
    """Return OpenBLAS's own function where it is found: a step of a small network calls it four times."""
    names = (f"{p}openblas_set_num_threads{s}" for p in ("", "scipy_") for s in ("", "64_", "_64"))
    own = next((f for name in names if (f := getattr(controller.dynlib, name, None)) is not None), None)
    return controller if own is None else SimpleNamespace(set_num_threads=own)
