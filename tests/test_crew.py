"""Helping threads change no bit, come where they gain something, and go where another program wants the processor."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import zoo_core
from zoo_core import crew as crews
from zoo_core import run
from zoo_core.crew import FIRST, LONGEST, MOST, Crew, Divided
from zoo_core.data.batches import Batches
from zoo_core.events import EpochEnded, Started
from zoo_core.passes import Dense
from zoo_core.threads import blas_threads

ALONE = 1e-3  # seconds of a product


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Let BLAS have two threads, whatever the environment says and tests before have left."""
    with threadpool_limits(limits=2, user_api="blas"):
        yield


class Blas:
    """A BLAS and a clock: a product takes as long as is said, depending on the number of threads."""

    def __init__(self, helped: float) -> None:
        self.helped, self.now, self.threads, self.products = helped, 0.0, 1, 0
        self.cold = 0.0  # seconds more that the next product takes

    def set_num_threads(self, threads: int) -> None:
        self.threads = threads

    def clock(self) -> float:
        return self.now


class Operand:
    """The left side of a product."""

    dtype = np.dtype(np.float32)

    def __init__(self, blas: Blas, result: dict[int, float] | None = None) -> None:
        self.blas, self.result = blas, result or {}

    def __len__(self) -> int:
        return 1

    def dot(self, b: Any, out: Any) -> None:
        self.blas.now += self.blas.cold + (ALONE if self.blas.threads == 1 else self.blas.helped)
        self.blas.cold = 0.0
        self.blas.products += 1
        if out is not None:
            out[...] = self.result[self.blas.threads]


def multiply(blas: Blas, product: Divided, seconds: float) -> float:
    """Multiply again and again for some seconds; returns how many products that were, for each second."""
    a: Any = Operand(blas)
    nothing: Any = None
    began, before = blas.now, blas.products
    while blas.now < began + seconds:
        product(a, nothing, nothing)
        assert blas.threads == 1  # between products
    return (blas.products - before) / (blas.now - began)


@pytest.mark.parametrize(
    ("helped", "best"),
    [(0.6 * ALONE, 0.6 * ALONE), (0.97 * ALONE, ALONE), (1.3 * ALONE, ALONE), (50 * ALONE, ALONE)],
    ids=["quicker", "hardly quicker", "slower", "pushed aside"],
)
def test_products_are_nearly_as_quick_as_the_better_way(helped: float, best: float) -> None:
    blas = Blas(helped)
    product = Divided(blas, 2, blas.clock)
    multiply(blas, product, 5.0)
    assert multiply(blas, product, 60.0) > 0.97 / best


def test_a_first_product_that_takes_long_makes_no_help_look_quick() -> None:
    blas = Blas(1.3 * ALONE)
    product = Divided(blas, 2, blas.clock)
    blas.cold = 3 * ALONE
    assert multiply(blas, product, 1.0) > 0.95 / ALONE


def test_helpers_go_when_a_program_comes_and_come_when_it_goes() -> None:
    blas = Blas(0.6 * ALONE)
    product = Divided(blas, 2, blas.clock)
    multiply(blas, product, 2.0)
    assert product.helping
    blas.helped = 50 * ALONE
    began = blas.now
    while product.helping:
        multiply(blas, product, ALONE)
    assert blas.now - began < MOST + 2 * blas.helped  # what was gained, and one product more
    multiply(blas, product, 30.0)
    blas.helped = 0.6 * ALONE
    multiply(blas, product, LONGEST + FIRST)
    assert product.helping


def test_now_and_then_a_bad_product_drives_no_helper_away() -> None:
    blas = Blas(0.6 * ALONE)
    product = Divided(blas, 2, blas.clock)
    multiply(blas, product, 1.0)
    for _ in range(20):
        blas.helped = 10 * ALONE
        multiply(blas, product, ALONE)
        blas.helped = 0.6 * ALONE
        multiply(blas, product, 0.2)
    assert product.helping


@pytest.mark.parametrize("other", [1.0, 1.0 + 2**-23])
def test_a_product_whose_bits_change_is_not_divided(monkeypatch: pytest.MonkeyPatch, other: float) -> None:
    trainer = zoo_core.prepare(spec())
    blas = Blas(ALONE)
    operands = (Operand(blas, {1: 1.0, 2: other}), np.ones((1, 1)))
    monkeypatch.setattr(crews, "_examples", lambda dense, rows: {"multiply_forward": operands})
    crew = Crew(blas)
    crew.join(trainer.network, {100}, 2)
    assert crew.threads == (2 if other == 1.0 else 1)


def spec(**training: Any) -> dict[str, Any]:
    """Return a network with products that are worth to be divided, and a short last batch."""
    return {
        "data": {"name": "glyphs", "rows": 450, "test_rows": 50},
        "model": {
            "loss": "cross_entropy",
            "layers": [{"units": 96, "activation": "relu"}, {"units": 10, "activation": "softmax"}],
        },
        "optimizer": "sgd",
        "training": {"epochs": 2, "batch_size": 100, **training},
    }


def trained(monkeypatch: pytest.MonkeyPatch, processors: int) -> tuple[bytes, int]:
    """Train with helpers that always help, if there are any; returns the parameters, and how many there were."""
    monkeypatch.setattr(run, "processors", lambda: processors)
    monkeypatch.setattr(Divided, "_judge", lambda self, seconds, now: None)
    trainer = zoo_core.prepare(spec())
    events = list(zoo_core.follow(trainer))
    assert isinstance(events[0], Started)
    return trainer.network.parameters.tobytes(), events[0].helpers


def test_helpers_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, none = trained(monkeypatch, 1)
    helped, some = trained(monkeypatch, 2)
    assert none == 0
    if not some:
        pytest.skip("this BLAS keeps no product's bits, or is none that can be told its number of threads")
    assert helped == alone


def test_a_model_may_be_copied_and_pickled_while_it_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "processors", lambda: 2)
    trainer = zoo_core.prepare(spec())
    events = zoo_core.follow(trainer)
    assert any(isinstance(event, EpochEnded) for event in events)  # and the run goes on
    x = trainer.splits["test"].x[:9] / np.float32(255)
    networks = [trainer.network, copy.deepcopy(trainer.network), pickle.loads(pickle.dumps(trainer.network))]
    expected, *found = (next(network.infer(9, lambda which, _: x[which]))[2] for network in networks)
    for outputs in found:
        np.testing.assert_array_equal(outputs, expected)
    events.close()


def test_nobody_helps_where_another_run_holds_the_number_of_threads() -> None:
    blas = Blas(0.6 * ALONE)
    product = Divided(blas, 2, blas.clock)
    multiply(blas, product, 1.0)
    with blas_threads(1), blas_threads(1):
        assert multiply(blas, product, 1.0) == pytest.approx(1 / ALONE, rel=0.01)
    assert multiply(blas, product, 10.0) > 0.97 / (0.6 * ALONE)


def test_a_blas_that_has_one_thread_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "processors", lambda: 2)
    with blas_threads(1):
        events = list(zoo_core.follow(zoo_core.prepare(spec())))
    assert isinstance(events[0], Started)
    assert events[0].helpers == 0


def test_a_run_that_is_followed_twice_at_once_leaves_its_products_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "processors", lambda: 2)
    trainer = zoo_core.prepare(spec())
    first, second = zoo_core.follow(trainer), zoo_core.follow(trainer)
    next(first)
    next(second)
    first.close()
    second.close()
    dense = [stage.transform for stage in trainer.network.stages if isinstance(stage.transform, Dense)]
    assert all(layer.multiply_for_weights is np.ndarray.dot for layer in dense)


def test_products_are_tried_with_as_many_rows_as_batches_have() -> None:
    batches = Batches(250, 100, shuffle=False, rng=np.random.default_rng(0))
    assert batches.sizes == {100, 50}
    assert Batches(200, 100, shuffle=False, rng=np.random.default_rng(0)).sizes == {100}


@pytest.mark.parametrize("fixed", [{"threads": 1}, {"threads": 2}])
def test_a_number_that_a_user_fixes_has_no_helpers(monkeypatch: pytest.MonkeyPatch, fixed: dict[str, int]) -> None:
    monkeypatch.setattr(run, "processors", lambda: 2)
    for trainer in (zoo_core.prepare(spec(**fixed)), zoo_core.prepare(spec(), **fixed)):
        (started,) = [e for e in zoo_core.follow(trainer) if isinstance(e, Started)]
        assert (started.threads, started.helpers) == (fixed["threads"], 0)
