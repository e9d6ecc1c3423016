"""NumPy's .npy and .npz files, read without trusting them: no pickles, no more memory than the file justifies."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from zoo_core.data.readers._open import (
    check_expansion,
    check_growth,
    check_holes,
    opened,
    reads_foreign_bytes,
    refusing_damage,
    source_name,
)
from zoo_core.errors import DataError
from zoo_core.parts import Array

if TYPE_CHECKING:
    import zipfile

STORED, DEFLATED = 0, 8  # how a member of an archive may be compressed
MAX_MEMBERS = 1000  # arrays in one .npz file
TEXT_BYTES = 4  # that a byte of text takes in memory
MAX_EMPTY = 2**20  # product of the other dimensions of an array without values
VERSIONS = (1, 0), (2, 0), (3, 0)  # of the format: the length of the header has two or four bytes; names may be UTF-8
CHUNK_ROWS = 4096  # rows checked at a time


class NpyHeader(NamedTuple):
    """What the header of a .npy file says, and the position of the first byte of the values."""

    shape: tuple[int, ...]
    is_fortran: bool  # column by column
    dtype: np.dtype[Any]
    start: int


@reads_foreign_bytes
def read_array(source: Path | str | BinaryIO, *, gaps: bool = False) -> Array:
    """Read one array of finite numbers from a .npy or .npz file.

    Args:
        source: a path or an open binary file such as standard input. A .npz file must hold one array, or one named
            "x".
        gaps: whether NaN is allowed; it is a missing value.

    Returns:
        The array, in the machine's byte order.

    Raises:
        DataError: anything else is in the file, such as text, objects, NaN or infinity, or the file is damaged.
        ResourceError: the file cannot be opened.

    Example:
        x = read_array("samples.npy")
        x.shape  # (rows, features)
    """
    arrays, where = read_arrays(source), source_name(source)
    if len(arrays) > 1 and "x" not in arrays:
        raise DataError(f"{where}: of {len(arrays)} arrays ({', '.join(sorted(arrays)[:8])}) none is named 'x'")
    array = arrays["x"] if len(arrays) > 1 else next(iter(arrays.values()))
    if array.dtype.kind == "U":
        raise DataError(f"{where}: holds text; save numbers instead")
    check_finite(array, where, gaps=gaps)
    return array


@reads_foreign_bytes
def read_arrays(source: Path | str | BinaryIO) -> dict[str, Array]:
    """Read all arrays of a .npz file, or the array of a .npy file.

    Args:
        source: a path or an open binary file.

    Returns:
        The arrays by name; the name of the array in a .npy file is "". They may hold text, NaN and infinity.

    Raises:
        DataError: the file is neither .npy nor .npz, holds objects, or is damaged.
        ResourceError: the file cannot be opened.

    Example:
        arrays = read_arrays("data.npz")
        x, y = arrays["x"], arrays["y"]
    """
    where = source_name(source)
    with opened(source) as file:
        # A pipe cannot be read twice, so what is already open is copied to memory.
        check_holes(where, file)
        stream = file if isinstance(source, (str, Path)) else io.BytesIO(file.read())
        start = stream.read(6)
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if start == npy.MAGIC_PREFIX:
            return {"": _read_npy(stream, size, where, size)}
        if start[:2] != b"PK":
            raise DataError(f"{where}: is neither a .npy nor a .npz file")
        return _read_npz(stream, where)


@reads_foreign_bytes
def read_npy_header(path: Path) -> NpyHeader:
    """Return the header of a .npy file. Raises as `read_arrays` does."""
    with opened(path) as stream:
        return _read_header(stream, path.stat().st_size, str(path))


def is_finite(array: Array) -> bool:
    """Return whether every number of an array of floats is finite. Call it inside `np.errstate(all="ignore")`."""
    flat = array.ravel()
    # The sum of squares is the faster test, but it may overflow although every number is finite.
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())


def check_finite(
    array: Array, where: str, columns: tuple[str, ...] = (), first: int = 0, *, gaps: bool = False
) -> None:
    """Raise DataError at the first value that is NaN or infinite; the message names its row and column.

    Args:
        array: numbers, shape (rows, ...).
        where: what the message calls the array.
        columns: names of the columns; without them, columns count from 0.
        first: the index of the first row.
        gaps: whether NaN is allowed.
    """
    if array.dtype.kind != "f":
        return
    for start in range(0, len(array) if array.ndim else 0, CHUNK_ROWS):
        chunk = array[start : start + CHUNK_ROWS]
        wrong = np.isinf(chunk) if gaps else ~np.isfinite(chunk)
        if wrong.any():
            row, *rest = (int(i) for i in np.argwhere(wrong)[0])
            place = _place(start + row + first, rest, columns)
            value = chunk[(row, *rest)]
            raise DataError(f"{where}: {place} is {value}; every value must be a finite number")


def _place(row: int, rest: Sequence[int], columns: Sequence[str]) -> str:
    """Return what messages call a value of an array, by the index of its row and those of the other axes."""
    if len(rest) != 1 or columns:
        return f"row {row} (from 0)" + (f", column {columns[rest[0]]}" if len(rest) == 1 else "")
    return f"row {row}, column {rest[0]} (both from 0)"


def _read_npy(stream: BinaryIO, size: int, where: str, packed: int) -> Array:
    """Read a .npy file of `size` bytes, `packed` if it is compressed.

    Nothing is allocated unless the header agrees with the size.
    """
    header = _read_header(stream, size, where)
    if header.dtype.kind == "S":
        check_growth(where, TEXT_BYTES * size, packed)
    raw = stream.read(math.prod(header.shape) * header.dtype.itemsize)
    try:
        array: Array = np.ndarray(header.shape, header.dtype, raw, order="F" if header.is_fortran else "C")
    except (ValueError, TypeError) as error:  # no rows, but other dimensions that are too large; or too few bytes
        raise DataError(f"{where}: the data do not fill the shape {header.shape} of the header") from error
    if array.dtype.kind == "S":  # bytes are texts in UTF-8
        array = np.char.decode(array, "utf-8")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(header.shape)


def _read_header(stream: BinaryIO, size: int, where: str) -> NpyHeader:
    """Read the header of a .npy file of `size` bytes, which must hold as many values as the header says."""
    with refusing_damage(where, "the header is damaged"):
        version = npy.read_magic(stream)
        if version not in VERSIONS:
            raise ValueError(f"the format has no version {version[0]}.{version[1]}")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        try:
            shape, is_fortran, dtype = read(stream)
        except MemoryError as error:  # Python's parser raises it for expressions that are nested too deeply
            raise ValueError("it is nested too deeply") from error
    if dtype.hasobject or dtype.kind not in "biufUS":
        way = "save numbers with array.astype(float), and labels with array.astype(str)"
        raise DataError(f"{where}: holds values of type {dtype}; {way}")
    promised, rest = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if promised != rest or any(type(n) is not int or n < 0 for n in shape):
        raise DataError(f"{where}: the header says {shape} {dtype} ({promised} bytes), but {rest} bytes follow")
    if not promised and math.prod(filter(None, shape)) > MAX_EMPTY:  # loops over its rows would take for ever
        raise DataError(f"{where}: the header says {shape} {dtype}, which are no values at all")
    return NpyHeader(shape, is_fortran, dtype, stream.tell())


def _read_npz(stream: BinaryIO, where: str) -> dict[str, Array]:
    damaged = "the archive is damaged or of a kind that is not read"
    import zipfile  # late: its import takes as long as to predict a row

    with refusing_damage(where, damaged), zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if not members or len(members) > MAX_MEMBERS:
            raise DataError(f"{where}: holds {len(members)} arrays; between 1 and {MAX_MEMBERS} are read")
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) < len(names):
            raise DataError(f"{where}: holds two arrays of one name; save it again with numpy.savez")
        check_expansion(where, sum(m.file_size for m in members), sum(m.compress_size for m in members))
        return {name: _read_member(archive, member, where) for name, member in zip(names, members, strict=True)}


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> Array:
    place = f"{where}, array {member.filename!r}"
    if ".." in re.split(r"[/\\]", member.filename) or member.filename.startswith(("/", "\\")):
        raise DataError(f"{place}: has a name that leads out of the archive; get the file from elsewhere")
    if member.compress_type not in (STORED, DEFLATED):
        raise DataError(f"{place}: is compressed in a way that is not read; save it with numpy.savez")
    check_expansion(place, member.file_size, member.compress_size)
    with archive.open(member) as stream:
        return _read_npy(stream, member.file_size, place, member.compress_size)  # type: ignore[arg-type]
