"""Randomness: all random numbers come from the given generator."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.source_places import caller

Draw = Callable[[PartUnderTest, np.random.Generator], Sequence[Array]]  # runs a new instance with this generator
OWN = "a generator of its own"
CLASSES = np.random.RandomState, *map(vars(np.random).get, ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"))


@dataclass
class OtherRandomness:
    """Which sources of random numbers were used, other than the given generator."""

    global_numpy: bool = False
    global_python: bool = False
    made: list[str] = field(default_factory=list)  # the places in the code that made generators

    def note(self) -> None:
        """Record that a generator is made, unless the kit itself makes it."""
        if place := caller():
            self.made.append(place)


@contextmanager
def watch_randomness(seed: int, part: type[Any]) -> Iterator[OtherRandomness]:
    """Seed the global generators, record their use and the making of others, and restore them."""
    seen = OtherRandomness()
    kept = np.random.get_state(), random.getstate()
    np.random.seed(seed)
    random.seed(seed)
    before = np.random.get_state()[1:3], random.getstate()  # type: ignore[index]
    try:
        with _record_new_generators(seen, (np.random, random, *_modules(part))):
            yield seen
        now = np.random.get_state()[1:3]  # type: ignore[index]
        seen.global_numpy = not all(np.array_equal(a, b) for a, b in zip(before[0], now, strict=True))
        seen.global_python = random.getstate() != before[1]
    finally:
        np.random.set_state(kept[0])
        random.setstate(kept[1])


def _modules(part: type[Any]) -> list[ModuleType]:
    """Return the modules of a part and its bases, where functions that make generators may be imported."""
    return [sys.modules[name] for name in {base.__module__ for base in part.__mro__} if name in sys.modules]


@contextmanager
def _record_new_generators(seen: OtherRandomness, modules: Sequence[ModuleType]) -> Iterator[None]:
    """Record each generator that code of the modules makes, by any imported name."""
    make = np.random.default_rng

    def recording(*arguments: Any, **keywords: Any) -> np.random.Generator:
        seen.note()
        return make(*arguments, **keywords)

    instead = {id(make): recording, **{id(made): _recording_class(made, seen) for made in (*CLASSES, random.Random)}}
    with ExitStack() as patches:
        for module in modules:
            for name, value in list(vars(module).items()):
                if id(value) in instead:
                    patches.enter_context(mock.patch.object(module, name, instead[id(value)]))
        yield


def _recording_class(made: Any, seen: OtherRandomness) -> Any:
    """Return a subclass that records each of its instances."""

    def start(self: Any, *arguments: Any, **keywords: Any) -> None:
        seen.note()
        made.__init__(self, *arguments, **keywords)

    return type(made.__name__, (made,), {"__init__": start})


def randomness(draw: Draw) -> Check:
    """Return the check that repeats a draw, for parts that get a generator."""
    return Check(
        "randomness",
        "all random numbers come from the given generator",
        lambda s: _find_hidden_randomness(s, draw, True),
    )


def no_randomness(draw: Draw) -> Check:
    """Return the check that repeats a draw, for parts that get no generator."""
    promise = "a second run returns the same numbers"
    return Check("randomness", promise, lambda s: _find_hidden_randomness(s, draw, False))


def _find_hidden_randomness(subject: PartUnderTest, draw: Draw, is_given: bool) -> Iterator[Finding]:
    given = [np.random.default_rng(seed) for seed in ((5, 5, 6) if is_given else (5, 5))]
    results = []
    for seed, rng in enumerate(given):
        with watch_randomness(seed, subject.part) as seen:
            results.append(draw(subject, rng))
    once, again, other = results[0], results[1], results[-1]
    if seen.global_numpy or seen.global_python:
        yield Finding(
            "it draws from the global generator, which no seed of a spec controls",
            likely=f"{'np.random.normal(...)' if seen.global_numpy else 'random.random()'} or the like; "
            "use the generator that is given",
        )
    elif not same(once, again):
        yield Finding(
            "the same generator gives different numbers in a second run",
            likely=f"it ignores the given generator and draws from {OWN}, such as np.random.default_rng()",
        )
    elif is_given and same(once, other) and seen.made and not _was_used(given[0], 5):
        yield Finding(
            "another generator gives the same numbers",
            likely=f"it ignores the given generator and draws from {OWN} with a fixed seed "
            f"({seen.made[0]}): all layers and all runs get the same numbers",
        )


def same(first: Sequence[Array], second: Sequence[Array]) -> bool:
    """Return whether two runs gave the same numbers."""
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(first, second, strict=True))


def _was_used(rng: np.random.Generator, seed: int) -> bool:
    return rng.bit_generator.state != np.random.default_rng(seed).bit_generator.state
