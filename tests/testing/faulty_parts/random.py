"""Initializers and generators with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Initializer, RandomSource


@faulty("randomness", "ignores the given generator")
class OwnInitializer(Initializer):
    """The same numbers for every layer."""

    name = "own_initializer"

    def fill(self, out, rng, gain):
        out[...] = np.random.default_rng(0).normal(size=out.shape)


@faulty("out", "out of shape (7, 5) depends on its previous content")
class Diagonal(Initializer):
    """Writes only the diagonal."""

    name = "diagonal"

    def fill(self, out, rng, gain):
        np.fill_diagonal(np.atleast_2d(out), 1)


@faulty("values", "the number of inputs or units minus one")
class Unbiased(Initializer):
    """Divides by inputs - 1."""

    name = "unbiased"

    def fill(self, out, rng, gain):
        out[...] = rng.normal(size=out.shape) / np.sqrt(np.float64(len(out) - 1))


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


@faulty("randomness", "with a fixed seed (random.py:")
class OwnBits(Initializer):
    """The same numbers for every layer, from a bit generator."""

    name = "own_bits"

    def fill(self, out, rng, gain):
        out[...] = np.random.Generator(np.random.Philox(7)).normal(size=out.shape)
