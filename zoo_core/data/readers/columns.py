"""The columns of a table with their types: each is numbers, or texts as codes of its categories.

Which of the two a column is, is read off its cells, or told. What a column means (an id, a date, a label) is not
decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from zoo_core.data.readers._blocks import Block
from zoo_core.data.readers._columns_text import ColumnsText
from zoo_core.data.readers._open import Source, reads_foreign_bytes, refusing_damage
from zoo_core.data.readers._text import Raw
from zoo_core.data.readers._typed_column import (
    MISSING_CODE as MISSING_CODE,
    Builder,
    Numbers,
    Texts,
    TypedColumn as TypedColumn,
)
from zoo_core.data.readers.csv import complete_rows
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import Column as Named, TableReader
from zoo_core.data.readers.tables import read_table
from zoo_core.errors import DataError

Type = Literal["number", "text"]
SAMPLE_ROWS = 1000  # that say the type of a column; where later rows say another, the table is read again
BLOCK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a table that hold data, all with the same number of rows.

    Args:
        where: the name of the file, for messages.
        columns: in the order of the file, or as they were asked for.
        rows: their number.
        names: those of all columns of the file; "" for a column of row names, and where there is no header.
        form: how the file is written.
        incomplete: the places of rows that were left out.
    """

    where: str
    columns: tuple[TypedColumn, ...]
    rows: int
    names: tuple[str, ...]
    form: TableFormat
    incomplete: tuple[str, ...] = ()

    def __getitem__(self, column: Named) -> TypedColumn:
        """Return a column by its name, or by its index in the file. Raises DataError if there is none."""
        place = column if isinstance(column, int) else next((i for i, n in enumerate(self.names) if n == column), -1)
        found = [own for own in self.columns if own.place == place]
        if not found:
            raise DataError(f"{self.where}: there is no column {column!r}")
        return found[0]


@reads_foreign_bytes
def read_columns(
    source: Source, form: TableFormat, *, take: Sequence[Named] | None = None,
    types: Mapping[Named, Type] | None = None,
) -> Columns:  # fmt: skip
    """Read a table as typed columns.

    Args:
        source: a path or an open file.
        form: how the table is written; `find_format` finds it.
        take: the columns to read, by name or index in the file; by default all that hold data.
        types: the type of columns for which it is known; the others are found out.

    Returns:
        The columns with all rows.

    Raises:
        DataError: a cell of a column that is told to be of numbers is none; the message has its line and column. A row
            has another number of cells than the first. The file is not in its encoding.
        ResourceError: the file cannot be opened.

    Example:
        table = read_columns("people.csv", TableFormat())
        table["age"].numbers.mean(), table["city"].categories
    """
    where, raw = read_table(source)
    return columns_in(raw, form, where, take=take, types=types)


def columns_in(
    raw: Raw, form: TableFormat, where: str, *, take: Sequence[Named] | None = None,
    types: Mapping[Named, Type] | None = None, needed: Sequence[int] = (),
) -> Columns:  # fmt: skip
    """Return the typed columns of a table, as `read_columns`, from its contents; messages call it `where`.

    Rows without a value in one of the columns `needed` are left out; what their other cells hold does not matter.
    """
    table, out = TableReader(raw, form, where), list[str]()
    builders, rows = _fill(_complete_blocks(table, needed, out), table, first := _builders(table, raw, take, types))
    late = {i: b.first_text for i, b in builders.items() if isinstance(b, Numbers) and b.first_text}
    if late:  # later rows have texts in columns whose first rows are numbers
        again = TableReader(raw, form, where)
        blocks = _complete_blocks(again, needed, [])
        builders |= _fill(blocks, again, {i: Texts(again, i, found) for i, found in late.items()})[0]
    return Columns(where, tuple(builders[i].column() for i in first), rows, table.names, table.form, tuple(out))


def _complete_blocks(table: TableReader, needed: Sequence[int], left_out: list[str]) -> Iterator[Block]:
    """Yield the rows of a table that have a value in each column `needed`; add the places of others to `left_out`."""
    for block in table.blocks():
        full, out = complete_rows(block, needed, table.form.missing)
        left_out += out
        if len(full):
            yield full


@reads_foreign_bytes
def column_blocks(
    source: Source, form: TableFormat, types: Mapping[Named, Type], *, rows: int = BLOCK_ROWS
) -> Iterator[Columns]:
    """Read columns of known types a block of rows at a time, in bounded memory.

    Args:
        source: a path or an open file; a path is read while the blocks are taken.
        form: how the table is written.
        types: the columns to read, by name or index in the file, with their types.
        rows: how many rows a block has at least; the last one may have fewer.

    Yields:
        The rows of each block. Codes mean the same text in all blocks, since `categories` only grows.

    Raises:
        DataError: as `read_columns`, when the block with the fault is taken.
        ResourceError: the file cannot be opened.
    """
    where, raw = read_table(source)
    table = TableReader(raw, form, where)
    return _blocks(table, _builders(table, raw, list(types), types), rows)


def _blocks(table: TableReader, builders: Mapping[int, Builder], least: int) -> Iterator[Columns]:
    def flush() -> Columns:
        return Columns(table.where, tuple(b.column() for b in builders.values()), rows, table.names, table.form)

    rows = 0
    with refusing_damage(table.where):
        for block in table.blocks():
            rows += _add(builders, block)
            if rows >= least:
                yield flush()
                rows = 0
        if rows:
            yield flush()


def _builders(
    table: TableReader, raw: Raw, take: Sequence[Named] | None, types: Mapping[Named, Type] | None
) -> dict[int, Builder]:
    """Return what gathers the cells of each column that is asked for."""
    known: dict[int, Type] = {}
    if isinstance(raw, ColumnsText):
        known |= dict.fromkeys(map(table.index, raw.texts), "text")
    known |= {table.index(column): kind for column, kind in (types or {}).items()}
    places = table.columns if take is None else [table.index(column) for column in take]
    return {i: Texts(table, i) if known.get(i) == "text" else Numbers(table, i, i in known) for i in places}


def _fill(
    blocks: Iterator[Block], table: TableReader, builders: dict[int, Builder]
) -> tuple[dict[int, Builder], int]:  # fmt: skip
    """Give the rows of a table to builders; return them, and the number of rows.

    What is no column of numbers in the first rows becomes one of texts.
    """
    rows, builders = 0, dict(builders)
    sample: list[Block] = []
    for block in blocks:
        sample.append(block)
        rows += _add(builders, block)
        if rows >= SAMPLE_ROWS:
            break
    for i, builder in list(builders.items()):
        if isinstance(builder, Numbers) and builder.first_text:
            builders[i] = Texts(table, i, builder.first_text)
            for block in sample:
                builders[i].add(block)
    del sample
    return builders, rows + sum(_add(builders, block) for block in blocks)


def _add(builders: Mapping[int, Builder], block: Block) -> int:
    for builder in builders.values():
        builder.add(block)
    return len(block)
