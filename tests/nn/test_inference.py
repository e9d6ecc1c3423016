"""Threads that take whole chunks of rows change no bit, no error and nothing that a part keeps."""

from __future__ import annotations

import copy
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core.basics.workers import Pool
from zoo_core.errors import DataError, PluginError
from zoo_core.parts import Activation, Array

ROWS = 5_000  # four whole chunks, and a shorter one


@dataclass
class Plain(Activation):
    """f(z) = max(z, 0) by way of scratch; it notes its threads."""

    name = "plain"
    threads: ClassVar[set[int]] = set()

    def forward(self, x: Array, out: Array) -> None:
        """Write the output."""
        self.threads.add(threading.get_ident())
        positive = self.scratch(x)
        np.maximum(x, 0, out=positive)
        out[...] = positive


class Counting(Plain):
    """It adds the number of its calls."""

    name = "counting"

    def start(self, width: int, dtype: Any) -> None:
        """Begin to count."""
        self.calls = 0

    def infer(self, x: Array, out: Array) -> None:
        """Write the output."""
        self.calls += 1
        self.forward(x, out)
        out += self.calls


class Buffered(Plain):
    """It has a buffer of its own."""

    name = "buffered"

    def start(self, width: int, dtype: Any) -> None:
        """Make the buffer."""
        self.buffer = np.empty((1024, width), dtype)

    def infer(self, x: Array, out: Array) -> None:
        """Write the output."""
        own = self.buffer[: len(x)]
        np.maximum(x, 0, out=own)
        time.sleep(0.002)  # another thread would write into the buffer
        out[...] = own


class Listing(Counting):
    """It keeps a list."""

    name = "listing"

    def start(self, width: int, dtype: Any) -> None:
        """Make the list."""
        self.seen: list[int] = []

    def infer(self, x: Array, out: Array) -> None:
        """Write the output."""
        self.seen.append(len(x))
        self.forward(x, out)
        out += len(self.seen)


class Random(Plain):
    """It draws outside training."""

    name = "random"

    def infer(self, x: Array, out: Array) -> None:
        """Write the output."""
        self.forward(x, out)
        out += self.rng.normal()


class Failing(Plain):
    """It fails for a row of large numbers."""

    name = "failing"

    def infer(self, x: Array, out: Array) -> None:
        """Write the output."""
        self.forward(x, out)
        if x.max() > 1e6:
            raise ValueError(f"{x.max():.0e}")


REGISTRY = registry_with(Plain, Counting, Buffered, Listing, Random, Failing)


def model(activation: str, threads: int, **hidden: Any) -> Any:
    spec = small_spec({"units": 64, "activation": activation, **hidden}, data={"rows": 100})
    made = zoo_core.prepare(spec, registry=REGISTRY).model
    made.network.share_products(Pool(threads))
    return made


@pytest.fixture(scope="module")
def x() -> Array:
    return np.random.default_rng(0).integers(0, 256, (ROWS, 784), dtype=np.uint8)


@pytest.mark.parametrize("hidden", [{}, {"normalizer": "batch_norm"}, {"normalizer": "layer_norm"}])
@pytest.mark.parametrize("activation", ["plain", "gelu", "buffered"])
def test_bits_do_not_depend_on_the_number_of_threads(activation: str, hidden: dict[str, Any], x: Array) -> None:
    found = {model(activation, threads, **hidden).outputs(x).tobytes() for threads in (1, 2, 4)}
    assert len(found) == 1


def test_several_threads_take_chunks(x: Array) -> None:
    Plain.threads.clear()
    made = model("plain", 2)
    for _ in range(5):  # on a busy machine one thread may take all
        made.outputs(x)
    assert len(Plain.threads) > 1


@pytest.mark.parametrize("activation", ["counting", "listing", "random"])
def test_what_a_part_keeps_is_as_if_one_thread_had_worked(activation: str, x: Array) -> None:
    one, several = model(activation, 1), model(activation, 3)
    for _ in range(2):
        assert one.outputs(x).tobytes() == several.outputs(x).tobytes()
    parts = [made.network.layers[0].activation for made in (one, several)]
    assert len({str((getattr(part, "calls", 0), getattr(part, "seen", 0))) for part in parts}) == 1


@pytest.mark.parametrize("row", [0, 1500, 4999])
def test_the_first_row_with_an_error_is_named(row: int, x: Array) -> None:
    wrong = x.astype(np.float32)
    wrong[row, 3], wrong[-1, 5] = np.nan, np.inf
    made = model("plain", 2)
    with pytest.raises(DataError, match=f"row {row}, "):
        made.outputs(wrong)
    assert made.outputs(x).tobytes() == model("plain", 1).outputs(x).tobytes()


def test_an_error_of_a_part_names_the_part(x: Array) -> None:
    wrong = x.astype(np.float32)
    wrong[2000] = 1e12
    with pytest.raises(PluginError, match="failing"):
        model("failing", 2).outputs(wrong)


def test_weights_that_change_count_at_once_also_in_a_copy_of_the_model(x: Array) -> None:
    made = model("plain", 2, normalizer="batch_norm")
    made.outputs(x)
    other = copy.deepcopy(made)
    for one in (made, other):
        for name, array in one.network.layers[0].stages[1].transform.weights.items():
            array[...] = 2 if name != "shift" else 1
        alone = one.outputs(x[:1024])
        np.testing.assert_array_equal(one.outputs(x)[:1024], alone)
