"""Makes model files with any flaw, signed anew: checksums and digests hold, so that the flaw itself must be found.

It writes the ZIP by itself (PKWARE, APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.16), for the project's own writer
refuses to write what is unsound.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

DATE = 1 << 5 | 1  # 1980-01-01
MODE = 0o600 << 16


@dataclass
class Entry:
    """A member of the archive, and what its two headers say of it."""

    name: bytes
    content: bytes
    flags: int = 0
    method: int = 0
    date: int = DATE
    extra: bytes = b""
    comment: bytes = b""
    mode: int = MODE
    before: bytes = b""  # what stands before the local header

    def local(self) -> bytes:
        """Return the local header and the content."""
        fields = (20, self.flags, self.method, 0, self.date, zlib.crc32(self.content), *self._sizes())
        return b"PK\3\4" + struct.pack("<5H3I2H", *fields) + self.name + self.extra + self.content

    def central(self, offset: int) -> bytes:
        """Return the entry of the directory."""
        fields = (3 << 8 | 20, 20, self.flags, self.method, 0, self.date, zlib.crc32(self.content), *self._sizes())
        rest = (len(self.comment), 0, 0, self.mode, offset)
        packed = struct.pack("<6H3I2H", *fields) + struct.pack("<3H2I", *rest)
        return b"PK\1\2" + packed + self.name + self.extra + self.comment

    def _sizes(self) -> tuple[int, int, int, int]:
        return len(self.content), len(self.content), len(self.name), len(self.extra)


def archive(entries: Iterable[Entry], comment: bytes = b"") -> bytes:
    """Return a whole ZIP file."""
    body, directory, count = bytearray(), bytearray(), 0
    for entry in entries:
        body += entry.before
        directory += entry.central(len(body))
        body += entry.local()
        count += 1
    end = struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(body), len(comment))
    return bytes(body + directory + b"PK\5\6" + end + comment)


def npy(descr: str, shape: str, items: bytes, fortran: str = "False") -> bytes:
    """Return a member's content; `descr`, `shape` and `fortran` go into its header as they are."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    padded = text.encode("latin-1", "replace").ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(padded)) + padded + items


def of_array(array: np.ndarray) -> bytes:
    """Return an array as a member's content."""
    return npy(repr(array.dtype.str), str(array.shape), array.tobytes())


def text(value: Any) -> bytes:
    """Return canonical JSON."""
    dumped = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return dumped.encode("utf-8", "surrogatepass")


def described(array: np.ndarray) -> dict[str, Any]:
    """Return what a header says of an array."""
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": digest}


def signed(header: Mapping[str, Any]) -> bytes:
    """Return a header as a member's content, with its own digest."""
    bare = {key: value for key, value in header.items() if key != "sha256"}
    full = {**bare, "sha256": hashlib.sha256(text(bare)).hexdigest()}
    raw = text(full)
    return npy("'|u1'", f"({len(raw)},)", raw)


def model(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], **changes: Any) -> bytes:
    """Return a model file with this header, and whatever else it must say of its arrays unless `changes` does."""
    said = {"format": "zoo-model", "version": 1, "requires": [], "arrays": {n: described(a) for n, a in arrays.items()}}
    first = Entry(b"header.npy", signed({**said, **header, **changes}))
    return archive([first, *(Entry(f"{name}.npy".encode(), of_array(arrays[name])) for name in sorted(arrays))])
