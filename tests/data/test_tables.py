"""Tables as people have them: `find_format` says how each is written, and reading by it gives the right numbers."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.helpers.properties import UNTIMED
from zoo_core.data.readers.columns import read_columns
from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.feature_table import FeatureTable
from zoo_core.data.readers.features import read_features
from zoo_core.data.readers.find_format import find_format
from zoo_core.data.readers.table_format import BLANKS, TableFormat
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.errors import DataError
from zoo_core.parts import Column

ROWS = [[12.5, 3.0], [0.25, -1.0], [1234.5, 7.0], [88.0, 2.0], [5.75, 9.0]]
NUMBERS = np.array(ROWS)


def read(text: str | bytes, **told: Any) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names and the numbers of a table, read as it was found to be written."""
    raw = text.encode() if isinstance(text, str) else text
    table = TableReader(raw, find_format(raw, "t.csv", told).form, "t.csv")
    return tuple(filter(None, table.names)), FeatureTable(table, table.columns).read()


def written(delimiter: str = ",", end: str = "\n", header: str = "a,b", row: str = "{0},{1}", **marks: str) -> str:
    """Return ROWS as a text, with other marks in the numbers."""
    lines = [header.replace(",", delimiter)]
    for cells in ROWS:
        texts = [f"{value:,}".translate({ord(old): new for old, new in marks.items()}) for value in cells]
        lines.append(row.replace(",", delimiter).format(*texts))
    return end.join(lines) + end


DECIMAL = {".": ",", ",": ""}
TABLES = {
    "comma": written(**{",": ""}),
    "semicolon": written(";", **{",": ""}),
    "tab": written("\t", **{",": ""}),
    "pipe": written("|", **{",": ""}),
    "one blank": written(" ", **{",": ""}),
    "several blanks": written("    ", row="  {0},{1}  ", **{",": ""}),
    "blanks and tabs": written(" \t ", **{",": ""}),
    "decimal comma": written(";", **DECIMAL),
    "decimal comma after blanks": written("  ", **DECIMAL),
    "decimal comma in quotes": written(row='"{0}","{1}"', **DECIMAL),
    "thousands comma": written(";"),
    "thousands comma in quotes": written(row='"{0}","{1}"'),
    "thousands point": written(";", **{".": ",", ",": "."}),
    "thousands blank": written(";", **{".": ",", ",": " "}),
    "thousands no-break blank": written(";", **{".": ",", ",": "\u00a0"}),
    "thousands narrow blank": written("\t", **{".": ",", ",": "\u202f"}),
    "thousands apostrophe": written(";", **{",": "'"}),
    "Swiss apostrophe": written(";", **{",": "\u2019"}),
    "unicode minus": written(**{",": "", "-": "\u2212"}),
    "quoted numbers": written(row='"{0}","{1}"', **{",": ""}),
    "blanks around": written(row=" {0} , {1} ", **{",": ""}),
    "CRLF": written(end="\r\n", **{",": ""}),
    "CR": written(end="\r", **{",": ""}),
    "no end of the last line": written(**{",": ""}).rstrip(),
    "empty lines": written(end="\n\n", **{",": ""}),
    "trailing delimiters": written(header="a,b,", row="{0},{1},", **{",": ""}),
    "trailing delimiters below the header": written(row="{0},{1},", **{",": ""}),
    "row names of pandas": written(header=",a,b", row="x{0},{0},{1}", **{",": ""}),
    "row names of R": written(row="r{1},{0},{1}", **{",": ""}),
    "row names of R, blanks": written(" ", header='"a","b"', row='"r{1}",{0},{1}', **{",": ""}),
    "a title": "Heights in 2020\n" + written(**{",": ""}),
    "a title with a comma": "Heights, in 2020\n\n" + written(row="{0},{1},1", header="a,b,c", **{",": ""}),
    "comments": "# made by hand\n" + written(**{",": ""}).replace("88", "# a gap in the series\n88"),
    "a line for Excel": "sep=;\n" + written(";", **DECIMAL),
    "rows without a value": written(**{",": ""}) + ",\n,\n",
    "quotes after blanks": written(row='{0}, "{1}"', **{",": ""}),
    "dollars": written(row='"${0}",{1}', **{",": ""}),
    "percent": written(row="{0}%,{1}", **{",": ""}),
    "euros": written(";", row="{0} €,{1}", **DECIMAL),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_numbers_of_a_table_are_those_that_it_writes(name: str) -> None:
    names, numbers = read(TABLES[name])
    assert names[:2] == ("a", "b")
    np.testing.assert_array_equal(numbers[:, :2], NUMBERS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = written(**{",": ""}).replace("a,b", "a,Größe")
    names, numbers = read(text.encode(encoding))
    assert names == ("a", "Größe")
    np.testing.assert_array_equal(numbers, NUMBERS)


def test_a_nul_in_a_text_of_utf_8_does_not_make_it_utf_16() -> None:
    raw = "x,ö,y\n" + "1,b,2\n" * 9 + "1,b\0,2\n"
    table = TableReader(raw.encode(), find_format(raw.encode(), "t.csv", {}).form, "t.csv")
    assert list(table.names) == ["x", "ö", "y"]
    short = "姓名,年齢,住所\n山田太郎太郎太郎,三十一,東京都東京都東京都\n".encode("utf-16-le")
    assert find_format(short, "t.csv", {"header": True}).form.encoding == "utf-16-le"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_encoding_that_a_mark_says_is_said(encoding: str) -> None:
    (note,) = find_format(written(**{",": ""}).encode(encoding), "t.csv", {}).notes
    assert note == f"is read as {encoding.upper()}, because it begins with the byte-order mark of that"


UNITS = {
    "units": ("t,v,name,w\ns,m/s,,kg\n", (), "s,m/s,,kg"),
    "behind comments": ("# a tool\n# 7\nt,v,name,w\ns,m/s,-,kg\n", (), "s,m/s,-,kg"),
    "with blanks": ("t;v;name;w\n[s];[m / s];;[kg]\n", (), "[s];[m / s];;[kg]"),
    "a gap that has a word": ("t,v,name,w\nn.a.,n.a.,a,n.a.\n", None, ""),
    "one text": ("t,v,name,w\n1,m/s,a,2\n", None, ""),
}


@pytest.mark.parametrize("name", UNITS)
def test_a_row_of_units_is_left_out_and_said(name: str) -> None:
    head, told, line = UNITS[name]
    mark = ";" if ";" in head else ","
    raw = (head + "".join(mark.join((f"{i}.5", str(i * i), "ab"[i % 2], "3")) + "\n" for i in range(9))).encode()
    found = find_format(raw, "t.csv", {})
    said = [note for note in found.notes if "holds units" in note]
    assert (found.form.comment, len(said)) == (line, told is not None)
    if told is not None:
        table = TableReader(raw, found.form, "t.csv")
        assert FeatureTable(table, [0, 1, 3]).read().shape == (9, 3)
        assert list(table.names) == ["t", "v", "name", "w"]


def test_one_text_above_one_column_of_numbers_is_no_row_of_units() -> None:
    assert find_format(b"a,name\nkm,x\n" + b"1.5,p\n" * 9, "t.csv", {"header": True}).form.comment == ""


def test_units_among_other_comments_are_refused_with_their_line() -> None:
    raw = b"a,b\nm,s\n# a, comment, that is longer\n" + b"1.5,2.5\n" * 9
    with pytest.raises(DataError, match=r"line 2 holds units, 'm, s', and no row; delete it"):
        find_format(raw, "t.csv", {})


def test_what_is_found_is_said() -> None:
    raw = ("Umsatz\n" + written(";", **DECIMAL).replace("b", "ö")).encode("cp1252")
    assert find_format(raw, "t.csv", {}).notes == (
        "is not UTF-8; it is read as cp1252, as in 'a;ö'",
        "the first 1 line(s) are no part of the table: 'Umsatz'",
        "cells are divided by ';'",
        "the decimal mark of numbers is ','",
    )


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("0,1,2\n0.5,1.5,7\n2.5,3.5,8\n", ("0", "1", "2"), 2),
        ("400,410,420\n0.5,1.5,7\n2.5,3.5,8\n", ("400", "410", "420"), 2),
        ("400,410,420\n4,5,6\n1,2,2\n", (), 3),
        (",0,1,2\n0,0.5,1.5,7\n1,2.5,3.5,8\n", ("0", "1", "2"), 2),
        ("2019,2020,2021\n0.5,1.5,7\n2.5,3.5,8\n", ("2019", "2020", "2021"), 2),
        ("2019,2020\n0.5,1.5\n2.5,3.5\n", ("2019", "2020"), 2),
        ("1,2\n3,4\n5,7\n", (), 3),
        ("7,8,9\n3,4,1\n5,7,2\n", (), 3),
        ("0.5,1\n2.5,3\n", (), 2),
        ("50,5\n51,5\n52,5\n", (), 3),
        ("2019,1\n2020,2\n2021,3\n", (), 3),
    ],
)
def test_headers_of_numbers_and_tables_without_a_header(text: str, names: tuple[str, ...], rows: int) -> None:
    found, numbers = read(text)
    assert (found, len(numbers)) == (names, rows)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("2021-01-02,a\n2021-02-03,b\n,c\n", False),
        ("yes;31/1/2020\nno;1/2/2020\n", False),
        ("when,k\n2021-02-03,b\n2021-01-05,a\n", True),
        ("name,2021-01-22,2021-01-23\nfr,1,x\nde,3,y\n", True),
        ("2021-01-02,a\n,b\n", True),
    ],
)
def test_a_date_above_dates_is_in_a_row(text: str, header: bool) -> None:
    assert find_format(text.encode(), "t.csv", {}).form.header is header


def test_blanks_in_names_divide_no_table_of_tabs_that_r_writes() -> None:
    raw = b"gene a\tlevel\n0\t18\t2019-10-09\n1\t5\t2019-10-10\n2\t7\t2019-10-11\n"
    found = find_format(raw, "t.tsv", {}).form
    assert (found.delimiter, found.header) == ("\t", True)
    assert read_columns(io.BytesIO(raw), found).names == ("", "gene a", "level")
    assert find_format(b"x y\n1\t2\n3\t4\n", "t.txt", {}).form.delimiter == BLANKS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,1\n5,3\n2,7\n", "the first line, '0,1', may be a header or a row; say header=true or header=false"),
        ("0,1,2\n" + "5,3,8\n" * 20 + "3,4,5\n", "the first line, '0,1,2', may be a header or a row"),
        ('a;b\n"1,234";1\n"5,678";2\n', "'1,234' may be 1.234 or 1234; say decimal=, or thousands=,"),
        ("a;b\n1.234;7\n5.678;8\n", "'1.234' may be 1.234 or 1234; say decimal=. or decimal=,"),
        ("a,b\n1.234,7\n950,8\n", "'1.234' may be 1.234 or 1234"),
        ("a\tb\n1.234 €\t7\n950 €\t8\n", "'1.234 €' may be 1.234 or 1234"),
        ("PK\x03\x04 and more", "is an Excel workbook, a NumPy archive or another zip file, not a text table"),
        (
            "PAR1",
            "is a Parquet file.*; give it as a file whose name ends in .parquet, or save or export it as CSV",
        ),
        (
            "ARROW1\0\0",
            "is an Arrow or Feather file.*; give it as a file whose name ends in .feather, or save",
        ),
        ("<!DOCTYPE html>\n<html>Sign in</html>", "is a web page or XML, not a text table; save or export it as CSV"),
        ('\n [{"a": 1}, {"a": 2}]', "is JSON, not a text table"),
        ('{"a": 1}\n{"a": 2}', "is JSON, not a text table"),
        ("", "is empty"),
        (" \n\n", "is empty"),
    ],
)
def test_what_may_be_read_in_two_ways_is_asked_for(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words.replace("(", r"\(")):
        find_format(text.encode(), "t.csv", {})


def test_what_was_asked_for_can_be_told() -> None:
    assert read("0,1\n5,3\n2,7\n", header=True)[0] == ("0", "1")
    assert len(read("0,1\n5,3\n2,7\n", header=False)[1]) == 3
    text = 'a;b\n"1,234";1\n"5,678";2\n'
    assert read(text, decimal=",")[1][0, 0] == 1.234
    assert read(text, thousands=",")[1][0, 0] == 1234


def test_groups_of_three_digits_are_told_apart_by_what_else_is_in_the_table() -> None:
    assert read("a;b\n1.234;7\n5.678;8\n", decimal=",")[1][0, 0] == 1234
    assert read("a;b\n1.234;7\n5.678;8\n", decimal=".")[1][0, 0] == 1.234
    assert read("a;b\n1.234;7\n0.678;8\n")[1].tolist() == [[1.234, 7], [0.678, 8]]
    assert read("a;b\n1,234;7\n0,678;8\n")[1].tolist() == [[1.234, 7], [0.678, 8]]
    assert read("a;b\n1.234;7\n1.234.567;8\n")[1].tolist() == [[1234, 7], [1234567, 8]]
    assert read("a;b\n1.234;7,5\n950;8,5\n")[1].tolist() == [[1234, 7.5], [950, 8.5]]
    raw = b"a,b\n1.234,7\n5.678,8\n"
    assert find_format(raw, "t.csv", {}).notes == (
        "'1.234' is read as 1.234; if it is 1234, say data.decimal = ',' and data.thousands = '.'",
    )


@pytest.mark.parametrize(
    ("titles", "skipped"),
    [("Sales 2023;;\n", 1), ("Sales;;\n;;\n", 1), ("made by;Anna;\non;2024-01-02;\n;;\n", 2), ("", 0)],
)
def test_titles_that_a_spreadsheet_fills_up_are_no_rows(titles: str, skipped: int) -> None:
    text = titles + "month;sales;gain\n" + "".join(f"{i};{i},5;{i}\n" for i in range(9))
    names, numbers = read(text)
    assert (names, numbers.shape, numbers[3, 1]) == (("month", "sales", "gain"), (9, 3), 3.5)
    assert find_format(text.encode(), "t.csv", {}).form.skip_lines == skipped


def test_a_column_without_a_name_is_no_title() -> None:
    with pytest.raises(DataError, match="column 2 has no name in the header"):
        read("a,,y\n1.5,2.5,3.5\n4.5,5.5,6.5\n")


def test_a_decimal_comma_below_one_name_is_no_name_of_a_row() -> None:
    with pytest.raises(DataError, match=r"line 2 has 2 cells, not 1"):
        read("price\n50,5\n51,5\n")


@pytest.mark.parametrize(
    ("cells", "form", "words"),
    [
        (["1.5", "2,5"], {}, "'2,5' is not a number here, because of its decimal comma; write 2.5"),
        (["1,5", "2.5"], {"decimal": ","}, "'2.5' is not a number here, because of its decimal point; write 2,5"),
        (["1", "1 234"], {}, "thousands blank; write 1234"),
        (["1", "1'234"], {}, "thousands apostrophe; write 1234"),
        (["1", "12 kg"], {}, "'12 kg' is a number with the unit 'kg'; write 12"),
        (["$5", "5"], {}, "'5' does not fit the numbers above, which have the sign '\\$'"),
        (["5", "5%"], {}, "'5%' does not fit the numbers above, which have no sign"),
        (["True", "1"], {}, "'1' does not fit the numbers above, which have the sign 'true or false'"),
        (["1", ""], {}, " is blank; fill it in, or leave the row out"),
        (["1", "NA"], {}, "'NA' is a missing value; fill it in, or leave the row out"),
        (["1", "2020-05-01"], {}, "'2020-05-01' is a date or a time; write its parts as numbers"),
        (["1", "3.5.2020 14:30"], {}, "is a date or a time"),
        (["1", "10:15"], {}, "'10:15' is a date or a time"),
        (["1", "1.2.3"], {}, "'1.2.3' is not a finite number"),
        (["1", "red"], {}, "'red' is text, not a number; turn it into numbers"),
    ],
)
def test_the_remedy_fits_the_cell(cells: list[str], form: dict[str, Any], words: str) -> None:
    text = "a|b\n" + "".join(f"{cell}|{i}\n" for i, cell in enumerate(cells))
    with pytest.raises(DataError, match=rf"line 3.*column 'a'.*{words}"):
        read_csv_text(text, TableFormat("|", **form))


def read_csv_text(text: str, form: TableFormat) -> Any:
    return read_csv(io.StringIO(text), form)


def test_lines_are_counted_over_quotes_comments_and_titles() -> None:
    text = 'Title\n\na,b\n1,"x\ny"\n# no\n\n2,"z"\n'
    form = TableFormat(skip_lines=2, comment="#")
    with pytest.raises(DataError, match=r"line 8, column 'b': 'z' is text"):
        read_csv_text(text.replace('"x\ny"', '"\n5"'), form)


MARKS = st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'")])
VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 2))


@settings(UNTIMED, max_examples=60)
@given(
    rows=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=8, max_size=30),
    marks=MARKS, delimiter=st.sampled_from([",", ";", "\t", "|", " "]), header=st.booleans(), quoted=st.booleans(),
)  # fmt: skip
def test_any_table_is_read_as_it_was_written_or_asked_about(rows: Any, marks: Any, delimiter: str, header: bool, quoted: bool) -> None:  # fmt: skip # noqa: E501
    """A number is never read as another one."""
    decimal, thousands = marks
    rows = [[1234567.89, 0.25, -3.5], *rows]  # where both marks occur, they are told apart
    texts = [[f"{v:,.2f}".translate({44: thousands, 46: decimal}) for v in row] for row in rows]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([["p", "q", "r"], *texts] if header else texts)
    raw = stream.getvalue()
    try:
        names, numbers = read(raw)
    except DataError as error:
        if "may be" in str(error):
            return
        raise
    assert names == (("p", "q", "r") if header else ())
    np.testing.assert_array_equal(numbers, np.array(rows))


@pytest.mark.parametrize(
    "row", ["1,2.5,-3e2", "1,5%,2", "5%,5%,5%", "1,,2", "1,x,2", "inf,1,2", '"1",2,3', "1 ,2,3", "$1,$2,$3"]
)
def test_a_single_row_is_read_as_it_is_among_others(row: str) -> None:
    def read(rows: int) -> Any:
        try:
            return read_features(io.StringIO("a,b,c\n" + f"{row}\n" * rows), ["a", "b", "c"])[0].tolist()
        except DataError as error:
            return str(error)

    assert read(1) == read(2)


@pytest.mark.parametrize("row", ["k{0},{0},{1}.5,{0}9", "k{0},{0},{0}9"])
def test_a_table_without_a_header_is_read_as_in_training_where_columns_were_left_out(tmp_path: Path, row: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text("\n".join(row.format(i, i + 1) for i in range(12)))
    options = {"target": 2, "header": False, "columns": {"0": "ignore", "1": "number", "3": "number"}}
    x = read_features(file, ["1", "3"], options=options)
    np.testing.assert_array_equal(x, [[i, i * 10 + 9] for i in range(12)])


def test_marks_are_gaps_in_numbers_to_predict_from(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,2\n-,3\n.,None\n")
    x = read_features(file, ["a", "b"], columns=[Column("a"), Column("b")], gaps=True)
    np.testing.assert_array_equal(x, [[1, 2], [np.nan, 3], [np.nan, np.nan]])


@pytest.mark.parametrize(("trained", "later", "is_known"), [
    ("cp1252", "utf-8", True), ("cp1252", "cp1252", True), ("cp1252", "utf-16", True), ("iso2022_jp", "utf-8", True),
    ("utf-8", "utf-8-sig", True), ("mac-roman", "cp1252", False),
])  # fmt: skip
def test_a_later_file_in_utf_8_is_read_as_such(trained: str, later: str, is_known: bool) -> None:
    columns = [Column("größe"), Column("stadt", "category", ("Köln", "Ulm"))]
    file = io.BytesIO("stadt;größe\nUlm;1\nKöln;2\n".encode(later))
    read = partial(read_features, file, ["größe", "stadt"], columns=columns, options={"encoding": trained})
    if is_known:
        np.testing.assert_array_equal(read(), [[1, 1], [2, 0]])
    else:
        with pytest.raises(DataError, match="größe"):
            read()
