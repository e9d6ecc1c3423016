"""Methods that threads enter one at a time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Turns:
    """A lock; a copy of its owner, or one that is sent to another process, gets a lock of its own."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Turns, ()


def in_turn(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Have a thread that calls the method wait until others have left those of the same object's `turns`."""

    @functools.wraps(method)
    def alone(self: Any, /, *arguments: P.args, **options: P.kwargs) -> R:
        with self.turns.lock:
            return method(self, *arguments, **options)

    return alone
