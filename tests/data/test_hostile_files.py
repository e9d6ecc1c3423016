"""Files that were made to break a reader: each is refused at once, with an error that names it."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.idx import read_idx
from zoo_core.data.readers.inputs import read_inputs
from zoo_core.data.readers.npy import read_array, read_arrays
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError
from zoo_core.spec.from_csv import guess


def npy(descr: str, shape: str, body: bytes = b"", version: int = 1) -> bytes:
    """Return a .npy file with any header."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode("latin-1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + body


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (npy("'<f8'", "(True, 2)", bytes(16)), "but 16 bytes follow"),
        (npy("'<f8'", "(-1, -2)", bytes(16)), "but 16 bytes follow"),
        (npy("'<f8'", "(1000000000000, 0)"), "no values at all"),
        (npy("'<U0'", "(1000000000000, 2)"), "no values at all"),
        (npy("'<f8'", f"(0, 1{'0' * 30})"), "no values at all"),
        (npy("'<f8'", "(" + "1," * 65 + ")", bytes(8)), "do not fill the shape"),
        (npy("[('a', '<f8'), ('b', '|O')]", "(1,)", bytes(16)), "holds values of type"),
        (npy("'<f8'", "-" * 8000 + "1", version=2), "the header is damaged"),
        (npy("'<f8'", "(2, 2)", bytes(32), version=4), "the header is damaged .the format has no version 4.0"),
        (npy("'<f8'", "(2, 2)", bytes(32), version=0), "the header is damaged .the format has no version 0.0"),
    ],
)
def test_headers_that_no_array_has_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    for read in (read_array, lambda path: read_inputs(path, 2), lambda path: read_inputs(io.BytesIO(content), 2)):
        with pytest.raises(DataError, match=reason):
            read(path)


def test_an_archive_with_two_arrays_of_one_name_is_refused(tmp_path: Path) -> None:
    array = io.BytesIO()
    np.save(array, np.ones((2, 2)))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("x.npy", "x"):
            archive.writestr(name, array.getvalue())
    with pytest.raises(DataError, match="two arrays of one name"):
        read_arrays(tmp_path / "x.npz")


def test_bytes_that_become_four_times_as_long_as_texts_count_as_such(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", y=np.full(30_000, b"x" * 1000))
    with pytest.raises(DataError, match="bytes expand to 120"):
        read_arrays(tmp_path / "x.npz")


@pytest.mark.parametrize("cell", ["a" * 130_000, "1" * 130_000 + "x", "1,5" * 40_000, "0" * 130_000, " 1" * 60_000])
@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8"])
def test_the_time_for_a_long_cell_does_not_grow_with_its_square(tmp_path: Path, cell: str, encoding: str) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(f'a;b;c\n1;2;\u00e9\n3;"{cell}";n\n5;6;y\n'.encode(encoding))
    began = time.process_time()
    with suppress(DataError):
        guess(path)
    assert time.process_time() - began < 3


SPARSE: dict[str, Callable[[Path], Any]] = {
    "x.csv": lambda path: read_inputs(path, 2), "t.csv": read_csv, "g.csv": guess, "x.npy": read_array,
    "x.idx": read_idx,
}  # fmt: skip


@pytest.mark.parametrize("name", SPARSE)
def test_a_file_of_holes_takes_no_memory(tmp_path: Path, name: str) -> None:
    starts = {".npy": npy("'<f8'", "(268435439, 1)"), ".idx": bytes([0, 0, 8, 1]) + struct.pack(">I", 2**31 - 8)}
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(starts.get(path.suffix, b"a,b\n1,2\n"))
        file.truncate(2**31)
    if path.stat().st_blocks * 512 > 2**24:
        pytest.skip("this disk stores holes")
    with pytest.raises(DataError, match="were ever written"):
        SPARSE[name](path)


def test_a_line_that_would_fill_the_memory_with_cells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + b"1," * 2_100_000 + b"1\n")
    for read in (read_csv, guess, lambda path: read_inputs(path, 2)):
        with pytest.raises(DataError, match=r"t\.csv: a line has 4,194,304 characters or more") as raised:
            read(path)
        assert str(raised.value).count("t.csv") == 1


@pytest.mark.parametrize("encoding", ["zlib_codec", "hex", "undefined", "rot13", "../../x", "\0", "x" * 5000])
def test_an_encoding_that_is_none_of_texts_is_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    for read in (
        lambda: read_csv(path, TableFormat(encoding=encoding)),
        lambda: read_inputs(path, 2, ("a", "b"), options={"encoding": encoding}),
    ):
        with pytest.raises(DataError, match="there is no encoding"):
            read()


def test_a_codec_that_does_not_say_where_it_failed_is_no_bug(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,-2\n")
    with pytest.raises(DataError, match="is not PUNYCODE"):
        read_inputs(tmp_path / "t.csv", 2, ("a", "b"), options={"encoding": "punycode"})
