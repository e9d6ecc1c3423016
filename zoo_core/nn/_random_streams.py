"""The random streams of a run, recorded so that a checkpoint can save them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.contract import contract_error
from zoo_core.parts import RandomSource


class RandomStreams(RandomSource):
    """A random source that records each stream that it returns, by purpose."""

    def __init__(self, source: RandomSource, seed: int) -> None:
        self.source = source
        self.start(seed)

    def start(self, seed: int) -> None:
        """Seed the source and forget earlier streams."""
        self._streams: dict[str, np.random.BitGenerator] = {}
        self.source.start(seed)

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the source's generator for a purpose. Raises PluginError if it is no `numpy.random.Generator`."""
        generator = self.source.stream(purpose)
        if not isinstance(generator, np.random.Generator):
            raise contract_error(
                self.source, "stream", f"returned {type(generator).__name__}", "it returns a numpy.random.Generator"
            )
        self._streams[purpose] = generator.bit_generator
        return generator

    def get_state(self) -> dict[str, Mapping[str, Any]]:
        """Return the state of each stream by its first purpose; purposes that share a stream have one entry."""
        return {purpose: bits.state for purpose, bits in self._unique().items()}

    def set_state(self, states: Mapping[str, Mapping[str, Any]], *, strict: bool = True) -> None:
        """Set the state of every stream; unless `strict`, of those that have one.

        Raises KeyError or ValueError for states of another run.
        """
        for first, bits in self._unique().items():
            sharing = (purpose for purpose, other in self._streams.items() if other is bits)
            purpose = next((purpose for purpose in sharing if purpose in states), first)
            if not strict and purpose not in states:
                continue
            _check_inside(states[purpose])
            bits.state = states[purpose]

    def _unique(self) -> dict[str, np.random.BitGenerator]:
        first: dict[int, str] = {}
        for purpose, bits in self._streams.items():
            first.setdefault(id(bits), purpose)
        return {purpose: self._streams[purpose] for purpose in first.values()}


def _check_inside(state: Mapping[str, Any]) -> None:
    """Raise ValueError for a position outside a generator's buffer: NumPy would read memory beyond it."""
    place, buffer = state.get("buffer_pos", 0), state.get("buffer", ())  # of Philox
    inner = state["state"]
    if not 0 <= place <= len(buffer) or not 0 <= inner.get("pos", 0) <= len(inner.get("key", ())):  # of MT19937
        raise ValueError("a stream of random numbers stands outside its buffer")
