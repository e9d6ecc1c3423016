"""What Arrow says about its tables: a table of FlatBuffers, whose fields are read and changed in place."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

HEADER = 2  # the field of a message that says what it is about
FIELDS = 1  # that of a schema that refers to its columns
TYPE, DICTIONARY = 2, 4  # those of a column
BOOLEAN = 6  # the number of this type, as Arrow's Schema.fbs gives it


@dataclass(frozen=True)
class Table:
    """A table in a buffer.

    Args:
        data: the whole buffer.
        place: where the table begins.
    """

    data: bytearray
    place: int

    @classmethod
    def root(cls, data: bytearray, start: int = 0) -> Table:
        """Return the table that a buffer is about, which begins at `start`."""
        return cls(data, _referred(data, start))

    def field(self, number: int) -> int:
        """Return the place of the value of a field, or 0 if the table has none."""
        layout = self.place - struct.unpack_from("<i", self.data, self.place)[0]
        if 4 + 2 * number >= struct.unpack_from("<H", self.data, layout)[0]:
            return 0
        offset: int = struct.unpack_from("<H", self.data, layout + 4 + 2 * number)[0]
        return offset and self.place + offset

    def target(self, number: int) -> int:
        """Return the place of the vector to which a field refers, or 0 if the table has none."""
        place = self.field(number)
        return place and _referred(self.data, place)

    def number(self, number: int, kind: str) -> int:
        """Return the value of a field, of a type of `struct`; 0 if the table has none."""
        place = self.field(number)
        value: int = struct.unpack_from(kind, self.data, place)[0] if place else 0
        return value

    def write(self, number: int, kind: str, value: int) -> None:
        """Change the value of a field."""
        struct.pack_into(kind, self.data, self.field(number), value)

    def remove(self, number: int) -> None:
        """Remove a field, also from other tables of the same layout."""
        layout = self.place - struct.unpack_from("<i", self.data, self.place)[0]
        struct.pack_into("<H", self.data, layout + 4 + 2 * number, 0)

    def structures(self, number: int, kind: str) -> list[tuple[int, ...]]:
        """Return the structures in the vector to which a field refers."""
        place = self.target(number)
        count = struct.unpack_from("<I", self.data, place)[0] if place else 0
        return [struct.unpack_from(kind, self.data, place + 4 + struct.calcsize(kind) * i) for i in range(count)]

    def table(self, number: int) -> Table:
        """Return the table to which a field refers."""
        return Table(self.data, self.target(number))


def _referred(data: bytearray, place: int) -> int:
    offset: int = struct.unpack_from("<I", data, place)[0]
    return place + offset


def select_columns(schema: Table, columns: Sequence[int]) -> None:
    """Let a schema have some of its columns alone."""
    vector = schema.target(FIELDS)
    places = [_referred(schema.data, vector + 4 + 4 * i) for i in columns]
    struct.pack_into("<I", schema.data, vector, len(columns))
    for i, place in enumerate(places):
        struct.pack_into("<I", schema.data, vector + 4 + 4 * i, place - (vector + 4 + 4 * i))


def remove_boolean_dictionaries(schema: Table) -> None:
    """Let columns of truth values be no dictionaries; those of the same layout become plain, too."""
    vector = schema.target(FIELDS)
    for i in range(struct.unpack_from("<I", schema.data, vector)[0]):
        column = Table(schema.data, _referred(schema.data, vector + 4 + 4 * i))
        if column.number(TYPE, "<B") == BOOLEAN and column.field(DICTIONARY):
            column.remove(DICTIONARY)
