"""Finds how a text table is written. What can be read in two ways is asked for, not guessed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zoo_core.data.readers._cells import Notation, is_number
from zoo_core.data.readers._columns_text import ColumnsText
from zoo_core.data.readers._header import find_header, find_units
from zoo_core.data.readers._notation import find_notation, readings
from zoo_core.data.readers._rows import Row, RowReader
from zoo_core.data.readers._text import Lines, Raw, decoding_error, find_encoding, marked_encoding
from zoo_core.data.readers.table_format import BLANKS, DELIMITERS, TableFormat
from zoo_core.errors import DataError

SAMPLE_ROWS = 1000
SAMPLE_SIZE = 2**18  # characters
LEAST_LINES = 20  # of a sample, however long they are
TITLE_LINES = 10  # above a table at most
RARE_FIRST = (
    "\t",
    ";",
    "|",
    ",",
    BLANKS,
)  # of two delimiters that divide equally well, texts hold the first less often
COMMENT = "#"
_EXCEL_LINE = re.compile(r"sep=(.)", re.IGNORECASE)  # the first line of a file for Excel may say the delimiter


@dataclass(frozen=True)
class FoundFormat:
    """The format of a table, and a line for the user about each thing that was found."""

    form: TableFormat
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Division:
    """The rows of a sample, as one delimiter divides them."""

    delimiter: str
    rows: list[Row]
    width: int  # of most rows
    score: tuple[float, ...]


def find_format(raw: Raw, where: str, told: Mapping[str, Any]) -> FoundFormat:
    """Find the format of a table.

    Args:
        raw: what is in the file.
        where: the name of the file, for messages.
        told: options of `TableFormat` that are known; they are not looked for.

    Returns:
        The format, and what was found.

    Raises:
        DataError: the file is no text, or may be read in two ways.
    """
    if isinstance(raw, ColumnsText):
        return FoundFormat(TableFormat(), (raw.note,))
    form = TableFormat.from_options({"encoding": find_encoding(raw, where), **told})
    lines = _sample(raw, form, where)
    if (said := _EXCEL_LINE.fullmatch(lines[0].strip())) and not {"delimiter", "skip_lines"} & told.keys():
        return find_format(raw, where, {**told, "delimiter": said[1], "skip_lines": 1})
    if "comment" not in told and any(line.startswith(COMMENT) for line in lines):
        form = form.changed({"comment": _find_comment(lines, form, told)})
    division = _divide(lines, form, told)
    form = form.changed({"delimiter": division.delimiter})
    titles, rows = _find_titles(division) if "skip_lines" not in told else (0, division.rows)
    form = form.changed({"skip_lines": form.skip_lines + titles})
    body = [row.cells for row in rows if len(row.cells) == division.width]
    if "header" not in told:
        first = rows[0].cells if rows else []
        form = form.changed({"header": find_header(first, body[len(first) == division.width :], where)})
    units = find_units(body[1:]) if form.header and "comment" not in told else []
    if units:
        form = _without_units(form, units, rows, lines, where)
        body = [body[0], *body[2:]]
        rows = [rows[0], *(row for row in rows[1:] if row.cells != units)]
    notation, surprises = find_notation(body[bool(form.header) :], form, where, told)
    form = form.changed(notation._asdict())
    return FoundFormat(
        form,
        (*_foreign_notes(raw, form, where), *_notes(form, lines, units, told="skip_lines" in told), *surprises),
    )


def _sample(raw: Raw, form: TableFormat, where: str) -> list[str]:
    """Return the first lines of a table."""
    lines: list[str] = []
    size = 0
    try:
        for line in islice(Lines(raw, form.encoding, where), form.skip_lines, form.skip_lines + SAMPLE_ROWS):
            lines.append(line)
            size += len(line)
            if size > SAMPLE_SIZE and len(lines) >= LEAST_LINES:
                break
    except (LookupError, UnicodeError):
        RowReader(raw, form, where).take(SAMPLE_ROWS)
        raise
    if not any(line.strip() for line in lines):
        raise DataError(f"{where}: is empty")
    return lines


def _divide(lines: Sequence[str], form: TableFormat, told: Mapping[str, Any]) -> _Division:
    """Return the division of a sample into cells that is most regular, and gives most numbers."""
    used = set().union(*lines)  # a mark that does not occur divides nothing
    others = [mark for mark in (*DELIMITERS[1:], BLANKS) if mark in used or (mark == BLANKS and "\t" in used)]
    candidates = [told["delimiter"]] if "delimiter" in told else [DELIMITERS[0], *others]
    divisions = [_division(lines, form, delimiter) for delimiter in candidates]
    best = max(divisions, key=lambda division: division.score)
    return best if best.width > 1 or len(divisions) == 1 else divisions[0]


def _division(lines: Sequence[str], form: TableFormat, delimiter: str) -> _Division:
    text = "".join(lines)
    reader = RowReader(text, form.changed({"delimiter": delimiter, "skip_lines": 0}), "")
    rows: list[Row] = []
    try:
        while (row := reader.next_row()) is not None:
            rows.append(row)
    except DataError:  # a quote that does not end where a cell does, or not in this sample
        pass
    widths = Counter(len(row.cells) for row in rows)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0])) if rows else (0, 0)
    only_header = bool(rows) and len(rows[0].cells) == width - 1 and count == len(rows) - 1  # it names one column less
    cells = [cell for row in rows[1:200] if len(row.cells) == width for cell in row.cells][:2000]
    numbers = sum(1 for cell in cells if is_number(cell) or readings(cell)) / max(1, len(cells))
    order = -RARE_FIRST.index(delimiter) if delimiter in RARE_FIRST else 0
    # Names in R's tables of tabs may hold blanks, so that blanks seem to divide the header better.
    is_tabbed = only_header and delimiter == "\t" and width > 2
    share = 1.0 if is_tabbed else 0.99 if only_header else count / max(1, len(rows))
    score = (width > 1, share, numbers, order)
    return _Division(delimiter, rows, width, score)


def _find_comment(lines: Sequence[str], form: TableFormat, told: Mapping[str, Any]) -> str:
    """Return "#" if lines that begin with it are no rows of the table, else ''."""
    others = [line for line in lines if not line.startswith(COMMENT)]
    division = _divide(others, form, told)
    marked = list(csv.reader([x for x in lines if x.startswith(COMMENT)], delimiter=division.delimiter))
    return COMMENT if any(len(cells) != division.width for cells in marked) else ""


def _find_titles(division: _Division) -> tuple[int, list[Row]]:
    """Return the number of lines above the table, and the rows of the table with its header."""
    rows, width = division.rows, division.width
    first = next((i for i, row in enumerate(rows[: TITLE_LINES + 1]) if len(row.cells) == width), 0)
    first += _count_padded_titles([row.cells for row in rows[first:]], width)
    body = [row.cells for row in rows[first + 1 :] if len(row.cells) == width]
    if first and len(rows[first - 1].cells) == width - 1 and width > 2 and not _names_columns(rows[first].cells, body):
        first -= 1  # a header that has no name for the column with the names of the rows
    elif first and width == 2 and len(rows[first - 1].cells) == 1 and not _names_columns(rows[first].cells, body):
        return 0, rows
    return (rows[first - 1].line, rows[first:]) if first else (0, rows)


def _count_padded_titles(rows: Sequence[Sequence[str]], width: int) -> int:
    """Return how many of the first rows are titles that a spreadsheet has filled up with empty cells.

    Below them the first row whose columns all have a name holds no number, or each title is one text.
    """
    body = [cells for cells in rows[TITLE_LINES:] or rows[-1:] if len(cells) == width]
    used = [i for i in range(1, width) if sum(1 for cells in body if cells[i].strip()) * 2 > len(body)]
    for count, cells in enumerate(rows[: TITLE_LINES + 1]):
        if len(cells) == width and all(cells[i].strip() for i in used):
            titles = [sum(1 for cell in title if cell.strip()) for title in rows[:count]]
            return count if all(n == 1 for n in titles) or not any(map(readings, cells)) else 0
    return 0


def _names_columns(cells: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether a row holds texts above columns of numbers."""
    if any(readings(cell) for cell in cells) or not body:
        return False
    return any(all(readings(cell) for cell in column) for column in zip(*body, strict=True))


def _foreign_word(text: str) -> str:
    """Return the first word with a character that is not in ASCII, or its part around that character."""
    found = re.search(r"[^\x00-\x7f]", text)
    if found is None:
        return ""
    at = found.start()
    # A pattern for the whole word would look at every character of a long word again from each of its characters.
    before, after = text[max(0, at - 30) : at], text[at : at + 30]
    return (before.split()[-1] if before and not before[-1].isspace() else "") + (after.split() or [""])[0]


def _foreign_notes(raw: Raw, form: TableFormat, where: str) -> list[str]:
    """Say the encoding where it is not UTF-8, with the first word that depends on it."""
    if marked := marked_encoding(raw, where):
        return [f"is read as {marked.upper()}, because it begins with the byte-order mark of that"]
    if form.encoding == "utf-8":
        return []
    try:
        word = next(filter(None, map(_foreign_word, Lines(raw, form.encoding, where))), "")
    except UnicodeError as error:
        raise decoding_error(raw, form.encoding, where) from error
    return [f"is not UTF-8; it is read as {form.encoding}" + (f", as in {word[:30]!r}" if word else "")]


def _without_units(
    form: TableFormat, units: Sequence[str], rows: Sequence[Row], lines: Sequence[str], where: str
) -> TableFormat:
    """Return a format that leaves out the row of units: its line is a comment.

    Raises DataError if the table has other comments below its header.
    """
    header, row = rows[0], next(row for row in rows if row.cells == units)
    if form.comment and any(line.startswith(form.comment) for line in lines[header.line :]):
        raise DataError(f"{where}: line {row.line} holds units, {', '.join(units)[:60]!r}, and no row; delete it")
    above = header.line - 1 if form.comment else form.skip_lines
    return form.changed({"comment": lines[row.line - 1].rstrip("\r\n"), "skip_lines": above})


def _notes(form: TableFormat, lines: Sequence[str], units: Sequence[str], *, told: bool) -> list[str]:
    """Return a line about each thing that was found and is not as usual."""
    notes = []
    if form.skip_lines and not told:
        notes.append(f"the first {form.skip_lines} line(s) are no part of the table: {lines[0].strip()[:40]!r}")
    if units:
        notes.append(f"the row below the header holds units, {', '.join(units)[:60]!r}, and is left out: data.comment")
    elif form.comment:
        notes.append(f"lines that begin with {form.comment!r} are left out as comments")
    if form.delimiter != ",":
        notes.append(f"cells are divided by {'blanks' if form.delimiter == BLANKS else repr(form.delimiter)}")
    if form.notation != Notation():
        mark = f", the thousands mark {form.thousands!r}" if form.thousands else ""
        notes.append(f"the decimal mark of numbers is {form.decimal!r}{mark}")
    if form.header is False:
        notes.append("the first line is a row like the others, so the columns have no names, but numbers from 0")
    return notes
