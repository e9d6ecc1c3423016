"""Initializers with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Initializer


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


@faulty("randomness", "with a fixed seed (initializers.py:")
class OwnBits(Initializer):
    """The same numbers for every layer, from a bit generator."""

    name = "own_bits"

    def fill(self, out, rng, gain):
        out[...] = np.random.Generator(np.random.Philox(7)).normal(size=out.shape)
