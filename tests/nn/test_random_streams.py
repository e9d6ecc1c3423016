"""Random streams continue from a saved state; a state outside their memory is refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from zoo_core.errors import PluginError
from zoo_core.nn import RandomStreams
from zoo_core.parts import RandomSource

GENERATORS = (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)


class Source(RandomSource):
    """Returns streams of any of NumPy's generators, as a plugin may."""

    def __init__(self, kind: type[Any]) -> None:
        self.bits = kind  # `kind` is what sort of part this is

    def start(self, seed: int) -> None:
        self.seed = seed

    def stream(self, purpose: str) -> np.random.Generator:
        return np.random.Generator(self.bits(self.seed))


def begun(kind: type[Any]) -> tuple[RandomStreams, np.random.Generator]:
    streams = RandomStreams(Source(kind), 3)
    return streams, streams.stream("shuffle")


def test_a_source_that_returns_no_generator_is_named() -> None:
    class Old(Source):
        name = "old"

        def stream(self, purpose: str) -> Any:
            return np.random.RandomState(self.seed)

    with pytest.raises(PluginError, match="generator 'old': its method 'stream' returned RandomState"):
        RandomStreams(Old(np.random.MT19937), 3).stream("shuffle")


@pytest.mark.parametrize("kind", GENERATORS, ids=lambda kind: kind.__name__)
def test_a_stream_continues_from_its_state(kind: type[Any]) -> None:
    streams, stream = begun(kind)
    for used in (0, 1, 5, 622, 1):
        stream.random(used)
        position = copy.deepcopy(streams.get_state())
        other, again = begun(kind)
        other.set_state(position)
        assert again.integers(2**62, size=700).tolist() == stream.integers(2**62, size=700).tolist()


@pytest.mark.parametrize("place", [-1, 10**9, 625, "1"])
@pytest.mark.parametrize(
    ("kind", "keys"), [(np.random.MT19937, ("state", "pos")), (np.random.Philox, ("buffer_pos",))], ids=["MT", "Philox"]
)
def test_a_position_outside_the_buffer_is_refused(kind: type[Any], keys: tuple[str, ...], place: Any) -> None:
    """NumPy accepts it, and then reads memory outside the buffer."""
    streams, stream = begun(kind)
    positions = copy.deepcopy(streams.get_state())
    table: Any = positions["shuffle"]
    for key in keys[:-1]:
        table = table[key]
    table[keys[-1]] = place
    with pytest.raises((ValueError, TypeError)):
        streams.set_state(positions)
    assert stream.random() == begun(kind)[1].random()


def test_a_stream_without_a_state_keeps_its_own_where_that_is_allowed() -> None:
    streams, drawn = begun(np.random.PCG64)
    expected = begun(np.random.PCG64)[1].random(3)
    streams.set_state({}, strict=False)
    np.testing.assert_array_equal(drawn.random(3), expected)
    with pytest.raises(KeyError):
        streams.set_state({})
