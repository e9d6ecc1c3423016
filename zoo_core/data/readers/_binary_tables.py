"""Tables in files of Parquet, Arrow or Excel, with the libraries of the extra `tables`, as text.

As text they go the way of all other tables. What a number, a date or a truth value is written as gives the same value
again. Files are read a piece at a time, and refused where they expand to far more than they hold.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any

from zoo_core.data.readers._arrow_process import PARQUET
from zoo_core.data.readers._columns_text import ColumnsText, csv_lines, kept_text
from zoo_core.data.readers._open import check_growth, refusing_damage
from zoo_core.errors import PluginError

ARROW, EXCEL = (".feather", ".arrow", ".ipc"), (".xlsx", ".xlsm")
BINARY_ENDINGS = (*PARQUET, *ARROW, *EXCEL)
CELL = 60  # bytes that a cell takes as a Python text


def read_binary(path: Path) -> ColumnsText:
    """Return the table in a file of Parquet, Arrow or Excel.

    Raises PluginError if the library that reads it is not installed. Raises DataError if the file is damaged, has
    columns of lists or the like, or expands to far more than it holds.
    """
    if path.suffix.lower() not in EXCEL:
        from zoo_core.data.readers._arrow_tables import read_arrow  # late: most tables are text

        _check_library("arro3.io", path)
        return read_arrow(path)
    _check_library("openpyxl", path)
    with refusing_damage(path):
        return _read_excel(path)


def _check_library(name: str, path: Path) -> None:
    """Raise PluginError if a library is not installed; it is not imported."""
    if find_spec(name.partition(".")[0]) is None or find_spec(name) is None:
        why = f"{path}: {path.suffix} files are read with {name}, which is not installed"
        raise PluginError(f"{why}; pip install 'mlp-zoo[tables]', or save the table as CSV")


def _read_excel(path: Path) -> ColumnsText:
    """Read the first sheet, with the values that its formulas had when it was saved."""
    import zipfile

    openpyxl = import_module("openpyxl")

    with zipfile.ZipFile(path) as members:
        check_growth(path, sum(member.file_size for member in members.infolist()), path.stat().st_size)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # the file may claim any
        note = f"the sheet {sheet.title!r} is read" + (f", the first of {n}" if (n := len(book.sheetnames)) > 1 else "")
        return _read_sheet(sheet, path, note)
    finally:
        book.close()


def _read_sheet(sheet: Any, path: Path, note: str, width: int = 0) -> ColumnsText:
    """Read a sheet as wide as its first row, or `width`; read it again if another row is wider."""
    rows = _cells(sheet.iter_rows(values_only=True), path)
    first = list(islice(rows, 1))
    width = max([width, *(len(cells) for _, cells in first)])
    numbers, widths = array("q"), {width}
    text = kept_text(csv_lines(_padded(chain(first, rows), path, width, numbers, widths)), str(path))
    if width < max(widths):
        return _read_sheet(sheet, path, note, max(widths))
    return ColumnsText(str(path), text.open, text.size, (), note, numbers)


def _padded(
    rows: Iterable[tuple[int, list[str]]], path: Path, width: int, numbers: array[int], widths: set[int]
) -> Iterator[list[str]]:
    """Yield rows, short ones with empty cells up to a width; add their numbers and their own widths."""
    stored = path.stat().st_size
    for number, cells in rows:
        numbers.append(number)
        widths.add(len(cells))
        check_growth(path, width * len(numbers), stored)  # a comma for each cell that a short row lacks
        yield [*cells, *[""] * (width - len(cells))]


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
