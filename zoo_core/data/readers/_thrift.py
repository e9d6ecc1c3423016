"""The encoding of what a Parquet file says about itself: Apache Thrift's compact protocol.

A structure is a dict of its fields by their numbers, each with its type. A list is the type of its items, and these.
All else stays as it is encoded, so that a changed structure can be packed again.
"""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
SIZES = {TRUE: 0, FALSE: 0, BYTE: 1, DOUBLE: 8}
Structure = dict[int, tuple[int, Any]]


class Unpacked:
    """Encoded bytes, read from their start."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def byte(self) -> int:
        """Return the next byte."""
        self.place += 1
        return self.data[self.place - 1]

    def number(self) -> int:
        """Return the next number without a sign: seven bits in each byte, the lowest first."""
        value = shift = 0
        while (byte := self.byte()) > 127:
            value, shift = value | (byte & 127) << shift, shift + 7
        return value | byte << shift

    def structure(self) -> Structure:
        """Return the next structure."""
        fields, number = Structure(), 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else signed(self.number())
            fields[number] = head & 15, self._value(head & 15)
        return fields

    def _value(self, kind: int) -> Any:
        if kind == STRUCT:
            return self.structure()
        if kind in (LIST, SET):
            head = self.byte()
            count, kind = head >> 4 if head >> 4 < 15 else self.number(), head & 15
            return kind, [self._value(BYTE if kind in (TRUE, FALSE) else kind) for _ in range(count)]
        start = self.place
        size = SIZES[kind] if kind in SIZES else self.number()
        self.place += size if kind in SIZES or kind == BINARY else 0
        return self.data[start : self.place]


def signed(number: int) -> int:
    """Return the number with a sign for which another stands."""
    return number >> 1 ^ -(number & 1)


def packed(value: Any) -> bytes:
    """Return a structure, a list or an encoded value as encoded bytes."""
    if isinstance(value, dict):
        fields = (bytes([kind]) + packed_number(2 * number) + packed(item) for number, (kind, item) in value.items())
        return b"".join(fields) + b"\0"
    if isinstance(value, tuple):
        kind, items = value
        return bytes([15 << 4 | kind]) + packed_number(len(items)) + b"".join(map(packed, items))
    return bytes(value)


def packed_number(number: int) -> bytes:
    """Return a number without a sign as encoded bytes."""
    return bytes([number & 127 | 128]) + packed_number(number >> 7) if number > 127 else bytes([number])
