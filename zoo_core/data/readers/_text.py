"""The bytes of a text table as text: encodings, byte-order marks, and files that are no text."""

from __future__ import annotations

import codecs
import io
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
WINDOWS = "cp1252"  # what Windows writes in Western Europe and America; it contains Latin-1


def as_lines(raw: bytes | str, encoding: str, where: str) -> TextIO:
    """Return the text of a table as a stream of lines, decoded while they are read.

    Raises DataError if the file is of another kind, or not in its encoding.
    """
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
    except UnicodeDecodeError as whole:
        start = whole.start
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
