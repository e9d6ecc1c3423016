"""The `.npy` form of an array (NumPy's format, version 1.0), for five dtypes in C order."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array
from zoo_core.storage._layout import MAX_SIZE, Member, RefusedError, quoted

DTYPES = {"<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8, "|u1": 1}  # bytes of an item
MAX_DIMENSIONS = 4
MAX_NPY_HEADER = 512  # bytes, the magic included
WRITTEN = 128  # bytes of the headers that we write; four dimensions of ten digits fit

MAGIC = b"\x93NUMPY\1\0"
FIRST = len(MAGIC) + 2  # the text begins here, after two bytes for its length
TEXT = re.compile(
    r"\{'descr': (?:'([^'\n]+)'|(\[[^\n]+\])), 'fortran_order': (True|False), 'shape': (\([^()\n]*\)), \} *\n"
)
SHAPE = re.compile(r"\(\)|\([0-9]{1,10},\)|\([0-9]{1,10}(?:, [0-9]{1,10})+\)")


@dataclass(frozen=True)
class Form:
    """What an array is: its dtype as NumPy writes it, and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many bytes the items take."""
        return math.prod(self.shape) * DTYPES[self.dtype]

    def check(self) -> None:
        """Raise RefusedError unless a model file may hold such an array."""
        if self.dtype not in DTYPES:
            raise RefusedError(f"of the dtype {quoted(self.dtype)}; only {', '.join(DTYPES)} are allowed")
        if len(self.shape) > MAX_DIMENSIONS:
            raise RefusedError(f"of {len(self.shape)} dimensions; at most {MAX_DIMENSIONS} are allowed")
        # A zero among huge dimensions makes no bytes, and yet overflows inside NumPy.
        if math.prod(max(n, 1) for n in self.shape) * DTYPES[self.dtype] > MAX_SIZE:
            raise RefusedError(f"of the shape {quoted(self.shape)}, which is more than a model file can hold")

    def encode(self) -> bytes:
        """Return the header that stands before the items."""
        text = f"{{'descr': '{self.dtype}', 'fortran_order': False, 'shape': {self.shape}, }}"
        padded = text.ljust(WRITTEN - FIRST - 1) + "\n"
        return MAGIC + len(padded).to_bytes(2, "little") + padded.encode("ascii")


@dataclass(frozen=True)
class Located:
    """An array inside a file, not yet read."""

    form: Form
    start: int  # of the items, in bytes from the beginning of the file

    def items(self, data: bytes) -> memoryview:
        """Return the bytes of the items, without a copy."""
        return memoryview(data)[self.start : self.start + self.form.size]

    def array(self, data: bytes) -> Array:
        """Return the array: a copy that is writable, aligned and in the machine's byte order."""
        there: Array = np.ndarray(self.form.shape, self.form.dtype, buffer=data, offset=self.start)
        return there.astype(there.dtype.newbyteorder("="))


def locate(data: bytes, member: Member) -> Located:
    """Return what a member holds, from its header alone; raises RefusedError for no array that is allowed."""
    try:
        text, start = _text(data, member)
        form = _form(text)
        form.check()
        if form.size != member.end - start:
            raise RefusedError(f"whose shape {form.shape} needs {form.size} bytes, and it has {member.end - start}")
    except RefusedError as refused:
        raise RefusedError(f"has the member {member.name!r} {refused}; get a sound file") from None
    return Located(form, start)


def _text(data: bytes, member: Member) -> tuple[bytes, int]:
    """Return the text of a member's header and where the items begin."""
    if member.size < FIRST or not data.startswith(MAGIC, member.start):
        raise RefusedError("that is not an array (.npy, version 1.0)")
    first = member.start + FIRST
    length = int.from_bytes(data[first - 2 : first], "little")
    if FIRST + length > min(MAX_NPY_HEADER, member.size):
        raise RefusedError(f"whose header claims {length} bytes; it may have {MAX_NPY_HEADER - FIRST} and must fit")
    return data[first : first + length], first + length


def _form(text: bytes) -> Form:
    match = TEXT.fullmatch(text.decode("latin-1"))
    if not match:
        raise RefusedError("whose header is not of the form that NumPy writes")
    dtype, fields, fortran, shape = match.groups()
    if fortran == "True":
        raise RefusedError("in Fortran order; only C order is allowed")
    dimensions = tuple(map(int, re.findall("[0-9]+", shape)))
    if not SHAPE.fullmatch(shape) or str(dimensions) != shape:  # such as (-1,), (True,) or (007,)
        raise RefusedError(f"whose shape {quoted(shape)} is none")
    return Form(dtype or fields, dimensions)
