"""The limits of a model file, and the bytes of the ZIP archive around its members."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.errors import Hint

FORMAT = "zoo-model"
VERSION = 2  # 1 was written before 0.1.0 was released
FEATURES: frozenset[str] = frozenset()  # what `requires` in a header may name; version 2 begins with none

DEFAULT_LIMIT = 256 * 2**20  # bytes of the whole file, unless the caller raises it
MAX_HEADER = 2**20  # bytes of JSON
MAX_MEMBERS = 256  # the header included
MAX_NAME = 200  # characters of a member's name
MAX_SIZE = 2**32 - 1  # bytes; the most that a ZIP without zip64 can state

HEADER = "header"
MEMBER_NAME = re.compile(r"[a-z0-9_.]+\.npy")

# PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. Version 2.0; made on Unix; 1980-01-01, 0:00;
# mode 0600: the values that Python's zipfile gives to a member without a date.
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
LOCAL_MAGIC, CENTRAL_MAGIC, END_MAGIC = b"PK\3\4", b"PK\1\2", b"PK\5\6"
ZIP_VERSION, MADE_BY, DATE, MODE = 20, 3 << 8 | 20, 1 << 5 | 1, 0o600 << 16


class RefusedError(Exception):
    """Why a file or its content is refused; the text follows the file's name in a message."""

    def __init__(self, reason: str, hint: Hint | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


@dataclass(frozen=True)
class Member:
    """One file inside the archive."""

    name: str
    crc: int
    size: int  # bytes of content
    offset: int  # of the local header, in bytes from the beginning of the file

    @property
    def start(self) -> int:
        """The offset where the content begins."""
        return self.offset + LOCAL.size + len(self.name)

    @property
    def end(self) -> int:
        """The offset where the content ends and the next member begins."""
        return self.start + self.size

    def local_header(self) -> bytes:
        """Return the header before the content."""
        sizes = self.crc, self.size, self.size, len(self.name), 0
        return LOCAL.pack(LOCAL_MAGIC, ZIP_VERSION, 0, 0, 0, DATE, *sizes) + self.name.encode("ascii")

    def directory_entry(self) -> bytes:
        """Return the entry in the directory at the end of the file."""
        sizes = self.crc, self.size, self.size, len(self.name), 0, 0, 0, 0
        fields = CENTRAL.pack(CENTRAL_MAGIC, MADE_BY, ZIP_VERSION, 0, 0, 0, DATE, *sizes, MODE, self.offset)
        return fields + self.name.encode("ascii")


def directory(members: Sequence[Member]) -> bytes:
    """Return what follows the content of the last member: the directory and the end record."""
    entries = b"".join(member.directory_entry() for member in members)
    counts = 0, 0, len(members), len(members)
    return entries + END.pack(END_MAGIC, *counts, len(entries), members[-1].end, 0)


def check_name(name: str) -> None:
    """Raise RefusedError unless an array may have this name; `name` is without the ending `.npy`."""
    if not MEMBER_NAME.fullmatch(name + ".npy") or name.endswith(".npy"):
        raise RefusedError(
            f"names an array {quoted(name)}: only a-z, 0-9, '_' and '.' are allowed, not ending in '.npy'"
        )
    if len(name) + 4 > MAX_NAME:
        raise RefusedError(f"names an array {quoted(name)}: a name has at most {MAX_NAME - 4} characters")


def quoted(text: object, length: int = 60) -> str:
    """Return a short, printable form of a text from a file."""
    form = ascii(text)
    return form if len(form) <= length else form[:length] + "..."
