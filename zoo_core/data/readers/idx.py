"""The IDX format of MNIST: a magic number, dimensions, and the values row by row.

Bytes 0 and 1 are zero, byte 2 is the type of the values, byte 3 the number of dimensions; the dimensions
follow as big-endian 32-bit integers, then the values, big-endian too. Source: Y. LeCun, C. Cortes and
C. Burges, "The MNIST database of handwritten digits", section on file formats.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zoo_core.errors import DataError, ResourceError
from zoo_core.parts import Array

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 8
MAX_DEFLATE_RATIO = 1032  # no deflate stream inflates by more (zlib's technical notes)
PIECE = 1 << 20


def read_idx(path: Path | str) -> Array:
    """Read an IDX file, gzipped or plain, into an array of the shape and type that its header says.

    Raises DataError where it is no IDX file, is cut, or holds more than its header says; ResourceError where
    it cannot be opened. Memory never exceeds what the header promises and the file can hold.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: is not a file" if path.exists() else f"{path}: does not exist")
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not zipped:
                return _read(raw, path, path.stat().st_size)
            with gzip.open(raw) as stream:
                return _read(stream, path, path.stat().st_size * MAX_DEFLATE_RATIO)  # type: ignore[arg-type]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip data are cut or damaged ({error}); fetch the file again") from error
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror or error}") from error


def _read(stream: BinaryIO, path: Path, at_most: int) -> Array:
    dtype, shape = _header(stream, path)
    size = math.prod(shape) * dtype.itemsize
    if size > at_most:
        raise DataError(f"{path}: the header says {shape} ({size} bytes), more than the file can hold")
    try:
        values = np.empty(shape, dtype)
    except ValueError as error:  # no rows, of impossible dimensions
        raise DataError(f"{path}: the header says {shape}, which is no shape of an array") from error
    target = values.reshape(-1).view(np.uint8).data
    got = 0
    while got < size:
        piece = stream.read(min(PIECE, size - got))
        if not piece:
            raise DataError(f"{path}: ends after {got} of the {size} bytes that its header {shape} asks for")
        target[got : got + len(piece)] = piece
        got += len(piece)
    if stream.read(1):
        raise DataError(f"{path}: holds more than the {size} bytes that its header {shape} says")
    return values.astype(dtype.newbyteorder("="), copy=False)


def _header(stream: BinaryIO, path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= MAX_DIMENSIONS:
        raise DataError(f"{path}: is no IDX file (it begins with {magic.hex(' ') or 'nothing'}, not with 00 00 08 ...)")
    dimensions = stream.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        raise DataError(f"{path}: ends inside its header")
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", dimensions)
