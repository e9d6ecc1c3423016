"""NumPy's own files, .npy and .npz, read without trust: no pickles, no bombs, no numbers that are none."""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from zoo_core.errors import DataError, ResourceError
from zoo_core.parts import Array

MAX_DEFLATE_RATIO = 1032  # no deflate stream inflates by more (zlib's technical notes)
MAX_MEMBERS = 1000
PIECE_ROWS = 4096


def read_array(source: Path | str | BinaryIO) -> Array:
    """Read one array of numbers from a .npy file, or from a .npz file that holds one alone or one named "x".

    `source` is a path or an open binary file such as standard input. Raises DataError for anything else, for
    objects and text, and for values that are not finite; ResourceError where the file cannot be opened.
    """
    arrays = read_arrays(source)
    if len(arrays) > 1 and "x" not in arrays:
        raise DataError(f"{_name(source)}: of {len(arrays)} arrays ({', '.join(sorted(arrays)[:8])}) none is named 'x'")
    array = arrays["x"] if len(arrays) > 1 else next(iter(arrays.values()))
    if array.dtype.kind == "U":
        raise DataError(f"{_name(source)}: holds text; save numbers instead")
    check_finite(array, _name(source))
    return array


def read_arrays(source: Path | str | BinaryIO) -> dict[str, Array]:
    """Read all arrays of a .npz file by name; a .npy file gives one array named "".

    Raises as `read_array` does, except that values may be infinite or NaN, and text may be read.
    """
    where = _name(source)
    try:
        with _open(source) as stream:
            start = stream.read(6)
            stream.seek(0)
            if start == npy.MAGIC_PREFIX:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                return {"": _read_npy(stream, size, where)}
            if start[:2] != b"PK":
                raise DataError(f"{where}: is neither a .npy nor a .npz file")
            return _read_npz(stream, where)
    except OSError as error:
        raise ResourceError(f"cannot read {where}: {error.strerror or error}") from error


def read_header(path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, whether it lies column by column, dtype and first byte of the array in a .npy file.

    Raises as `read_array` does.
    """
    try:
        with _open(path) as stream:
            shape, fortran, dtype = _header(stream, path.stat().st_size, str(path))
            return shape, fortran, dtype, stream.tell()
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror or error}") from error


def is_finite(array: Array) -> bool:
    """Tell whether every number of an array of floats is finite; to be called where NumPy does not warn."""
    flat = array.ravel()
    # The square is the faster way to say yes; it may overflow where no number does.
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())


def check_finite(array: Array, where: str, columns: tuple[str, ...] = (), first: int = 1) -> None:
    """Raise DataError at the first value that is NaN or infinite, with its row, from `first`, and column, from 1."""
    if array.dtype.kind != "f":
        return
    for start in range(0, len(array) if array.ndim else 0, PIECE_ROWS):
        piece = array[start : start + PIECE_ROWS]
        if not np.isfinite(piece).all():
            row, *rest = (int(i) for i in np.argwhere(~np.isfinite(piece))[0])
            column = f", column {columns[rest[0]] if columns else rest[0] + 1}" if len(rest) == 1 else ""
            value = piece[(row, *rest)]
            raise DataError(
                f"{where}: row {start + row + first}{column} is {value}; every value must be a finite number"
            )


def _open(source: Path | str | BinaryIO) -> BinaryIO:
    if not isinstance(source, (str, Path)):
        return io.BytesIO(source.read())  # a pipe cannot be rewound
    path = Path(source)
    if not path.is_file():
        raise DataError(f"{path}: is not a file" if path.exists() else f"{path}: does not exist")
    return path.open("rb")


def _name(source: Path | str | BinaryIO) -> str:
    return str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "the input"))


def _read_npy(stream: BinaryIO, size: int, where: str) -> Array:
    """Read a .npy of `size` bytes; nothing is allocated before the header and the size agree."""
    shape, fortran, dtype = _header(stream, size, where)
    raw = stream.read(math.prod(shape) * dtype.itemsize)
    try:
        array: Array = np.ndarray(shape, dtype, raw, order="F" if fortran else "C")
    except (ValueError, TypeError) as error:  # no rows, of impossible dimensions; or fewer bytes than claimed
        raise DataError(f"{where}: the data do not fill the shape {shape} of the header") from error
    return np.ascontiguousarray(array, dtype.newbyteorder("=")).reshape(shape)


def _header(stream: BinaryIO, size: int, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read shape, whether it lies column by column, and dtype of a .npy that holds as many bytes as they need."""
    try:
        version = npy.read_magic(stream)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = header(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: the header is damaged ({str(error).splitlines()[0][:80]})") from error
    if dtype.hasobject or dtype.kind not in "biufU":
        raise DataError(f"{where}: holds values of type {dtype}; save numbers instead, with array.astype(float)")
    promised, rest = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if promised != rest or any(n < 0 for n in shape):
        raise DataError(f"{where}: the header says {shape} {dtype} ({promised} bytes), but {rest} bytes follow")
    return shape, fortran, dtype


def _read_npz(stream: BinaryIO, where: str) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if not members or len(members) > MAX_MEMBERS:
                raise DataError(f"{where}: holds {len(members)} arrays; between 1 and {MAX_MEMBERS} are read")
            return {member.filename.removesuffix(".npy"): _member(archive, member, where) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise DataError(f"{where}: the archive is damaged or of a kind that is not read ({error})") from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> Array:
    place = f"{where}, array {member.filename!r}"
    if ".." in re.split(r"[/\\]", member.filename) or member.filename.startswith(("/", "\\")):
        raise DataError(f"{place}: has a name that leads out of the archive; get the file from elsewhere")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{place}: is compressed in a way that is not read; save it with numpy.savez")
    if member.file_size > MAX_DEFLATE_RATIO * member.compress_size:
        raise DataError(f"{place}: claims more bytes than its compressed data can hold")
    with archive.open(member) as stream:
        return _read_npy(stream, member.file_size, place)  # type: ignore[arg-type]
