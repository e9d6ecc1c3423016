"""Generators with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import RandomSource


@faulty("seed", "`start` does not use the seed")
class Seedless(RandomSource):
    """Another run every time."""

    name = "seedless"

    def start(self, seed):
        self.streams = {}

    def stream(self, purpose):
        return self.streams.setdefault(purpose, np.random.default_rng())


@faulty("streams", "all purposes share one generator")
class OneStream(RandomSource):
    """One stream for all."""

    name = "one_stream"

    def start(self, seed):
        self.rng = np.random.default_rng(seed)

    def stream(self, purpose):
        return self.rng


@faulty("continues", "a stream starts again")
class Repeating(RandomSource):
    """Makes a new generator at each call."""

    name = "repeating"

    def start(self, seed):
        self.seed = seed

    def stream(self, purpose):
        return np.random.default_rng([self.seed, *purpose.encode()])
