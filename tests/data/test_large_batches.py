"""A large batch of Arrow is read as many small ones, which give the same text as the batch decoded whole."""

from __future__ import annotations

import importlib
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.data.test_wide_tables import ROWS, frame, text_of
from zoo_core.data.readers import _arrow_process, _arrow_tables, _open
from zoo_core.data.readers.columns import read_columns
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError

arro3 = pytest.importorskip("arro3.io")
core = importlib.import_module("arro3.core")
polars = pytest.importorskip("polars")
pytest.importorskip("lz4.frame")
large_batches = importlib.import_module("zoo_core.data.readers._large_batches")
CODECS = "uncompressed", "lz4", "zstd"
LZ4 = b"\x04\x22\x4d\x18"  # how its frames begin


@pytest.fixture
def in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each batch be one that is too large."""
    monkeypatch.setattr(_arrow_process, "SMALL", 0)
    monkeypatch.setattr(large_batches, "LARGE", 0)
    monkeypatch.setattr(large_batches, "SMALL", 20_000)


def rows_of_batches(path: Path) -> list[int]:
    """Return how many rows the small batches of a file have."""
    types = [_arrow_process._layout(field.type) for field in arro3.read_ipc(str(path)).schema]
    return [batch.num_rows for batch in large_batches.small_batches(str(path), types)]


@pytest.mark.parametrize("compression", CODECS)
@pytest.mark.parametrize("compatible", [polars.CompatLevel.oldest(), polars.CompatLevel.newest()])
def test_small_batches_give_the_same_text(
    compression: str, compatible: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    options = {"compression": compression, "compat_level": compatible, "record_batch_size": 3 * ROWS - 50}
    frame().write_ipc(tmp_path / "t.feather", **options)
    whole = text_of(tmp_path / "t.feather")
    request.getfixturevalue("in_small_batches")
    assert text_of(tmp_path / "t.feather") == whole
    *first, rest, last = rows_of_batches(tmp_path / "t.feather")
    assert (len(first) > 5, set(first) <= {64, 128}, 0 < rest <= 128, last) == (True, True, True, 50)


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_texts_with_short_places_are_cut(compression: str | None, tmp_path: Path, in_small_batches: None) -> None:
    texts = [None if i % 5 == 0 else f"{i}ä" * (i % 9) for i in range(1000)]
    array = core.Array(texts, type=core.DataType.string())
    with (tmp_path / "t.feather").open("wb") as file:
        arro3.write_ipc(core.Table.from_pydict({"t": array}), file, compression=compression)
    assert max(rows_of_batches(tmp_path / "t.feather")) < 1000
    assert text_of(tmp_path / "t.feather").decode().splitlines()[1:] == [text or '""' for text in texts]


@pytest.mark.parametrize("size", [79_999, 80_001])
def test_a_buffer_that_expands_to_another_size_is_refused(size: int, tmp_path: Path, in_small_batches: None) -> None:
    path = tmp_path / "t.feather"
    polars.DataFrame({"a": [i / 7 for i in range(10_000)]}).write_ipc(path, compression="lz4")
    data = path.read_bytes()
    assert data.count(struct.pack("<q", 80_000) + LZ4) == 1
    path.write_bytes(data.replace(struct.pack("<q", 80_000) + LZ4, struct.pack("<q", size) + LZ4))
    with pytest.raises(Exception, match="expands to another size"):  # arro3 gives it no type
        text_of(path)


def test_places_of_texts_outside_of_their_buffer_are_refused(
    tmp_path: Path, in_small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_batches, "SMALL", 1)  # 64 rows each
    path = tmp_path / "t.feather"
    polars.DataFrame({"a": ["text"] * 1000}).write_ipc(path, compat_level=polars.CompatLevel.oldest())
    data, place = path.read_bytes(), struct.pack("<qq", 4 * 999, 4 * 1000)
    assert data.count(place) == 1
    path.write_bytes(data.replace(place, struct.pack("<qq", 4 * 999, 4 * 1001)))
    with pytest.raises(Exception, match="bytes that are not there"):  # arro3 gives it no type
        text_of(path)


LIMITED = """
import sys
sys.path[:] = sys.argv[3:]
from zoo_core.data.readers import _arrow_process, _large_batches, _wide_parquet
_arrow_process.SMALL = _large_batches.LARGE = _wide_parquet.PAGES = 0
_arrow_process.main(*sys.argv[1:3])
"""


def test_a_temporary_file_that_grows_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resource")  # limits files
    monkeypatch.setattr(_arrow_tables, "BOOT", LIMITED)
    monkeypatch.setattr(_open, "FREE_BYTES", 2**20)
    column = polars.DataFrame({"a": [1.0] * 1_000_000})
    column.write_ipc(tmp_path / "t.feather", compression="zstd", record_batch_size=len(column))
    with pytest.raises(DataError, match="expand to 1,048,577, more than 100 times as many"):
        read_columns(tmp_path / "t.feather", TableFormat())
