"""What is in the file of a table. It can be opened again and again, so that nobody has to keep all of it in memory."""

from __future__ import annotations

import io
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from zoo_core.data.readers._open import check_growth, refusing_damage
from zoo_core.data.readers._random_access import RandomAccess

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SPOOLED = 2**23  # bytes of a stream that stay in memory
COPIED = 2**20  # bytes at a time
GZIP = b"\x1f\x8b"
CUT = "the gzip data are cut or damaged; fetch the file again"


@dataclass(frozen=True)
class Contents:
    """The bytes of a file, without its compression.

    Args:
        where: the name of the file, for messages.
        stored: opens the file as it is stored.
        size: how many bytes are stored.
    """

    where: str
    stored: Callable[[], IO[bytes]]
    size: int

    @property
    def name(self) -> str:
        """The name of the file, as open files have one."""
        return self.where

    def open(self) -> IO[bytes]:
        """Return the bytes from their start; what is compressed with gzip is expanded while it is read."""
        stream = self.stored()
        start = stream.read(len(GZIP))
        stream.seek(0)
        return io.BufferedReader(_Expanded(self, stream)) if start == GZIP else stream

    def start(self, size: int) -> bytes:
        """Return the first bytes."""
        with self.open() as stream:
            return stream.read(size)


class _Expanded(io.RawIOBase):
    """The bytes in a gzip stream. Reading raises DataError for damage, and where they are far more than are stored."""

    def __init__(self, contents: Contents, stream: IO[bytes]) -> None:
        import gzip  # late, as in `spooled`: their import takes as long as to predict a row

        self._contents, self._stored, self._stream = contents, stream, gzip.GzipFile(fileobj=stream)
        self._size = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; return how many there are."""
        with refusing_damage(self._contents.where, CUT):
            count = self._stream.readinto(buffer)
        self._size += count
        check_growth(self._contents.where, self._size, self._contents.size)
        return count

    def close(self) -> None:
        """Close the stored file, too."""
        if not self.closed:
            self._stream.close()
            self._stored.close()
        super().close()


def file_contents(path: Path | str) -> Contents:
    """Return the contents of a path."""
    return Contents(str(path), lambda: Path(path).open("rb"), Path(path).stat().st_size)


def as_contents(raw: Any, where: str) -> Contents:
    """Return bytes in memory as contents; contents are handed on."""
    return raw if isinstance(raw, Contents) else Contents(where, lambda: io.BytesIO(raw), len(raw))


def spooled(start: bytes, stream: IO[bytes], where: str) -> Contents:
    """Return what a stream holds, which began with `start`; more than a little is kept in a temporary file."""
    return kept(chain((start,), iter(partial(stream.read, COPIED), b"")), where)


def kept(pieces: Iterable[bytes], where: str) -> Contents:
    """Return bytes that come in pieces as contents; more than a little is kept in a temporary file."""
    rest, first, size = iter(pieces), list[bytes](), 0
    while size < SPOOLED:
        if (piece := next(rest, None)) is None:
            return as_contents(b"".join(first), where)
        first.append(piece)
        size += len(piece)
    stored = _Unnamed(chain(first, rest))
    return Contents(where, stored.open, stored.size)


class _Unnamed:
    """Bytes in a temporary file without a name, so that nothing is left of it however this process ends.

    On Windows it has a name, and the system deletes it with the process. The file is closed with its last reader.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        import tempfile

        file = tempfile.TemporaryFile(prefix="zoo-")  # noqa: SIM115
        weakref.finalize(self, file.close)
        file.writelines(pieces)
        file.flush()
        self.size = file.tell()
        self._file, self._lock = file.raw, Lock()

    def open(self) -> IO[bytes]:
        """Return the bytes from their start; each reader has a place of its own."""
        return io.BufferedReader(RandomAccess(self.size, self._read_at))

    def _read_at(self, place: int, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the bytes from a place on; return how many there are."""
        with self._lock:  # another thread may read, too, and the file has one place
            self._file.seek(place)
            return self._file.readinto(buffer)
