"""Strict reading of text tables: every cell is a plain finite number, or the message says which one is not.

`1_000`, `infinity`, blank cells and digits of other scripts are refused, though Python's `float` or other readers
accept them. Messages give the line in the file. `zoo new`, training, evaluation and
prediction all read through `TableReader`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from zoo_core.data.labels import row_name
from zoo_core.data.readers._blocks import BLOCK_CELLS, BLOCK_ROWS, Block
from zoo_core.data.readers._cells import find_fault, is_number as is_number
from zoo_core.data.readers._memo import Memo
from zoo_core.data.readers._number_column import NumberColumn
from zoo_core.data.readers._open import Source, reads_foreign_bytes
from zoo_core.data.readers._text import Raw
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import NO_HEADER, Column, TableReader, column_index
from zoo_core.data.readers.tables import format_of, read_table
from zoo_core.errors import DataError, Hint
from zoo_core.parts import Array

DEFAULT = TableFormat()


@dataclass(frozen=True)
class CsvTable:
    """The contents of a text table: numbers, and the column that was kept as text, if any."""

    where: str  # the name of the file
    names: tuple[str, ...]  # of the columns of `numbers`; "" if there is no header
    numbers: Array  # float64, shape (rows, columns)
    text: tuple[str, ...] = ()  # the text column, without blanks around each cell
    text_name: str = ""
    header: tuple[str, ...] = ()  # the names of all columns of the file
    places: tuple[int, ...] = ()  # for each column of `numbers`, its index in the file
    incomplete: tuple[str, ...] = ()  # the places of rows that were left out, because they have no target
    name_row: Callable[[int], str] = row_name  # what messages call a row of `numbers`, by its index

    def find(self, column: Column) -> int:
        """Return the index in `numbers` of a column, given by its name or its index in the file."""
        return self.places.index(column_index(self.header, column, self.where))


@reads_foreign_bytes
def read_csv(
    source: Source, form: TableFormat = DEFAULT, *, text: Column | None = None,
    columns: Sequence[Column] | None = None, targets: Sequence[Column] = (), weights: Column | None = None,
) -> CsvTable:  # fmt: skip
    """Read a text table for training.

    Args:
        source: a path or an open file.
        form: how the table is written.
        text: a column to keep as text, for labels.
        columns: the columns to read as numbers; by default all others.
        targets: of the columns of numbers, those without which a row is left out. It is left out without a label, too.
        weights: of the columns of numbers, the one that weighs the rows.

    Returns:
        The numbers and the text.

    Raises:
        DataError: a cell is not a finite number, a row has another number of cells than the first, or there are no
            rows. Column names are not distinct, or `columns` has one twice. The file is not in its encoding.
        ResourceError: the file cannot be opened.

    Example:
        table = read_csv("flowers.csv", text="species")
        table.numbers.shape, table.text[0]  # (150, 4), "setosa"
    """
    where, raw = read_table(source)
    form = format_of(raw, form)
    table = TableReader(raw, form, where)
    place = None if text is None else text_index(table, text, columns)
    if weights is not None:
        weights_index(table, weights)
    wanted = column_indices(table, columns, place)
    needed = [i for i in [place, *map(table.index, targets)] if i is not None]
    found = _read_body(table, wanted, place, needed)
    found = replace(found, name_row=partial(place_of_row, raw, form, where, needed=needed))
    if form.header is None and found.text_name in found.text and all(map(is_number, found.names)):
        raise DataError(f"{where}: the first line is a row of numbers with a label; {NO_HEADER}")
    return found


def weights_index(table: TableReader, column: Column) -> int:
    """Return the index of the weights. Raises DataError that says what the column is for, if there is none."""
    try:
        return table.index(column)
    except DataError as error:
        raise DataError(f"{error}; data.weights names it as the weights of the rows") from error


def text_index(table: TableReader, text: Column, columns: Sequence[Column] | None) -> int:
    """Return the index of the text column; one that is given as an index may stand elsewhere than in training."""
    place = table.index(text)
    if isinstance(text, str) or not table.names[place] or table.names[place] not in (columns or ()):
        return place
    known = set(columns or ())
    rest = [i for i in table.columns if table.names[i] not in known]
    if len(rest) != 1:
        raise DataError(
            f"{table.where}: column {text} is {table.names[place]!r}, a feature; give the target by its name"
        )
    return rest[0]


def column_indices(table: TableReader, columns: Sequence[Column] | None, text: int | None) -> list[int]:
    """Return the indices of columns. Raises DataError if one is named twice or is the text column."""
    if columns is None:
        return [i for i in table.columns if i != text]
    known = {name: i for i, name in reversed(list(enumerate(table.names))) if name}
    places = [known[c] if isinstance(c, str) and c in known else table.index(c) for c in columns]
    seen: set[int | None] = {text}
    for place in places:
        if place in seen:
            raise DataError(
                f"{table.where}: {table.column_name(place)} is named twice; target, weights, groups, times and "
                "features must differ"
            )
        seen.add(place)
    return places


def _read_body(table: TableReader, wanted: list[int], place: int | None, needed: list[int]) -> CsvTable:
    """Read the rows: numbers from the columns `wanted`, text from `place`."""
    numbers = [NumberColumn(table.form.notation, table.form.missing) for _ in wanted]
    text, found = list[str](), Memo(str.strip)
    incomplete: list[str] = []
    for block in table.blocks():
        block, out = complete_rows(block, needed, table.form.missing)
        incomplete += out
        if len(block):
            columns = zip(wanted, numbers, strict=True)
            faults = [(at, i, c.sign) for i, c in columns if (at := c.take(block, i).first) is not None]
            if faults:
                raise _cell_error(table, block, *min(faults, key=lambda fault: fault[:2]), needed)
            text += found.of(block.cells(place)) if place is not None else ()
    rows = len(numbers[0]) if numbers else len(text)
    if not rows:
        why = f"; {len(incomplete)} have no target" if incomplete else ""
        raise DataError(f"{table.where}: has no rows to learn from{why}")
    return CsvTable(
        table.where, tuple(table.names[i] for i in wanted), _matrix(numbers, rows), tuple(text),
        "" if place is None else table.names[place], table.names, tuple(wanted), tuple(incomplete),
    )  # fmt: skip


def complete_rows(block: Block, needed: Sequence[int], missing: Sequence[str]) -> tuple[Block, list[str]]:
    """Return a block without the rows that lack a value in a column `needed`, and the places of these."""
    out = {at for i in needed for at in block.missing(i, missing)}
    if not out:
        return block, []
    return block.without(out), [block.place(at) for at in sorted(out)]


def place_of_row(raw: Raw, form: TableFormat, where: str, row: int, needed: Sequence[int] = ()) -> str:
    """Return what messages call a row, given by its index from 0. The file is read again.

    Rows without a value in the columns `needed` are not counted.
    """
    for block in TableReader(raw, form, where).blocks():
        kept, _ = complete_rows(block, needed, form.missing)
        if row < len(kept):
            return kept.place(row)
        row -= len(kept)
    return row_name(row)


def _cell_error(
    table: TableReader, block: Block, at: int, place: int, sign: str | None, targets: Sequence[int]
) -> DataError:
    text = block.row(at)[place]
    fault = find_fault(text, table.form.notation, table.form.missing, sign)
    cell = f"{table.where}: {block.place(at)}, {table.column_name(place)}"
    kind = "number" if text.strip() in table.form.missing else "ignore" if fault.is_value else "category"
    hint = None if place in targets else Hint("column_kind", name=table.names[place] or str(place), kind=kind)
    return DataError(f"{cell} {fault.text}" if fault.what.startswith("is ") else f"{cell}: {fault.text}", hint)


def _matrix(columns: list[NumberColumn], rows: int) -> Array:
    """Return columns as one array, shape (rows, columns)."""
    matrix, step = np.empty((rows, len(columns))), max(BLOCK_ROWS, BLOCK_CELLS // max(1, len(columns)))
    values = [column.values for column in columns]
    for begin in range(0, rows, step):  # so that the rows that are written stay in the processor's cache
        part = matrix[begin : begin + step]
        for i, column in enumerate(values):
            part[:, i] = column[begin : begin + step]
    return matrix
