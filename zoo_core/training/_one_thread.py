"""What holds while a run computes, and not between two of its events."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from zoo_core.basics import ONE_BLAS_THREAD, ThreadLock
from zoo_core.training._diagnostics import name_the_part

if TYPE_CHECKING:
    from zoo_core.training._gradient_steps import GradientSteps

T = TypeVar("T")


def with_one_blas_thread(events: Generator[T, None, None]) -> Iterator[T]:
    """Pass events on. While one is made, BLAS has one thread, and a fork in another Python thread waits.

    Values that are not finite give no warning of NumPy meanwhile; the run finds and explains them.
    """
    with closing(events):
        yield from iter(partial(_next_event, events, ThreadLock()), None)


def _next_event(events: Iterator[T], lock: ThreadLock) -> T | None:
    with lock, ONE_BLAS_THREAD, np.errstate(all="ignore"):
        return next(events, None)


def with_named_parts(steps: GradientSteps, events: Iterator[T]) -> Iterator[T]:
    """Pass events on; turn an error that a part raises into a PluginError that names the part."""
    try:
        yield from events
    except GeneratorExit:  # nobody takes more events; the interpreter may be ending, and can import nothing then
        raise
    except BaseException as error:
        named = name_the_part(error, steps.position.describe(steps.epochs, steps.loader.batches.steps))
        if named is None:
            raise
        raise named from error
