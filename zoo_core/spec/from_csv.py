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
from zoo_core.data.readers.described import KINDS
from zoo_core.data.readers.find_format import find_format
from zoo_core.data.readers.survey import MOSTLY, ColumnSurvey, looks_like_number
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import Block, TableReader
from zoo_core.data.readers.tables import read_table
from zoo_core.errors import DataError, Hint, UsageError
from zoo_core.spec._column_kinds import Finding, find_kinds
from zoo_core.spec._csv_spec import csv_spec as csv_spec
from zoo_core.spec._overrides import override
from zoo_core.spec._table_notes import (
    class_notes,
    column_notes,
    incomplete_notes,
    target_notes,
    text_notes,
    total_notes,
    unnamed_notes,
)

MAX_CLASSES = 20  # of a target of whole numbers; with more distinct ones it is a regression
ROWS_PER_CLASS = 5  # at least, on average, in a target of whole numbers

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
    kinds: tuple[Finding, ...] = ()  # what each column holds
    is_told: bool = False  # whether the user has said kinds

    @property
    def columns(self) -> dict[str, str]:
        """The kind of each column, if the spec has to say it; not where all are plain numbers."""
        if not self.is_told and all(finding.is_plain for finding in self.kinds):
            return {}
        return {finding.name: finding.kind for finding in self.kinds}

    @property
    def rows_of_columns(self) -> list[dict[str, str]]:
        """A row for each column, the target first: what it is, what was found, and what is done."""
        classes = self.class_counts
        found = f"{len(classes)} classes: {', '.join(list(classes)[:3])}" if classes else f"{self.rows:,} numbers"
        target = {"column": str(self.key(self.target)), "kind": "target", "found": found, "done": "predicted"}
        return [target, *(finding.row for finding in self.kinds)]

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
    """Return options of the data set `csv` from "data.key=value" texts: features, columns, and those of `TableFormat`.

    Raises UsageError for another key or a value that it cannot have.
    """
    plain: dict[str, Any] = {"data": {}}
    for change in changes:
        override(plain, change, {})
    known = ("features", "columns", *(f.name for f in fields(TableFormat)))
    data: dict[str, Any] = plain.pop("data")
    wrong = next(iter([*plain, *(f"data.{key}" for key in data if key not in known)]), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is nothing that a table is read by; there are: data.{', data.'.join(known)}")
    if isinstance(data.get("features"), (str, int)):
        data["features"] = [data["features"]]
    if not isinstance(data.get("columns", {}), dict):
        raise UsageError("data.columns is a table; write data.columns.NAME=category")
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
        told: options of the data set `csv` that are known: `features`, `columns`, those of `TableFormat`.

    Returns:
        The guess, with a note for each thing that was found.

    Raises:
        DataError: the file is no table, lacks the target, or has no numeric column beside it. It can be read in two
            ways. A column of numbers has a few cells that are none.
    """
    told = dict(told or {})
    features, told_kinds = told.pop("features", None), told.pop("columns", {})
    where, raw = read_table(path)
    found = find_format(raw, where, told)
    table = TableReader(raw, found.form, where)
    column = _target_column(table, target)
    chosen = [i for i in table.columns if i != column] if features is None else [table.index(f) for f in features]
    labels, (own, *surveys), incomplete, last = _survey(table, column, chosen)
    task = task or _guess_task(labels, own, table)
    counts = _class_counts(labels, where) if task == "classification" else {}
    about_target = class_notes(counts) if counts else target_notes(own, table)
    kinds = find_kinds(surveys, table, raw, _told_kinds(told_kinds, table), features=features is not None)
    _check_taken(kinds, table)
    kept = [finding.place for finding in kinds if finding.is_taken]
    notes = [*found.notes, *unnamed_notes(table), *incomplete_notes(incomplete, table, column)]
    numeric = [x for x, finding in zip(surveys, kinds, strict=True) if finding.is_taken and x.is_numeric]
    notes += [*about_target, *_choice_notes(kinds, surveys, table), *column_notes(numeric, own, labels, table)]
    codes = {table.column_name(f.place): f.codes for f in kinds if f.codes is not None} if counts else {}
    notes += [*text_notes(codes, labels), *total_notes(last)]
    return Guess(
        str(path), table.names, found.form, column, task, tuple(kept), len(labels), counts, tuple(notes),
        features is None and len(kept) == len(chosen), tuple(kinds), bool(told_kinds),
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


def _told_kinds(kinds: Mapping[str, str], table: TableReader) -> dict[str, str]:
    """Return the kinds that the user says. Raises UsageError for an unknown kind, DataError for an unknown column."""
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise UsageError(f"data.columns.{name} = {kind!r}: there is no such kind; there are: {', '.join(KINDS)}")
        if any(table.names):
            table.index(name)
    return dict(kinds)


def _check_taken(found: Sequence[Finding], table: TableReader) -> None:
    """Raise DataError if there is no column to learn from."""
    if not any(finding.is_taken for finding in found):
        reasons = [f"{table.column_name(finding.place)}: {finding.why}" for finding in found]
        why = "; ".join(reasons[:3]) or "there is no other column"
        raise DataError(f"{table.where}: no column to predict from: {why}")


def _choice_notes(found: Sequence[Finding], surveys: Sequence[ColumnSurvey], table: TableReader) -> list[str]:
    """Say which columns are left out, and what is special about others."""
    notes = []
    for finding, survey in zip(found, surveys, strict=True):
        name = table.column_name(finding.place)
        notes += [f"{name} is left out: {finding.why}"] if finding.why else []
        notes += [f"{name} {finding.note}"] if finding.note else []
        notes += survey.notes(table) if finding.is_taken and survey.has_only_numbers else []
    return notes
