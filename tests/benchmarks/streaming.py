"""A data set on disk, read row by row while it is trained on, next to the same rows in memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np

import zoo_core
from tests.benchmarks.competitors.zoo import spec
from tests.benchmarks.pool import pool, take_turns
from tests.benchmarks.results import Measured, Result
from tests.benchmarks.status import megabytes
from tests.benchmarks.workloads import A
from zoo_core.data import DataFolder
from zoo_core.parts import Data, Dataset, Table
from zoo_core.training.events import EpochEnded

INPUTS = 1_024
QUICK_BYTES, BYTES = 256 * 2**20, 4 * 2**30
PIECE = 4_096  # rows written at a time
MODES = {"memory": "zoo, rows in memory", "disk": "zoo, rows on disk"}


@dataclass
class BenchmarkFile(Dataset):
    """Rows of bytes, and their labels, in two .npy files that are read into memory."""

    name = "benchmark_file"
    inputs: str = ""
    targets: str = ""

    def load(self, folder: DataFolder) -> Data:
        """Read them."""
        return Data(Table(np.load(self.inputs), np.load(self.targets)), preprocessor="pixels")


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
                        "call", function="tests.benchmarks.streaming:train", path=str(path), disk=mode == "disk"
                    )
            return times

        times = take_turns(turn, rounds, seconds)
    measured = [Measured(m, MODES[m], n, values, peak_mb=peaks[m]) for (m, n), values in times.items()]
    title = f"A data set of {size / 1e9:.2g} GB, {size // INPUTS:,} rows (peak memory of the whole process)"
    return Result(title, measured, base="memory")


def write(path: Path, rows: int) -> Path:
    """Write a file of random bytes piece by piece, and their labels beside it."""
    np.save(labels(path), np.arange(rows) % 10)
    file = np.lib.format.open_memmap(path, "w+", np.uint8, (rows, INPUTS))
    rng = np.random.default_rng(4)
    for start in range(0, rows, PIECE):
        file[start : start + PIECE] = rng.integers(0, 256, file[start : start + PIECE].shape, np.uint8)
    file.flush()
    return path


def labels(path: Path) -> Path:
    """Return where the labels of a file lie."""
    return path.with_name("labels.npy")


def train(path: str, disk: bool) -> tuple[float, float]:
    """Train one epoch by the public road; return its seconds, and the most memory that the process ever held, in MB."""
    registry = zoo_core.Registry()
    registry.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: [BenchmarkFile])), "benchmarks")
    work = spec(A)
    for layer in work["model"]["layers"]:
        del layer["initializer"]
    name = "npy" if disk else "benchmark_file"
    work |= {"data": {"name": name, "inputs": path, "targets": str(labels(Path(path)))}}
    work["training"]["epochs"] = 1
    trainer = zoo_core.prepare(work, registry=registry)
    began = time.perf_counter()
    for event in zoo_core.follow(trainer):
        if isinstance(event, EpochEnded):
            break
    return time.perf_counter() - began, megabytes("VmHWM")
