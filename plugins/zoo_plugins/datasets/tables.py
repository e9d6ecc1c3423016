"""Data sets in tables of text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen, MinLen

from zoo_core.data.labels import as_labels, encode, find_classes
from zoo_core.data.readers.csv import CsvTable, read_csv
from zoo_core.data.readers.described import DescribedTable, holds_words, read_described, with_equal_categories
from zoo_core.data.readers.rows_apart import group_codes, read_times
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError
from zoo_core.parts import Array, Column as ColumnMeaning, Data, DataFiles, Dataset, Table
from zoo_plugins.datasets._tables import Kind, Named, Task, check_weights, make_data

Column = str | Annotated[int, Ge(-100_000), Le(100_000)]


@dataclass
class Csv(Dataset):
    """Your own table in a text file; without `columns`, only labels may be text.

    path: the file; target: name of the column to predict, or its index from 0 (-1 is the last), or a list of them for
    regression and multilabel; task: "classification", "regression", or "multilabel", several labels a row, for which
    each target holds true and false, or 1 and 0; features: the columns to learn from (default: all others);
    weights: the column with the weight of each row; test_path: a file of the same columns, for tests.

    columns: the kind of each column, by its name: "number", "category", "boolean", "date" (2026-01-31), "date_dmy"
    (31/1/2026), "date_mdy" (1/31/2026), and "id" or "ignore" for columns that are not learnt from. With it, values may
    be missing, and the default preprocessor is `table`. A column that is not listed is of numbers.

    group: the column that says what a row belongs to, such as a person: no two splits share a group; time: the column
    that says when a row was made, a date or a number: later rows test what earlier ones taught. Neither is learnt from.

    How the file is written: delimiter: one character, " " for one or more blanks; header: whether the first line
    names the columns (default: yes, unless it is a row of numbers, which is refused); decimal: "." or ","; thousands:
    the mark between groups of three digits; encoding; skip_lines: lines above the table; comment: how a line begins
    that is left out; missing: texts that stand for a missing value. Rows without a target are left out.
    """

    name = "csv"

    path: Named
    target: Column | list[Column] = -1
    task: Task = "classification"
    features: Annotated[list[Column], MinLen(1)] | None = None
    weights: Column | None = None
    delimiter: Annotated[str, MinLen(1), MaxLen(1)] = ","
    header: bool | None = None
    test_path: Named | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    encoding: Named = "utf-8"
    skip_lines: Annotated[int, Ge(0), Le(100_000)] = 0
    comment: str = ""
    missing: list[str] | None = None
    columns: dict[str, Kind] | None = None
    group: Column | None = None
    time: Column | None = None

    def __post_init__(self) -> None:
        if isinstance(self.target, list) and (not self.target or self.task == "classification"):
            raise ValueError(
                "target must be one column for a classification, one or more for a regression or multilabel"
            )
        self._format()

    def _format(self) -> TableFormat:
        """Return how the file is written."""
        options = {f.name: getattr(self, f.name) for f in fields(TableFormat)}
        return TableFormat.from_options({k: v for k, v in options.items() if k != "missing" or v is not None})

    def load(self, folder: DataFiles) -> Data:
        """Return the tables, with features as float64. Labels that are text are the class names."""
        tables = [self._read(folder.locate(self.path))]
        if self.test_path:
            tables.append(self._read(folder.locate(self.test_path), self._column_names(tables[0])[0]))
            _check_columns(tables[1], tables[0])
        load = self._classes if self.task == "classification" else self._values
        data = load(with_equal_categories(tables))
        return data if self.group is None and self.time is None else self._with_groups_and_times(data, tables)

    def _with_groups_and_times(self, data: Data, tables: Sequence[CsvTable]) -> Data:
        """Return the data with the groups and times of their rows."""
        beside = [table.beside for table in tables if isinstance(table, DescribedTable)]
        where = [table.where for table in tables]
        groups: Sequence[Array | None] = [None] * len(tables)
        if self.group is not None:
            groups = group_codes([columns[0] for columns in beside], where)
        times: Sequence[Array | None] = [None] * len(tables)
        if self.time is not None:
            times = read_times([columns[-1] for columns in beside], where)
        parts = [data.train, *([data.test] if data.test else [])]
        own = [replace(part, groups=g, times=t) for part, g, t in zip(parts, groups, times, strict=True)]
        return replace(data, train=own[0], test=own[1] if len(own) > 1 else None)

    def _targets(self) -> list[Column]:
        """Return the columns that are targets of numbers, or labels."""
        targets = self.target if isinstance(self.target, list) else [self.target]
        return [] if self.task == "classification" else targets

    def _target_and_weight_columns(self) -> list[Column]:
        """Return the numeric columns that are not features: the targets of a regression, and the weights."""
        return [*self._targets(), *([] if self.weights is None else [self.weights])]

    def _read(self, path: Path, names: Sequence[str] = ()) -> CsvTable:
        """Read a file; `names` are those of the features in another one, which are looked for here."""
        text = self.target if self.task == "classification" and not isinstance(self.target, list) else None
        kinds = self.columns and {name: kind for name, kind in self.columns.items() if not names or name in names}
        table = self._read_file(path, text, self.features or list(names) or None, kinds)
        if table.incomplete:
            count, first = len(table.incomplete), table.incomplete[0]
            warnings.warn(f"{table.where}: {count} row(s) without a target are left out; the first is {first}",
                          UserWarning, stacklevel=2)  # fmt: skip
        return table

    def _read_file(
        self, path: Path, text: Column | None, features: Sequence[Column] | None, kinds: Mapping[str, str] | None
    ) -> CsvTable:
        beside = [column for column in (self.group, self.time) if column is not None]
        words = self.task == "multilabel" and holds_words(path, self._format(), self._targets())
        if kinds is not None or beside or words:
            return read_described(
                path, self._format(), kinds or {}, text=text, features=features, targets=self._targets(),
                weights=self.weights, beside=beside, words=words,
            )  # fmt: skip
        columns = None if features is None else [*features, *self._target_and_weight_columns()]
        return read_csv(path, self._format(), text=text, columns=columns, targets=self._targets(), weights=self.weights)

    def _classes(self, tables: list[CsvTable]) -> Data:
        classes = find_classes(tables[0].text, tables[0].where)
        divided = [self._split_columns(table) for table in tables]
        parts = [
            Table(x, encode(table.text, classes, table.where, table.name_row), weights)
            for table, (x, _, weights) in zip(tables, divided, strict=True)
        ]
        features, _ = self._column_names(tables[0])
        return make_data(parts, tables[0].where, class_names=classes, feature_names=features, columns=_columns(tables))

    def _values(self, tables: list[CsvTable]) -> Data:
        parts = [Table(*self._split_columns(table)) for table in tables]
        features, targets = self._column_names(tables[0])
        if self.task == "multilabel":
            parts = [
                replace(part, y=as_labels(part.y, targets, table.where, table.name_row))
                for part, table in zip(parts, tables, strict=True)
            ]
        data = make_data(
            parts, tables[0].where, task=self.task, feature_names=features, target_names=targets,
            columns=_columns(tables),
        )  # fmt: skip
        return replace(data, label_words=_label_words(tables))

    def _split_columns(self, table: CsvTable) -> tuple[Array, Array, Array | None]:
        """Return features, targets and weights."""
        places = self._places(table)
        rest = np.delete(table.numbers, places, axis=1) if places else table.numbers
        if self.weights is None:
            return rest, table.numbers[:, places], None
        return rest, table.numbers[:, places[:-1]], self._weights(table, places[-1])

    def _weights(self, table: CsvTable, place: int) -> Array:
        return check_weights(table.numbers[:, place], table.where, table.name_row)

    def _places(self, table: CsvTable) -> list[int]:
        columns = self._target_and_weight_columns()
        places = [table.find(column) for column in columns]
        if len(set(places)) < len(places):
            raise DataError(f"{table.where}: target and weights name a column twice: {columns}")
        return places

    def _column_names(self, table: CsvTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the features and of the targets."""
        if not any(table.header):
            return (), ()
        places = self._places(table)
        taken = set(places)
        features = tuple(name for place, name in enumerate(table.names) if place not in taken)
        return features, tuple(table.names[place] for place in places[: len(places) - (self.weights is not None)])


def _columns(tables: Sequence[CsvTable]) -> tuple[ColumnMeaning, ...]:
    """Return what the features mean, if that was told."""
    return tables[0].columns if isinstance(tables[0], DescribedTable) else ()


def _label_words(tables: Sequence[CsvTable]) -> tuple[tuple[str, str], ...]:
    return tables[0].label_words if isinstance(tables[0], DescribedTable) else ()


def _check_columns(table: CsvTable, like: CsvTable) -> None:
    if table.names != like.names:
        raise DataError(f"{table.where}: its columns are not those of {like.where}, in the same order")


PARTS = (Csv,)
