"""A spec to start from for a CSV file of one's own: what is to be predicted, from what, and how, is guessed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zoo_core.data.readers.csv import NUMBER, column_index, guess_delimiter, read_rows
from zoo_core.errors import DataError

MAX_CLASSES = 20  # whole numbers of more kinds are values, not labels
ROWS_A_CLASS = 5  # so many rows at least has each class on average
STRATIFIED = 7  # rows of the rarest class that every split gets some of
WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Columns:
    """A CSV file, column by column, as text; without a header the names are empty."""

    path: str
    delimiter: str
    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    def key(self, place: int) -> str | int:
        """Return what a spec calls a column: its name, or its index from 0."""
        return self.names[place] or place


@dataclass(frozen=True)
class Guess:
    """What a spec for a file would do; places are those of columns."""

    columns: Columns
    target: int
    task: Task
    features: tuple[int, ...]
    left_out: dict[int, str]  # columns that are no numbers, each with the reason

    @property
    def classes(self) -> int:
        """How many labels the target has."""
        return len({cell.strip() for cell in self.columns.cells[self.target]})

    @property
    def summary(self) -> str:
        """A line for the user."""
        rows, target = len(self.columns.cells[0]), self.columns.key(self.target)
        kinds = f", {self.classes} classes" if self.task == "classification" else ""
        return f"{self.task} of {target!r}{kinds}, from {len(self.features)} column(s) and {rows:,} rows"


def guess(path: Path, target: str | None = None, task: Task | None = None) -> Guess:
    """Look at a CSV file and return what a spec for it would do; `target` is by default the last column.

    Raises DataError for a file that is no CSV, has no such column, or no column of numbers to learn from.
    """
    columns = _read(path)
    place = _target(columns, target)
    cells = columns.cells[place]
    blank = next((row for row, cell in enumerate(cells, 1) if not cell.strip()), 0)
    if blank:
        raise DataError(f"{path}: row {blank}: the target, column {columns.key(place)!r}, is blank")
    if task == "regression" and (fault := _fault(cells)):
        raise DataError(f"{path}: column {columns.key(place)!r} has no values to predict: {fault}, not a number")
    others = {at: _fault(column) for at, column in enumerate(columns.cells) if at != place}
    features = tuple(at for at, fault in others.items() if not fault)
    if not features:
        raise DataError(f"{path}: no column but the target is of numbers alone; turn texts into numbers first")
    return Guess(columns, place, task or _task(cells), features, {at: why for at, why in others.items() if why})


def _read(path: Path) -> Columns:
    where, rows = read_rows(path)
    found = list(rows)
    for line, cells in found:
        if len(cells) != len(found[0][1]):
            raise DataError(f"{where}: line {line} has {len(cells)} cells, not {len(found[0][1])} as the first line")
    first, body = found[0][1], [cells for _, cells in found[1:]]
    header = _is_header(first, body)
    body = body if header else [first, *body]
    if not body:
        raise DataError(f"{where}: has a header, but no rows")
    names = tuple(cell.strip() if header else "" for cell in first)
    with path.open(encoding="utf-8-sig") as file:
        delimiter = guess_delimiter(file.readline())
    return Columns(str(path), delimiter, names, tuple(zip(*body, strict=True)))


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Tell names from values: none is a number, or one is not that stands above numbers."""
    numeric = [bool(NUMBER.fullmatch(cell)) for cell in first]
    columns = list(zip(*body, strict=True))
    above = [not number and not _fault(column) for number, column in zip(numeric, columns, strict=False)]
    return not any(numeric) or any(above)


def _target(columns: Columns, target: str | None) -> int:
    if target is None:
        return len(columns.names) - 1
    number = target not in columns.names and re.fullmatch(r"-?[0-9]+", target)
    return column_index(columns.names, int(target) if number else target, columns.path)


def _fault(cells: Sequence[str]) -> str:
    """Return why a column cannot be learnt from, or ''."""
    for row, cell in enumerate(cells, 1):
        if not NUMBER.fullmatch(cell):
            return f"row {row} is {cell.strip()[:20]!r}" if cell.strip() else f"row {row} is blank"
    return ""


def _task(cells: Sequence[str]) -> Task:
    """Guess: texts are labels, and so are whole numbers of few kinds; other numbers are values."""
    if not all(map(NUMBER.fullmatch, cells)):
        return "classification"
    kinds = len(set(cells))
    few = kinds <= min(MAX_CLASSES, len(cells) // ROWS_A_CLASS)
    return "classification" if few and all(map(WHOLE.fullmatch, cells)) else "regression"


def csv_spec(name: str, found: Guess) -> str:
    """Return the text of a spec, TOML, ready to train."""
    classes = found.task == "classification"
    loss, activation, units = ("cross_entropy", "softmax", found.classes) if classes else ("mse", "identity", 1)
    return SPEC.format(
        name=name, data="\n".join(_data(found)), loss=loss, activation=activation, units=units,
        metrics='["accuracy"]' if classes else '["rmse", "r2"]',
    )  # fmt: skip


def _data(found: Guess) -> list[str]:
    """Return the lines of `[data]` that depend on the file."""
    columns, counts = found.columns, Counter(map(str.strip, found.columns.cells[found.target]))
    lines = [f"path = {_toml(columns.path)}", f"target = {_toml(columns.key(found.target))}", f'task = "{found.task}"']
    if found.left_out:
        keys = ", ".join(_toml(columns.key(place)) for place in found.features)
        lines.append(f"features = [{keys}]")
    if columns.delimiter != ",":
        lines.append(f"delimiter = {_toml(columns.delimiter)}")
    if not any(columns.names):
        lines.append("header = false")
    if found.task == "classification" and min(counts.values()) >= STRATIFIED:
        lines.append("stratify = true                     # every split has the same share of each class")
    return lines


def _toml(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False)


SPEC = """#:schema zoo.schema.json
name = "{name}"
seed = 1

[data]
name = "csv"
{data}
preprocessor = "standard"             # (x - mean) / standard deviation, column by column
train = 0.7
validation = 0.15
test = 0.15

[model]
loss = "{loss}"

[[model.layers]]
units = 32
activation = "relu"
initializer = "he_normal"

[[model.layers]]
units = {units}
activation = "{activation}"

[optimizer]
name = "adam"
learning_rate = 3e-3

[training]
epochs = 200
batch_size = 32
metrics = {metrics}
early_stopping = {{ monitor = "validation_loss", patience = 20, restore = true }}
"""
