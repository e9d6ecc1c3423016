"""What a column of a table holds, for the first spec: numbers, texts, codes, missing values."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

import numpy as np

from zoo_core.data.columns import column_line
from zoo_core.data.readers._blocks import Block
from zoo_core.data.readers._cells import MAX_EXACT, NOTATIONS, Fault, find_fault, read_number
from zoo_core.data.readers._number_column import NumberColumn
from zoo_core.data.readers._odd_texts import FEW_LEVELS, MOST_LEVELS, MOSTLY as MOSTLY, ROWS_PER_LEVEL, OddTexts
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.parts import Array

COUNTED = 1.5  # times the number of rows, to which numbers that count them go
_ID = re.compile(r"(?i:(?:^|[\W_])(?:id|uid|uuid|idx|index|nr|no|rownames?)|^unnamed: 0(?:\.[0-9]+)*)$|[a-z]I[dD]$")
_ROW_NAMES = re.compile(r"X|V1|#|\.\.\.1|(?i:rows?|no\.|obs(?:ervation)?|level_0|lfd\.?|record)")  # of R and others
_CODE_NAME = re.compile(r"(?i:zip|plz|fips|naics|code)$")
_NINES = re.compile(r"-9+|99+|-9+\.9+")  # such as -9, 99 and -99.9
_UNIT = re.compile(r"[^\w]{0,3}[+-]?[0-9][0-9.,' ]*\s?[^\W\d_]{0,4}[²³%]?")


def far_nines(values: Array) -> tuple[float, int] | None:
    """Return a number such as -9 or 999 that likely stands for a missing value, with its rows, or None.

    It stands in several rows, and is further from all other numbers than these are from one another.
    """
    for end in (values.min(), values.max()) if len(values) else ():
        if not _NINES.fullmatch(f"{end:.15g}"):
            continue
        others = values[values != end]
        rows = len(values) - len(others)
        if rows > 1 and len(others) and np.abs(others - end).min() > np.ptp(others) > 0:
            return float(end), rows
    return None


def has_id_name(name: str) -> bool:
    """Return whether a column is called like one that numbers things, such as user_id."""
    return _ID.search(name) is not None


def _way(name: str, kind: str) -> str:
    return f"to take it, write {column_line(name, kind)} in [data.columns]"


def _number_rows(values: Array) -> bool:
    """Return whether numbers may count rows, of which some were left out."""
    rises = len(values) > 1 and not np.any(values % 1) and bool(np.all(np.diff(values) > 0))
    return rises and values[0] >= 0 and values[-1] <= COUNTED * len(values)


@lru_cache(4096)  # categories repeat
def looks_like_number(text: str) -> bool:
    """Return whether a text is a number with another mark or a unit, such as 1,5 or 12 kg."""
    return any(read_number(text, n) is not None for n in NOTATIONS) or _UNIT.fullmatch(text.strip()) is not None


class ColumnSurvey:
    """Counts what stands in a column, block by block."""

    def __init__(self, place: int, form: TableFormat) -> None:
        self.place, self._form = place, form
        self.gap = self.text = (
            "",
            "",
        )  # place in the file and cell: the first missing one, the first that is no number
        self.code = ""  # the first whole number with a leading zero
        self.marks: dict[str, str] = {}  # texts that are no value of a number only, with the place of the first
        self._odd = OddTexts()
        self._numbers = NumberColumn(form.notation, form.missing)
        self._missing = self._texts = self._near = 0

    def add(self, block: Block) -> None:
        """Take the cells of a block."""
        if not self.code and (at := block.first_code(self.place)) is not None:
            self.code = block.row(at)[self.place].strip()
        found = self._numbers.take(block, self.place)
        texts = {at: cell for at, cell in found.others.items() if cell.strip() not in self._form.no_numbers}
        gaps = sorted(set(found.rows) - texts.keys()) if texts else found.rows
        if gaps and not self._missing:
            self.gap = (block.place(gaps[0]), block.row(gaps[0])[self.place])
        if texts and not self._texts:
            first = next(iter(texts))
            self.text = (block.place(first), texts[first])
        for at in (at for at in found.others if at not in texts):
            self._note_mark(found.others[at].strip(), block.place(at))
        for cell in texts.values():
            self._odd.add(cell)
        self._missing += len(gaps)
        self._texts += len(texts)
        self._near += sum(map(looks_like_number, texts.values()))

    def _note_mark(self, text: str, place: str) -> None:
        """Note a text that is no value of a number only."""
        if text not in self._form.missing and text not in self.marks:
            self.marks[text] = place

    @property
    def sign(self) -> str:
        """The sign beside the numbers, if there is one."""
        return self._numbers.sign or ""

    @property
    def share(self) -> float:
        """The share of the cells with a value that are numbers, from 0 to 1."""
        cells = len(self._numbers) - self._missing
        return (cells - self._texts) / max(1, cells)

    @property
    def gaps(self) -> int:
        """How many cells have no value."""
        return self._missing

    @property
    def has_only_numbers(self) -> bool:
        """Whether each cell with a value is a number."""
        return not self._texts

    @property
    def is_measured(self) -> bool:
        """Whether nearly all texts are numbers with another mark or a unit."""
        return self._texts > 0 and self._near >= MOSTLY * self._texts

    @property
    def is_nearly_numeric(self) -> bool:
        """Whether the column holds numbers, and a few cells that are mistakes, or numbers written in another way."""
        nearly = self._texts > 0 and (self.share >= MOSTLY or (self.share > 0 and self._near == self._texts))
        return nearly and not (self.is_code or self.has_levels)

    @property
    def texts(self) -> set[str]:
        """The different texts that are no numbers; of very many, the first."""
        return self._odd.texts

    @property
    def words_for_gaps(self) -> tuple[str, ...]:
        """The texts among its numbers, if all say that a value is missing, and nearly all cells are numbers."""
        return self._odd.words_for_gaps if self._texts and self.share >= MOSTLY else ()

    @property
    def repeated_words(self) -> tuple[str, ...]:
        """Words among its numbers, if nearly all cells are numbers, which are neither codes nor classes."""
        return self._odd.repeated_words if self.is_nearly_numeric and self.share >= MOSTLY else ()

    @cached_property
    def is_code(self) -> bool:
        """Whether its numbers are codes: some have leading zeros, which their values would lose, or a letter."""
        return bool(self.code) if not self._texts else bool(self.letter_code)

    @cached_property
    def letter_code(self) -> str:
        """The first code with a letter, such as 12a, in a column of whole numbers that are codes; or ''."""
        values = self.known_values
        if not len(values) or values.min() < 0 or (np.any(values % 1) and not self.code):
            return ""
        return self._odd.first_code(zeros=bool(self.code))

    @cached_property
    def has_levels(self) -> bool:
        """Whether few numbers and texts stand in many rows each, as for classes of which some have a name."""
        are_open = self._odd.are_open_classes
        if not self._texts or (self._near and not are_open):
            return False
        different, rows = np.unique(self.known_values), len(self._numbers.values) - self._missing
        are_many = are_open and not np.any(different % 1)  # <0.5 among fractions is below what was measured
        levels = len(self._odd) + len(different)
        return levels <= (MOST_LEVELS if are_many else FEW_LEVELS) and levels * ROWS_PER_LEVEL <= rows

    @property
    def values(self) -> Array:
        """The numbers, shape (rows,); a missing one is NaN."""
        return self._numbers.values

    @property
    def known_values(self) -> Array:
        """The numbers without the missing ones."""
        values = self.values
        return values[~np.isnan(values)] if self._missing or self._texts else values

    @property
    def counts_up(self) -> bool:
        """Whether the numbers are whole and count up by 1 from row to row."""
        return self.values[:1] % 1 == 0 and bool(np.all(np.diff(self.values) == 1))

    @property
    def is_numeric(self) -> bool:
        """Whether every cell is a number."""
        return not self._missing and not self._texts

    @property
    def fault(self) -> Fault:
        """What is wrong with the first cell that is no number, or the first missing one."""
        _, cell = self.text if self._texts else self.gap
        return find_fault(cell, self._form.notation, self._form.missing, self._numbers.sign)

    def first_fault(self) -> str:
        """Return the place and the fault of the first cell that is no number, or of the first missing one."""
        place, cell = self.text if self._texts else self.gap
        gaps = "" if self._texts else f"{self._missing} of {len(self._numbers)} cells have no value; "
        gap = f"; if {cell.strip()!r} stands for a missing value, add it to data.missing" if self._is_word(cell) else ""
        return f"{gaps}{place}: {self.fault.text}{gap}"

    def _is_word(self, cell: str) -> bool:
        """Return whether a cell in a column of numbers has no digit, so that it may stand for a missing value."""
        return self._texts > 0 and self.is_nearly_numeric and not any(map(str.isdigit, cell))

    def objection(self, name: str) -> str:
        """Return why a column of numbers is better not learnt from, or ''."""
        if self.is_code:
            code = self.letter_code or self.code
            return f"it has codes such as {code!r}, which are no amounts; {_way(name, 'category')}"
        values = self.known_values
        if len(values) and np.abs(values).max() > MAX_EXACT and not np.any(values % 1):
            return "it has whole numbers of 16 digits and more, which are no amounts and would be rounded"
        if has_id_name(name) and not np.any(values % 1) and len(np.unique(values)) == len(values) > 1:
            return f"by its name and its numbers it is an id, which tells nothing of new rows; {_way(name, 'number')}"
        if _ROW_NAMES.fullmatch(name.strip()) and _number_rows(values):
            return f"by its name and its numbers it is an id of the rows; {_way(name, 'number')}"
        return ""

    def notes(self, table: TableReader) -> list[str]:
        """Say what a column of numbers is read as, if that is not plain."""
        name = table.column_name(self.place)
        marks = [f"{name}: {text!r} is read as a missing value; the first is {at}" for text, at in self.marks.items()]
        if far := far_nines(self.known_values):
            value, rows = far
            marks.append(f"{name} has {value:g} in {rows} rows, far from other numbers; if none is meant: data.missing")
        if _CODE_NAME.search(table.names[self.place]) and not np.any(self.known_values % 1):
            line = column_line(table.names[self.place], "category")
            marks.append(
                f"{name} has whole numbers, which are read as amounts; for codes write {line} in [data.columns]"
            )
        if self.sign == "true or false":
            return [*marks, f"{name} is true or false; it is read as 1 or 0"]
        if self.sign:
            return [*marks, f"{name}: the sign {self.sign!r} beside its numbers is left out"]
        return marks
