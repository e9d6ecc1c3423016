"""Mutants of small text tables, read as `zoo new` finds them to be written, beside pandas with the same format.

A table is read, or refused with its name. What is read has the rows and cells that pandas finds: the texts of a column
of texts, and the numbers that stand in the cells of a column of numbers. The same number is the same mutant.
"""

from __future__ import annotations

import io
import math
import random
import re
import warnings
from collections.abc import Callable

from tests.robustness import Result
from zoo_core.data.readers.columns import Columns, TypedColumn, read_columns
from zoo_core.data.readers.find_format import find_format
from zoo_core.data.readers.table_format import BLANKS, TableFormat
from zoo_core.errors import DataError

PROMISE = "mutants of text tables: refused with a place, or the table that pandas reads in the same format"
COUNT = 5000
PLACE = re.compile(
    r"line \d|row \d|column|header|first line|cells|rows|empty|UTF-|encoding|may be|is (a|an|compressed) "
)
_NOT_NUMBER = re.compile(r"[$€£¥%\s]")

PEOPLE = (
    "id,name,age,height,joined,member\n1,Ann,34,1.72,2020-01-05,True\n2,Bob,NA,1.80,2019-11-30,False\n"
    '3,"Lee, Jo",51,,2021-07-14,True\n4,"Max ""M""",28,1.6,2018-02-01,True\n5,Zoë,63,1.55,2020-12-24,False\n'
)
GERMAN = "ort;preis;menge\nKöln;1.234,50;3\nBonn;99,95;12\nUlm;10.000,00;7\nJena;7,5;1\n"
NUMBERS = "a,b,c,kind\n" + "".join(f"{i},{i / 7:.4f},{-i * 1e5:g},{'xy'[i % 2]}\n" for i in range(30))
CODES = "zip\tcode\tprice\ty\n01234\t007\t$5.00\tyes\n99999\t010\t$12.50\tno\n00001\t100\t$0.99\tyes\n"
R_NAMES = '"mpg" "cyl" "hp"\n"Mazda RX4" 21 6 110\n"Datsun 710" 22.8 4 93\n"Valiant" 18.1 6 105\n'
PANDAS = ",x,y\n0,0.5,a\n1,0.25,b\n2,1e-3,a\n3,12345678.875,b\n"
TITLED = "Report of May\n# made by hand\nday,sales,ok\n1,200,true\n2,150,false\n# a comment\n3,90,true\n"
BARE = "".join(f"{5 + i / 10:.1f},{3 - i / 10:.1f},{['setosa', 'virginica'][i % 2]}\n" for i in range(8))
PADDED = "  x     y   label\n 1.0   2.5   a\n-3.25  4     b\n 0.5   6.125 a\n"
QUOTED = 'q,text,n\n1,"two\nlines",3\n2,"a ""b"" c",4\n3,plain,5\n'
SOURCES = (PEOPLE, GERMAN, NUMBERS, CODES, R_NAMES, PANDAS, TITLED, BARE, PADDED, QUOTED)
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")
PIECES = (
    ",", ";", "\t", "|", " ", '"', "'", "\n", "\r", "\r\n", "#", "NA", "?", "-", "1", "0", "01", ".", "1,5", "1.5", "$",
    "%", "1e9", "1e999", "nan", "inf", "-0", "\0", "é", "\u2028", "\ufeff", "True", "1_000", "\u0661", '""', "a,b", "",
    "12345678901234567890", "0.1234567890123456789", ",,,", "\n\n", "sep=;\n",
)  # fmt: skip


def main(count: int) -> Result:
    """Try `count` mutants."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return count, [f"mutant {number}: {found}" for number in range(count) if (found := problem(mutant(number)))]


# ------------------------------------------------------------------ mutants


def mutant(number: int) -> bytes:
    """Return a table with up to three changes, in some encoding; one in eight has changed bytes, too."""
    rng = random.Random(number)
    text = rng.choice(SOURCES)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        text = rng.choice(CHANGES)(text, rng)
    text = text.replace("\n", rng.choice(("\n", "\n", "\n", "\r\n", "\r")))
    data = bytearray(text.encode(rng.choice(ENCODINGS), "replace"))
    for _ in range(rng.choice((0,) * 7 + (2,)) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _put(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(PIECES) + text[at + rng.choice((0, 0, 1, 3)) :]


def _change_line(text: str, rng: random.Random) -> str:
    """Double, move, remove or cut a line."""
    lines = text.splitlines(keepends=True) or [""]
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    line, how = lines[at], rng.randrange(4)
    lines[at : at + 1] = [[line, line], [], [line[: len(line) // 2]], [lines[to]]][how]
    return "".join(lines)


def _change_cell(text: str, rng: random.Random) -> str:
    """Empty a cell, or put something else into it."""
    cells = re.split(r"([,;\t\n])", text)
    cells[2 * rng.randrange((len(cells) + 1) // 2)] = rng.choice(("", rng.choice(PIECES)))
    return "".join(cells)


def _swap(text: str, rng: random.Random) -> str:
    """Put another mark in place of all marks of one sort."""
    return text.replace(rng.choice(',;\t".'), rng.choice(',;\t|. "'), rng.choice((1, 3, -1)))


def _repeat(text: str, rng: random.Random) -> str:
    """Repeat the last line so often that the table is read in several pieces."""
    last = text.splitlines(keepends=True)[-1:]
    return text + "".join(last * rng.choice((2, 1500)))


CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _put,
    _put,
    _put,
    _change_line,
    _change_cell,
    _swap,
    _repeat,
)


# ------------------------------------------------------------------ judgement


def problem(raw: bytes) -> str:
    """Return what is wrong with the way in which a table is read, or ''."""
    try:
        form = find_format(raw, "t.csv", {}).form
        stream = io.BytesIO(raw)
        stream.name = "t.csv"
        table = read_columns(stream, form)
    except DataError as error:
        return "" if str(error).startswith("t.csv: ") and PLACE.search(str(error)) else f"has no place: {error}"
    except Exception as error:
        return f"raises {error!r}"
    try:
        return unlike_pandas(raw, form, table)
    except ValueError as error:
        return f"is refused by pandas: {error}, in {form}"


def unlike_pandas(raw: bytes, form: TableFormat, table: Columns) -> str:
    """Return how a table differs from the one that pandas reads, or ''."""
    rows = reference(raw, form, len(table.names))
    if form.header is not False:
        del rows[0]
    if len(rows) != table.rows:
        return f"has {table.rows} rows, and {len(rows)} for pandas, in {form}"
    for column in table.columns:
        cells = [row[column.place] for row in rows]
        for at, (own, cell) in enumerate(zip(_values(column), cells, strict=True)):
            if own != _expected(cell, column, form):
                return f"row {at + 1}, column {column.place + 1}: {cell!r} is read as {own!r} in {form}"
    return ""


def reference(raw: bytes, form: TableFormat, width: int) -> list[list[str]]:
    """Return the rows of cells that pandas finds, as texts; rows without any value are left out."""
    import pandas as pd

    own = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    text = _one_line_end(raw.decode(own or form.encoding))  # pandas loses the delimiter after an empty line with "\r"
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)[form.skip_lines :]
    if form.comment:
        lines = ["\n" if line.startswith(form.comment) else line for line in lines]
    if form.delimiter == BLANKS:
        lines = [re.sub("[ \t]+", " ", line).strip(" \n") + "\n" for line in lines]
    frame = pd.read_csv(
        io.StringIO("".join(lines), newline=""), sep=form.delimiter, header=None, names=list(range(width)), dtype=str,
        na_filter=False, skipinitialspace=True, skip_blank_lines=True, index_col=False, engine="c", low_memory=False,
    )  # fmt: skip
    return [row for row in frame.fillna("").values.tolist() if any(row)]


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _values(column: TypedColumn) -> list[object]:
    """Return the values of a column; None where one is missing."""
    if column.numbers is None:
        return [text if text is None else _one_line_end(text) for text in column.texts()]
    return [None if math.isnan(value) else value for value in column.numbers.tolist()]


def _expected(cell: str, column: TypedColumn, form: TableFormat) -> object:
    """Return what stands in a cell of a column of this type."""
    text = cell.strip()
    if text in form.missing:
        return None
    if column.numbers is None:
        return text
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    if text in ("-", "--", ".", "None", "none") and form.missing == TableFormat().missing:
        return None
    plain = _NOT_NUMBER.sub("", text).replace("\u2212", "-")
    if form.thousands:
        plain = plain.replace(form.thousands, "").replace("\u2019" if form.thousands == "'" else "\0", "")
    try:
        return float(plain.replace(form.decimal, "."))
    except ValueError:
        return f"no number: {cell!r}"
