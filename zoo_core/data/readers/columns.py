"""The columns of a table with their types: each is numbers, or texts as codes of its categories.

Which of the two a column is, is read off its cells, or told. What a column means (an id, a date, a label) is not
decided here.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zoo_core.data.readers._cells import NumberColumn, find_fault
from zoo_core.data.readers._open import Source, reads_foreign_bytes
from zoo_core.data.readers._rows import Block
from zoo_core.data.readers._text import Raw
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import Column as Named, TableReader
from zoo_core.data.readers.tables import format_of, read_table
from zoo_core.errors import DataError
from zoo_core.parts import Array

Type = Literal["number", "text"]
MISSING_CODE = -1
SAMPLE_ROWS = 1000  # that say the type of a column; where later rows say another, the table is read again


@dataclass(frozen=True, eq=False)
class TypedColumn:
    """One column of a table, or of a block of its rows: numbers, or texts as codes of categories.

    A column is of numbers if each cell with a value is a finite number. All have the same sign beside them, or none,
    and no whole number begins with a zero, as 01 does. Any other column is of texts. One without values is of numbers.

    Args:
        name: its name in the header; "" in a table without one.
        place: its index in the file, from 0.
        numbers: float64, shape (rows,), NaN where the value is missing; None for texts.
        codes: int32, shape (rows,), indices of `categories`, -1 where the value is missing; None for numbers.
        categories: the different texts, in the order in which the rows have them first, without blanks around them.
        missing: how many cells have no value, which is one of the texts in `TableFormat.missing`.
        example: the first cell with a value, as it is written; "" if there is none.
        sign: what stands beside each number: a currency, "%", "true or false", or "" for nothing.
        first_missing: the place of the first cell without a value, such as "row 3 (line 4)"; "" if there is none.
        first_text: for texts, the place of the first cell that keeps the column from being numbers; "" if it was told.
    """

    name: str
    place: int
    numbers: Array | None = None
    codes: Array | None = None
    categories: tuple[str, ...] = ()
    missing: int = 0
    example: str = ""
    sign: str = ""
    first_missing: str = ""
    first_text: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.numbers is not None

    def __len__(self) -> int:
        found = self.codes if self.numbers is None else self.numbers
        return 0 if found is None else len(found)

    def texts(self) -> list[str | None]:
        """Return the texts of the rows; None where the value is missing, and for a column of numbers."""
        codes = [] if self.codes is None else self.codes.tolist()
        return [None if code == MISSING_CODE else self.categories[code] for code in codes] or [None] * len(self)


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a table that hold data, all with the same number of rows.

    Args:
        where: the name of the file, for messages.
        columns: in the order of the file, or as they were asked for.
        rows: their number.
        names: those of all columns of the file; "" for a column of row names, and where there is no header.
        form: how the file is written.
    """

    where: str
    columns: tuple[TypedColumn, ...]
    rows: int
    names: tuple[str, ...]
    form: TableFormat

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
    return columns_in(raw, format_of(raw, form), where, take=take, types=types)


def columns_in(
    raw: Raw, form: TableFormat, where: str, *, take: Sequence[Named] | None = None,
    types: Mapping[Named, Type] | None = None,
) -> Columns:  # fmt: skip
    """Return the typed columns of a table, as `read_columns`, from its contents; messages call it `where`."""
    table = TableReader(raw, form, where)
    known = {table.index(column): kind for column, kind in (types or {}).items()}
    places = table.columns if take is None else [table.index(column) for column in take]
    first: dict[int, _Builder] = {
        i: _Texts(table, i) if known.get(i) == "text" else _Numbers(table, i, i in known) for i in places
    }
    builders, rows = _fill(table, first)
    late = {i: b.first_text for i, b in builders.items() if isinstance(b, _Numbers) and b.first_text}
    if late:  # later rows have texts in columns whose first rows are numbers
        again = TableReader(raw, form, where)
        builders |= _fill(again, {i: _Texts(again, i, first) for i, first in late.items()})[0]
    return Columns(where, tuple(builders[i].column() for i in places), rows, table.names, form)


def _fill(table: TableReader, builders: dict[int, _Builder]) -> tuple[dict[int, _Builder], int]:
    """Give the rows of a table to builders; return them, and the number of rows.

    What is no column of numbers in the first rows becomes one of texts.
    """
    rows, blocks = 0, table.blocks()
    sample: list[Block] = []
    for block in blocks:
        sample.append(block)
        rows += _add(builders, block)
        if rows >= SAMPLE_ROWS:
            break
    for i, builder in list(builders.items()):
        if isinstance(builder, _Numbers) and builder.first_text:
            builders[i] = _Texts(table, i, builder.first_text)
            for block in sample:
                builders[i].add(block)
    del sample
    return builders, rows + sum(_add(builders, block) for block in blocks)


def _add(builders: Mapping[int, _Builder], block: Block) -> int:
    for builder in builders.values():
        builder.add(block)
    return len(block)


class _Builder:
    """Makes a column of the cells in blocks of rows."""

    def __init__(self, table: TableReader, place: int) -> None:
        self.form, self.place, self.name = table.form, place, table.names[place]
        self.where, self.label = table.where, table.column_name(place)
        self.missing, self.first_missing, self.example = 0, "", ""

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        raise NotImplementedError

    def column(self) -> TypedColumn:
        """Return the column."""
        raise NotImplementedError

    def _count(self, block: Block, gaps: Sequence[int]) -> None:
        """Note missing cells, by their index in the block, and an example."""
        if gaps and not self.missing:
            self.first_missing = block.place(gaps[0])
        self.missing += len(gaps)
        if not self.example:
            cells, missing = block.column(self.place), self.form.missing
            self.example = next((text for cell in cells if (text := cell.strip()) not in missing), "")


class _Numbers(_Builder):
    """Numbers, up to the first cell that is none; then it waits for the end, or refuses it if numbers were told."""

    def __init__(self, table: TableReader, place: int, told: bool) -> None:
        super().__init__(table, place)
        self.first_text, self._told = "", told
        self._numbers = NumberColumn(table.form.notation, table.form.missing)

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        if self.first_text:
            return
        odd = self._numbers.take(block, self.place)
        wrong = next((at for at, cell in odd.items() if cell.strip() not in self.form.missing), None)
        if self._told and wrong is not None:
            fault = find_fault(odd[wrong], self.form.notation, self.form.missing, self._numbers.sign)
            raise DataError(f"{self.where}: {block.place(wrong)}, {self.label}: {fault.text}")
        if not self._told and wrong is None:
            wrong = block.first_code(self.place)
        if wrong is not None:
            self.first_text = block.place(wrong)
            self._numbers.release()
        else:
            self._count(block, list(odd))

    def column(self) -> TypedColumn:
        """Return the column."""
        numbers = np.frombuffer(self._numbers.values, np.float64)
        return TypedColumn(
            self.name, self.place, numbers, missing=self.missing, example=self.example, sign=self._numbers.sign or "",
            first_missing=self.first_missing,
        )  # fmt: skip


class _Codes(dict[str, int]):
    """The code of each text as it is written, also with blanks around it; a new text gets the next one."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(dict.fromkeys(missing, MISSING_CODE))
        self.categories: list[str] = []

    def __missing__(self, cell: str) -> int:
        text = cell.strip()
        if text == cell:
            self.categories.append(text)
            code = len(self.categories) - 1
        else:
            code = self[text]
        self[cell] = code
        return code


class _Texts(_Builder):
    """Codes of texts."""

    def __init__(self, table: TableReader, place: int, first_text: str = "") -> None:
        super().__init__(table, place)
        self._first_text, self._found, self._codes = first_text, _Codes(self.form.missing), array("i")

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        codes = np.fromiter(map(self._found.__getitem__, block.column(self.place)), np.int32, len(block))
        self._count(block, np.flatnonzero(codes == MISSING_CODE).tolist())
        self._codes.frombytes(codes.tobytes())

    def column(self) -> TypedColumn:
        """Return the column."""
        return TypedColumn(
            self.name, self.place, codes=np.frombuffer(self._codes, np.int32), categories=tuple(self._found.categories),
            missing=self.missing, example=self.example, first_missing=self.first_missing, first_text=self._first_text,
        )  # fmt: skip
