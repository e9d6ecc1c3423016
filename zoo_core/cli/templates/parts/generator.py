# spec: seed = 1
# with: seed = 1
# with: generator = "part_name"
"""A source of random numbers for the zoo."""

import numpy as np

from zoo_core import hookimpl
from zoo_core.parts import RandomSource


class PartName(RandomSource):
    """Philox, an independent stream for each purpose.

    Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """

    name = "part_name"

    def start(self, seed):
        """Start all streams again from a seed."""
        self._seed = seed
        self._streams = {}

    def stream(self, purpose):
        """Return the generator of a purpose such as "shuffle", the same object each time."""
        if purpose not in self._streams:
            seeds = np.random.SeedSequence([self._seed, *purpose.encode()])
            self._streams[purpose] = np.random.Generator(np.random.Philox(seeds))
        return self._streams[purpose]


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
