"""A text table to predict from, block by block: features as numbers, columns to keep as texts, what is wrong with rows.

Only some rows are in memory at a time, however large the file is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from zoo_core.data.readers._blocks import Block, NameOf, line_name
from zoo_core.data.readers._cells import find_fault
from zoo_core.data.readers._memo import Memo, as_text
from zoo_core.data.readers._number_column import NumberColumn
from zoo_core.data.readers._open import refusing_damage
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.data.readers.values import text_reader
from zoo_core.errors import DataError
from zoo_core.parts import Array, Column

FAULTY = np.inf  # in place of a text that its column cannot have
LACKING = "a value is missing; fill it in"
Faults = dict[int, str]


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Some rows of a table to predict from.

    Args:
        first: the number of the first row below the header, from 1.
        lines: for each row the line in the file where it ends.
        name_of: what messages call a row, by its number and its line.
        x: the features, float64, shape (rows, features); those of a row with a fault mean nothing.
        kept: the cells of each column to keep, as they are written.
        faults: what is wrong with rows, by their index; a text that follows their place.
    """

    first: int
    lines: Sequence[int]
    x: Array
    kept: tuple[Sequence[str], ...] = ()
    faults: Faults | None = None
    name_of: NameOf = line_name

    def __len__(self) -> int:
        return len(self.x)

    def place(self, at: int) -> str:
        """Return what messages call a row."""
        return self.name_of(self.first + at, self.lines[at])


class FeatureTable:
    """An open text table to predict from.

    Args:
        table: the table, of which no row was read.
        places: the index of each feature in the file.
        columns: what the features are, if it is known; else all are numbers, and none may be missing.
        gaps: whether values may be missing.
    """

    def __init__(
        self, table: TableReader, places: Sequence[int], columns: Sequence[Column] = (), gaps: bool = False
    ) -> None:
        self.where, self.names, self._table = table.where, table.names, table
        known = columns or [Column(table.names[place]) for place in places]
        self._features = [
            _feature(table, place, column, gaps if columns else None)
            for place, column in zip(places, known, strict=True)
        ]  # fmt: skip

    @property
    def note(self) -> str:
        """What is to be said of the rows that were read so far, or ''."""
        return self._table.note

    def index(self, name: str) -> int:
        """Return the index of a column; one without a name is given by its index, as a text. Raises DataError."""
        is_index = not any(self.names) and name.isascii() and name.isdigit()
        return self._table.index(int(name) if is_index else name)

    def read(self) -> Array:
        """Return the features of all rows, float64, shape (rows, features). Raises DataError as `blocks`."""
        return np.concatenate([rows.x for rows in self.blocks()])

    def chunks(self, unit: int, cells: int, keep: Sequence[int] = (), mark: bool = False) -> Iterator[FeatureRows]:
        """Yield all rows, of which each chunk but the last has a multiple of `unit`; else as `blocks`.

        Args:
            unit: a number of rows.
            cells: about how many cells a chunk has; but it has at least `unit` rows.
            keep: as in `blocks`.
            mark: as in `blocks`.
        """
        size = max(1, cells // (len(self._features) + len(keep)) // unit) * unit
        waiting: list[FeatureRows] = []
        for rows in self.blocks(keep, mark):
            waiting.append(rows)
            count = sum(map(len, waiting))
            if count >= size:
                whole, end = _joined(waiting), count - count % unit
                yield _part(whole, 0, end)
                waiting = [_part(whole, end, count)] if end < count else []
        if waiting:
            yield _joined(waiting)

    def blocks(self, keep: Sequence[int] = (), mark: bool = False) -> Iterator[FeatureRows]:
        """Yield all rows, some at a time.

        Args:
            keep: the indices of columns whose cells are kept.
            mark: let rows with a fault pass, and say in `FeatureRows.faults` what is wrong.

        Raises:
            DataError: the first fault of a row, without `mark`; or the file is damaged.
        """
        number = 1
        with refusing_damage(self.where):
            for block in self._table.blocks(ragged=mark):
                rows = self._rows(block, number, keep)
                if rows.faults and not mark:
                    at = min(rows.faults)
                    raise DataError(f"{self.where}: {rows.place(at)}{rows.faults[at]}")
                number += len(rows)
                yield rows

    def _rows(self, block: Block, number: int, keep: Sequence[int]) -> FeatureRows:
        faults = {at: f" {fault}" for at, fault in block.faults.items()}
        if (x := self._plain_row(block)) is None:
            x = np.empty((len(block), len(self._features)))
            for i, feature in enumerate(self._features):
                x[:, i], odd = feature.read(block)
                for at, fault in odd.items():
                    faults.setdefault(at, f", {feature.label}{'' if fault.startswith('is ') else ':'} {fault}")
        kept = tuple(block.column(place) for place in keep)
        return FeatureRows(number, block.lines, x, kept, faults, block.name_of)

    def _plain_row(self, block: Block) -> Array | None:
        """Return the values of a single row of numbers written alike, (1, features): as one column it is read fast."""
        if len(block) != 1 or not all(isinstance(f, _Numbers) and not f.column.sign for f in self._features):
            return None
        row, column = block.row(0), NumberColumn(self._table.form.notation, self._table.form.missing)
        if column.add([row[f.place] for f in self._features]):
            return None
        for feature in self._features:
            feature.column.sign = column.sign  # type: ignore[attr-defined]
        return column.values[None]


def _joined(rows: Sequence[FeatureRows]) -> FeatureRows:
    """Return rows that follow one another as one."""
    if len(rows) == 1:
        return rows[0]
    faults: Faults = {}
    before = 0
    for some in rows:
        faults |= {before + at: fault for at, fault in (some.faults or {}).items()}
        before += len(some)
    lines = list(chain.from_iterable(some.lines for some in rows))
    kept = zip(*(some.kept for some in rows), strict=True)
    x = np.concatenate([some.x for some in rows])
    cells = tuple(list(chain.from_iterable(parts)) for parts in kept)
    return replace(rows[0], lines=lines, x=x, kept=cells, faults=faults)


def _part(rows: FeatureRows, begin: int, end: int) -> FeatureRows:
    faults = {at - begin: fault for at, fault in (rows.faults or {}).items() if begin <= at < end}
    kept = tuple(cells[begin:end] for cells in rows.kept)
    lines, x = rows.lines[begin:end], rows.x[begin:end]
    return replace(rows, first=rows.first + begin, lines=lines, x=x, kept=kept, faults=faults)


# ------------------------------------------------------------------ one feature


class _Feature:
    """Reads the cells of one feature; `gaps` is None where nothing is known of it."""

    def __init__(self, table: TableReader, place: int, gaps: bool | None) -> None:
        self.label = table.column_name(place)
        self._form, self.place, self._gaps = table.form, place, gaps

    def read(self, block: Block) -> tuple[Array, Faults]:
        """Return the values of a block, shape (rows,), and what is wrong with some."""
        raise NotImplementedError


class _Numbers(_Feature):
    def __init__(self, table: TableReader, place: int, gaps: bool | None) -> None:
        super().__init__(table, place, gaps)
        self.column = NumberColumn(table.form.notation, table.form.missing)

    def read(self, block: Block) -> tuple[Array, Faults]:
        found = self.column.take(block, self.place)
        values = self.column.values
        self.column.release()
        wrong = {at: fault for at, cell in found.others.items() if (fault := self._find_fault(cell))}
        if len(found.gaps) and not self._gaps:
            wrong |= {at: self._find_fault(block.row(at)[self.place]) for at in found.gaps.tolist()}
        return values, wrong

    def _find_fault(self, cell: str) -> str:
        form = self._form
        if self._gaps is not None and cell.strip() in form.no_numbers:
            return "" if self._gaps else LACKING
        return find_fault(cell, form.notation, form.missing, self.column.sign).text


class _Texts(_Feature):
    """Texts that are categories, truth values or dates."""

    def __init__(self, table: TableReader, place: int, column: Column, gaps: bool | None) -> None:
        super().__init__(table, place, gaps)
        self._read, self._fault = text_reader(column)
        self._missing, self._values = frozenset(table.form.missing), Memo(self._value)

    def read(self, block: Block) -> tuple[Array, Faults]:
        cells = block.cells(self.place)
        values = np.fromiter(self._values.of(cells), np.float64, len(cells))
        wrong = {
            at: f"{as_text(cells[at]).strip()[:40]!r} {self._fault}" for at in np.flatnonzero(values == FAULTY).tolist()
        }
        if not self._gaps:
            wrong |= dict.fromkeys(np.flatnonzero(np.isnan(values)).tolist(), LACKING)
        return values, wrong

    def _value(self, cell: str) -> float:
        text = cell.strip()
        value = np.nan if text in self._missing else self._read(text)
        return FAULTY if value is None else value


def _feature(table: TableReader, place: int, column: Column, gaps: bool | None) -> _Feature:
    if column.kind == "number":
        return _Numbers(table, place, gaps)
    return _Texts(table, place, column, gaps)
