"""Quotes in a text table that open and do not close: on which line they open, and where the next row begins."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

WAY = 'close it, or write "" for a quote inside a quoted cell'
_TOO_LONG = "field larger than field limit"  # how `csv` says that a cell does not end


class OpenQuote(NamedTuple):
    """A row with a quote that opens and does not close, among lines that `csv` could not read.

    Args:
        rows: the rows before it.
        begin: the index of its first line.
        line: the index of the line where the quote opens; the next row may begin below.
        cells: the cells of the row up to there, divided without regard to quotes.
        why: what is wrong with it.
    """

    rows: list[list[str]]
    begin: int
    line: int
    cells: list[str]
    why: str


def find_open_quote(lines: Sequence[str], delimiter: str) -> OpenQuote | None:
    """Return the first row with an open quote, or None if `csv` fails for another reason."""
    taken: list[str] = []
    reader = csv.reader(map(_noting(taken), lines), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[list[str]] = []
    begin = 0
    try:
        for row in reader:
            rows.append(row)
            begin = len(taken)
    except csv.Error as error:
        opens = _opening_line(taken[begin:], delimiter)
        is_long = _TOO_LONG in str(error)
        if opens is None or (is_long and opens == len(taken) - 1 - begin):
            return None
        text = "".join(line.rstrip("\r\n") for line in taken[begin : begin + opens + 1])
        cells = next(csv.reader([text], delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=True), [])
        return OpenQuote(rows, begin, begin + opens, cells, _why(str(error), begin + opens, len(taken) - 1))
    return None


def _noting(taken: list[str]) -> Callable[[str], str]:
    def note(line: str) -> str:
        taken.append(line)
        return line

    return note


def _opening_line(lines: Sequence[str], delimiter: str) -> int | None:
    """Return the index of the line where the last quoted cell of a row begins, or None if no cell has quotes."""
    text = "".join(lines)
    quoted = re.compile(rf'(?:\A|{re.escape(delimiter)})[ ]*"[^"]*(?:""[^"]*)*"?')
    found = None
    for found in quoted.finditer(text):  # noqa: B007
        pass
    return None if found is None else text.count("\n", 0, text.index('"', found.start()))


def _why(error: str, opens: int, last: int) -> str:
    """Return what is wrong, with the number of lines from the opening quote to where `csv` fails."""
    if "expected after" in error and opens == last:
        return f"has a quote that closes before the end of its cell; {WAY}"
    below = f" before the end of a cell {last - opens} line(s) below" if "expected after" in error else ""
    return f"has a quote that opens and does not close{below}; {WAY}"
