"""Wide tables of Parquet. A reader holds a page of each column, so groups of columns are read one after another.

Each group goes to a temporary file, in batches of as many rows. These batches are then read in step.
"""

from __future__ import annotations

import base64
import io
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from zoo_core.data.readers._flatbuffer import HEADER, Table, remove_boolean_dictionaries, select_columns
from zoo_core.data.readers._random_access import RandomAccess
from zoo_core.data.readers._thrift import BINARY, I32, LIST, STRUCT, Structure, Unpacked, packed, packed_number, signed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PAGES = 24 * 2**20  # bytes of pages that may be in memory; 20 columns have fewer, as a rule
GROUP = 12 * 2**20  # those of a group of columns
HEAD = 64  # bytes that hold the first fields of the header of a page
# The numbers of the fields of structures, as parquet.thrift gives them.
SCHEMA, ROW_GROUPS, KEYS, ORDERS, CHILDREN = 2, 4, 5, 7, 5
CHUNKS, CHUNK, UNPACKED_SIZE, DATA_PAGE, DICTIONARY_PAGE = 1, 3, 6, 9, 11
KEY, VALUE = 1, 2


def wide_batches(path: str, rows: int, always: bool) -> Iterator[Any] | None:
    """Return batches of `rows` rows: of a table too wide to be read at once, else of any or None, as `always` says."""
    with Path(path).open("rb") as file:
        file.seek(-8, os.SEEK_END)
        (size,) = struct.unpack("<I", file.read(4))
        start = file.seek(-8 - size, os.SEEK_END)
        footer = Unpacked(file.read(size)).structure()
        pages = _page_sizes(file, footer)
    has_parts = len(_items(footer, SCHEMA)) != len(pages) + 1  # a column holds columns
    if has_parts or (sum(pages) <= PAGES and not always):
        return None
    return _read(path, start, footer, _groups(pages), rows)


def _read(path: str, start: int, footer: Structure, groups: Iterable[list[int]], rows: int) -> Iterator[Any]:
    library = import_module("arro3.io")
    with ExitStack() as stack, Path(path).open("rb") as file:
        spools = list[IO[bytes]]()
        for columns in groups:
            spools.append(stack.enter_context(tempfile.TemporaryFile()))
            source = io.BufferedReader(_changed(file, start, _selected(footer, columns)))
            library.write_ipc_stream(library.read_parquet(source, batch_size=rows), spools[-1], compression="lz4")
        yield from _in_step(spools)


def _items(structure: Structure, number: int) -> list[Any]:
    return structure[number][1][1] if number in structure else []


def _number(structure: Structure, number: int) -> int:
    return signed(Unpacked(structure[number][1]).number())


def _page_sizes(file: IO[bytes], footer: Structure) -> list[int]:
    """Return how many bytes the pages of each column take at a time; its largest chunk stands for the others."""
    groups = [[chunk[CHUNK][1] for chunk in _items(group, CHUNKS)] for group in _items(footer, ROW_GROUPS)]
    largest = [max(chunks, key=lambda chunk: _number(chunk, UNPACKED_SIZE)) for chunks in zip(*groups, strict=True)]
    kinds = DATA_PAGE, DICTIONARY_PAGE
    return [sum(_page_size(file, _number(chunk, kind)) for kind in kinds if kind in chunk) for chunk in largest]


def _page_size(file: IO[bytes], place: int) -> int:
    file.seek(place)
    header = Unpacked(file.read(HEAD))
    header.byte(), header.number(), header.byte()  # the type of the page, which comes before its size
    return signed(header.number())


def _groups(pages: Sequence[int]) -> Iterator[list[int]]:
    """Yield the columns of each group: as many as their pages allow."""
    columns, size = list[int](), 0
    for column, page in enumerate(pages):
        if columns and size + page > GROUP:
            yield columns
            columns, size = [], 0
        columns.append(column)
        size += page
    yield columns


def _selected(footer: Structure, columns: Sequence[int]) -> bytes:
    """Return the footer of a file that has some of the columns alone."""
    root, *fields = _items(footer, SCHEMA)
    root = {**root, CHILDREN: (I32, packed_number(2 * len(columns)))}
    footer = _replaced(footer, SCHEMA, [root, *_chosen(fields, columns)])
    groups = _items(footer, ROW_GROUPS)
    groups = [_replaced(group, CHUNKS, _chosen(_items(group, CHUNKS), columns)) for group in groups]
    footer = _replaced(footer, ROW_GROUPS, groups)
    footer = _replaced(footer, KEYS, [_selected_types(pair, columns) for pair in _items(footer, KEYS)])
    footer = _replaced(footer, ORDERS, _chosen(_items(footer, ORDERS), columns))
    data = packed(footer)
    return data + struct.pack("<I4s", len(data), b"PAR1")


def _chosen(items: Sequence[Any], columns: Sequence[int]) -> list[Any]:
    return [items[i] for i in columns] if items else []


def _replaced(structure: Structure, number: int, items: list[Any]) -> Structure:
    return {**structure, number: (LIST, (STRUCT, items))} if number in structure else structure


def _selected_types(pair: Structure, columns: Sequence[int]) -> Structure:
    """Return a pair of a key and a value; the types of Arrow, which some programs write, are those of the columns."""
    if not pair[KEY][1].endswith(b"ARROW:schema"):
        return pair
    stored = Unpacked(pair[VALUE][1])
    stored.number()  # how long the value is
    message = bytearray(base64.b64decode(stored.data[stored.place :]))
    schema = Table.root(message, message.startswith(b"\xff\xff\xff\xff") * 4 + 4).table(HEADER)
    select_columns(schema, columns)
    remove_boolean_dictionaries(schema)  # arro3 does not read them
    value = base64.b64encode(message)
    return {**pair, VALUE: (BINARY, packed_number(len(value)) + value)}


def _changed(file: IO[bytes], start: int, end: bytes) -> RandomAccess:
    """Return a file whose bytes from `start` on are others."""

    def read_at(place: int, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = end[max(0, place - start) :][: len(view)]
        if place < start:
            file.seek(place)
            data = file.read(min(len(view), start - place))
        view[: len(data)] = data
        return len(data)

    return RandomAccess(start + len(end), read_at)


def _in_step(files: Sequence[IO[bytes]]) -> Iterator[Any]:
    """Yield batches that have the columns of all files."""
    library, core = import_module("arro3.io"), import_module("arro3.core")
    for file in files:
        file.seek(0)
    readers = [library.read_ipc_stream(file) for file in files]
    schema = core.Schema([field for reader in readers for field in reader.schema])
    for batches in zip(*readers, strict=True):
        yield core.RecordBatch.from_arrays([column for batch in batches for column in batch.columns], schema=schema)
