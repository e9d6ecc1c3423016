"""Where random numbers come from."""

from __future__ import annotations

import numpy as np

from zoo_core.parts import RandomSource


class Pcg64(RandomSource):
    """PCG64, an independent stream for each purpose: another dropout rate leaves the first weights as they were.

    Source: O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms for random number
    generation" (2014); streams by NumPy's SeedSequence from the seed and the purpose's bytes.
    """

    name = "pcg64"

    def start(self, seed: int) -> None:
        """Begin anew from a seed."""
        self._seed = seed
        self._streams: dict[str, np.random.Generator] = {}

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of a purpose, always the same object."""
        if purpose not in self._streams:
            seeds = np.random.SeedSequence([self._seed, *purpose.encode()])
            self._streams[purpose] = np.random.Generator(np.random.PCG64(seeds))
        return self._streams[purpose]


PARTS = (Pcg64,)
