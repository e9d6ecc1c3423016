"""Randomness: it comes from the generator that was given, and from nowhere else."""

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
from zoo_core.testing.harness.dtypes import caller
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest

Draw = Callable[[PartUnderTest, np.random.Generator], Sequence[Array]]  # run a fresh part with this generator
OWN = "a generator of its own"
CLASSES = np.random.RandomState, *map(vars(np.random).get, ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"))


@dataclass
class Seen:
    """Which randomness other than the given generator was touched."""

    global_numpy: bool = False
    global_python: bool = False
    made: list[str] = field(default_factory=list)  # the places where generators were made

    def note(self) -> None:
        """Note a generator that is made, unless the kit itself makes it."""
        if place := caller():
            self.made.append(place)


@contextmanager
def look(seed: int, part: type[Any]) -> Iterator[Seen]:
    """Seed the global generators, note what is drawn from them or made beside them, and put them back."""
    seen = Seen()
    kept = np.random.get_state(), random.getstate()
    np.random.seed(seed)
    random.seed(seed)
    before = np.random.get_state()[1:3], random.getstate()  # type: ignore[index]
    try:
        with _noted(seen, (np.random, random, *_modules(part))):
            yield seen
        now = np.random.get_state()[1:3]  # type: ignore[index]
        seen.global_numpy = not all(np.array_equal(a, b) for a, b in zip(before[0], now, strict=True))
        seen.global_python = random.getstate() != before[1]
    finally:
        np.random.set_state(kept[0])
        random.setstate(kept[1])


def _modules(part: type[Any]) -> list[ModuleType]:
    """Return the modules that a part and its bases stand in, which may have imported what makes generators."""
    return [sys.modules[name] for name in {base.__module__ for base in part.__mro__} if name in sys.modules]


@contextmanager
def _noted(seen: Seen, modules: Sequence[ModuleType]) -> Iterator[None]:
    """Note each generator that is made by what the modules call by any name."""
    make = np.random.default_rng

    def noting(*arguments: Any, **keywords: Any) -> np.random.Generator:
        seen.note()
        return make(*arguments, **keywords)

    instead = {id(make): noting, **{id(made): _noting(made, seen) for made in (*CLASSES, random.Random)}}
    with ExitStack() as patches:
        for module in modules:
            for name, value in list(vars(module).items()):
                if id(value) in instead:
                    patches.enter_context(mock.patch.object(module, name, instead[id(value)]))
        yield


def _noting(made: Any, seen: Seen) -> Any:
    """Return a class like another that notes each of its instances."""

    def start(self: Any, *arguments: Any, **keywords: Any) -> None:
        seen.note()
        made.__init__(self, *arguments, **keywords)

    return type(made.__name__, (made,), {"__init__": start})


def randomness(draw: Draw) -> Check:
    """Return the check that repeats a draw, for parts that are given a generator."""
    return Check("randomness", "random numbers come from the given generator alone", lambda s: _hidden(s, draw, True))


def no_randomness(draw: Draw) -> Check:
    """Return the check that repeats a draw, for parts that are given no generator."""
    promise = "run again it gives the same numbers: nothing random is hidden"
    return Check("randomness", promise, lambda s: _hidden(s, draw, False))


def _hidden(subject: PartUnderTest, draw: Draw, is_given: bool) -> Iterator[Finding]:
    given = [np.random.default_rng(seed) for seed in ((5, 5, 6) if is_given else (5, 5))]
    results = []
    for seed, rng in enumerate(given):
        with look(seed, subject.part) as seen:
            results.append(draw(subject, rng))
    once, again, other = results[0], results[1], results[-1]
    if seen.global_numpy or seen.global_python:
        yield Finding(
            "it draws from the global generator, which no seed of a spec governs",
            likely=f"{'np.random.normal(...)' if seen.global_numpy else 'random.random()'} or the like; "
            "use the generator that is given",
        )
    elif not same(once, again):
        yield Finding(
            "the same generator gives other numbers the second time",
            likely=f"it ignores the given generator and draws from {OWN}, such as np.random.default_rng()",
        )
    elif is_given and same(once, other) and seen.made and not _moved(given[0], 5):
        yield Finding(
            "another generator gives the same numbers",
            likely=f"it ignores the given generator and draws from {OWN} with a fixed seed "
            f"({seen.made[0]}): every layer and every run gets the same numbers",
        )


def same(first: Sequence[Array], second: Sequence[Array]) -> bool:
    """Tell whether two runs gave the same numbers."""
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(first, second, strict=True))


def _moved(rng: np.random.Generator, seed: int) -> bool:
    return rng.bit_generator.state != np.random.default_rng(seed).bit_generator.state
