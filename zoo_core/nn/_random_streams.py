"""The random numbers of a run: every stream that its source has handed out, so that all can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core._part_checks import contract_error
from zoo_core.parts import RandomSource


class RandomStreams(RandomSource):
    """A random source that remembers for which purposes it was asked."""

    def __init__(self, source: RandomSource, seed: int) -> None:
        self.source = source
        self.start(seed)

    def start(self, seed: int) -> None:
        """Begin anew from a seed."""
        self._given: dict[str, np.random.BitGenerator] = {}
        self.source.start(seed)

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the source's generator for a purpose. Raises PluginError where it gives something else."""
        generator = self.source.stream(purpose)
        if not isinstance(generator, np.random.Generator):
            raise contract_error(
                self.source, "stream", f"returned {type(generator).__name__}", "it returns a numpy.random.Generator"
            )
        self._given[purpose] = generator.bit_generator
        return generator

    def get_state(self) -> dict[str, Mapping[str, Any]]:
        """Return where each stream stands, by its first purpose: one entry where purposes share a stream."""
        return {purpose: bits.state for purpose, bits in self._own().items()}

    def set_state(self, positions: Mapping[str, Mapping[str, Any]]) -> None:
        """Put every stream where it stood. Raises KeyError or ValueError for positions of another run."""
        for purpose, bits in self._own().items():
            _check_inside(positions[purpose])
            bits.state = positions[purpose]

    def _own(self) -> dict[str, np.random.BitGenerator]:
        first: dict[int, str] = {}
        for purpose, bits in self._given.items():
            first.setdefault(id(bits), purpose)
        return {purpose: self._given[purpose] for purpose in first.values()}


def _check_inside(position: Mapping[str, Any]) -> None:
    """Raise ValueError for a place outside a generator's buffer: NumPy would read whatever memory is there."""
    place, buffer = position.get("buffer_pos", 0), position.get("buffer", ())  # of Philox
    inner = position["state"]
    if not 0 <= place <= len(buffer) or not 0 <= inner.get("pos", 0) <= len(inner.get("key", ())):  # of MT19937
        raise ValueError("a stream of random numbers stands outside its buffer")
