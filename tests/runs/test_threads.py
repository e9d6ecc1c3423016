"""The number of threads changes no bit of a model file, and nothing of the process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.basics.workers import Pool
from zoo_core.training.events import EpochEnded, Started


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Threads and the number of threads of BLAS are afterwards as they were."""
    with threadpool_limits(limits=2, user_api="blas"):
        threads, libraries = threading.active_count(), threadpool_info()
        yield
        assert (threading.active_count(), threadpool_info()) == (threads, libraries)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The threads that worked on blocks."""
    seen: set[int] = set()
    run = Pool.run

    def watched(pool: Pool, work: Callable[[int, int], object], count: int) -> None:
        def noted(block: int, worker: int) -> None:
            seen.add(threading.get_ident())
            end = time.monotonic() + (10 if pool.threads > 1 else 0)
            while len(seen) == 1 and time.monotonic() < end:
                time.sleep(0.001)  # on a busy machine a helper may need long until it takes its first block
            work(block, worker)

        run(pool, noted, count)

    monkeypatch.setattr(Pool, "run", watched)
    return seen


def wide(**training: Any) -> dict[str, Any]:
    """Return a spec whose products are large enough to be shared."""
    return small_spec({"units": 256}, data={"rows": 450}, training={"batch_size": 100, "epochs": 2, **training})


def trained(path: Path, run_zoo: Callable[..., Any], *options: Any) -> str:
    spec = path / "s.json"
    spec.write_text(json.dumps(wide()))
    assert run_zoo("train", str(spec), "-o", str(path / "m.npz"), "--force", "-q", *options)[0] == 0
    return hashlib.sha256((path / "m.npz").read_bytes()).hexdigest()


def test_a_file_is_the_same_with_every_number_of_threads(
    tmp_path: Path, run_zoo: Callable[..., Any], shared: set[int]
) -> None:
    alone = trained(tmp_path, run_zoo, "--threads", 1)
    assert shared == {threading.get_ident()}
    assert [trained(tmp_path, run_zoo, "--threads", number) for number in (2, 3, 4)] == [alone] * 3
    assert len(shared) > 1  # others took part
    assert trained(tmp_path, run_zoo) == alone


def test_a_run_may_go_on_with_another_number_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    spec, whole = wide(), tmp_path / "whole.npz"
    zoo_core.train(spec, output=whole)
    output = zoo_core.runs.Output(tmp_path / "m.npz")
    interval = zoo_core.training.Interval.parse("3steps")
    with output.lock():
        output.prepare(zoo_core.Spec.parse(spec).to_dict())
        events = zoo_core.follow(zoo_core.prepare(spec, threads=2), output, interval)
        for event in events:
            if isinstance(event, EpochEnded):
                break
        events.close()
    trainer = zoo_core.runs.prepare_resumed(output, threads=3)
    assert 0 < trainer.optimizer.steps < 10
    with output.lock():
        list(zoo_core.follow(trainer, output))
    assert (tmp_path / "m.npz").read_bytes() == whole.read_bytes()


def test_threads_share_products_and_sleep_while_the_user_has_the_events(shared: set[int]) -> None:
    before = threading.active_count()
    trainer = zoo_core.prepare(wide(), threads=2)
    for event in zoo_core.follow(trainer):
        if isinstance(event, Started):
            assert (event.threads, threading.active_count()) == (2, before)  # none is started before it is needed
    assert threading.active_count() == before
    assert len(shared) == 2


@pytest.mark.parametrize("how", ["close", "callback", "forget"])
def test_no_thread_remains_however_a_run_ends(how: str) -> None:
    events = zoo_core.follow(zoo_core.prepare(wide(epochs=3), threads=3))
    for event in events:
        if isinstance(event, EpochEnded):
            break
    if how == "callback":
        with pytest.raises(RuntimeError):
            events.throw(RuntimeError("from the user"))  # type: ignore[attr-defined]
    elif how == "close":
        events.close()  # type: ignore[attr-defined]
    del events  # the fixture counts the threads


def test_small_networks_start_no_thread(shared: set[int]) -> None:
    list(zoo_core.follow(zoo_core.prepare(small_spec(), threads=4)))
    assert shared == set()


def test_the_spec_may_name_the_number_and_an_argument_comes_before_it() -> None:
    spec = small_spec(training={"threads": 3})
    assert zoo_core.prepare(spec).pool.threads == 3
    assert zoo_core.prepare(spec, threads=2).pool.threads == 2


@pytest.mark.parametrize("rows", [1, 100, 600])
def test_predictions_have_the_same_bits_with_every_number_of_threads(rows: int, shared: set[int]) -> None:
    model = zoo_core.prepare(wide()).model
    x, found = np.random.default_rng(0).integers(0, 256, (rows, 784)), set[bytes]()
    for number in (1, 2, 4):
        model.network.share_products(Pool(number))
        found.add(model.outputs(x).tobytes())
        assert model.evaluate(x, np.zeros(rows, int))
    assert len(found) == 1
    assert bool(shared) == (rows > 1)  # who helps depends on which processors are free


def test_a_model_may_predict_from_a_callback_of_its_own_run() -> None:
    trainer = zoo_core.prepare(wide(), threads=2)
    x = trainer.splits["test"].x
    for event in zoo_core.follow(trainer):
        if isinstance(event, EpochEnded):
            assert trainer.model.predict(x).shape == (50,)
    assert trainer.network.parameters.tobytes() == zoo_core.train(wide()).network.parameters.tobytes()


@pytest.mark.slow
def test_the_interpreter_may_end_in_the_middle_of_a_run() -> None:
    code = """
        import json, sys, zoo_core
        events = zoo_core.follow(zoo_core.prepare(json.loads(sys.argv[1]), threads=2))
        while not isinstance(next(events), zoo_core.training.events.EpochEnded): pass
    """
    command = [sys.executable, "-c", textwrap.dedent(code), json.dumps(wide())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
