"""Reading text tables of several kinds, 200,000 rows each, next to Python's `csv.reader` alone, in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.benchmarks.reading import COLUMNS, ROWS, ways
from tests.benchmarks.tables import seconds, table

Columns = list[list[str]]
Random = np.random.Generator
WORDS = ("setosa", "versicolor", "virginica", "New York")


def numbers(random: Random, rows: int, count: int = COLUMNS, form: str = "%.6g") -> Columns:
    """Return columns of numbers as texts."""
    return [[form % value for value in random.normal(size=rows)] for _ in range(count)]


def words(random: Random, rows: int, texts: tuple[str, ...] = WORDS, count: int = 1) -> Columns:
    """Return columns of some texts."""
    return [[texts[i] for i in random.integers(0, len(texts), rows)] for _ in range(count)]


def gaps(random: Random, rows: int) -> Columns:
    """Return columns of numbers of which a tenth is missing."""
    return [["NA" if random.random() < 0.1 else cell for cell in column] for column in numbers(random, rows)]


def dates(random: Random, rows: int) -> Columns:
    """Return a column of dates."""
    return [list(map(str, np.datetime64("2000-01-01") + random.integers(0, 9000, rows)))]


KINDS: dict[str, Callable[[Random, int], Columns]] = {
    "numbers of six digits": numbers,
    "of 17 digits": lambda random, rows: numbers(random, rows, form="%.17g"),
    "with exponents": lambda random, rows: numbers(random, rows, form="%.3e"),
    "whole numbers to 999": lambda random, rows: [
        list(map(str, random.integers(0, 1000, rows).tolist())) for _ in range(COLUMNS)
    ],
    "a tenth missing, as NA": gaps,
    "in quotes": lambda random, rows: [[f'"{cell}"' for cell in column] for column in numbers(random, rows)],
    "19 numbers and a label": lambda random, rows: [*numbers(random, rows, 19), *words(random, rows)],
    "18 numbers and 2 dates": lambda random, rows: [
        *numbers(random, rows, 18),
        *dates(random, rows),
        *dates(random, rows),
    ],
    "10 numbers and 10 categories": lambda random, rows: [*numbers(random, rows, 10), *words(random, rows, count=10)],
    "10 numbers and 10 times true or false": lambda random, rows: [
        *numbers(random, rows, 10),
        *words(random, rows, ("True", "False"), 10),
    ],
}


def kinds(rounds: int, rows: int = ROWS) -> Iterator[str]:
    """Yield the lines of a table: the processor time of each way at its best, in turns."""
    lines = [["200,000 rows of 20 cells", "csv.reader", "zoo, typed columns", "ratio"]]
    with TemporaryDirectory() as folder:
        for title, make in KINDS.items():
            path = write(Path(folder) / "t.csv", make(np.random.default_rng(0), rows))
            split, own = best(str(path), rounds)
            lines.append([title, seconds(split), seconds(own), f"{own / split:.2f}"])
    yield from table(lines)


def write(path: Path, columns: Columns) -> Path:
    """Write a table."""
    with path.open("w") as file:
        file.write(",".join(f"x{i}" for i in range(len(columns))) + "\n")
        file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))
    return path


def best(path: str, rounds: int) -> list[float]:
    """Return the least processor time of `csv.reader` and of typed columns."""
    found: list[list[float]] = [[], []]
    for _ in range(rounds):
        for times, way in zip(found, ("csv", "columns"), strict=True):
            began = time.process_time()
            ways(path)[way]()
            times.append(time.process_time() - began)
    return list(map(min, found))
