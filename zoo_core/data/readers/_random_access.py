"""A file to read from whose bytes a function gives from any place on."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class RandomAccess(io.RawIOBase):
    """A file of `size` bytes. `read_at` fills a buffer with those from a place on, and returns how many there are."""

    def __init__(self, size: int, read_at: Callable[[int, WriteableBuffer], int]) -> None:
        self._size, self._read_at, self._place = size, read_at, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; return it."""
        self._place = offset + (0, self._place, self._size)[whence]
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; return how many there are."""
        count = self._read_at(self._place, buffer)
        self._place += count
        return count
