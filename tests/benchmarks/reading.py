"""Reading a text table of 200,000 rows of 20 numbers, 36 MB, next to Python's `csv.reader` alone, and pandas."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tests.benchmarks.pool import pool, take_turns
from tests.benchmarks.results import Measured, Result
from tests.benchmarks.status import megabytes
from zoo_core.data.readers.columns import read_columns
from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.table_format import TableFormat

ROWS, COLUMNS = 200_000, 20
TITLES = {
    "csv": "csv.reader alone",
    "zoo": "zoo, one matrix",
    "columns": "zoo, typed columns",
    "pandas": "pandas.read_csv",
}


def reading(*, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Read the table in each way, each time in a process of its own."""
    peaks: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "rows.csv", ROWS)

        def turn() -> dict[tuple[str, int], float]:
            times = {}
            for way in TITLES:
                with pool(["zoo"], [1]) as found:
                    ask = found.processes[0].ask
                    times[way, 1], peaks[way] = ask(
                        "call", function="tests.benchmarks.reading:read", path=str(path), way=way
                    )
            return times

        times = take_turns(turn, rounds, seconds)
        size = path.stat().st_size
    measured = [Measured(way, TITLES[way], n, values, peak_mb=peaks[way]) for (way, n), values in times.items()]
    matrix = ROWS * COLUMNS * 8 / 1e6
    title = f"Reading {size / 1e6:.0f} MB of text, a matrix of {matrix:.0f} MB (memory that reading adds at most)"
    return Result(title, measured, base="csv")


def write(path: Path, rows: int) -> Path:
    """Write a table of random numbers of six digits."""
    names = ",".join(f"x{i}" for i in range(COLUMNS))
    np.savetxt(path, np.random.default_rng(0).normal(size=(rows, COLUMNS)), "%.6g", ",", header=names, comments="")
    return path


def read(path: str, way: str) -> tuple[float, float]:
    """Read the table; return the seconds of the processor, and by how many MB the peak of memory grew."""
    call, before = ways(path)[way], megabytes("VmHWM")
    began = time.process_time()
    kept = call()
    del kept
    return time.process_time() - began, megabytes("VmHWM") - before


def ways(path: str) -> dict[str, Callable[[], Any]]:
    """Return each way to read a table."""

    def split() -> None:
        with Path(path).open(newline="") as file:
            for _ in csv.reader(file):
                pass

    def pandas() -> Any:
        import pandas as pd

        return pd.read_csv(path)

    return {
        "csv": split, "zoo": lambda: read_csv(path), "columns": lambda: read_columns(path, TableFormat()),
        "pandas": pandas,
    }  # fmt: skip
