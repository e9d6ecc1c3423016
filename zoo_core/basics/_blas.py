"""The number of threads of BLAS, which belongs to the whole process and decides on the last bits of its products."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

from zoo_core.basics._locks import GATE, PATIENCE

ANY = 0  # in place of a number of threads: whichever it is


@cache
def blas_libraries() -> Sequence[Any]:
    """Return the BLAS libraries of this process; to find them takes longer than a small run."""
    from threadpoolctl import ThreadpoolController

    return [_direct(library) for library in ThreadpoolController().select(user_api="blas").lib_controllers]


def _direct(controller: Any) -> Any:
    """Return OpenBLAS's own functions if they are found.

    They are faster, and a small step calls them four times. They also work in any Python thread: those of the
    controller do nothing in all threads but the first that called them.
    """
    for prefix, suffix in itertools.product(("", "scipy_"), ("", "64_", "_64")):
        names = {f"{verb}_num_threads": f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set")}
        own = {short: getattr(controller.dynlib, name, None) for short, name in names.items()}
        if all(own.values()):
            return SimpleNamespace(**own)
    return controller


class BlasHolders:
    """Who holds the number of BLAS threads, which is one for the whole process.

    Python threads that want the same number share it. One that wants another number waits, so that each run has the
    bits that it has alone. `ANY` shares every number. When nobody holds the number, it is the one that was found.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.threads: Counter[int] = Counter()  # by Python thread, how often it holds the number
        self._released = threading.Condition(self.lock)
        self._number, self._found = 0, [0]

    def enter(self, number: int) -> int:
        """Hold a number of BLAS threads; return the number that `leave` takes."""
        me = threading.get_ident()
        with self._released:
            if GATE.is_closed:
                self._released.wait_for(lambda: not GATE.is_closed, PATIENCE)
            self._released.wait_for(lambda: me in self.threads or not self.threads or number in (ANY, self._number))
            if not self.threads:
                self._found = [library.get_num_threads() for library in blas_libraries()]
            before = self._number
            self._set(number)
            self.threads[me] += 1
            GATE.begin()
        return before

    def leave(self, before: int) -> None:
        """Stop holding the number; `before` is what `enter` returned."""
        me = threading.get_ident()
        with self._released:
            GATE.end()
            self.threads[me] -= 1
            self.threads += Counter()  # without those that are 0
            self._set(before)
            if not self.threads:
                self._restore()
            self._released.notify_all()

    def wait_for_others(self) -> None:
        """Wait before a fork until no other Python thread holds the number, for a limited time."""
        with self._released:
            self._released.wait_for(lambda: self.threads.keys() <= {threading.get_ident()}, PATIENCE)

    def wake(self) -> None:
        """Let those go on that waited for a fork."""
        with self._released:
            self._released.notify_all()

    def is_alone(self) -> bool:
        """Return whether no more than one Python thread holds the number; ask it with `lock`."""
        return len(self.threads) <= 1

    def release_all(self) -> None:
        """Forget all holders in a forked process, and take one thread there: see `zoo_core.basics._locks`."""
        for library in blas_libraries() if self.threads else ():
            library.set_num_threads(1)
        vars(self).update(vars(BlasHolders()))

    def _set(self, number: int) -> None:
        """Set the number, unless other Python threads hold it."""
        if self.threads.keys() <= {threading.get_ident()}:
            self._number = number
            for library in blas_libraries() if number != ANY else ():
                library.set_num_threads(number)

    def _restore(self) -> None:
        for library, number in zip(blas_libraries(), self._found, strict=True):
            library.set_num_threads(number)


HOLDERS = BlasHolders()
if hasattr(os, "register_at_fork"):
    GATE.waits.append(HOLDERS.wait_for_others)
    os.register_at_fork(after_in_parent=HOLDERS.wake, after_in_child=HOLDERS.release_all)


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Hold the number of BLAS threads of this process; with `ANY` the one that it has, so that it stays the same."""
    before = HOLDERS.enter(threads)
    try:
        yield
    finally:
        HOLDERS.leave(before)
