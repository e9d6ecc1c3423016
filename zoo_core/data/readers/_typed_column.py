"""The values of one column of a table, and how they are gathered from blocks of cells."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.data.readers._blocks import Block
from zoo_core.data.readers._cells import find_fault
from zoo_core.data.readers._memo import Memo
from zoo_core.data.readers._number_column import NumberColumn
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.errors import DataError
from zoo_core.parts import Array

MISSING_CODE = -1


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
        missing: how many cells have no value, which is one of the texts in `TableFormat.missing`. Where these are the
            usual ones, "-", "--", "." and "None" are no value of a number, either.
        example: the first cell with a value, as it is written; "" if there is none.
        sign: what stands beside each number: a currency, "%", "true or false", or "" for nothing.
        first_missing: the place of the first cell without a value, such as "line 4"; "" if there is none.
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


class Builder:
    """Makes a column of the cells in blocks of rows."""

    def __init__(self, table: TableReader, place: int) -> None:
        self.form, self.place, self.name = table.form, place, table.names[place]
        self.where, self.label = table.where, table.column_name(place)
        self.missing, self.first_missing, self.example = 0, "", ""

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        raise NotImplementedError

    def column(self) -> TypedColumn:
        """Return the column of the cells since the last call."""
        raise NotImplementedError

    def _count(self, block: Block, gaps: Sequence[int]) -> None:
        """Note missing cells, by their index in the block, and an example."""
        if gaps and not self.missing:
            self.first_missing = block.place(gaps[0])
        self.missing += len(gaps)
        if not self.example:
            out = set(gaps)
            self.example = next((c.strip() for at, c in enumerate(block.column(self.place)) if at not in out), "")


class Numbers(Builder):
    """Numbers, up to the first cell that is none; then it waits for the end, or refuses it if numbers were told."""

    def __init__(self, table: TableReader, place: int, told: bool) -> None:
        super().__init__(table, place)
        self.first_text, self._told = "", told
        self._gaps = table.form.no_numbers
        self._numbers = NumberColumn(table.form.notation, table.form.missing)

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        if self.first_text:
            return
        found = self._numbers.take(block, self.place)
        wrong = next((at for at, cell in found.others.items() if cell.strip() not in self._gaps), None)
        if self._told and wrong is not None:
            fault = find_fault(found.others[wrong], self.form.notation, self.form.missing, self._numbers.sign)
            raise DataError(f"{self.where}: {block.place(wrong)}, {self.label}: {fault.text}")
        if not self._told and (code := block.first_code(self.place)) is not None:
            wrong = code if wrong is None else min(wrong, code)
        if wrong is not None:
            self.first_text = block.place(wrong)
            self._numbers.release()
        else:
            self._count(block, found.rows)

    def column(self) -> TypedColumn:
        """Return the column of the cells since the last call."""
        numbers = self._numbers.values
        self._numbers.release()
        return TypedColumn(
            self.name, self.place, numbers, missing=self.missing, example=self.example, sign=self._numbers.sign or "",
            first_missing=self.first_missing,
        )  # fmt: skip


class Texts(Builder):
    """Codes of texts."""

    def __init__(self, table: TableReader, place: int, first_text: str = "") -> None:
        super().__init__(table, place)
        self._first_text, self._codes = first_text, array("i")
        self._known = dict.fromkeys(self.form.missing, MISSING_CODE)
        self._categories: list[str] = []
        self._found = Memo(self._code)

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        codes = np.fromiter(self._found.of(block.cells(self.place)), np.int32, len(block))
        self._count(block, np.flatnonzero(codes == MISSING_CODE).tolist())
        self._codes.frombytes(codes.tobytes())

    def _code(self, cell: str) -> int:
        """Return the code of a text without the blanks around it; a new text gets the next one."""
        text = cell.strip()
        code = self._known.setdefault(text, len(self._categories))
        if code == len(self._categories):
            self._categories.append(text)
        return code

    def column(self) -> TypedColumn:
        """Return the column of the cells since the last call."""
        codes, self._codes = np.frombuffer(self._codes, np.int32), array("i")
        return TypedColumn(
            self.name, self.place, codes=codes, categories=tuple(self._categories),
            missing=self.missing, example=self.example, first_missing=self.first_missing, first_text=self._first_text,
        )  # fmt: skip
