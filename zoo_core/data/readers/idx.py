"""The IDX format of MNIST: a magic number, the dimensions, and the values row by row.

Bytes 0 and 1 are zero, byte 2 is the type of the values, byte 3 the number of dimensions. The dimensions follow as
big-endian 32-bit integers, then the values, also big-endian. Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST
database of handwritten digits", section on file formats.
"""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zoo_core.data.readers._open import check_expansion, check_holes, opened, reads_foreign_bytes, refusing_damage
from zoo_core.errors import DataError
from zoo_core.parts import Array

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 8
CHUNK = 1 << 20  # bytes read at a time


@reads_foreign_bytes
def read_idx(path: Path | str) -> Array:
    """Read an IDX file, gzipped or plain.

    Memory never exceeds what the header promises and the file can hold.

    Args:
        path: the file.

    Returns:
        An array with the shape and the type of the header, in the machine's byte order.

    Raises:
        DataError: the file is not in the IDX format, is cut, or holds more than its header says.
        ResourceError: the file cannot be opened.

    Example:
        images = read_idx("train-images-idx3-ubyte.gz")
        images.shape  # (60000, 28, 28)
    """
    path = Path(path)
    with opened(path) as raw:
        check_holes(path, raw)
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not zipped:
            return _read_values(raw, path, path.stat().st_size)
        with refusing_damage(path, "the gzip data are cut or damaged; fetch the file again"), gzip.open(raw) as stream:
            return _read_values(stream, path, None)  # type: ignore[arg-type]


def _read_values(stream: BinaryIO, path: Path, max_size: int | None) -> Array:
    """Read header and values; `max_size` is the size of a plain file, None where it is compressed."""
    dtype, shape = _read_header(stream, path)
    size = math.prod(shape) * dtype.itemsize
    if max_size is None:
        check_expansion(path, size, path.stat().st_size)
    elif size > max_size:
        raise DataError(f"{path}: the header says {shape} ({size} bytes), more than the file can hold")
    try:
        values = np.empty(shape, dtype)
    except ValueError as error:  # no rows, but other dimensions that are too large
        raise DataError(f"{path}: the header says {shape}, which is no shape of an array") from error
    target = values.reshape(-1).view(np.uint8).data
    done = 0
    while done < size:
        chunk = stream.read(min(CHUNK, size - done))
        if not chunk:
            raise DataError(f"{path}: ends after {done} of the {size} bytes that its header {shape} asks for")
        target[done : done + len(chunk)] = chunk
        done += len(chunk)
    if stream.read(1):
        raise DataError(f"{path}: holds more than the {size} bytes that its header {shape} says")
    return values.astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream: BinaryIO, path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= MAX_DIMENSIONS:
        raise DataError(f"{path}: is no IDX file (it begins with {magic.hex(' ') or 'nothing'}, not with 00 00 08 ...)")
    dimensions = stream.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        raise DataError(f"{path}: ends inside its header")
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", dimensions)
