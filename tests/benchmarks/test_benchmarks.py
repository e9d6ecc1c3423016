"""The benchmark is fair: all competitors do the same arithmetic, and its tables show everyone, also who is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import data, exports, kinds, pool, reading
from tests.benchmarks.contract import Competitor, competitor, why_absent
from tests.benchmarks.results import Measured, Result
from tests.benchmarks.tables import markdown
from tests.benchmarks.training import train
from tests.benchmarks.workloads import VARIANTS, WORKLOADS, A, C, Workload

PEERS = ("pytorch", "scikit-learn", "jax", "jax-scan", "thinc", "keras")
PEER = (pytest.mark.slow, pytest.mark.peers)
LEARNERS = ["zoo", *(pytest.param(key, marks=PEER) for key in PEERS)]


def small(work: Workload) -> Workload:
    """Return a workload of few steps, the last of them short, in a fixed order and without chance."""
    return replace(work, rows=max(5 * work.batch + work.batch // 2, 50), shuffle=False, dropout=0.0)


Make = Callable[[str, Workload], Competitor]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what makes a competitor ready, or skips where it cannot be here."""

    def make(key: str, work: Workload) -> Competitor:
        if why := why_absent(key, work, training=False):
            pytest.skip(f"{key}: {why}")
        for name, value in competitor(key).environment(1).items():
            monkeypatch.setenv(name, value)
        found = competitor(key)()
        found.prepare(work, 1)
        return found

    return make


def losses(one: Competitor, work: Workload) -> list[float]:
    """Return the loss before training and after each of two epochs."""
    x, y = data.training_rows(work)
    reached = [data.cross_entropy(one.probabilities(x), y)]
    for _ in range(2):
        one.epoch()
        reached.append(data.cross_entropy(one.probabilities(x), y))
    return reached


@pytest.mark.filterwarnings("default")  # what a peer warns about is no fault of ours
@pytest.mark.parametrize("name", [n for n in WORKLOADS | VARIANTS if n not in ("B", "A-batch-norm", "A-dropout")])
@pytest.mark.parametrize("key", LEARNERS)
def test_every_competitor_reaches_the_losses_of_a_plain_loop(key: str, name: str, made: Make) -> None:
    work = small((WORKLOADS | VARIANTS)[name])
    reached = losses(made(key, work), work)
    assert reached[2] < reached[1] < reached[0]
    # scikit-learn's and thinc's l2 differ a little: over the rows of the short batch, and on biases too.
    assert reached == pytest.approx(losses(made("numpy", work), work), rel=3e-4 if work.l2 else 2e-5)


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("key", ["jax", "jax-scan", "keras", "pytorch"])
def test_batch_norm_is_the_same_arithmetic(key: str, made: Make) -> None:
    work = small(VARIANTS["A-batch-norm"])
    peer = losses(made(key, work), work)
    # JAX's and Keras's running variance is the biased one, ours and PyTorch's is not.
    assert peer == pytest.approx(losses(made("zoo", work), work), rel=2e-5 if key == "pytorch" else 5e-3)


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.filterwarnings("default")
def test_onnx_runtime_predicts_the_same(made: Make) -> None:
    x, _ = data.rows(50, 784, 10)
    same = made("numpy", small(A)).probabilities(x)
    assert made("onnxruntime", small(A)).probabilities(x) == pytest.approx(same, rel=1e-4)


def test_products_alone_are_those_of_the_network(made: Make) -> None:
    floor = made("floor", small(A))
    floor.epoch()
    x, _ = data.rows(3, 784, 10)
    first, last = data.starting_weights(A)
    assert floor.probabilities(x) == pytest.approx(x @ first @ last, rel=1e-4, abs=1e-5)


def test_training_in_turns_gives_a_figure_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PAUSE", 0.0)
    result = train(small(C), rounds=2, seconds=60, keys=["zoo", "floor"])
    assert {m.key for m in result.measured} == {"zoo", "floor"}
    assert all(len(m.seconds) == 2 and min(m.seconds) > 0 for m in result.best())
    assert [m.loss is None for m in result.best()] == [False, True]


def test_a_table_takes_the_best_setting_and_ratios_within_rounds() -> None:
    ours = [Measured("zoo", "zoo", 1, [1.0, 2.0, 4.0], 0.5), Measured("zoo", "zoo", 2, [9.0, 9.0, 9.0], 0.5)]
    peer = Measured("peer", "Peer", 1, [2.0, 4.0, 12.0], 0.6)
    lines = markdown(Result("A", [*ours, peer], {"other": "is not installed"})).splitlines()
    assert lines[2] == "|  | threads: 1 | threads: 2 | time / zoo (quartiles) | loss reached |"
    assert lines[4] == "| zoo | 2 s | 9 s | 1 | 0.5000 |"
    assert lines[5] == "| Peer | 4 s |  | 2.00 (2.00 to 2.50) | 0.6000 |"
    assert lines[-1] == "Not in the table: other (is not installed)."


def test_a_setting_that_left_is_never_the_best() -> None:
    left = Measured("zoo", "zoo", 2, [0.5])
    stayed = Measured("zoo", "zoo", 1, [1.0, 1.0])
    assert Result("A", [left, stayed]).best() == [stayed]


def test_an_unknown_workload_is_refused() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "E"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 2
    assert "unknown: E (known: A, B, C, D," in done.stderr


def test_every_way_to_read_a_table_reads_it(tmp_path: Path) -> None:
    path = reading.write(tmp_path / "t.csv", 500)
    for way in reading.TITLES:
        seconds, megabytes = reading.read(str(path), way)
        assert seconds >= 0
        assert megabytes >= 0
    table = reading.ways(str(path))["zoo"]()
    np.testing.assert_array_equal(table.numbers, np.loadtxt(path, delimiter=",", skiprows=1))


def test_tables_of_all_kinds_are_read() -> None:
    assert len(list(kinds.kinds(1, rows=50))) == 2 + len(kinds.KINDS)


@pytest.mark.slow
def test_every_way_to_predict_a_row_answers(tmp_path):
    row = np.random.default_rng(1).uniform(0, 1, (1, exports.INPUTS)).astype(np.float32)
    for _, call in exports.calls(exports.example(), row, tmp_path):
        call()
