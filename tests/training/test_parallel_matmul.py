"""Extra threads change no bit, start if they save time, and stop if another program wants the processor."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.basics._blas import blas_threads
from zoo_core.data import Batches
from zoo_core.nn import Dense
from zoo_core.training import _parallel_matmul as parallel_matmul
from zoo_core.training._parallel_matmul import (
    MAX_BUDGET,
    MAX_PAUSE,
    MIN_PAUSE,
    QUIET_SECONDS,
    ParallelMatmul,
    SpeedMonitor,
    ThreadedProduct,
)
from zoo_core.training.events import EpochEnded, Started

ALONE = 1e-3  # seconds of a product


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Give BLAS two threads, whatever the environment and earlier tests have set."""
    with threadpool_limits(limits=2, user_api="blas"):
        yield


class Blas:
    """A BLAS and a clock: a product takes `helped` seconds on several threads, ALONE on one."""

    def __init__(self, helped: float) -> None:
        self.helped, self.now, self.threads = helped, 0.0, 1

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
        self.blas.now += ALONE if self.blas.threads == 1 else self.blas.helped
        if out is not None:
            out[...] = self.result[self.blas.threads]


class Steps:
    """Steps of one product, which take `rest` seconds more with extra threads."""

    def __init__(self, helped: float, rest: float = 0.0) -> None:
        self.blas, self.rest = Blas(helped), rest
        self.speed_monitor = SpeedMonitor(self.blas.clock)
        self._product = ThreadedProduct(self.blas, 2, self.speed_monitor)
        self._timed = self.speed_monitor.timed(self._step)

    def _step(self, more: float) -> None:
        a: Any = Operand(self.blas)
        nothing: Any = None
        self.blas.now += more + (self.rest if self.speed_monitor.enabled else 0.0)
        self._product(a, nothing, nothing)
        assert self.blas.threads == 1  # between products

    def one(self, more: float = 0.0) -> None:
        """Take one step, which takes `more` seconds longer."""
        self._timed(more)

    def go(self, seconds: float) -> float:
        """Take steps for some seconds; return the number of steps in a second."""
        began, count = self.blas.now, 0
        while self.blas.now < began + seconds:
            self.one()
            count += 1
        return count / (self.blas.now - began)


@pytest.mark.parametrize(
    ("helped", "best"),
    [(0.6 * ALONE, 0.6 * ALONE), (0.97 * ALONE, ALONE), (1.3 * ALONE, ALONE), (50 * ALONE, ALONE)],
    ids=["quicker", "hardly quicker", "slower", "pushed aside"],
)
def test_steps_are_nearly_as_fast_as_the_faster_way(helped: float, best: float) -> None:
    steps = Steps(helped)
    steps.go(5.0)
    assert steps.go(60.0) > 0.97 / best


def test_the_time_that_waiting_threads_cost_elsewhere_counts() -> None:
    steps = Steps(0.6 * ALONE, rest=0.5 * ALONE)
    steps.go(5.0)
    assert steps.go(60.0) > 0.97 / ALONE


def test_slow_first_steps_do_not_make_extra_threads_look_fast() -> None:
    steps = Steps(1.3 * ALONE)
    while steps.blas.now < QUIET_SECONDS:
        steps.one(2 * ALONE)
    steps.one(2 * ALONE)
    assert steps.go(1.0) > 0.95 / ALONE


def test_a_short_last_batch_does_not_stop_extra_threads() -> None:
    steps = Steps(0.6 * ALONE)
    for _ in range(60):
        steps.go(0.1)
        steps.one(-0.5 * ALONE)
    assert steps.go(30.0) > 0.97 / (0.6 * ALONE)


def test_extra_threads_stop_while_another_program_runs() -> None:
    steps = Steps(0.6 * ALONE)
    steps.go(2.0)
    assert steps.speed_monitor.enabled
    steps.blas.helped = 50 * ALONE
    began = steps.blas.now
    while steps.speed_monitor.enabled:
        steps.one()
    assert steps.blas.now - began < MAX_BUDGET + 2 * steps.blas.helped  # what was gained, and one product more
    steps.go(30.0)
    steps.blas.helped = 0.6 * ALONE
    steps.go(MAX_PAUSE + MIN_PAUSE)
    assert steps.speed_monitor.enabled


def test_a_rare_slow_product_does_not_stop_extra_threads() -> None:
    steps = Steps(0.6 * ALONE)
    steps.go(1.0)
    for _ in range(20):
        steps.blas.helped = 10 * ALONE
        steps.one()
        steps.blas.helped = 0.6 * ALONE
        steps.go(0.2)
    assert steps.speed_monitor.enabled


@pytest.mark.parametrize("other", [1.0, 1.0 + 2**-23])
def test_a_product_whose_bits_change_stays_on_one_thread(monkeypatch: pytest.MonkeyPatch, other: float) -> None:
    trainer = zoo_core.prepare(spec())
    blas = Blas(ALONE)
    operands = (Operand(blas, {1: 1.0, 2: other}), np.ones((1, 1)))
    monkeypatch.setattr(parallel_matmul, "_examples", lambda dense, rows: {"multiply_forward": operands})
    products = ParallelMatmul(blas)
    products.add_threads(trainer.network, {100}, 2)
    assert products.threads == (2 if other == 1.0 else 1)


def spec(**training: Any) -> dict[str, Any]:
    """Return a network with products that are worth dividing, and a short last batch."""
    return small_spec({"units": 96}, data={"rows": 450}, training={"batch_size": 100, **training})


def always(monitor: SpeedMonitor, step: Callable[..., Any]) -> Callable[..., Any]:
    """Use extra threads in every step."""
    monitor.enabled = True
    return step


def trained(monkeypatch: pytest.MonkeyPatch, processors: int) -> tuple[bytes, int]:
    """Train with extra threads in every step; return the parameters and the number of extra threads."""
    monkeypatch.setattr(parallel_matmul, "processors", lambda: processors)
    monkeypatch.setattr(SpeedMonitor, "timed", always)
    trainer = zoo_core.prepare(spec())
    events = list(zoo_core.follow(trainer))
    assert isinstance(events[0], Started)
    return trainer.network.parameters.tobytes(), events[0].extra_threads


def test_extra_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, none = trained(monkeypatch, 1)
    helped, some = trained(monkeypatch, 2)
    assert none == 0
    if not some:
        pytest.skip("this BLAS keeps no product's bits, or is none that can be told its number of threads")
    assert helped == alone


def test_a_model_may_be_copied_and_pickled_while_it_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_matmul, "processors", lambda: 2)
    trainer = zoo_core.prepare(spec())
    events = zoo_core.follow(trainer)
    assert any(isinstance(event, EpochEnded) for event in events)  # and the run goes on
    x = trainer.splits["test"].x[:9] / np.float32(255)
    networks = [trainer.network, copy.deepcopy(trainer.network), pickle.loads(pickle.dumps(trainer.network))]
    expected, *found = (next(network.infer(9, lambda which, _: x[which]))[2] for network in networks)
    for outputs in found:
        np.testing.assert_array_equal(outputs, expected)
    events.close()


@contextmanager
def another_run(number: int) -> Iterator[None]:
    """Hold the number of BLAS threads in another Python thread."""
    started, finished = threading.Event(), threading.Event()

    def hold() -> None:
        with blas_threads(number):
            started.set()
            finished.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    started.wait()
    yield
    finished.set()
    thread.join()


def test_no_extra_threads_while_another_run_holds_the_number() -> None:
    steps = Steps(0.6 * ALONE)
    steps.go(1.0)
    with blas_threads(1), another_run(1):
        assert steps.go(1.0) == pytest.approx(1 / ALONE, rel=0.01)
    assert steps.go(10.0) > 0.97 / (0.6 * ALONE)


def test_products_are_not_tried_while_another_run_multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    # the trial sets the number of threads of the whole process, and the other run would get other bits
    numbers: list[int] = []
    monkeypatch.setattr(parallel_matmul, "processors", lambda: 2)
    monkeypatch.setattr(parallel_matmul, "_find_blas", lambda: SimpleNamespace(set_num_threads=numbers.append))
    network = zoo_core.prepare(spec()).network
    with another_run(1), parallel_matmul.parallel_products(network, {100}, 1, extra=True) as products:
        assert products is None
    assert numbers == []
    with parallel_matmul.parallel_products(network, {100}, 1, extra=True):
        assert numbers


def test_a_blas_that_has_one_thread_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_matmul, "processors", lambda: 2)
    with blas_threads(1):
        events = list(zoo_core.follow(zoo_core.prepare(spec())))
    assert isinstance(events[0], Started)
    assert events[0].extra_threads == 0


def test_a_run_that_is_followed_twice_at_once_leaves_its_products_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_matmul, "processors", lambda: 2)
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
def test_a_number_that_a_user_fixes_gets_no_extra_threads(
    monkeypatch: pytest.MonkeyPatch, fixed: dict[str, int]
) -> None:
    monkeypatch.setattr(parallel_matmul, "processors", lambda: 2)
    for trainer in (zoo_core.prepare(spec(**fixed)), zoo_core.prepare(spec(), **fixed)):
        (started,) = [e for e in zoo_core.follow(trainer) if isinstance(e, Started)]
        assert (started.threads, started.extra_threads) == (fixed["threads"], 0)
