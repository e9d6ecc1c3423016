"""The bytes of a text table as text: encodings, byte-order marks, and files that are no text."""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, TextIO

from zoo_core.data.readers._columns_text import ERRORS, ColumnsText
from zoo_core.data.readers._contents import Contents, as_contents
from zoo_core.errors import DataError

Raw = bytes | str | Contents  # what is in a table: all of it, or a file to read

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
    b"\x1f\x8b": "compressed with gzip twice",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow or Feather file",
    b"\x89PNG": "a picture",
    b"\x93NUMPY": "a NumPy array",
    b"%PDF": "a PDF document",
    b"SQLite": "a database",
}
_ENDINGS = {"a Parquet file": ".parquet", "an Arrow or Feather file": ".feather"}  # those that are read by their name
START = 1000  # bytes that tell the kind of a file
_MARKUP = (  # how texts begin that are no table
    (re.compile(r"\s*<(!doctype|html|\?xml|head|body)", re.IGNORECASE), "a web page or XML"),
    (re.compile(r"\s*(\{\s*\"|\[\s*[\[{])"), "JSON"),
    (re.compile(r"\{\\rtf"), "a text with layout"),
)
MAX_LINE = 2**22  # characters
CHUNK = 2**18  # bytes
FEW_NULS = 10  # UTF-16 has more than one NUL in this number of bytes, unless most letters are far from Latin ones
WINDOWS = "cp1252"  # what Windows writes in Western Europe and America; it contains Latin-1


class Lines(Iterator[str]):
    """The lines of a table, decoded while they are read: one by one, or whole pieces of text.

    Both raise DataError for a line that would fill the memory with its cells, and UnicodeError for bytes that are not
    in the encoding.
    """

    def __init__(self, raw: Raw, encoding: str, where: str) -> None:
        """Open the contents. Raises DataError if they are of another kind than text."""
        self._where, self._stream = where, _as_stream(raw, encoding, where)
        self._again: deque[str] = deque()

    def __next__(self) -> str:
        if self._again:
            return self._again.popleft()
        line = self._stream.readline(MAX_LINE)
        if len(line) == MAX_LINE:
            raise DataError(
                f"{self._where}: a line has {MAX_LINE:,} characters or more; put each row on a line of its own"
            )
        if not line:
            self.close()
            raise StopIteration
        return line

    def piece(self, size: int) -> str:
        """Return whole lines, together about as long as `size`; "" at the end."""
        text = "".join(self._again) if self._again else self._stream.read(size)
        self._again.clear()
        if text and text[-1] != "\n":
            text += next(self, "")
        return text

    def push_back(self, piece: str) -> None:
        """Let the lines of a piece come again, one by one."""
        self._again.extend(io.StringIO(piece, newline=""))

    def push_front(self, lines: Sequence[str]) -> None:
        """Let lines come again, before all others."""
        self._again.extendleft(reversed(lines))

    @property
    def is_ahead(self) -> bool:
        """Whether lines of a piece come again."""
        return bool(self._again)

    def close(self) -> None:
        """Close the file; there are no more lines."""
        self._stream.close()
        self._stream = io.StringIO()

    def __del__(self) -> None:
        if stream := getattr(self, "_stream", None):
            stream.close()


def _as_stream(raw: Raw, encoding: str, where: str) -> TextIO:
    if isinstance(raw, str):
        return io.StringIO(raw.removeprefix("\ufeff"), newline="")
    contents = as_contents(raw, where)
    start = contents.start(START)
    is_columns = isinstance(raw, ColumnsText)  # their first name may be PAR1
    if not is_columns and (kind := _other_kind(start)):
        ending = _ENDINGS.get(kind)
        way = f"give it as a file whose name ends in {ending}, or " if ending else ""
        raise DataError(f"{where}: is {kind}, not a text table; {way}save or export it as CSV")
    return io.TextIOWrapper(contents.open(), _own_encoding(start, encoding), ERRORS if is_columns else None, newline="")


def _other_kind(start: bytes) -> str:
    """Return what a file is that begins like another kind of file, or ''."""
    text = start[:100].removeprefix(codecs.BOM_UTF8).decode("latin-1")
    found = [kind for mark, kind in _OTHERS.items() if start.startswith(mark)]
    return next(iter([*found, *(kind for pattern, kind in _MARKUP if pattern.match(text))]), "")


def _own_encoding(start: bytes, encoding: str) -> str:
    """Return the encoding that a byte-order mark says, or else the given one."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), encoding)


def marked_encoding(raw: Raw, where: str) -> str:
    """Return the encoding that a byte-order mark says, if that is not UTF-8, or ''."""
    name = "" if isinstance(raw, str) else _own_encoding(as_contents(raw, where).start(START), "")
    return "" if name.startswith("utf-8") else name


def decoding_error(raw: Raw, encoding: str, where: str) -> DataError:
    """Return the error to raise for bytes that are not in the encoding; it names their line."""
    line, name = 1, encoding
    if not isinstance(raw, str):
        contents = as_contents(raw, where)
        name = _own_encoding(contents.start(START), encoding)
        with contents.open() as stream:
            line = _first_wrong_line(stream, name)
    name = name.removesuffix("-sig").upper()
    return DataError(f"{where}: line {line} is not {name}; save the file as UTF-8, or say its encoding")


def _first_wrong_line(stream: IO[bytes], encoding: str) -> int:
    """Return the number of the line with the first bytes that are not in an encoding."""
    line, decoder = 1, codecs.getincrementaldecoder(encoding)()
    chunk = b"?"
    while chunk:
        chunk = stream.read(CHUNK)
        before = decoder.getstate()[0]
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:  # some decoders do not say where
            return line + (before + chunk)[: getattr(error, "start", 0)].count(b"\n")
        line += chunk.count(b"\n")
    return line


def _begins_as_utf8(start: bytes) -> bool:
    """Return whether bytes are UTF-8; the last letter may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def find_encoding(raw: Raw, where: str) -> str:
    """Return the encoding of a table: by its mark, UTF-8, UTF-16 without a mark, or else that of Windows."""
    if isinstance(raw, str):
        return "utf-8"
    contents = as_contents(raw, where)
    start = contents.start(START)
    if _own_encoding(start, ""):
        return "utf-8"
    if b"\0" in start and (start.count(0) * FEW_NULS > len(start) or not _begins_as_utf8(start)):
        return "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with contents.open() as stream:
        try:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return WINDOWS
    return "utf-8"


def is_beyond_ascii(raw: Raw, where: str) -> bool:
    """Return whether a table is UTF-8 with letters that ASCII lacks. Text of another encoding hardly ever is."""
    if isinstance(raw, str) or find_encoding(raw, where) != "utf-8":
        return False
    with as_contents(raw, where).open() as stream:
        return any(not chunk.isascii() for chunk in iter(lambda: stream.read(CHUNK), b""))
