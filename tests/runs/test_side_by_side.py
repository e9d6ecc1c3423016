"""The process belongs to the user: runs side by side, forks and threads keep bits, and leave nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import zoo_core
from zoo_core.model import Model, _proof
from zoo_core.training import Trainer

SPEC = {
    "name": "side",
    "data": {"name": "glyphs", "train": ":600", "validation": "600:700"},
    "model": {"loss": "cross_entropy", "layers": [{"units": 64}, {"units": 10, "activation": "softmax"}]},
    "optimizer": "adam",
    "training": {"epochs": 3, "batch_size": 100},
}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Give BLAS two threads, whatever the environment has set."""
    with threadpool_limits(limits=2, user_api="blas"):
        yield


def blas_number() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def prepare(threads: int) -> Trainer:
    return zoo_core.prepare(SPEC, threads=threads)


def parameters(trainer: Trainer) -> np.ndarray:
    for _ in zoo_core.follow(trainer):
        pass
    return trainer.network.parameters


def take_turns(first: Trainer, second: Trainer) -> None:
    for _ in zip_longest(zoo_core.follow(first), zoo_core.follow(second)):
        assert blas_number() == [2], "between two events the number of threads is that of the user"


def in_threads(first: Trainer, second: Trainer) -> None:
    runs = [threading.Thread(target=parameters, args=[trainer]) for trainer in (first, second)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()


def test_between_two_events_numpy_treats_errors_as_the_user_says() -> None:
    with np.errstate(over="raise", divide="warn", invalid="print"):
        said = np.geterr()
        runs = [zoo_core.follow(prepare(1)) for _ in "12"]
        for _ in zip_longest(*runs):  # the first ends before the second, as it began
            assert np.geterr() == said
        assert np.geterr() == said


def within(first: Trainer, second: Trainer) -> None:
    for _ in zoo_core.follow(first):
        parameters(second) if not second.position.epoch else None


@pytest.mark.parametrize("together", [take_turns, in_threads, within])
@pytest.mark.parametrize("numbers", [(1, 2), (1, 1)])
def test_runs_side_by_side_have_the_bits_that_they_have_alone(
    together: Callable[[Trainer, Trainer], None], numbers: tuple[int, int]
) -> None:
    alone = parameters(prepare(1))
    first, second = map(prepare, numbers)
    together(first, second)
    np.testing.assert_array_equal(first.network.parameters, alone)
    np.testing.assert_array_equal(second.network.parameters, alone)
    assert blas_number() == [2]


def test_runs_that_begin_at_the_same_time_have_the_bits_that_they_have_alone() -> None:
    alone = zoo_core.train(SPEC).network.parameters
    found: list[np.ndarray] = []

    def run_twice() -> None:
        found.extend(zoo_core.train(SPEC).network.parameters for _ in "12")

    runs = [threading.Thread(target=run_twice) for _ in "1234"]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [np.array_equal(parameters, alone) for parameters in found] == [True] * 8


def test_while_a_file_is_compared_with_its_model_blas_has_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # products of few rows with large weights have other bits with two threads
    outputs, seen = _proof._stage_outputs, list[int]()

    def watched(model: Model, x: np.ndarray) -> Iterator[object]:
        seen.extend(blas_number())
        return outputs(model, x)

    monkeypatch.setattr(_proof, "_stage_outputs", watched)
    zoo_core.prepare(SPEC).model.save(tmp_path / "m.npz")
    assert seen == [1, 1]
    assert blas_number() == [2]


def test_the_number_of_threads_of_blas_matters_for_this_network() -> None:
    x, weights = np.random.default_rng(0).standard_normal((2, 784, 784), np.float32)
    found = []
    for number in (1, 2):
        with threadpool_limits(limits=number, user_api="blas"):
            found.append(x[:100].dot(weights[:, :64]).tobytes())
    if found[0] == found[1]:
        pytest.skip("this BLAS has the same bits with two threads, so the tests above could not notice them")


@pytest.mark.parametrize("work", ["predict", "evaluate"])
def test_predicting_leaves_the_number_of_threads_as_it_was(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, x, seen = zoo_core.load("glyphs-quickstart"), np.zeros((9, 784), np.uint8), list[int]()
    infer = model.network.infer
    monkeypatch.setattr(model.network, "infer", lambda *given: seen.extend(blas_number()) or infer(*given))
    getattr(model, work)(*([x] if work == "predict" else [x, np.zeros(9, int)]))
    assert (seen, blas_number()) == ([1], [2])


def test_a_run_that_is_left_gives_the_number_back() -> None:
    events = zoo_core.follow(prepare(1))
    next(events)
    next(events)
    assert blas_number() == [2]
    events.close()
    assert blas_number() == [2]


FORK = """
    import os, sys, threading, time
    import numpy as np
    import zoo_core
    model, x = zoo_core.load("glyphs-quickstart"), np.zeros((1200, 784), np.uint8)
    trainer = zoo_core.prepare("glyphs-quickstart")
    def work():
        while True:
            {work}
    threading.Thread(target=work, daemon=True).start()
    time.sleep(0.2)
    for _ in range(5):
        child = os.fork()
        if child == 0:
            zoo_core.load("glyphs-quickstart").predict(x[:2])
            model.predict(x)
            next(zoo_core.follow(trainer))
            os._exit(0)
        time.sleep(0.03)
        for _ in range(400):
            done, status = os.waitpid(child, os.WNOHANG)
            if done: break
            time.sleep(0.05)
        else:
            os.kill(child, 9)
            sys.exit("a child waits for ever")
        assert status == 0, status
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("work", ["model.predict(x)", "for e in zoo_core.follow(trainer): pass", "zoo_core.Registry()"])
def test_a_fork_while_another_thread_works_waits_for_nothing(work: str) -> None:
    code = textwrap.dedent(FORK).replace("{work}", work)
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
