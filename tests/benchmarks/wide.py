"""Tables of many columns: what is done for each of them takes time in proportion to their number."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tests.benchmarks.pool import take_turns
from tests.benchmarks.results import Measured, Result
from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.features import read_features
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.spec.from_csv import guess

ROWS, COLUMNS = 60, 4000
TITLES = {
    "loop": f"csv.reader and float, {ROWS} rows of {COLUMNS:,} columns",
    "guess": "the same table, a first spec",
    "some": "one row of 4,000 columns, read and predicted from",
    "many": "one row of 40,000 columns, read and predicted from",
}


def wide(*, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Measure in turns. The first spec takes some 4 times the loop, and 40,000 columns 10 times as long as 4,000."""
    with TemporaryDirectory() as folder:
        calls = ways(write(Path(folder) / "t.csv"))
        times = take_turns(lambda: {(way, 1): clocked(call) for way, call in calls.items()}, rounds, seconds)
    measured = [Measured(way, TITLES[way], n, values) for (way, n), values in times.items()]
    return Result("Wide tables", measured, base="loop")


def write(path: Path) -> Path:
    """Write a wide table of measurements."""
    values = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).round(3)
    rows = "".join(",".join(map(str, row)) + f",{'ab'[i % 2]}\n" for i, row in enumerate(values.tolist()))
    path.write_text(",".join([*(f"g{i}" for i in range(COLUMNS)), "y"]) + "\n" + rows)
    return path


def clocked(call: Callable[[], Any]) -> float:
    """Return the seconds of the processor that a call takes."""
    began = time.process_time()
    call()
    return time.process_time() - began


def ways(path: Path) -> dict[str, Callable[[], Any]]:
    """Return what is measured."""

    def loop() -> None:
        with path.open(newline="") as file:
            _ = [list(map(float, row[:-1])) for row in islice(csv.reader(file), 1, None)]

    def read(columns: int) -> None:
        names = [f"c{i}" for i in range(columns)]
        text = ",".join(names) + "\n" + ",".join(["1"] * columns) + "\n"
        read_csv(io.StringIO(text), TableFormat())
        read_features(io.StringIO(text), names)

    return {"loop": loop, "guess": lambda: guess(path), "some": lambda: read(4000), "many": lambda: read(40_000)}
