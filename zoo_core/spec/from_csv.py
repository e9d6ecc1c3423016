"""A first spec for a text table: it finds how the table is written, and guesses target, features and task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from zoo_core.data.readers.csv import complete_rows
from zoo_core.data.readers.described import KINDS
from zoo_core.data.readers.find_format import find_format
from zoo_core.data.readers.survey import ColumnSurvey
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import Block, TableReader
from zoo_core.data.readers.tables import declared_kinds, read_table
from zoo_core.errors import DataError, UsageError, nearest
from zoo_core.parts import Task
from zoo_core.spec._choice_notes import choice_notes
from zoo_core.spec._column_kinds import APART, find_kinds, kept_apart
from zoo_core.spec._csv_spec import csv_spec as csv_spec
from zoo_core.spec._finding import Finding
from zoo_core.spec._gap_words import words_for_gaps
from zoo_core.spec._overrides import override
from zoo_core.spec._table_notes import column_notes, incomplete_notes, text_notes, total_notes, unnamed_notes
from zoo_core.spec._table_targets import (
    check_task,
    check_weights,
    class_counts,
    guess_notes,
    guess_task,
    named_column,
    notes_of_targets,
    target_columns,
)


@dataclass(frozen=True)
class _Survey:
    """What stands in a table: the cells of each target, what columns hold, rows without a target, the last row."""

    labels: list[list[str]]
    targets: list[ColumnSurvey]
    features: list[ColumnSurvey]
    incomplete: list[str]
    last: list[str]
    gaps_without_target: set[int]  # the columns that lack values in rows without a target


@dataclass(frozen=True)
class Guess:
    """How a table is written, and its target, features and task; columns are counted from 0."""

    path: str
    names: tuple[str, ...]
    form: TableFormat
    targets: tuple[int, ...]
    task: Task
    features: tuple[int, ...]
    rows: int
    class_counts: dict[str, int]  # rows of each class; empty for other tasks
    notes: tuple[str, ...]  # what was found, left out or may surprise
    all_features: bool  # whether the user has not named the columns to learn from
    kinds: tuple[Finding, ...] = ()  # what each column holds
    is_told: bool = False  # whether the user has said kinds
    weights: int | None = None  # the column with the weight of each row
    apart: Mapping[str, str] = field(default_factory=dict)  # the columns of groups and times, if the user names them

    @property
    def columns(self) -> dict[str, str]:
        """The kind of each column, if the spec has to say it; not where all are plain numbers, and learnt from."""
        if not self.is_told and all(finding.is_plain for finding in self.kinds):
            return {}
        return {finding.name: finding.kind for finding in self.kinds}

    @property
    def rows_of_columns(self) -> list[dict[str, str]]:
        """A row for each column, the targets first: what it is, what was found, and what is done."""
        classes = self.class_counts
        found = f"{len(classes)} classes: {', '.join(list(classes)[:3])}" if classes else f"{self.rows:,} numbers"
        found = "true or false" if self.task == "multilabel" else found
        weights = [] if self.weights is None else [self._row(self.weights, "weights", "0 and more", "weigh the rows")]
        targets = [self._row(target, "target", found, "predicted") for target in self.targets]
        return [*targets, *weights, *(finding.row for finding in self.kinds)]

    def _row(self, column: int, kind: str, found: str, done: str) -> dict[str, str]:
        return {"column": str(self.key(column)), "kind": kind, "found": found, "done": done}

    @property
    def summary(self) -> str:
        """One line that says what was guessed."""
        kinds = f", {len(self.class_counts)} classes" if self.class_counts else ""
        names = [repr(self.key(target)) for target in self.targets]
        targets = f"{', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"
        return f"{self.task} of {targets}{kinds}, from {len(self.features)} column(s) and {self.rows:,} rows"

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
    known = ("features", "columns", *APART, *(f.name for f in fields(TableFormat)))
    data: dict[str, Any] = plain.pop("data")
    wrong = next(iter([*plain, *(f"data.{key}" for key in data if key not in known)]), None)
    if wrong is not None:
        options = [f"data.{key}" for key in known]
        raise UsageError(
            f"{wrong!r} is nothing that a table is read by{nearest(wrong, options)}; there are: {', '.join(options)}"
        )
    if isinstance(data.get("features"), (str, int)):
        data["features"] = [data["features"]]
    if set(data) >= set(APART):
        raise UsageError("data.group and data.time are two ways to draw the rows of splits; say one of them")
    if not isinstance(data.get("columns", {}), dict):
        raise UsageError("data.columns is a table; write data.columns.NAME=category")
    try:
        TableFormat.from_options(data)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{', '.join(changes)}: {error}") from error
    return data


def guess(
    path: Path, target: str | Sequence[str] | None = None, task: Task | None = None,
    told: Mapping[str, Any] | None = None, weights: str | None = None,
) -> Guess:  # fmt: skip
    """Guess target, features and task for a text table.

    Args:
        path: the file.
        target: the column to predict, by its name or its index, or several; by default the last one.
        task: by default guessed from the target.
        told: options of the data set `csv` that are known: `features`, `columns`, `group`, `time`, those of
            `TableFormat`.
        weights: the column with the weight of each row, by its name or its index.

    Returns:
        The guess, with a note for each thing that was found.

    Raises:
        DataError: the file is no table, lacks the target, or has no numeric column beside it. It can be read in two
            ways. A column of numbers has a few cells that are none.
    """
    told = dict(told or {})
    features, told_kinds = told.pop("features", None), dict(told.pop("columns", {}))
    apart = {key: told.pop(key) for key in APART if key in told}
    where, raw = read_table(path)
    found = find_format(raw, where, told)
    table = TableReader(raw, found.form, where)
    targets = target_columns(table, target)
    weighing = None if weights is None else named_column(table, weights)
    chosen = _features(table, features, targets, weighing)
    seen = _survey(table, targets, chosen, weighing)
    gaps, gap_notes = words_for_gaps(seen.targets, seen.features, table, told_kinds)
    if gaps:
        table = TableReader(raw, found.form.changed({"missing": (*found.form.missing, *gaps)}), where)
        seen = _survey(table, targets, chosen, weighing)
    guessed = task is None
    task = task or guess_task(seen.labels, seen.targets, table)
    check_task(task, seen.targets, table, seen.labels)
    counts = class_counts(seen.labels[0], where) if task == "classification" else {}
    about_targets = notes_of_targets(task, seen.targets, counts, table, seen.labels)
    about_targets += guess_notes(task, seen.targets, counts, table) if guessed else []
    places = {table.index(column): key for key, column in apart.items()}
    told_kinds |= {str(table.names[place] or place): "ignore" for place in places}
    told_kinds = _told_kinds(told_kinds, table, raw)
    kinds = find_kinds(seen.features, table, raw, told_kinds, targets, features=features is not None)
    kinds = [kept_apart(one, places[one.place]) if one.place in places else one for one in kinds]
    kinds = [replace(one, may_lack=one.place in seen.gaps_without_target) for one in kinds]
    _check_taken(kinds, table)
    kept = [finding.place for finding in kinds if finding.is_taken]
    notes = [*found.notes, *unnamed_notes(table), *gap_notes, *incomplete_notes(seen.incomplete, table, targets, task)]
    notes += [*about_targets, *choice_notes(kinds, seen.features, table), *_tell_tale_notes(kinds, seen, table)]
    codes = {f.place: f.codes for f in kinds if f.codes is not None} if counts else {}
    notes += [*text_notes(codes, seen.labels[0], table), *total_notes(seen.last)]
    return Guess(
        str(path), table.names, table.form, tuple(targets), task, tuple(kept), len(seen.labels[0]), counts,
        tuple(notes), features is None, tuple(kinds), bool(told_kinds), weighing,
        apart,
    )  # fmt: skip


def _features(
    table: TableReader, features: Sequence[str | int] | None, targets: Sequence[int], weights: int | None
) -> list[int]:
    """Return the columns that may be learnt from. Raises DataError if the weights are also something else."""
    chosen = None if features is None else [table.index(f) for f in features]
    if weights is not None and weights in [*targets, *(chosen or ())]:
        raise DataError(f"{table.where}: the weights, {table.column_name(weights)}, are also learnt from or a target")
    return [i for i in table.columns if i not in (*targets, weights)] if chosen is None else chosen


def _survey(table: TableReader, targets: Sequence[int], features: Sequence[int], weights: int | None) -> _Survey:
    """Read a table. Raises DataError where no row has all targets, or where weights are none."""
    own, others = ([ColumnSurvey(i, table.form) for i in places] for places in (targets, features))
    weighing = [] if weights is None else [ColumnSurvey(weights, table.form)]
    found = _Survey([[] for _ in targets], own, others, [], [], set())
    last: Block | None = None
    for block in table.blocks():
        full, out = complete_rows(block, targets, table.form.missing)
        found.incomplete.extend(out)
        if out:
            found.gaps_without_target.update(i for i in features if block.missing(i, table.form.no_numbers))
        block = full
        if len(block):
            last = block
            for labels, place in zip(found.labels, targets, strict=True):
                labels += map(str.strip, block.column(place))
            for survey in (*own, *others, *weighing):
                survey.add(block)
    if last is None:
        why = f"; {found.incomplete[0]} is the first without" if found.incomplete else ""
        names = " and ".join(map(table.column_name, targets))
        raise DataError(f"{table.where}: no row has a value in the target, {names}{why}")
    for survey in weighing:
        check_weights(survey, table)
    found.last.extend(last.row(-1))
    return found


def _tell_tale_notes(kinds: Sequence[Finding], seen: _Survey, table: TableReader) -> list[str]:
    """Say which columns number the rows, and which tell a target."""
    numeric = [x for x, finding in zip(seen.features, kinds, strict=True) if finding.is_taken and x.is_numeric]
    targets = zip(seen.targets, seen.labels, strict=True)
    return list(dict.fromkeys(note for own, cells in targets for note in column_notes(numeric, own, cells, table)))


def _told_kinds(kinds: Mapping[str, str], table: TableReader, raw: Any) -> dict[str, str]:
    """Return the kinds that are said. Raises UsageError for an unknown kind, DataError for an unknown column."""
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise UsageError(f"data.columns.{name} = {kind!r}: there is no such kind; there are: {', '.join(KINDS)}")
        if any(table.names):
            table.index(name)
    return declared_kinds(raw) | dict(kinds)


def _check_taken(found: Sequence[Finding], table: TableReader) -> None:
    """Raise DataError if there is no column to learn from."""
    if not any(finding.is_taken for finding in found):
        reasons = [f"{table.column_name(finding.place)}: {finding.why}" for finding in found]
        why = "; ".join(reasons[:3]) or "there is no other column"
        raise DataError(f"{table.where}: no column to predict from: {why}")
