"""The bytes of a text table as text: encodings, byte-order marks, and files that are no text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import IO, TextIO

from zoo_core.errors import DataError

_MARKS = (  # a byte-order mark says the encoding; that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = {
    b"PK\x03\x04": "an Excel workbook, a NumPy archive or another zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed with gzip",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow or Feather file",
    b"\x89PNG": "a picture",
    b"\x93NUMPY": "a NumPy array",
    b"%PDF": "a PDF document",
    b"SQLite": "a database",
}
MAX_LINE = 2**22  # characters
WINDOWS = "cp1252"  # what Windows writes in Western Europe and America; it contains Latin-1


def as_lines(raw: bytes | str, encoding: str, where: str) -> Iterator[str]:
    """Yield the lines of a table, decoded while they are read.

    Raises DataError if the file is of another kind, not in its encoding, or has a line that would fill the memory with
    its cells.
    """
    return _short_lines(_as_stream(raw, encoding, where), where)


def _short_lines(stream: TextIO, where: str) -> Iterator[str]:
    while line := stream.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise DataError(f"{where}: a line has {MAX_LINE:,} characters or more; put each row on a line of its own")
        yield line


def _as_stream(raw: bytes | str, encoding: str, where: str) -> TextIO:
    if isinstance(raw, str):
        return io.StringIO(raw.removeprefix("\ufeff"), newline="")
    kind = next((kind for start, kind in _OTHERS.items() if raw.startswith(start)), None)
    if kind is not None:
        raise DataError(f"{where}: is {kind}, not a text table; save or export it as CSV")
    own = next((name for mark, name in _MARKS if raw.startswith(mark)), encoding)
    stream: IO[bytes] = io.BytesIO(raw)
    return io.TextIOWrapper(stream, own, newline="")


def decoding_error(raw: bytes | str, error: UnicodeError, encoding: str, where: str) -> DataError:
    """Return the error to raise for bytes that are not in the encoding; it names their line."""
    own = next((name for mark, name in _MARKS if isinstance(raw, bytes) and raw.startswith(mark)), encoding)
    start = getattr(error, "start", 0)
    try:
        str(raw, own)  # type: ignore[arg-type]
    except UnicodeError as whole:  # some decoders do not say where
        start = getattr(whole, "start", start)
    line = raw[:start].count(b"\n") + 1 if isinstance(raw, bytes) else 1
    name = own.removesuffix("-sig").upper()
    return DataError(f"{where}: line {line} is not {name}; save the file as UTF-8, or say its encoding")


def find_encoding(raw: bytes | str) -> str:
    """Return the encoding of a table: by its mark, UTF-8, UTF-16 without a mark, or else that of Windows."""
    if isinstance(raw, str) or any(raw.startswith(mark) for mark, _ in _MARKS):
        return "utf-8"
    if b"\0" in raw[:1000]:
        return "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"
    try:
        str(raw, "utf-8")
    except UnicodeDecodeError:
        return WINDOWS
    return "utf-8"
