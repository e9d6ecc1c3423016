"""The number of threads of BLAS, which belongs to the whole process: one while the zoo computes."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace, TracebackType
from typing import Any


@cache
def blas_libraries() -> Sequence[Any]:
    """Return the BLAS libraries of this process; to find them takes longer than a small run."""
    from threadpoolctl import ThreadpoolController

    return [_direct(library) for library in ThreadpoolController().select(user_api="blas").lib_controllers]


def _direct(controller: Any) -> Any:
    """Return OpenBLAS's own functions if they are found.

    They are faster. They also work in any Python thread: those of the controller do nothing in all threads but the
    first that called them.
    """
    for prefix, suffix in itertools.product(("", "scipy_"), ("", "64_", "_64")):
        names = {f"{verb}_num_threads": f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set")}
        own = {short: getattr(controller.dynlib, name, None) for short, name in names.items()}
        if all(own.values()):
            return SimpleNamespace(**own)
    return controller


class OneBlasThread:
    """Keeps BLAS at one thread while anybody is inside; after the last it has the number that was found.

    The threads of BLAS wait by spinning, and more of them change the last bits of products. In a forked process BLAS
    keeps one thread if it was forked while somebody was inside.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._found: list[tuple[Any, int]] = []  # libraries that had more than one thread

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._found = [(library, n) for library in blas_libraries() if (n := library.get_num_threads()) > 1]
                for library, _ in self._found:
                    library.set_num_threads(1)
            self._inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for library, number in self._found:
                    library.set_num_threads(number)

    def renew_lock(self) -> None:
        """Make the lock free in a forked process, which has none of the threads that may have held it."""
        self._lock = threading.Lock()


ONE_BLAS_THREAD = OneBlasThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ONE_BLAS_THREAD.renew_lock)
