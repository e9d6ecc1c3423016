"""A data set on disk, read through a memory map while it is trained on, next to the same rows in memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np

import zoo_core
from tests.benchmarks.contenders.zoo import spec
from tests.benchmarks.pool import pool, take_turns
from tests.benchmarks.results import Measured, Result
from tests.benchmarks.status import megabytes
from tests.benchmarks.workloads import A
from zoo_core.data.folder import DataFolder
from zoo_core.events import EpochEnded
from zoo_core.parts import Data, Dataset, Table

INPUTS = 1_024
QUICK_BYTES, BYTES = 256 * 2**20, 4 * 2**30
PIECE = 4_096  # rows written at a time
MODES = {"memory": "zoo, rows in memory", "disk": "zoo, rows on disk"}


@dataclass
class BenchmarkFile(Dataset):
    """Rows of bytes in an .npy file."""

    name = "benchmark_file"
    path: str = ""
    mapped: bool = True

    def load(self, folder: DataFolder) -> Data:
        """Map the file, or read it."""
        x = np.load(self.path, mmap_mode="r" if self.mapped else None)
        return Data(Table(x, np.arange(len(x)) % 10), preparation="pixels")


def streaming(*, rounds: int, seconds: float, full: bool, keys: Iterable[str] = ()) -> Result:
    """Train an epoch from each, in turns."""
    size = BYTES if full else QUICK_BYTES
    peaks: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "rows.npy", size // INPUTS)

        def turn() -> dict[tuple[str, int], float]:
            times = {}
            for mode in MODES:
                with pool(["zoo"], [1]) as found:
                    ask = found.processes[0].ask
                    times[mode, 1], peaks[mode] = ask(
                        "call", function="tests.benchmarks.streaming:train", path=str(path), mapped=mode == "disk"
                    )
            return times

        times = take_turns(turn, rounds, seconds)
    measured = [Measured(m, MODES[m], n, values, peak_mb=peaks[m]) for (m, n), values in times.items()]
    title = f"A data set of {size / 1e9:.2g} GB, {size // INPUTS:,} rows (memory without mapped files)"
    return Result(title, measured, base="memory")


def write(path: Path, rows: int) -> Path:
    """Write a file of random bytes piece by piece."""
    file = np.lib.format.open_memmap(path, "w+", np.uint8, (rows, INPUTS))
    rng = np.random.default_rng(4)
    for start in range(0, rows, PIECE):
        file[start : start + PIECE] = rng.integers(0, 256, file[start : start + PIECE].shape, np.uint8)
    file.flush()
    return path


def train(path: str, mapped: bool) -> tuple[float, float]:
    """Train one epoch by the public road; return its seconds, and the memory held at its end in MB.

    Pages of mapped files, which the system takes back when it needs them, do not count.
    """
    registry = zoo_core.Registry()
    registry.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: [BenchmarkFile])), "benchmarks")
    work = spec(A)
    for layer in work["model"]["layers"]:
        del layer["initializer"]
    work |= {"data": {"name": "benchmark_file", "path": path, "mapped": mapped}}
    work["training"]["epochs"] = 1
    trainer = zoo_core.prepare(work, registry=registry)
    began = time.perf_counter()
    for event in zoo_core.follow(trainer):
        if isinstance(event, EpochEnded):
            break
    return time.perf_counter() - began, megabytes("RssAnon")
