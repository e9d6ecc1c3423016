"""The default generator of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.parts import RandomSource


class Pcg64(RandomSource):
    """PCG64 with an independent stream for each purpose. So another dropout rate does not change the first weights.

    Source: O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms for random number
    generation" (2014). NumPy's SeedSequence makes each stream from the seed and the bytes of the purpose.
    """

    name = "pcg64"

    def start(self, seed: int) -> None:
        """Start all streams again from a seed."""
        self._seed = seed
        self._streams: dict[str, np.random.Generator] = {}

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of a purpose: the same object each time."""
        if purpose not in self._streams:
            words: Any = [self._seed, *purpose.encode()]
            if self._seed < 2**32:
                words = np.array(words, np.uint32)  # the same words; NumPy takes ten times as long for a list
            seeds = np.random.SeedSequence(words)
            self._streams[purpose] = np.random.Generator(np.random.PCG64(seeds))
        return self._streams[purpose]


PARTS = (Pcg64,)
