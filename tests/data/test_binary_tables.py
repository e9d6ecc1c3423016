"""Tables of Parquet, Arrow and Excel give the columns of the same table as text; bombs are refused."""

from __future__ import annotations

import csv
import gc
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.robustness import environment
from tests.robustness.table_files import shared_text_sheet, wide_sheet
from zoo_core.data.readers import _arrow_process, _arrow_tables, _contents, _open
from zoo_core.data.readers._columns_text import ColumnsText
from zoo_core.data.readers.columns import column_blocks, read_columns
from zoo_core.data.readers.features import open_features, read_features
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.data.readers.tables import read_table
from zoo_core.errors import DataError, PluginError, ZooError
from zoo_core.parts import Column
from zoo_core.spec.from_csv import guess

pytest.importorskip("arro3.io")
polars = pytest.importorskip("polars")  # writes what arro3 reads
openpyxl = pytest.importorskip("openpyxl")

COLUMNS: dict[str, list[Any]] = {
    "x": [0.1, 1e-7, None, 12345678.123456789, -0.0] * 8,
    "n": [1, 2, 3, -4, 2**40] * 8,
    "zip": ["01234", "99999", "00001", "12", "7"] * 8,
    "city": ["Köln", 'a "b"', "two\nlines", None, "x, y"] * 8,
    "day": [date(2020, 1, 5), date(2021, 12, 31), None, date(1999, 2, 3), date(2020, 2, 29)] * 8,
    "ok": [True, False, True, None, False] * 8,
}


def write_excel(path: Path, columns: dict[str, list[Any]] = COLUMNS) -> None:
    book = openpyxl.Workbook()
    for row in [list(columns), *zip(*columns.values(), strict=True)]:
        book.active.append(row)
    book.create_sheet("notes").append(["nothing"])
    book.save(path)


def write_parquet(path: Path, columns: dict[str, list[Any]] = COLUMNS) -> None:
    polars.DataFrame(columns).write_parquet(path)


def write_feather(path: Path, columns: dict[str, list[Any]] = COLUMNS) -> None:
    polars.DataFrame(columns).write_ipc(path)


REGRESSION = {
    "data": {"name": "arrays", "target": "y"},
    "model": {"loss": "mse", "layers": [{"units": 1}]}, "optimizer": "sgd", "training": {"epochs": 1},
}  # fmt: skip
WRITERS = {"t.parquet": write_parquet, "t.feather": write_feather, "t.xlsx": write_excel}
each = pytest.mark.parametrize(("name", "write"), WRITERS.items())


@each
def test_values_are_those_that_were_written(name: str, write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / name)
    table = read_columns(tmp_path / name, TableFormat())
    expected = np.array([np.nan if value is None else value for value in COLUMNS["x"]])
    np.testing.assert_array_equal(table["x"].numbers, expected)
    np.testing.assert_array_equal(table["n"].numbers, COLUMNS["n"])
    assert table["zip"].texts() == COLUMNS["zip"]
    assert table["city"].texts() == COLUMNS["city"]
    assert table["day"].texts() == [None if day is None else day.isoformat() for day in COLUMNS["day"]]
    assert (table["ok"].sign, table["ok"].missing) == ("true or false", 8)


@each
def test_new_and_predict_read_them(name: str, write: Callable[..., None], tmp_path: Path) -> None:
    columns = {"a": list(range(40)), "b": [i / 4 for i in range(40)], "y": ["no", "yes"] * 20}
    write(tmp_path / name, columns)
    found = guess(tmp_path / name)
    assert (found.task, found.names, found.rows) == ("classification", ("a", "b", "y"), 40)
    assert read_features(tmp_path / name, ["b", "a"])[5].tolist() == [1.25, 5.0]


@each
def test_a_table_of_numbers_alone_is_read(name: str, write: Callable[..., None], tmp_path: Path) -> None:
    write(tmp_path / name, {"a": [0.5, 1.5], "b": [2, 3]})
    assert read_features(tmp_path / name, ["b", "a"]).tolist() == [[2.0, 0.5], [3.0, 1.5]]


def test_texts_that_look_like_numbers_stay_texts_where_the_file_says_so(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"code": ["1", "2"], "n": [1, 2]})
    table = read_columns(tmp_path / "t.parquet", TableFormat())
    assert (table["code"].texts(), table["n"].is_numeric) == (["1", "2"], True)


def test_a_time_of_a_sheet_is_kept(tmp_path: Path) -> None:
    write_excel(tmp_path / "t.xlsx", {"at": [datetime(2020, 1, 5, 7, 30), datetime(2020, 1, 6)], "n": [1, 2]})
    assert read_columns(tmp_path / "t.xlsx", TableFormat())["at"].texts() == ["2020-01-05 07:30:00", "2020-01-06"]


@each
def test_a_damaged_file_is_refused(name: str, write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / name
    write(path)
    sound = path.read_bytes()
    for damaged in (sound[: len(sound) // 2], b"", b"nothing of the kind", sound[:30] + b"\xff" * 400 + sound[430:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=name):
            read_columns(path, TableFormat())


def test_what_expands_without_reason_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_open, "FREE_BYTES", 2**20)
    write_parquet(tmp_path / "t.parquet", {"a": [1.0] * 1_000_000})
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b" " * 2_000_000)
    for name in ("t.parquet", "t.xlsx"):
        with pytest.raises(DataError, match="more than 100 times as many"):
            read_columns(tmp_path / name, TableFormat())


def test_what_expands_only_as_text_is_refused_before_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_open, "FREE_BYTES", 2**20)
    write_parquet(tmp_path / "t.parquet", {"a": ["x" * 100_000] * 1000})
    (tmp_path / "text.xlsx").write_bytes(shared_text_sheet(200, 30_000))
    (tmp_path / "wide.xlsx").write_bytes(wide_sheet(400))
    for name in ("t.parquet", "text.xlsx", "wide.xlsx"):
        with pytest.raises(DataError, match="more than 100 times as many"):
            read_columns(tmp_path / name, TableFormat())


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.abort()", "t.parquet: is damaged, or of a kind that is not read .the process that reads it"),
        (
            "import sys; sys.exit('no such codec')",
            "t.parquet: is damaged, or of a kind that is not read .no such codec",
        ),
        (
            "import os; os.write(2, b'memory allocation of 9 bytes failed'); os.abort()",
            "bytes expand to 67,108,865, more than 100 times as many",
        ),
        (
            "import sys; sys.exit('Io error: OSError: [Errno 28] No space left on device')",
            "cannot read .*t.parquet: No space left on device$",
        ),
        (
            "import sys; sys.exit(\"Io error: No module named 'lz4'\")",
            r"compressed are read with lz4, which is not installed; pip install 'mlp-zoo\[tables\]', or save the table",
        ),
    ],
)
def test_a_reader_that_ends_is_told(code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(_arrow_tables, "BOOT", code)
    with pytest.raises(ZooError, match=message):
        read_columns(tmp_path / "t.parquet", TableFormat())


def test_a_file_that_arro3_does_not_read_is_told_in_its_words(tmp_path: Path) -> None:
    write_feather(tmp_path / "t.parquet")
    with pytest.raises(SystemExit, match="Parquet"):
        _arrow_process.main(str(tmp_path / "t.parquet"), str(2**50))


TYPES: dict[str, Any] = {
    "day": polars.Series([date(1, 1, 1), None, date(9999, 12, 31)]),
    "at": polars.Series([datetime(2020, 1, 5, 7, 30, 0, 5000), None, datetime(1969, 12, 31, 23, 59, 59)]),
    "zone": polars.Series([datetime(2020, 1, 5, 7, 30)] * 3).dt.replace_time_zone("Europe/Berlin"),
    "ok": polars.Series([True, None, False]),
    "cat": polars.Series(["b", None, "a"], dtype=polars.Categorical),
    "level": polars.Series(["low", "high", None], dtype=polars.Enum(["low", "high"])),
    "price": polars.Series(["1.50", None, "-0.05"]).cast(polars.Decimal(10, 2)),
    "small": polars.Series([0.1, None, 16777216.0], dtype=polars.Float32),
    "big": polars.Series([2**64 - 1, None, 0], dtype=polars.UInt64),
    "x": polars.Series([5e-324, -1e300, 0.1 + 0.2]),
    "nothing": polars.Series([None, None, None]),
}
WRITTEN = [
    ["0001-01-01", "2020-01-05T07:30:00.005", "2020-01-05T07:30:00+01:00", "true", "b", "low", "1.50", "0.1",
     "18446744073709551615", "5e-324", ""],
    ["", "", "2020-01-05T07:30:00+01:00", "", "", "high", "", "", "", "-1e300", ""],
    ["9999-12-31", "1969-12-31T23:59:59", "2020-01-05T07:30:00+01:00", "false", "a", "", "-0.05", "16777216.0", "0",
     "0.30000000000000004", ""],
]  # fmt: skip


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_each_type_is_written_as_texts_that_give_it_again(name: str, tmp_path: Path) -> None:
    write = {"t.parquet": "write_parquet", "t.feather": "write_ipc"}[name]
    getattr(polars.DataFrame(TYPES), write)(tmp_path / name)
    found = io.BytesIO()
    _arrow_process.write_table(str(tmp_path / name), found)
    first, *rows = found.getvalue().decode().splitlines()
    assert json.loads(first) == [[name, *[name in ("cat", "level")] * 2, ""] for name in TYPES]
    assert list(csv.reader(rows)) == WRITTEN


def test_rows_of_one_column_without_a_value_are_written(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"t": ["a", None, "", "b"]})
    found = io.BytesIO()
    _arrow_process.write_table(str(tmp_path / "t.parquet"), found)
    assert list(csv.reader(found.getvalue().decode().splitlines()[1:])) == [["a"], [""], [""], ["b"]]


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_a_row_without_any_value_keeps_its_place(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, {"a": [1.5, None, 2.5, None], "t": ["x", None, "two\nlines", None]})
    columns = [Column("a"), Column("t", "category", ("two\nlines", "x"))]
    found = read_features(tmp_path / name, ["a", "t"], columns=columns, gaps=True)
    np.testing.assert_array_equal(found, [[1.5, 1], [np.nan, np.nan], [2.5, 0], [np.nan, np.nan]])
    assert read_columns(tmp_path / name, TableFormat()).rows == 4


@pytest.mark.slow  # it writes and reads up to 400 MB
@pytest.mark.parametrize(
    ("name", "columns", "rows", "options"),
    [
        ("t.parquet", 20, 1_000_000, {"row_group_size": 1_000_000}),
        ("t.parquet", 250, 200_000, {"row_group_size": 200_000}),
        ("t.feather", 20, 1_000_000, {"record_batch_size": 65_536}),
        ("t.feather", 20, 2_000_000, {"record_batch_size": 2_000_000, "compression": "lz4"}),
    ],
)
def test_a_prediction_takes_less_than_100_mb_for_a_table_of_any_size(
    name: str, columns: int, rows: int, options: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("resource")
    rng = np.random.default_rng(0)
    small = {f"c{i}": rng.normal(size=60) for i in range(columns)}
    model = zoo_core.train(REGRESSION, data={**small, "y": sum(small.values())})
    model.save(tmp_path / "m.npz")
    frame = polars.DataFrame({name: rng.normal(size=rows) for name in small})
    getattr(frame, "write_parquet" if name == "t.parquet" else "write_ipc")(tmp_path / name, **options)
    command = [sys.executable, "-m", "zoo_core", "predict", "m.npz", name, "-o", "y.npy"]
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"  # also of their children
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(np.load(tmp_path / "y.npy")) == len(frame)
    assert int(done.stdout) * (1 if sys.platform == "darwin" else 1024) < 100e6


def test_a_sheet_with_a_far_cell_takes_no_memory_for_the_rows_before_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active["B100000"] = 3
    book.save(tmp_path / "t.xlsx")
    table = read_columns(tmp_path / "t.xlsx", TableFormat())
    assert (table.rows, table["a"].missing, table["b"].example) == (1, 1, "3")


def test_columns_of_lists_are_refused_by_name(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"a": [1], "pixels": [[1, 2]]})
    with pytest.raises(DataError, match=r"column 'pixels' holds LargeList"):
        read_columns(tmp_path / "t.parquet", TableFormat())
    write_parquet(tmp_path / "t.parquet", {"a": [1], "took": [timedelta(hours=1)]})
    with pytest.raises(DataError, match=r"column 'took' holds Duration"):
        read_columns(tmp_path / "t.parquet", TableFormat())


def test_a_wrong_cell_is_named_as_its_program_counts_rows(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"a": ["1.5", "2.5", "x\ny", "z"]})
    with pytest.raises(DataError, match=r"row 2 \(from 0\), column 'a'"):
        read_columns(tmp_path / "t.parquet", TableFormat(), types={"a": "number"})
    book = pytest.importorskip("openpyxl").Workbook()
    for row in (["a"], [1.5], [], [2.5], ["z"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"row 5 of the sheet, column 'a': 'z' is text"):
        read_columns(tmp_path / "t.xlsx", TableFormat(), types={"a": "number"})


@pytest.mark.parametrize(("name", "library"), [("t.parquet", "arro3.io"), ("t.xlsx", "openpyxl")])
def test_a_missing_library_is_told_with_the_extra(
    name: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        PluginError, match=rf"read with {library}, which is not installed; pip install 'mlp-zoo\[tables"
    ):
        read_columns(tmp_path / name, TableFormat())


def test_known_columns_come_a_block_of_rows_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("n,city\n" + "".join(f"{i},{'ab'[i // 60_000]}\n" for i in range(120_000)) + "oops,a\n")
    blocks = column_blocks(path, TableFormat(), {"city": "text", "n": "number"}, rows=3000)
    found = []
    with pytest.raises(DataError, match=r"line 120002, column 'n': 'oops'"):
        found.extend(blocks)
    assert all(block.rows >= 3000 for block in found)
    numbers = np.concatenate([block["n"].numbers for block in found])
    np.testing.assert_array_equal(numbers, np.arange(len(numbers)))
    assert len(found) >= 2
    assert found[0]["city"].texts()[0] == "a"
    assert found[-1]["city"].texts()[-1] == "b"


def test_a_dash_is_a_missing_number_but_a_text_among_texts() -> None:
    table = read_columns(io.StringIO("n,mark\n1,+\n-,-\nNone,+\n4.5,-\n"), TableFormat())
    np.testing.assert_array_equal(table["n"].numbers, [1, np.nan, np.nan, 4.5])
    assert (table["n"].missing, table["mark"].texts()) == (2, ["+", "-", "+", "-"])
    strict = read_columns(io.StringIO("n\n1\n-\n"), TableFormat(missing=("",)))
    assert strict["n"].texts() == ["1", "-"]


@each
def test_rows_to_predict_from_are_never_all_in_memory(
    name: str, write: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_arrow_tables, "PIECE", 2**12)
    monkeypatch.setattr(_contents, "SPOOLED", 2**12)
    rows = 4000
    texts = [f"{i % 10} " + "x" * 2000 for i in range(rows)]  # openpyxl itself keeps each text once
    write(tmp_path / name, {"a": [i / 8 for i in range(rows)], "t": texts})
    tracemalloc.start()
    table, found = open_features(tmp_path / name, ["a"]), 0
    for block in table.blocks(keep=[1]):
        assert block.x[:, 0].tolist() == [i / 8 for i in range(found, found + len(block))]
        assert list(block.kept[0]) == texts[found : found + len(block)]
        found += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == rows
    assert peak < rows * 2000 / 2  # bytes


@pytest.mark.skipif(sys.platform == "win32", reason="a file has a name there, and the system deletes it")
def test_a_temporary_file_has_no_name_and_is_closed_with_its_last_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_contents, "SPOOLED", 2**6)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    write_parquet(tmp_path / "t.parquet")
    gc.collect()
    before = len(list(Path("/dev/fd").iterdir()))
    table = open_features(tmp_path / "t.parquet", ["n"])
    assert len(list(Path("/dev/fd").iterdir())) > before
    assert not list((tmp_path / "temporary").iterdir())
    assert table.read()[:, 0].tolist() == COLUMNS["n"]
    del table
    gc.collect()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_each_reader_of_a_temporary_file_has_its_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_contents, "SPOOLED", 2**6)
    numbers = list(range(20_000))
    raw = _contents.kept((f"{number}\n".encode() for number in numbers), "t")
    with raw.open() as one, raw.open() as two, ThreadPoolExecutor(2) as threads:
        del raw  # a reader needs no more than itself
        assert [(int(a), int(b)) for a, b in zip(one, two, strict=True)] == list(zip(numbers, numbers, strict=True))
        one.seek(0)
        two.seek(-6, io.SEEK_END)
        assert (one.readline(), two.readline(), two.readline()) == (b"0\n", b"19999\n", b"")
        two.seek(0)
        one.seek(0)
        found = list(threads.map(lambda stream: list(map(int, iter(stream.readline, b""))), (one, two)))
    assert found == [numbers, numbers]


def test_a_row_that_is_wider_than_those_before_it_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1], [2, "x\ny", "rest"], [], [3, 4]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    _, raw = read_table(tmp_path / "t.xlsx")
    assert isinstance(raw, ColumnsText)
    assert raw.start(100) == b'a,b,\r\n1,,\r\n2,"x\ny",rest\r\n3,4,\r\n'
    assert [raw.row_name(number, 0) for number in (1, 2, 3)] == [f"row {i} of the sheet" for i in (2, 3, 5)]


def test_names_that_begin_as_another_kind_of_file_are_names(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"PAR1": [1.5, 2.5], "b": [1, 2]})
    assert read_features(tmp_path / "t.parquet", ["b", "PAR1"]).tolist() == [[1.0, 1.5], [2.0, 2.5]]
