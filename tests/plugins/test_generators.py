"""Random streams: repeatable from the seed, independent of each other, and NumPy's own PCG64."""

import numpy as np
import pytest

from zoo_plugins.generators.pcg64 import Pcg64


def begin(seed):
    source = Pcg64()
    source.start(seed)
    return source


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, 2**40])
def test_a_stream_is_numpys_generator_seeded_with_the_seed_and_the_purpose(seed):
    seeds = np.random.SeedSequence([seed, *b"shuffle"])
    expected = np.random.Generator(np.random.PCG64(seeds)).random(5)
    np.testing.assert_array_equal(begin(seed).stream("shuffle").random(5), expected)


def test_a_stream_goes_on_and_does_not_depend_on_others():
    source = begin(1)
    first = source.stream("batch").random(3)
    source.stream("layers.0.dropout").random(100)
    np.testing.assert_array_equal(np.r_[first, source.stream("batch").random(3)], begin(1).stream("batch").random(6))


def test_seeds_and_purposes_give_different_numbers():
    purposes = ("initializer", "shuffle", "split", "batch", "layers.0.dropout", "layers.1.dropout")
    numbers = {begin(seed).stream(purpose).random() for seed in (0, 1, 2**40) for purpose in purposes}
    assert len(numbers) == 18


def test_start_begins_anew():
    source = begin(3)
    first = source.stream("batch").random()
    source.start(3)
    assert source.stream("batch").random() == first
