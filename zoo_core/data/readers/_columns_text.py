"""Columns that another reader has read, as text: in memory if it is small, else in a temporary file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zoo_core.data.readers._contents import Contents, kept
from zoo_core.data.readers.table_format import TableFormat

ERRORS = "surrogatepass"  # a text of a plugin may hold half a pair


@dataclass(frozen=True, eq=False)
class ColumnsText(Contents):
    """Columns that another reader has read, as text with a header, written in `FORMAT`.

    Args:
        texts: the columns that hold texts even if these look like numbers.
        note: who has read the columns.
        sheet_rows: the rows of a spreadsheet that have a value, as it counts them.
        categories: the columns that the file declares to be of categories, whatever their values are.
    """

    FORMAT: ClassVar = TableFormat(header=True)
    texts: tuple[str, ...] = ()
    note: str = "the reader of a plugin gives the columns"
    sheet_rows: Sequence[int] = ()
    categories: tuple[str, ...] = ()

    def row_name(self, number: int, line: int) -> str:
        """Return what messages call a row; its file has no lines. `number` counts rows below the header from 1."""
        return f"row {self.sheet_rows[number]} of the sheet" if self.sheet_rows else f"row {number - 1} (from 0)"


def kept_text(pieces: Iterable[str], where: str) -> Contents:
    """Return pieces of text as contents, for a `ColumnsText`; they are taken one by one."""
    return kept((piece.encode(errors=ERRORS) for piece in pieces), where)


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield each row of cells as text, in `ColumnsText.FORMAT`."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")  # else a lone carriage return in a cell is not quoted
    yield from map(writer.writerow, rows)
