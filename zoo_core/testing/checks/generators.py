"""Checks of generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, RandomSource
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.saved_state import missing_state, transfer_findings

PURPOSES = "initializer", "shuffle", "layers.0.regularizers.0"


def _started(subject: PartUnderTest, seed: int) -> Any:
    part = subject.make()
    part.start(seed)
    return part


def _draw_numbers(part: Any, purpose: str = "shuffle") -> Array:
    found: Array = part.stream(purpose).random(8)
    return found


def _check_seed(subject: PartUnderTest) -> Iterator[Finding]:
    part = _started(subject, 7)
    if not isinstance(part.stream("shuffle"), np.random.Generator):
        got = type(part.stream("shuffle")).__name__
        yield Finding("stream does not return a NumPy Generator", expected="np.random.Generator", got=got)
        return
    once = _draw_numbers(_started(subject, 7))
    if not np.array_equal(once, _draw_numbers(_started(subject, 7))):
        yield Finding(
            "the same seed gives different numbers", likely="`start` does not use the seed: runs cannot be repeated"
        )
    elif np.array_equal(once, _draw_numbers(_started(subject, 8))):
        yield Finding("another seed gives the same numbers", likely="`start` does not use the seed")
    _draw_numbers(part)
    part.start(7)
    if not np.array_equal(_draw_numbers(part), once):
        yield Finding("start does not reset the streams", likely="it keeps the streams of the previous run")


def _check_streams(subject: PartUnderTest) -> Iterator[Finding]:
    firsts = {purpose: _draw_numbers(_started(subject, 7), purpose) for purpose in PURPOSES}
    if any(np.array_equal(firsts["initializer"], firsts[purpose]) for purpose in PURPOSES[1:]):
        yield Finding("two purposes get the same numbers", likely="`purpose` is not part of the seed")
    part = _started(subject, 7)
    part.stream("initializer").random(3)
    if not np.array_equal(_draw_numbers(part), firsts["shuffle"]):
        yield Finding(
            "a draw for one purpose changes the numbers of another purpose",
            likely="all purposes share one generator: another layer would change the order of rows",
        )


def _check_continues(subject: PartUnderTest) -> Iterator[Finding]:
    part = _started(subject, 7)
    if np.array_equal(_draw_numbers(part), _draw_numbers(part)):
        yield Finding(
            "a stream starts again at each call", likely="keep one generator for each purpose until the next `start`"
        )


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    """Continue as a resumed run does: the core saves the position of each stream, and the attributes in `state`."""
    old, new = _started(subject, 7), _started(subject, 7)
    for _ in range(3):
        for purpose in PURPOSES[:2]:
            _draw_numbers(old, purpose)
    if unsaved := list(transfer_findings(old, new)):
        yield from unsaved
        return
    for purpose in PURPOSES[:2]:
        new.stream(purpose).bit_generator.state = old.stream(purpose).bit_generator.state
    for purpose in PURPOSES:
        if not np.array_equal(_draw_numbers(old, purpose), _draw_numbers(new, purpose)):
            yield Finding(
                "saved and loaded, it gives other numbers",
                f"purpose {purpose!r}",
                likely=missing_state(old, "`stream` changes"),
            )
            return


CHECKS = {
    RandomSource: (
        Check("seed", "the numbers depend on the seed alone", _check_seed),
        Check("streams", "each purpose has its own stream of numbers", _check_streams),
        Check("continues", "a second call continues the stream", _check_continues),
        Check("state", "saved and loaded, it gives the same numbers", _check_state),
    ),
}
