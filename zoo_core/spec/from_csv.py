"""A first spec for a CSV file: it guesses the target, the features and the task."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zoo_core.data.labels import is_whole_number
from zoo_core.data.readers.csv import column_index, guess_delimiter, is_number, read_rows
from zoo_core.errors import DataError

MAX_CLASSES = 20  # of a target of whole numbers; with more distinct ones it is a regression
ROWS_PER_CLASS = 5  # at least, on average, in a target of whole numbers
STRATIFIED_ROWS = 7  # of the rarest class, so that each split gets some

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Columns:
    """The columns of a CSV file, as text; without a header the names are empty."""

    path: str
    delimiter: str
    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # of the file, one for each row

    def key(self, column: int) -> str | int:
        """Return the name of a column in a spec, or its index from 0."""
        return self.names[column] or column

    def fault(self, column: int) -> str:
        """Return where a column has its first cell that is no number, and what to do about it, or ''."""
        for line, cell in zip(self.lines, self.cells[column], strict=True):
            if not is_number(cell):
                return f"line {line}, column {self.key(column)}: {_not_a_number(cell.strip())}"
        return ""


@dataclass(frozen=True)
class Guess:
    """Target, features and task for a file; columns are counted from 0."""

    columns: Columns
    target: int
    task: Task
    features: tuple[int, ...]
    left_out: dict[int, str]  # columns that are not numeric, with the reason

    @property
    def classes(self) -> int:
        """Number of distinct labels in the target."""
        return len({cell.strip() for cell in self.columns.cells[self.target]})

    @property
    def summary(self) -> str:
        """One line that says what was guessed."""
        rows, target = len(self.columns.cells[0]), self.columns.key(self.target)
        kinds = f", {self.classes} classes" if self.task == "classification" else ""
        return f"{self.task} of {target!r}{kinds}, from {len(self.features)} column(s) and {rows:,} rows"


def guess(path: Path, target: str | None = None, task: Task | None = None) -> Guess:
    """Guess target, features and task for a CSV file; `target` is by default the last column.

    Raises DataError if the file is no CSV, lacks the target, or has no numeric column beside it.
    """
    columns = _read_columns(path)
    column = _target_column(columns, target)
    cells = columns.cells[column]
    blank = next((row for row, cell in enumerate(cells, 1) if not cell.strip()), 0)
    if blank:
        raise DataError(f"{path}: row {blank}: the target, column {columns.key(column)!r}, is blank")
    if task == "regression" and (fault := columns.fault(column)):
        raise DataError(f"{path}: {fault}; a regression predicts numbers")
    faults = {i: columns.fault(i) for i in range(len(columns.names)) if i != column}
    features = tuple(i for i, fault in faults.items() if not fault)
    if not features:
        reasons = "; ".join(list(faults.values())[:3]) or "there is no other column"
        raise DataError(f"{path}: no column to predict from: {reasons}")
    left_out = {i: fault for i, fault in faults.items() if fault}
    return Guess(columns, column, task or _guess_task(cells), features, left_out)


def _read_columns(path: Path) -> Columns:
    """Read a CSV file whole. Raises DataError if a line has more or fewer cells than the first."""
    where, rows = read_rows(path)
    found = list(rows)
    for line, cells in found:
        if len(cells) != len(found[0][1]):
            raise DataError(f"{where}: line {line} has {len(cells)} cells, not {len(found[0][1])} as the first line")
    first = found[0][1]
    header = _is_header(first, [cells for _, cells in found[1:]])
    lines, body = zip(*found[header:], strict=True) if found[header:] else ((), ())
    if not body:
        raise DataError(f"{where}: has a header, but no rows")
    names = tuple(cell.strip() if header else "" for cell in first)
    with path.open(encoding="utf-8-sig") as file:
        delimiter = guess_delimiter(file.readline())
    return Columns(str(path), delimiter, names, tuple(zip(*body, strict=True)), lines)


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether the first line has names: it has no number, or a text above a column of numbers."""
    numeric = [is_number(cell) for cell in first]
    columns = list(zip(*body, strict=True))
    above = [not number and all(map(is_number, column)) for number, column in zip(numeric, columns, strict=False)]
    return not any(numeric) or any(above)


def _target_column(columns: Columns, target: str | None) -> int:
    """Return the target's column, from its name or its number."""
    if target is None:
        return len(columns.names) - 1
    number = target not in columns.names and re.fullmatch(r"-?[0-9]+", target)
    return column_index(columns.names, int(target) if number else target, columns.path)


def _not_a_number(cell: str) -> str:
    """Say what is wrong with a cell, and what to write in its place."""
    if not cell:
        return "the cell is blank; write a number, or leave the column out"
    point = cell.replace(",", ".")
    way_out = f"write {point}" if is_number(point) else "write a number, or leave the column out"
    return f"{json.dumps(cell[:20], ensure_ascii=False)} is not a number; {way_out}"


def _guess_task(cells: Sequence[str]) -> Task:
    """Take texts for labels, and whole numbers with few distinct values; other numbers are values."""
    if not all(map(is_number, cells)):
        return "classification"
    few = len(set(cells)) <= min(MAX_CLASSES, len(cells) // ROWS_PER_CLASS)
    return "classification" if few and all(is_whole_number(cell.strip()) for cell in cells) else "regression"


def csv_spec(name: str, found: Guess) -> str:
    """Return the text of a spec, TOML, that can be trained as it is."""
    classes = found.task == "classification"
    loss, activation, units = ("cross_entropy", "softmax", found.classes) if classes else ("mse", "identity", 1)
    return TEMPLATE.format(
        name=name, data="\n".join(_data_lines(found)), loss=loss, activation=activation, units=units,
        metrics='["accuracy"]' if classes else '["rmse", "r2"]',
    )  # fmt: skip


def _data_lines(found: Guess) -> list[str]:
    """Return the lines of `[data]` that depend on the file."""
    columns, counts = found.columns, Counter(map(str.strip, found.columns.cells[found.target]))
    lines = [f"path = {_toml(columns.path)}", f"target = {_toml(columns.key(found.target))}", f'task = "{found.task}"']
    if found.left_out:
        keys = ", ".join(_toml(columns.key(column)) for column in found.features)
        lines.append(f"features = [{keys}]")
    if columns.delimiter != ",":
        lines.append(f"delimiter = {_toml(columns.delimiter)}")
    if not any(columns.names):
        lines.append("header = false")
    if found.task == "classification" and min(counts.values()) >= STRATIFIED_ROWS:
        lines.append("stratify = true               # every split has the same share of each class")
    return lines


def _toml(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False)


TEMPLATE = """#:schema zoo.schema.json
name = "{name}"
seed = 1

[data]
name = "csv"
{data}
preprocessor = "standard"     # (x - mean) / standard deviation, column by column
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
