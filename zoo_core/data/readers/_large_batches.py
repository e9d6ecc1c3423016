"""Batches of Arrow that are too large to be decoded at once: each becomes many small ones, of some rows each.

The buffers of a batch are read where they are. Compressed ones are expanded into a temporary file before.
"""

from __future__ import annotations

import io
import os
import struct
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from zoo_core.data.readers._buffers import Place, unpack, unpacked_size
from zoo_core.data.readers._flatbuffer import HEADER, Table

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGE = 24 * 2**20  # bytes of a batch, as it is stored and as it is decoded
SMALL = 2**21  # those of a small one
BITS = 64  # a small batch has a multiple of as many rows, so that the bits of each column begin with a byte
# The numbers of the fields of tables, as Arrow's File.fbs and Message.fbs give them.
VERSION, SCHEMA, DICTIONARIES, BATCHES = range(4)
BODY = 3
LENGTH, NODES, BUFFERS, COMPRESSION, VIEWS = range(5)
BLOCK = "<qi4xq"  # where a message begins, and how many bytes its head and its body take
STORED = struct.pack("<q", -1)  # is before a buffer that is not compressed, where others may be
LONG = 12  # bytes of a text up to which its view holds it
OFFSETS = {"string": "i", "large_string": "q"}  # the code of an array of the places where texts begin and end


def small_batches(path: str, kinds: Sequence[str]) -> Iterator[Any] | None:
    """Return small batches with the rows of a file that has large ones, else None.

    `kinds` has the name of the type of each column if that is null, boolean, string, large_string or string_view. The
    values of any other take as many bytes each.
    """
    with Path(path).open("rb") as file:
        footer = _footer(file)
        if not any(_Batch(file, block).is_large for block in footer.structures(BATCHES, BLOCK)):
            return None
    stream = io.BufferedReader(_Joined(_messages(path, footer, kinds)))
    batches: Iterator[Any] = import_module("arro3.io").read_ipc_stream(stream)
    return batches


def _footer(file: IO[bytes]) -> Table:
    file.seek(-10, os.SEEK_END)
    (size,) = struct.unpack("<i", file.read(4))
    file.seek(-10 - size, os.SEEK_END)
    return Table.root(bytearray(file.read(size)))


def _messages(path: str, footer: Table, kinds: Sequence[str]) -> Iterator[bytes]:
    """Yield a stream: a message about the columns, those about dictionaries, and batches."""
    yield _schema_message(footer)
    with Path(path).open("rb") as file:
        for block in footer.structures(DICTIONARIES, BLOCK):
            yield from _Batch(file, block).whole()
        for block in footer.structures(BATCHES, BLOCK):
            batch = _Batch(file, block)
            yield from batch.parts(kinds) if batch.is_large else batch.whole()


def _schema_message(footer: Table) -> bytes:
    """Return a message that refers to the columns in the footer, which follows it."""
    layout = struct.pack("<HHHHH", 10, 12, 8, 10, 4)  # its size, that of the table, and where in this the fields are
    table = struct.pack("<iIhBx", 12, 12 + footer.target(SCHEMA), footer.number(VERSION, "<h"), 1)
    message = struct.pack("<I", 16) + layout + bytes(2) + table + bytes(4) + footer.data
    message += bytes(-len(message) % 8)
    return struct.pack("<Ii", 2**32 - 1, len(message)) + message


class _Batch:
    """A batch in a file: the head of its message, and where its buffers are."""

    def __init__(self, file: IO[bytes], block: tuple[int, ...]) -> None:
        place, head, self._body = self._block = block
        file.seek(place)
        self._file, self._head = file, bytearray(file.read(head))
        self._message = Table.root(self._head, 8 if self._head.startswith(STORED[:4]) else 4)
        self._table = self._message.table(HEADER)
        self._rows = self._table.number(LENGTH, "<q")
        self._buffers = [(place + head + begin, size) for begin, size in self._table.structures(BUFFERS, "<qq")]
        self._is_packed = bool(self._table.field(COMPRESSION))

    @property
    def is_large(self) -> bool:
        """Whether the batch has many rows, and takes much memory."""
        unpacked = sum(unpacked_size(self._file, place) for place in self._buffers) if self._is_packed else 0
        return self._rows > BITS and self._body + unpacked > LARGE

    def whole(self) -> Iterator[bytes]:
        """Yield the message as it is."""
        place, head, body = self._block
        self._file.seek(place)
        yield self._file.read(head + body)

    def parts(self, kinds: Sequence[str]) -> Iterator[bytes]:
        """Yield messages of some rows each."""
        with tempfile.TemporaryFile() as spool:
            if self._is_packed:
                codec = self._table.table(COMPRESSION).number(0, "<b")
                self._buffers = unpack(self._file, self._buffers, codec, spool)
                self._file = spool
            size = sum(size for _, size in self._buffers)
            step = max(1, self._rows * SMALL // size // BITS) * BITS
            columns = list(self._columns(kinds))
            for begin in range(0, self._rows, step):
                yield self._part(columns, begin, min(begin + step, self._rows))

    def _columns(self, kinds: Sequence[str]) -> Iterator[tuple[str, int, list[Place]]]:
        """Yield the kind of each column, how many values it lacks, and its buffers."""
        buffers, views = iter(self._buffers), (count for (count,) in self._table.structures(VIEWS, "<q"))
        for kind, (_, missing) in zip(kinds, self._table.structures(NODES, "<qq"), strict=True):
            count = 0 if kind == "null" else 3 if kind in OFFSETS else 2
            count += next(views) if kind == "string_view" else 0
            yield kind, missing, list(islice(buffers, count))

    def _part(self, columns: Sequence[tuple[str, int, list[Place]]], begin: int, end: int) -> bytes:
        """Return a message with some of the rows; its head differs from that of the batch by numbers alone."""
        body, nodes, buffers = bytearray(), bytearray(), bytearray()
        for kind, missing, places in columns:
            found = self._cut(kind, places, begin, end)
            nodes += struct.pack("<qq", end - begin, _missing(found, end - begin) if missing else 0)
            for data in found:
                data = STORED + data if data and self._is_packed else data
                buffers += struct.pack("<qq", len(body), len(data))
                body += data + bytes(-len(data) % 8)
        self._table.write(LENGTH, "<q", end - begin)
        self._message.write(BODY, "<q", len(body))
        for number, structures in ((NODES, nodes), (BUFFERS, buffers)):
            place = self._table.target(number) + 4
            self._head[place : place + len(structures)] = structures
        return bytes(self._head + body)

    def _cut(self, kind: str, places: Sequence[Place], begin: int, end: int) -> list[bytes]:
        """Return the buffers of some rows of a column."""
        if kind == "null":
            return []
        bits = self._read(places[0], begin // 8, -(-end // 8)) if places[0][1] else b""
        if kind == "boolean":
            return [bits, self._read(places[1], begin // 8, -(-end // 8))]
        if kind in OFFSETS:
            size = array(OFFSETS[kind]).itemsize
            offsets = array(OFFSETS[kind], self._read(places[1], begin * size, (end + 1) * size))
            moved = array(OFFSETS[kind], [offset - offsets[0] for offset in offsets])
            return [bits, moved.tobytes(), self._read(places[2], offsets[0], offsets[-1])]
        size = places[1][1] // self._rows
        values = self._read(places[1], begin * size, end * size)
        return [bits, *self._cut_views(values, places[2:])] if kind == "string_view" else [bits, values]

    def _cut_views(self, views: bytes, places: Sequence[Place]) -> list[bytes]:
        """Return the buffers of views; long texts, to which they refer, are gathered in the first buffer for texts."""
        moved, texts = bytearray(), bytearray()
        for view in struct.iter_unpack("<i4sii", views):
            size, start, number, offset = view
            if size > LONG:
                view = size, start, 0, len(texts)
                texts += self._read(places[number], offset, offset + size)
            moved += struct.pack("<i4sii", *view)
        return [bytes(moved), *([bytes(texts)] if places else []), *[b""] * (len(places) - 1)]

    def _read(self, place: Place, begin: int, end: int) -> bytes:
        if not 0 <= begin <= end <= place[1]:
            raise ValueError("a column refers to bytes that are not there")
        self._file.seek(place[0] + begin)
        return self._file.read(end - begin)


def _missing(buffers: Sequence[bytes], rows: int) -> int:
    """Return how many of some rows lack a value, by the bits in the first of the buffers of a column."""
    return rows - (int.from_bytes(buffers[0], "little") & (1 << rows) - 1).bit_count() if buffers else rows


class _Joined(io.RawIOBase):
    """A file to read from, whose bytes come in pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._rest and (piece := next(self._pieces, None)) is not None:
            self._rest = memoryview(piece)
        view = memoryview(buffer)
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
