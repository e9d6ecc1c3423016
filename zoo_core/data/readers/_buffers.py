"""Compressed buffers of Arrow, expanded into a file a piece at a time. Each begins with the size that it expands to."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import IO, Any

PIECE = 2**18  # bytes that are expanded at a time
HEAD = struct.calcsize("<q")
Place = tuple[int, int]  # where bytes begin in a file, and how many they are


def unpacked_size(file: IO[bytes], place: Place) -> int:
    """Return how many bytes a buffer says that it expands to."""
    file.seek(place[0])
    size: int = struct.unpack("<q", file.read(HEAD))[0] if place[1] else 0
    return size if size >= 0 else place[1] - HEAD  # a negative one is before a buffer that is not compressed


def unpack(file: IO[bytes], places: Sequence[Place], codec: int, out: IO[bytes]) -> list[Place]:
    """Expand buffers into another file; return where they are there. `codec` is 0 for LZ4, 1 for Zstandard."""
    sizes = [unpacked_size(file, place) for place in places]
    return [_unpack(file, place, size, codec, out) for place, size in zip(places, sizes, strict=True)]


def _unpack(file: IO[bytes], place: Place, size: int, codec: int, out: IO[bytes]) -> Place:
    begin, left = out.tell(), size
    for piece in _pieces(file, place, codec) if size else ():
        left -= out.write(piece[: left + 1])
        if left < 0:
            break
    if left:
        raise ValueError("a compressed buffer expands to another size than it says")
    return begin, size


def _pieces(file: IO[bytes], place: Place, codec: int) -> Iterator[bytes]:
    """Yield the bytes to which a buffer expands."""
    file.seek(place[0])
    is_packed, left = file.read(HEAD) != b"\xff" * HEAD, place[1] - HEAD
    decompressor = _decompressor(codec) if is_packed else _Stored()
    while not decompressor.eof:
        data = b""
        if decompressor.needs_input:
            data = file.read(min(PIECE, left))
            left -= len(data)
            if not data:
                return
        yield decompressor.decompress(data, PIECE)


class _Stored:
    """Takes the place of a decompressor for bytes that are not compressed."""

    eof, needs_input = False, True

    def decompress(self, data: bytes, size: int) -> bytes:
        return data


def _decompressor(codec: int) -> Any:
    if codec == 0:
        return import_module("lz4.frame").LZ4FrameDecompressor()
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd").ZstdDecompressor()
