"""Tables in files of Parquet, Arrow or Excel, with the libraries of the extra `tables`, as text.

As text they go the way of all other tables. What a number, a date or a truth value is written as gives the same value
again. Files are read a piece at a time, and refused where they expand to far more than they hold.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo_core.data.readers._open import check_growth, refusing_damage
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError, PluginError

PARQUET, ARROW, EXCEL = (".parquet", ".pq"), (".feather", ".arrow", ".ipc"), (".xlsx", ".xlsm")
BINARY_ENDINGS = (*PARQUET, *ARROW, *EXCEL)
PIECE = 2**18  # cells that are read at a time
CELL = 60  # bytes that a cell takes as a Python text
NESTED = ("List", "Array", "Struct", "Binary", "Object")


class ColumnsText(str):
    """Columns that another reader has read, as text with a header, written in `FORMAT`.

    `texts` names the columns that hold texts even if these look like numbers. `note` says who has read the columns.
    `sheet_rows` has the rows of a spreadsheet that have a value, as it counts them.
    """

    FORMAT = TableFormat(header=True)
    texts: tuple[str, ...] = ()
    note = "the reader of a plugin gives the columns"
    sheet_rows: Sequence[int] = ()

    def row_name(self, number: int, line: int) -> str:
        """Return what messages call a row; its file has no lines. `number` counts rows below the header from 1."""
        return f"row {self.sheet_rows[number]} of the sheet" if self.sheet_rows else f"row {number - 1} (from 0)"


def read_binary(path: Path) -> ColumnsText:
    """Return the table in a file of Parquet, Arrow or Excel.

    Raises PluginError if the library that reads it is not installed. Raises DataError if the file is damaged, has
    columns of lists or the like, or expands to far more than it holds.
    """
    is_excel = path.suffix.lower() in EXCEL
    library = _library("openpyxl" if is_excel else "polars", path)
    with refusing_damage(path), _panics_as_errors():
        return _read_excel(path, library) if is_excel else _read_frame(path, library)


@contextmanager
def _panics_as_errors() -> Iterator[None]:
    """Raise ValueError where polars fails inside on damaged bytes: its PanicException is no Exception."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("polars cannot read it") from error


def _library(name: str, path: Path) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        why = f"{path}: {path.suffix} files are read with {name}, which is not installed"
        raise PluginError(f"{why}; pip install 'mlp-zoo[tables]', or save the table as CSV") from error


def _read_frame(path: Path, polars: Any) -> ColumnsText:
    frame = polars.scan_parquet(path) if path.suffix.lower() in PARQUET else polars.scan_ipc(path)
    schema = frame.collect_schema()
    nested = next((name for name, kind in schema.items() if str(kind).startswith(NESTED)), None)
    if nested is not None:
        raise DataError(f"{path}: column {nested!r} holds {schema[nested]}; a table has numbers, texts or dates")
    rows, size, stored = frame.select(polars.len()).collect().item(), 0, path.stat().st_size
    check_growth(path, rows * len(schema) * 8, stored)
    step, pieces = max(1, PIECE // max(1, len(schema))), [frame.head(0).collect().write_csv()]
    for begin in range(0, rows, step):
        piece = frame.slice(begin, step).collect()
        size += max(piece.estimated_size(), _text_bytes(piece, polars))
        check_growth(path, size, stored)
        pieces.append(piece.write_csv(include_header=False))
    text = ColumnsText("".join(pieces))
    text.texts = tuple(name for name, kind in schema.items() if kind in (polars.String, polars.Categorical))
    text.note = f"polars reads the columns of the {path.suffix} file"
    return text


def _text_bytes(piece: Any, polars: Any) -> int:
    """Return the bytes of all texts in a frame, which may hold a text once that stands in many cells."""
    texts = polars.col(polars.String, polars.Categorical, polars.Enum).cast(polars.String).str.len_bytes()
    found = piece.select(texts.cast(polars.UInt64).sum())
    return sum(map(int, found.row(0))) if found.width else 0


def _read_excel(path: Path, openpyxl: Any) -> ColumnsText:
    """Read the first sheet, with the values that its formulas had when it was saved."""
    import zipfile

    with zipfile.ZipFile(path) as members:
        check_growth(path, sum(member.file_size for member in members.infolist()), path.stat().st_size)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # the file may claim any
        numbered = list(_cells(sheet.iter_rows(values_only=True), path))
        rows = [cells for _, cells in numbered]
        note = f"the sheet {sheet.title!r} is read" + (f", the first of {n}" if (n := len(book.sheetnames)) > 1 else "")
    finally:
        book.close()
    width, file = max(map(len, rows), default=0), io.StringIO()
    check_growth(path, width * len(rows), path.stat().st_size)  # a comma for each cell that a short row lacks
    csv.writer(file, lineterminator="\r\n").writerows([*row, *[""] * (width - len(row))] for row in rows)
    text = ColumnsText(file.getvalue())
    text.note, text.sheet_rows = note, array("q", [number for number, _ in numbered])
    return text


def _cells(rows: Iterator[tuple[Any, ...]], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the numbers and the texts of the rows that have a value, without empty cells at their ends."""
    size, stored = 0, path.stat().st_size
    for number, row in enumerate(rows, 1):
        cells = list(map(_text, row))
        size += CELL * (len(row) + 1) + sum(map(len, cells))  # many cells may share one text
        check_growth(path, size, stored)
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _text(value: Any) -> str:
    """Return the value of a cell as it is written in a text table."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return "" if value is None else value.isoformat() if isinstance(value, (date, time)) else str(value)
