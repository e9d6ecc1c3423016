"""Tables that are read piece by piece: the same numbers, places and errors as cell by cell, in bounded memory."""

from __future__ import annotations

import csv
import gzip
import io
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.helpers.properties import UNTIMED
from zoo_core.data.readers import _open
from zoo_core.data.readers._cells import MISSING
from zoo_core.data.readers.columns import read_columns
from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.features import read_features
from zoo_core.data.readers.find_format import find_format
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.tables import read_table
from zoo_core.errors import DataError
from zoo_core.spec.from_csv import guess

PLAIN = TableFormat()
DIGITS = st.text("0123456789", max_size=9) | st.text("0123456789", min_size=7, max_size=20)
DECIMALS = st.builds("{}{}{}{}".format, st.sampled_from(["", "-"]), DIGITS, st.sampled_from(["", "."]), DIGITS).filter(
    lambda text: any(map(str.isdigit, text))
)
REPEATED = st.floats(-1e9, 1e9).flatmap(lambda x: st.sampled_from([repr(x), f"{x:.6g}", f"{x:.3f}", f"{x:e}"]))


@UNTIMED
@given(st.lists(st.tuples(DECIMALS | REPEATED, DECIMALS), min_size=2, max_size=30))
def test_numbers_are_those_of_float_to_the_last_bit(rows: list[tuple[str, str]]) -> None:
    text = "a,b\n" + "".join(",".join(row) + "\n" for row in rows)
    expected = np.array([[float(cell) for cell in row] for row in rows])
    assert read_csv(io.StringIO(text), PLAIN).numbers.tobytes() == expected.tobytes()


def test_long_numbers_are_those_of_float_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [rng.normal(size=60_000), rng.normal(size=20_000) * 1e5, rng.integers(1, 2**62, 20_000) / 1e17]
    )
    texts = [*map(repr, values[:80_000].tolist()), *(f"{value:.17f}" for value in values[80_000:].tolist())]
    texts += [f"0.{digits:018d}" for digits in rng.integers(10**17, 10**18, 60_000).tolist()]  # some between two floats
    texts += ["98765432.123456789012345678", "9.999999999999999999", "12345678.12345678901"]
    texts += [*map(str, rng.integers(10**9, 2**63 - 1, 20_000).tolist()), "9" * 18, "9" * 19, "9" * 18 + ".9", "9" * 40]
    found = read_csv(io.StringIO("a\n" + "\n".join(texts) + "\n"), PLAIN).numbers
    assert found.tobytes() == np.array([float(text) for text in texts]).tobytes()


WORDS = st.text(st.sampled_from('01.,-e" \né\t;x'), max_size=5)


@UNTIMED
@given(st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_cells_are_those_of_the_csv_module(rows: list[list[str]], end: str) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator=end).writerows([["a", "b"], ["first", "x"], *rows])
    expected = [[cell.strip() for cell in row] for row in rows if any(cell.lstrip(" ") for cell in row)]
    form = TableFormat(missing=("?",))
    table = read_columns(io.StringIO(file.getvalue(), newline=""), form, types={"a": "text", "b": "text"})
    assert [list(row) for row in zip(table["a"].texts(), table["b"].texts(), strict=True)][1:] == expected


@pytest.mark.parametrize(
    "before", ["1,2\n", '"1\n",2\n', "\n1,2\n\n", "# no\n1,2\n", "1, 2\n", "1,2\r\n", "é,2\n1,2\n"]
)
def test_the_line_of_a_wrong_cell_far_down_is_right(before: str) -> None:
    text = "a,b\n" + before * (300_000 // len(before)) + "1,oops\n" + "1,2\n" * 9000
    line = text[: text.index("oops")].count("\n") + 1
    types = {"a": "text", "b": "number"}
    with pytest.raises(DataError, match=rf": line {line}, column 'b': 'oops' is text"):
        read_columns(io.StringIO(text, newline=""), TableFormat(comment="#"), types=types)  # type: ignore[arg-type]


def test_the_first_cell_that_makes_a_column_texts_is_named_also_before_others(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{cell},1\n" for cell in (1, 2, "007", 3, "x", *range(100))))
    assert read_columns(path, PLAIN)["a"].first_text == "line 4"


@pytest.mark.parametrize("row", ["1,2,3", "1", "1,2\r1,2,3"])
def test_a_row_of_another_width_far_down_is_refused_with_its_line(row: str) -> None:
    text = "a,b\n" + "1,2\n" * 20_000 + row + "\n"
    line = 20_002 + row.count("\r")
    with pytest.raises(DataError, match=rf": line {line} has [13] cells, not 2"):
        read_csv(io.StringIO(text, newline=""), PLAIN)


def test_a_cell_that_is_too_long_is_refused_far_down() -> None:
    text = "a,b\n" + "1,2\n" * 200 + "x" * 140_000 + ",1\n"
    with pytest.raises(DataError, match="line 202: field larger than field limit"):
        read_columns(io.StringIO(text), PLAIN)


def test_a_number_that_stands_for_a_missing_value_is_missing() -> None:
    form = TableFormat(missing=("-999",))
    column = read_columns(io.StringIO("a\n1\n-999\n3\n"), form)["a"]
    assert column.missing == 1
    with pytest.raises(DataError, match=r"line 3, column 'a': '-999' is a missing value"):
        read_csv(io.StringIO("a\n1\n-999\n3\n"), form)


ODD = ["", "NA", " NA", "NA ", "-999", "9999999999", "not known", "\u00a0NA", "\0NA", "00", "007", "0x", "no", "1"]


@pytest.mark.parametrize("missing", [MISSING, ("-999", "00"), ("9999999999", "not known"), ("0x", "NA", " NA")])
@pytest.mark.parametrize("form", ["{}", '"{}"'])
def test_missing_values_are_found_wherever_they_are(missing: tuple[str, ...], form: str) -> None:
    rows = [*ODD, *"23", *ODD[::-1]]
    text = "a,b\n" + "".join(f"{form.format(cell)},{i}\n" for i, cell in enumerate(rows))
    column = read_columns(io.StringIO(text), TableFormat(missing=missing), types={"a": "text"})["a"]
    found = [cell.strip() for cell in rows]
    assert column.texts() == [None if cell in missing else cell for cell in found]
    assert column.missing == sum(cell in missing for cell in found)
    labelled = read_csv(io.StringIO(text), TableFormat(missing=missing), text="a")
    assert labelled.text == tuple(cell for cell in found if cell not in missing)
    assert len(labelled.incomplete) == column.missing


def test_gaps_among_numbers_are_counted_and_the_first_is_named() -> None:
    cells = ["1.5", "NA", "2", "", "-3", " nan", "4e2"] * 500
    text = "a,b\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells))
    column = read_columns(io.StringIO(text), PLAIN)["a"]
    assert (column.missing, column.first_missing, column.example) == (1500, "line 3", "1.5")
    expected = [1.5, math.nan, 2, math.nan, -3, math.nan, 400] * 500
    assert np.array_equal(np.asarray(column.numbers), expected, equal_nan=True)
    with pytest.raises(DataError, match="line 3, column 'a': 'NA' is a missing value"):
        read_csv(io.StringIO(text), PLAIN)


@pytest.mark.parametrize(
    "cells",
    ['"a, b",1', '"",1', '"",""', '"1.5","2"', 'a"b,1', '"a""b",1', '"a\nb",1', ' "a",1', '"a,""b""",1', '""",1", 2'],
)
def test_quoted_cells_are_those_of_the_csv_module(cells: str) -> None:
    text = "a,b\nfirst,x\n" + f'"c",2\n{cells}\n' * 5
    rows = list(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True))[1:]
    expected = [row for row in rows if any(row)]
    table = read_columns(io.StringIO(text, newline=""), TableFormat(missing=("?",)), types={"a": "text", "b": "text"})
    assert [list(row) for row in zip(table["a"].texts(), table["b"].texts(), strict=True)] == expected


TABLE = "a,b,label\n" + "".join(f"{i},{i / 8},{'xy'[i % 2]}\n" for i in range(200))


def test_a_compressed_table_is_read_like_a_plain_one(tmp_path: Path) -> None:
    path, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    path.write_text(TABLE)
    packed.write_bytes(gzip.compress(TABLE.encode()))
    plain, ours = read_csv(path, text="label"), read_csv(packed, text="label")
    assert plain.numbers.tobytes() == ours.numbers.tobytes()
    assert ours.text == plain.text
    assert guess(packed).summary == guess(path).summary
    assert read_features(io.BytesIO(packed.read_bytes()), ["b", "a"])[1].tolist() == [0.125, 1.0]


@pytest.mark.parametrize("damage", [lambda b: b[:-20], lambda b: b[:40] + b"\0\0\0" + b[43:], lambda b: b[:3]])
def test_a_damaged_compressed_table_is_refused(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(damage(gzip.compress(TABLE.encode())))  # type: ignore[operator]
    with pytest.raises(DataError, match=r"t\.csv\.gz: the gzip data are cut or damaged"):
        read_csv(path, text="label")


def test_a_compressed_table_that_expands_without_reason_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_open, "FREE_BYTES", 2**20)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 2**19))
    with pytest.raises(DataError, match=r"expand to .* more than 100 times as many"):
        read_csv(path)
    path.write_bytes(gzip.compress(gzip.compress(b"a,b\n1,2\n")))
    with pytest.raises(DataError, match="is compressed with gzip twice"):
        read_csv(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_encoding_is_streamed(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("naïve,y\n" + "1.5,é\n2,ü\n" * 20_000).encode(encoding))
    table = read_columns(path, find_format(read_table(path)[1], "t.csv", {}).form)
    assert table["naïve"].numbers is not None
    assert table["naïve"].numbers.sum() == 70_000
    assert table["y"].categories == ("é", "ü")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_line_of_bytes_in_no_encoding_is_named_far_down(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    wrong = b"\xff\xff" if encoding == "utf-8" else b"\x00\xdc"
    path.write_bytes(("a,b\n" + "1,2\n" * 200_000).encode(encoding) + wrong)
    with pytest.raises(DataError, match=r"line 200002 is not UTF-"):
        read_csv(path, TableFormat(encoding=encoding))


def test_memory_is_a_few_times_that_of_the_matrix(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    values = np.random.default_rng(0).normal(size=(40_000, 20)).round(5)
    path.write_text(
        "\n".join([",".join(f"x{i}" for i in range(20)), *(",".join(map(str, r)) for r in values.tolist())])
    )
    assert peak_of_reading(path, values.sum()) < 4 * values.nbytes
    assert peak_of_reading(path, values[:, 0].sum(), columns=["x0"]) < values.nbytes  # no others are kept


def peak_of_reading(path: Path, total: float, **options: Any) -> int:
    """Return the most bytes that Python takes while it reads numbers of a known sum."""
    tracemalloc.start()
    try:
        assert math.isclose(read_csv(path, **options).numbers.sum(), total)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
