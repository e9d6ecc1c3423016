"""Updates of one long vector: whole, in blocks and in one compiled pass, by one thread and by two.

The ways take turns. Their vectors together are larger than most caches, as those of a training step are beside its
other arrays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from tests.benchmarks.tables import table
from zoo_core.basics import row_slices
from zoo_core.basics.workers import Pool
from zoo_core.parts import Layout, Optimizer
from zoo_core.registry import Registry
from zoo_core.training import _updates

NUMBERS = 671_754  # the parameters of 784-512-512-10
OPTIMIZERS = ("sgd", "adam", "rmsprop", "lion", "adan", "nadam", "ftrl")
WARM_UP = 8  # steps that do not count: a loop is compiled in them
THREADS = (1, 2)
Step = Callable[[], float]


def updates(rounds: int) -> Iterator[str]:
    """Measure the step of each optimizer in each way, and yield the lines of a Markdown table, in microseconds."""
    registry = Registry()
    yield f"\n### The update of {NUMBERS:,} numbers, microseconds\n"
    rows = [[name, *_times(lambda n=name: registry.get("optimizer", n)(), rounds)] for name in OPTIMIZERS]
    ways = [f"{way}, {threads} thread{'s' * (threads > 1)}" for way in ("blocks", "fused") for threads in THREADS]
    yield from table([["optimizer", "whole", *ways], *rows])


def _times(make: Callable[[], Optimizer], rounds: int) -> list[str]:
    pools = [Pool(threads) for threads in THREADS]
    ways = [_step(make()), *(_step(make(), pool, fused=fused) for fused in (False, True) for pool in pools)]
    for _ in range(WARM_UP):
        for step in ways:
            step()
    turns = [[step() for step in ways] for _ in range(10 * rounds)]
    for pool in pools:
        pool.close()
    return [f"{median(seconds) * 1e6:,.0f}" for seconds in zip(*turns, strict=True)]


def _step(part: Optimizer, pool: Pool | None = None, *, fused: bool = False) -> Step:
    """Return a function that takes a step and returns its seconds; without a pool the step is whole."""
    layout = Layout.of({"weights": (NUMBERS,)}, np.float32)
    part.start(layout)
    parameters, gradients = layout.vector(), layout.vector()
    drawn = np.random.default_rng(1).normal(0, 1, NUMBERS).astype(np.float32)
    blocks = list(row_slices(NUMBERS, _updates.BLOCK_BYTES // layout.dtype.itemsize))
    update = _updates.BlockUpdates(part, blocks, pool, fused=fused).update if pool is not None else part.update

    def step() -> float:
        gradients[...] = drawn
        part.steps += 1
        began = time.perf_counter()
        update(parameters, gradients, 1e-3, None)  # type: ignore[arg-type]
        return time.perf_counter() - began

    return step
