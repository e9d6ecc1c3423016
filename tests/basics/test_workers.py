"""A pool works on each block once, whoever helps; it survives errors, forks and its owner, and leaves no thread."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from zoo_core.basics.workers import Pool, default_threads, processors


@pytest.fixture(autouse=True)
def no_thread_remains() -> Iterator[None]:
    before = threading.active_count()
    yield
    gc.collect()
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.001)
    assert threading.active_count() == before


def slow(pool: Pool, count: int) -> list[tuple[int, int]]:
    """Return the blocks and their workers of blocks that let other threads work meanwhile."""
    found: list[tuple[int, int]] = []

    def work(block: int, worker: int) -> None:
        time.sleep(0.002)
        found.append((block, worker))

    pool.run(work, count)
    return found


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_each_block_is_worked_on_once_and_several_threads_share_them(threads: int, count: int) -> None:
    with Pool(threads) as pool:
        for _ in range(3):
            found = slow(pool, count)
            assert sorted(block for block, _ in found) == list(range(count))
            assert {worker for _, worker in found} <= set(range(threads))
        if count == 12:
            assert len({worker for _, worker in found}) == min(threads, count)


def test_many_short_runs_lose_no_block() -> None:
    with Pool(3) as pool:
        counts = np.zeros(5, int)

        def work(block: int, worker: int) -> None:
            counts[block] += 1

        for _ in range(3_000):
            pool.run(work, 5)
    assert counts.tolist() == [3_000] * 5


def test_no_two_threads_have_the_same_number_at_a_time() -> None:
    busy, twice = set[int](), list[int]()

    def work(block: int, worker: int) -> None:
        twice.extend([worker] if worker in busy else [])
        busy.add(worker)
        time.sleep(0.001)
        busy.remove(worker)

    with Pool(4) as pool:
        pool.run(work, 40)
    assert not twice


def test_one_thread_or_one_block_starts_no_helper() -> None:
    before = threading.active_count()
    with Pool(1) as alone, Pool(4) as several:
        slow(alone, 4)
        slow(several, 1)
        assert threading.active_count() == before


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("bad", [0, 1, 7])
def test_an_error_in_a_block_is_raised_once_and_the_pool_goes_on(threads: int, bad: int) -> None:
    def work(block: int, worker: int) -> None:
        time.sleep(0.001)
        if block == bad:
            raise ValueError(f"block {block}")

    with Pool(threads) as pool:
        with pytest.raises(ValueError, match=f"^block {bad}$"):
            pool.run(work, 8)
        assert len(slow(pool, 8)) == 8


def test_no_block_begins_after_an_error() -> None:
    begun: list[int] = []

    def work(block: int, worker: int) -> None:
        begun.append(block)
        raise ValueError("none")

    with Pool(2) as pool, pytest.raises(ValueError, match="none"):
        pool.run(work, 1_000)
    assert len(begun) <= 2


def test_after_an_error_between_two_blocks_nobody_works_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work: list[int] = []

    def work(block: int, worker: int) -> None:
        at_work.append(block)
        if worker == 0:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)
        at_work.remove(block)

    with Pool(2) as pool:
        with pytest.raises(KeyboardInterrupt):
            pool.run(work, 100)
        assert len(at_work) <= 1  # the block that was interrupted itself
        assert len(slow(pool, 4)) == 4


def test_an_interrupt_while_the_caller_waits_for_a_helper_waits_for_its_block() -> None:
    ended: list[int] = []

    def work(block: int, worker: int) -> None:
        if worker:
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
            ended.append(block)
        else:
            time.sleep(0.02)  # so that the helper gets a block

    with Pool(2) as pool:
        with pytest.raises(KeyboardInterrupt):
            pool.run(work, 2)
        assert len(ended) == 1


def test_a_call_from_inside_of_a_block_works_alone() -> None:
    found: list[tuple[int, int]] = []
    with Pool(3) as pool:
        pool.run(lambda block, worker: found.extend(slow(pool, 3)), 4)
    assert sorted(found) == sorted([(block, 0) for block in range(3)] * 4)


def test_threads_that_use_one_pool_at_once_all_get_their_blocks() -> None:
    found: list[list[tuple[int, int]]] = []
    with Pool(2) as pool:
        callers = [threading.Thread(target=lambda: found.append(slow(pool, 6))) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert [sorted(block for block, _ in blocks) for blocks in found] == [list(range(6))] * 4


def test_a_closed_pool_has_no_thread_and_starts_anew() -> None:
    before, pool = threading.active_count(), Pool(3)
    slow(pool, 6)
    assert threading.active_count() == before + 2
    pool.close()
    pool.close()
    assert threading.active_count() == before
    assert len({worker for _, worker in slow(pool, 6)}) > 1
    pool.close()


def test_a_pool_that_is_forgotten_leaves_no_thread() -> None:
    slow(Pool(3), 6)  # the fixture sees that its threads end


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda pool: pickle.loads(pickle.dumps(pool))])
def test_a_copy_has_helpers_of_its_own(copied: object) -> None:
    with Pool(2) as pool:
        slow(pool, 2)
        with copied(pool) as other:  # type: ignore[operator]
            assert other.threads == 2
            assert len(slow(other, 4)) == 4


def test_helpers_give_no_warnings_of_floating_point_errors() -> None:
    seen: list[str] = []

    def work(block: int, worker: int) -> None:
        time.sleep(0.002)
        if worker:
            seen.append(np.geterr()["over"])

    with Pool(2) as pool:
        pool.run(work, 6)
    assert set(seen) == {"ignore"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("in_use", [False, True])
def test_a_forked_process_has_helpers_of_its_own(in_use: bool) -> None:
    code = """
        import os, sys, threading, time
        from zoo_core.basics.workers import Pool
        pool, ended = Pool(2), threading.Event()
        def work(block, worker):
            found.add(worker)
            time.sleep(0.02)
        found = set()
        pool.run(work, 4)
        if sys.argv[1] == "True":
            other = threading.Thread(target=pool.run, args=[lambda *_: ended.wait(), 2])
            other.start()
            time.sleep(0.05)
        child = os.fork()
        if child == 0:
            found.clear()
            pool.run(work, 4)
            pool.close()
            os._exit(len(found))
        ended.set()
        assert os.waitpid(child, 0)[1] == 2 << 8
        found.clear()
        pool.run(work, 4)
        assert found == {0, 1} or sys.argv[1] == "True", found
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(in_use)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")  # it also ends though helpers sleep


def test_by_default_there_are_at_most_four_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo_core.basics.workers.processors", lambda: 64)
    assert default_threads() == 4
    monkeypatch.undo()
    assert 1 <= default_threads() <= processors()
