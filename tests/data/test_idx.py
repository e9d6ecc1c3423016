"""IDX files are read as their header says; cut, padded, forged or other files are refused without much memory."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from zoo_core.data.readers.idx import read_idx
from zoo_core.errors import DataError

Write = Callable[[bytes], Path]


def idx(shape: tuple[int, ...], values: bytes, code: int = 0x08) -> bytes:
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: bytes) -> Path:
        path = tmp_path / "file-idx"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, ">u1"), (0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
def test_every_type(write: Write, code: int, dtype: str, zipped: bool) -> None:
    values = np.arange(-6, 6).reshape(2, 3, 2).astype(dtype)
    content = idx(values.shape, values.tobytes(), code)
    found = read_idx(write(gzip.compress(content) if zipped else content))
    np.testing.assert_array_equal(found, values)
    assert found.dtype == values.dtype.newbyteorder("=")


def test_no_rows(write: Write) -> None:
    assert read_idx(write(idx((0, 28, 28), b""))).shape == (0, 28, 28)


GOOD = idx((2, 3), bytes(range(6)))
BAD = {
    "empty": (b"", "no IDX file"),
    "text": (b"1,2,3,4\n", "no IDX file"),
    "wrong type": (idx((2, 3), bytes(6), code=0x07), "no IDX file"),
    "no dimensions": (idx((), b""), "no IDX file"),
    "cut header": (GOOD[:9], "inside its header"),
    "cut values": (GOOD[:-1], "more than the file can hold|ends after"),
    "padded": (GOOD + b"\0", "more than the 6 bytes"),
    "huge": (idx((2**31, 2**31), b"\0"), "more than the file can hold"),
    "impossible": (idx((0, *[2**32 - 1] * 4), b""), "no shape"),
    "cut gzip": (gzip.compress(GOOD)[:-9], "cut or damaged"),
    "gzip of too little": (gzip.compress(GOOD[:-2]), "ends after 4 of the 6 bytes"),
    "gzip of too much": (gzip.compress(GOOD + bytes(10_000_000)), "more than the 6 bytes"),
    "flipped bit": (gzip.compress(GOOD)[:-8] + b"\xff" + gzip.compress(GOOD)[-7:], "cut or damaged"),
    "gzip of nonsense": (b"\x1f\x8b" + bytes(40), "cut or damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(write: Write, name: str) -> None:
    content, words = BAD[name]
    path = write(content)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_bomb_is_not_inflated(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(idx((3,), bytes(30_000_000)), compresslevel=1)
    taken = 0
    read = gzip.GzipFile.read

    def counted(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        nonlocal taken
        piece = read(self, size)
        taken += len(piece)
        return piece

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(DataError, match="more than the 3 bytes"):
        read_idx(write(bomb))
    assert taken < 100
