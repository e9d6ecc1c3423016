"""Arrays in NumPy's `.npy` format, version 1.0: five dtypes, in C order."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array
from zoo_core.storage._layout import MAX_SIZE, Member, RefusedError, quoted

DTYPES = {"<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8, "|u1": 1}  # bytes of an item
MAX_DIMENSIONS = 4
MAX_NPY_HEADER = 512  # bytes, with the magic
WRITTEN_HEADER = 128  # bytes of a written header; four dimensions of ten digits fit

MAGIC = b"\x93NUMPY\1\0"
TEXT_START = len(MAGIC) + 2  # where the text begins: after two bytes for its length
HEADER_TEXT = re.compile(
    r"\{'descr': (?:'([^'\n]+)'|(\[[^\n]+\])), 'fortran_order': (True|False), 'shape': (\([^()\n]*\)), \} *\n"
)
SHAPE = re.compile(r"\(\)|\([0-9]{1,10},\)|\([0-9]{1,10}(?:, [0-9]{1,10})+\)")


@dataclass(frozen=True)
class ArrayForm:
    """The dtype of an array, as NumPy writes it, and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of bytes of the items."""
        return math.prod(self.shape) * DTYPES[self.dtype]

    def check(self) -> None:
        """Raise RefusedError unless a model file may hold such an array."""
        if self.dtype not in DTYPES:
            raise RefusedError(f"of the dtype {quoted(self.dtype)}; only {', '.join(DTYPES)} are allowed")
        if len(self.shape) > MAX_DIMENSIONS:
            raise RefusedError(f"of {len(self.shape)} dimensions; at most {MAX_DIMENSIONS} are allowed")
        # A dimension of 0 makes the array empty, but huge dimensions beside it still overflow inside NumPy.
        if math.prod(max(n, 1) for n in self.shape) * DTYPES[self.dtype] > MAX_SIZE:
            raise RefusedError(f"of the shape {quoted(self.shape)}, which is more than a model file can hold")

    def encode(self) -> bytes:
        """Return the header before the items."""
        text = f"{{'descr': '{self.dtype}', 'fortran_order': False, 'shape': {self.shape}, }}"
        padded = text.ljust(WRITTEN_HEADER - TEXT_START - 1) + "\n"
        return MAGIC + len(padded).to_bytes(2, "little") + padded.encode("ascii")


@dataclass(frozen=True)
class LocatedArray:
    """An array inside a file, not yet read."""

    form: ArrayForm
    start: int  # of the items, in bytes from the beginning of the file

    def items(self, data: bytes) -> memoryview:
        """Return the bytes of the items, without a copy."""
        return memoryview(data)[self.start : self.start + self.form.size]

    def read(self, data: bytes) -> Array:
        """Return a copy of the array: writable, aligned, in the byte order of the machine."""
        items: Array = np.ndarray(self.form.shape, self.form.dtype, buffer=data, offset=self.start)
        return items.astype(items.dtype.newbyteorder("="))


def locate_array(data: bytes, member: Member) -> LocatedArray:
    """Return the form and place of the array in a member, from its header alone. Raises RefusedError."""
    try:
        text, start = _header_text(data, member)
        form = _parse_form(text)
        form.check()
        if form.size != member.end - start:
            raise RefusedError(f"whose shape {form.shape} needs {form.size} bytes, and it has {member.end - start}")
    except RefusedError as refused:
        raise RefusedError(f"has the member {member.name!r} {refused}; get a sound file") from None
    return LocatedArray(form, start)


def _header_text(data: bytes, member: Member) -> tuple[bytes, int]:
    """Return the text of a member's header, and the offset where the items begin."""
    if member.size < TEXT_START or not data.startswith(MAGIC, member.start):
        raise RefusedError("that is not an array (.npy, version 1.0)")
    first = member.start + TEXT_START
    length = int.from_bytes(data[first - 2 : first], "little")
    if TEXT_START + length > min(MAX_NPY_HEADER, member.size):
        raise RefusedError(
            f"whose header claims {length} bytes; at most {MAX_NPY_HEADER - TEXT_START} are allowed, and they must fit"
        )
    return data[first : first + length], first + length


def _parse_form(text: bytes) -> ArrayForm:
    match = HEADER_TEXT.fullmatch(text.decode("latin-1"))
    if not match:
        raise RefusedError("whose header is not of the form that NumPy writes")
    dtype, fields, fortran, shape = match.groups()
    if fortran == "True":
        raise RefusedError("in Fortran order; only C order is allowed")
    dimensions = tuple(map(int, re.findall("[0-9]+", shape)))
    if not SHAPE.fullmatch(shape) or str(dimensions) != shape:  # such as (-1,), (True,) or (007,)
        raise RefusedError(f"whose shape {quoted(shape)} is none")
    return ArrayForm(dtype or fields, dimensions)
