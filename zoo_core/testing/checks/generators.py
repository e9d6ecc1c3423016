"""Checks of generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, RandomSource
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest

PURPOSES = "initializer", "shuffle", "layers.0.regularizers.0"


def _begun(subject: PartUnderTest, seed: int) -> Any:
    part = subject.make()
    part.start(seed)
    return part


def _numbers(part: Any, purpose: str = "shuffle") -> Array:
    found: Array = part.stream(purpose).random(8)
    return found


def _repeats(subject: PartUnderTest) -> Iterator[Finding]:
    part = _begun(subject, 7)
    if not isinstance(part.stream("shuffle"), np.random.Generator):
        got = type(part.stream("shuffle")).__name__
        yield Finding("stream does not return a NumPy Generator", expected="np.random.Generator", got=got)
        return
    once = _numbers(_begun(subject, 7))
    if not np.array_equal(once, _numbers(_begun(subject, 7))):
        yield Finding(
            "the same seed gives other numbers", likely="`start` does not use the seed: runs could not be repeated"
        )
    elif np.array_equal(once, _numbers(_begun(subject, 8))):
        yield Finding("another seed gives the same numbers", likely="`start` does not use the seed")
    _numbers(part)
    part.start(7)
    if not np.array_equal(_numbers(part), once):
        yield Finding("start does not begin anew", likely="streams of the run before are kept")


def _streams(subject: PartUnderTest) -> Iterator[Finding]:
    firsts = {purpose: _numbers(_begun(subject, 7), purpose) for purpose in PURPOSES}
    if any(np.array_equal(firsts["initializer"], firsts[purpose]) for purpose in PURPOSES[1:]):
        yield Finding("two purposes get the same numbers", likely="`purpose` is not part of the seed")
    part = _begun(subject, 7)
    part.stream("initializer").random(3)
    if not np.array_equal(_numbers(part), firsts["shuffle"]):
        yield Finding(
            "what is drawn for one purpose changes the numbers of another",
            likely="all purposes share one generator: another layer would change how rows are shuffled",
        )


def _goes_on(subject: PartUnderTest) -> Iterator[Finding]:
    part = _begun(subject, 7)
    if np.array_equal(_numbers(part), _numbers(part)):
        yield Finding(
            "asked again, a stream begins again", likely="keep one generator for each purpose until the next `start`"
        )


CHECKS = {
    RandomSource: (
        Check("seed", "the seed, and nothing else, says which numbers come", _repeats),
        Check("streams", "each purpose has numbers of its own", _streams),
        Check("continues", "asked again, a stream goes on", _goes_on),
    ),
}
