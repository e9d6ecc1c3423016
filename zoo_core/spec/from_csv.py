"""A first spec for a text table: it finds how the table is written, and guesses target, features and task."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from zoo_core.data.labels import find_classes, whole_value
from zoo_core.data.readers.csv import complete_rows
from zoo_core.data.readers.find_format import find_format
from zoo_core.data.readers.survey import MOSTLY, ColumnSurvey, looks_like_number
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import Block, TableReader
from zoo_core.data.readers.tables import read_table
from zoo_core.errors import DataError, Hint, UsageError
from zoo_core.spec._csv_spec import csv_spec as csv_spec
from zoo_core.spec._table_notes import (
    class_notes,
    column_notes,
    incomplete_notes,
    target_notes,
    total_notes,
    unnamed_notes,
)
from zoo_core.spec._text import override

MAX_CLASSES = 20  # of a target of whole numbers; with more distinct ones it is a regression
ROWS_PER_CLASS = 5  # at least, on average, in a target of whole numbers
OTHERWISE = ", or name the columns to learn from: data.features"

Task = Literal["classification", "regression"]
Survey = tuple[list[str], list[ColumnSurvey], list[str], list[str]]


@dataclass(frozen=True)
class Guess:
    """How a table is written, and its target, features and task; columns are counted from 0."""

    path: str
    names: tuple[str, ...]
    form: TableFormat
    target: int
    task: Task
    features: tuple[int, ...]
    rows: int
    class_counts: dict[str, int]  # rows of each class; empty for a regression
    notes: tuple[str, ...]  # what was found, left out or may surprise
    all_features: bool  # whether no column is left out

    @property
    def summary(self) -> str:
        """One line that says what was guessed."""
        kinds = f", {len(self.class_counts)} classes" if self.class_counts else ""
        target = self.key(self.target)
        return f"{self.task} of {target!r}{kinds}, from {len(self.features)} column(s) and {self.rows:,} rows"

    def key(self, column: int) -> str | int:
        """Return the name of a column in a spec, or its index from 0."""
        return self.names[column] or column


def told_options(changes: Iterable[str]) -> dict[str, Any]:
    """Return options of the data set `csv` from "data.key=value" texts: `features`, and those of `TableFormat`.

    Raises UsageError for another key or a value that it cannot have.
    """
    plain: dict[str, Any] = {"data": {}}
    for change in changes:
        override(plain, change, {})
    known = ("features", *(f.name for f in fields(TableFormat)))
    data: dict[str, Any] = plain.pop("data")
    wrong = next(iter([*plain, *(f"data.{key}" for key in data if key not in known)]), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is nothing that a table is read by; there are: data.{', data.'.join(known)}")
    if isinstance(data.get("features"), (str, int)):
        data["features"] = [data["features"]]
    try:
        TableFormat.from_options(data)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{', '.join(changes)}: {error}") from error
    return data


def guess(
    path: Path, target: str | None = None, task: Task | None = None, told: Mapping[str, Any] | None = None
) -> Guess:
    """Guess target, features and task for a text table.

    Args:
        path: the file.
        target: the column to predict, by its name or its index; by default the last one.
        task: by default guessed from the target.
        told: options of the data set `csv` that are known: `features`, and those of `TableFormat`.

    Returns:
        The guess, with a note for each thing that was found.

    Raises:
        DataError: the file is no table, lacks the target, or has no numeric column beside it. It can be read in two
            ways. A column of numbers has a few cells that are none.
    """
    told = dict(told or {})
    features = told.pop("features", None)
    where, raw = read_table(path)
    found = find_format(raw, where, told)
    table = TableReader(raw, found.form, where)
    column = _target_column(table, target)
    chosen = [i for i in table.columns if i != column] if features is None else [table.index(f) for f in features]
    labels, (own, *surveys), incomplete, last = _survey(table, column, chosen)
    task = task or _guess_task(labels, own, table)
    counts = _class_counts(labels, where) if task == "classification" else {}
    about_target = class_notes(counts) if counts else target_notes(own, table)
    kept, left_out = _choose(surveys, table, features is not None)
    notes = [*found.notes, *unnamed_notes(table), *incomplete_notes(incomplete, table, column)]
    taken = set(kept)
    notes += [*about_target, *left_out, *column_notes([x for x in surveys if x.place in taken], own, labels, table)]
    notes += total_notes(last)
    return Guess(
        str(path), table.names, found.form, column, task, tuple(kept), len(labels), counts, tuple(notes),
        features is None and len(kept) == len(chosen),
    )  # fmt: skip


def _survey(table: TableReader, target: int, columns: Sequence[int]) -> Survey:
    """Read a table; return the cells of the target, a survey of each column, rows without a target, the last row."""
    surveys = [ColumnSurvey(i, table.form) for i in [target, *columns]]
    labels: list[str] = []
    incomplete: list[str] = []
    last: Block | None = None
    for block in table.blocks():
        block, out = complete_rows(block, [target], table.form.missing)
        incomplete += out
        if len(block):
            labels += map(str.strip, block.column(target))
            last = block
            for survey in surveys:
                survey.add(block)
    if last is None:
        why = f"; {incomplete[0]} is the first without" if incomplete else ""
        raise DataError(f"{table.where}: no row has a value in the target, {table.column_name(target)}{why}")
    return labels, surveys, incomplete, last.row(-1)


def _target_column(table: TableReader, target: str | None) -> int:
    """Return the target's column, from its name or its number."""
    if target is None:
        return table.columns[-1]
    number = target not in table.names and re.fullmatch(r"-?[0-9]{1,6}", target)
    return table.index(int(target) if number else target)


def _guess_task(labels: Sequence[str], survey: ColumnSurvey, table: TableReader) -> Task:
    """Take texts and codes for labels, and whole numbers with few distinct values; other numbers are values.

    Raises DataError for a target that is mostly numbers, and for one of numbers that are written as texts.
    """
    distinct = set(labels)
    few = len(distinct) <= min(MAX_CLASSES, len(labels) // ROWS_PER_CLASS)
    if survey.is_numeric:
        if survey.is_code and not few:
            raise _unclear(table, survey, f"has codes such as {survey.code!r}")
        whole = all(whole_value(label) is not None for label in distinct) or survey.sign == "true or false"
        return "classification" if few and whole else "regression"
    if survey.is_nearly_numeric:
        raise _unclear(table, survey, f"is not all numbers: {survey.first_fault()}")
    near = [label for label in distinct if looks_like_number(label)]
    if not few and len(near) >= MOSTLY * len(distinct):
        raise _unclear(table, survey, f"has numbers that are not written plainly, such as {min(near)!r}")
    if len(distinct) > max(MAX_CLASSES, len(labels) // 2):
        raise _unclear(table, survey, f"has {len(distinct)} different texts in {len(labels)} rows")
    return "classification"


def _unclear(table: TableReader, survey: ColumnSurvey, why: str) -> DataError:
    return DataError(f"{table.where}: the target, {table.column_name(survey.place)}, {why}", Hint("labels"))


def _class_counts(labels: Sequence[str], where: str) -> dict[str, int]:
    """Return the rows of each class. Raises DataError for one class only, or labels that are measurements."""
    classes = find_classes(labels, where)
    if len(classes) < 2:
        raise DataError(f"{where}: all rows of the target have the label {labels[0]!r}; two classes are needed")
    counts = Counter(labels)
    spelled = {name: counts.get(name, 0) for name in classes}
    if sum(spelled.values()) < len(labels):  # 1 and 1.0 are one class
        values = Counter(whole_value(label) for label in labels)
        spelled = {name: values[whole_value(name)] for name in classes}
    return spelled


def _choose(surveys: Sequence[ColumnSurvey], table: TableReader, told: bool) -> tuple[list[int], list[str]]:
    """Return the columns to learn from, and a note for each that is left out or special.

    Raises DataError if there is none, or if a column of numbers has a few cells that are none.
    """
    kept: list[int] = []
    notes: list[str] = []
    reasons: list[str] = []
    for survey in surveys:
        why = survey.objection(table.names[survey.place]) if survey.is_numeric else survey.first_fault()
        if not survey.is_numeric and (told or survey.is_nearly_numeric):
            raise DataError(f"{table.where}: {table.column_name(survey.place)}: {why}{OTHERWISE}")
        why = "" if survey.is_numeric and told else why
        if why:
            reasons.append(f"{table.column_name(survey.place)}: {why}")
            notes.append(f"{table.column_name(survey.place)} is left out: {why}")
        else:
            kept.append(survey.place)
            notes += survey.notes(table)
    if not kept:
        why = "; ".join(reasons[:3]) or "there is no other column"
        raise DataError(f"{table.where}: no column to predict from: {why}")
    return kept, notes
