"""Data sets in tables: CSV files, and arrays in NumPy's .npz files."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen, MinLen

from zoo_core.data.labels import check_labels, distinct, encode, encode_array, find_classes, label_list
from zoo_core.data.readers.csv import CsvTable, read_csv
from zoo_core.data.readers.npy import check_finite, read_arrays
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError, nearest
from zoo_core.parts import Array, Data, DataFiles, Dataset, Table

Task = Literal["classification", "regression"]
Column = str | Annotated[int, Ge(-100_000), Le(100_000)]
Named = Annotated[str, MinLen(1)]


@dataclass
class Csv(Dataset):
    """Your own table in a text file; only labels may be text.

    path: the file; target: name of the column to predict, or its index from 0 (-1 is the last), or a list of them for
    regression; task: "classification" or "regression"; features: the columns to learn from (default: all others);
    weights: the column with the weight of each row; test_path: a file of the same columns, for tests.

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

    def __post_init__(self) -> None:
        if isinstance(self.target, list) and (not self.target or self.task == "classification"):
            raise ValueError("target must be one column for a classification, one or more for a regression")
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
        return load(tables)

    def _targets(self) -> list[Column]:
        """Return the numeric columns that are targets."""
        targets = self.target if isinstance(self.target, list) else [self.target]
        return targets if self.task == "regression" else []

    def _target_and_weight_columns(self) -> list[Column]:
        """Return the numeric columns that are not features: the targets of a regression, and the weights."""
        return [*self._targets(), *([] if self.weights is None else [self.weights])]

    def _read(self, path: Path, names: Sequence[str] = ()) -> CsvTable:
        """Read a file; `names` are those of the features in another one, which are looked for here."""
        text = self.target if self.task == "classification" and not isinstance(self.target, list) else None
        features = self.features or list(names) or None
        columns = None if features is None else [*features, *self._target_and_weight_columns()]
        table = read_csv(path, self._format(), text=text, columns=columns, targets=self._targets())
        if table.incomplete:
            count, first = len(table.incomplete), table.incomplete[0]
            warnings.warn(f"{table.where}: {count} row(s) without a target are left out; the first is {first}",
                          UserWarning, stacklevel=2)  # fmt: skip
        return table

    def _classes(self, tables: list[CsvTable]) -> Data:
        classes = find_classes(tables[0].text, tables[0].where)
        divided = [self._split_columns(table) for table in tables]
        parts = [
            Table(x, encode(table.text, classes, table.where), weights)
            for table, (x, _, weights) in zip(tables, divided, strict=True)
        ]
        return _make_data(parts, tables[0].where, class_names=classes, feature_names=self._column_names(tables[0])[0])

    def _values(self, tables: list[CsvTable]) -> Data:
        parts = [Table(*self._split_columns(table)) for table in tables]
        features, targets = self._column_names(tables[0])
        return _make_data(parts, tables[0].where, task="regression", feature_names=features, target_names=targets)

    def _split_columns(self, table: CsvTable) -> tuple[Array, Array, Array | None]:
        """Return features, targets and weights."""
        places = self._places(table)
        rest = np.delete(table.numbers, places, axis=1) if places else table.numbers
        if self.weights is None:
            return rest, table.numbers[:, places], None
        return rest, table.numbers[:, places[:-1]], _check_weights(table.numbers[:, places[-1]], table.where)

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


@dataclass
class Npz(Dataset):
    """Your own arrays in an .npz file, as numpy.savez writes it.

    path: the file; x, y: names of the training arrays, samples (rows, ...) and labels (rows,) or values, (rows,) or
    (rows, outputs); x_test, y_test: names of the test arrays, which the file may lack; weights, weights_test: names
    of the arrays with the weight of each row; task: "classification" or "regression".
    """

    name = "npz"

    path: Named
    x: Named = "x"
    y: Named = "y"
    x_test: Named = "x_test"
    y_test: Named = "y_test"
    weights: Named | None = None
    weights_test: Named | None = None
    task: Task = "classification"

    def load(self, folder: DataFiles) -> Data:
        """Return the tables. Bytes stay bytes, and samples of two dimensions are images."""
        path = folder.locate(self.path)
        arrays = read_arrays(path)
        x, y = (_pick(arrays, key, path) for key in (self.x, self.y))
        classes = self._classes(y, f"{path}, {self.y}") if self._labelled else ()
        own = self._table(x, y, classes, f"{path}, {self.x} and {self.y}")
        parts = [replace(own, weights=self._weigh(arrays, self.weights, len(x), path))]
        if (self.x_test in arrays) != (self.y_test in arrays):
            raise DataError(f"{path}: has only one of {self.x_test} and {self.y_test}; save both, or neither")
        if self.x_test in arrays:
            where = f"{path}, {self.x_test} and {self.y_test}"
            aside = self._table(arrays[self.x_test], arrays[self.y_test], classes, where)
            parts.append(replace(aside, weights=self._weigh(arrays, self.weights_test, len(aside.y), path)))
        image = (x.shape[1], x.shape[2]) if x.ndim == 3 else None
        pixels = "pixels" if x.dtype == np.uint8 else "standard"
        return _make_data(parts, str(path), task=self.task, class_names=classes, image_shape=image, preprocessor=pixels)

    @staticmethod
    def _classes(y: Array, where: str) -> tuple[str, ...]:
        check_labels(y, where)
        return find_classes(label_list(distinct(y), where), where)

    @staticmethod
    def _weigh(arrays: dict[str, Array], key: str | None, rows: int, path: Path) -> Array | None:
        if key is None:
            return None
        weights = _pick(arrays, key, path)
        if weights.shape != (rows,) or weights.dtype.kind not in "biuf":
            raise DataError(f"{path}, {key}: {weights.dtype} of shape {weights.shape}, not numbers ({rows},)")
        check_finite(weights, f"{path}, {key}")
        return _check_weights(weights.astype(np.float64), f"{path}, {key}")

    @property
    def _labelled(self) -> bool:
        return self.task == "classification"

    def _table(self, x: Array, y: Array, classes: tuple[str, ...], where: str) -> Table:
        if x.ndim < 2 or x.dtype.kind not in "biuf" or len(x) != len(np.atleast_1d(y)):
            raise DataError(f"{where}: {x.dtype} of shape {x.shape} and {y.shape}; wanted (rows, ...) and (rows, ...)")
        check_finite(x, where)
        x = x.reshape(len(x), math.prod(x.shape[1:]))
        if self._labelled:
            check_labels(y, where)
            return Table(x, encode_array(y, classes, where))
        if y.ndim not in (1, 2) or y.dtype.kind not in "biuf":
            raise DataError(f"{where}: values are {y.dtype} of shape {y.shape}, not numbers (rows,) or (rows, outputs)")
        check_finite(y, where)
        return Table(x, (y if y.ndim == 2 else y[:, None]).astype(np.float64))


def _check_weights(weights: Array, where: str) -> Array:
    """Return weights (rows,). Raises DataError if one is negative, or all are zero."""
    bad = np.flatnonzero(weights < 0)
    if len(bad):
        raise DataError(f"{where}: row {bad[0] + 1} has the weight {weights[bad[0]]:g}; weights are 0 or more")
    if not weights.any():
        raise DataError(f"{where}: all weights are 0; there is nothing to learn from")
    return weights


def _pick(arrays: dict[str, Array], key: str, path: Path) -> Array:
    if key not in arrays:
        raise DataError(f"{path}: has no array {key!r}{nearest(key, arrays)} (arrays: {', '.join(sorted(arrays)[:8])})")
    return arrays[key]


def _check_columns(table: CsvTable, like: CsvTable) -> None:
    if table.names != like.names:
        raise DataError(f"{table.where}: its columns are not those of {like.where}, in the same order")


def _make_data(
    parts: list[Table], where: str, *, task: Task = "classification", class_names: tuple[str, ...] = (),
    feature_names: tuple[str, ...] = (), target_names: tuple[str, ...] = (),
    image_shape: tuple[int, int] | None = None, preprocessor: str = "standard",
) -> Data:  # fmt: skip
    """Return the data of one or two tables. Raises DataError if their numbers of features or outputs differ."""
    width = parts[0].x.shape[1]
    if not width or not len(parts[0].y):
        raise DataError(f"{where}: has {len(parts[0].y)} rows of {width} features; there is nothing to learn from")
    if parts[-1].x.shape[1] != width:
        raise DataError(f"{where}: test rows have {parts[-1].x.shape[1]} features, the others {width}")
    test = parts[1] if len(parts) > 1 else None
    return Data(
        parts[0], test, task, class_names, feature_names, target_names, image_shape, preprocessor,
    )  # fmt: skip


PARTS = (Csv, Npz)
