"""Reads a model file: cheap checks first, then checksums, then digests, and only then arrays."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ModelFileError, ResourceError, UsageError
from zoo_core.parts import Array
from zoo_core.storage._header_json import check_header, parse_header
from zoo_core.storage._layout import DEFAULT_LIMIT, HEADER, LOCAL, MAX_HEADER, Member, RefusedError, quoted
from zoo_core.storage._npy import MAX_NPY_HEADER, ArrayForm, LocatedArray, locate_array
from zoo_core.storage._zip import read_members

SAME = 14  # bytes at the beginning that all model files share: what follows depends on the header
SHA256 = re.compile(r"[0-9a-f]{64}")
NOT_FOUND = errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG
# Opening a FIFO must not wait for a writer, and must not make a terminal the process's own.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, eq=False)
class ModelFile:
    """The contents of a model file."""

    header: dict[str, Any]  # as stored, with format, version, requires, arrays and its sha256
    arrays: dict[str, Array]  # writable copies, sorted by name
    sha256: str  # of the whole file


def read_model_file(path: Path | str, *, limit: int = DEFAULT_LIMIT, sha256: str | None = None) -> ModelFile:
    """Read a model file of at most `limit` bytes; with `sha256`, only the file with this digest.

    Raises ModelFileError for a file that is missing, damaged or unsound, UsageError for a malformed `sha256`,
    ResourceError when the system refuses to read.
    """
    return contents_from_bytes(_read_bytes(Path(path), limit), str(path), limit=limit, sha256=sha256)


def begins_as_model_file(path: Path) -> bool:
    """Return whether a file, no link, begins as the writer begins one, or is empty: it may be damaged further on."""
    first = Member(f"{HEADER}.npy", 0, 0, 0).local_header()
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            begin = file.read(len(first))
    except OSError:
        return False
    return not begin or (begin[:SAME], begin[LOCAL.size :]) == (first[:SAME], first[LOCAL.size :])


def contents_from_bytes(data: bytes, name: str, *, limit: int = DEFAULT_LIMIT, sha256: str | None = None) -> ModelFile:
    """Return the contents of a model file in memory; messages call it `name`.

    Raises ModelFileError and UsageError as `read_model_file` does.
    """
    wanted = None if sha256 is None else _normalized_sha256(sha256)
    try:
        _check_total(len(data), limit)
        return _parse_contents(data, wanted)
    except RefusedError as refused:
        raise ModelFileError(f"{name} {refused}", refused.hint) from None
    except MemoryError:
        raise
    except Exception as error:  # a file that was made to break a parser
        raise ModelFileError(
            f"{name} is damaged: {type(error).__name__} while it was read; get the file again"
        ) from error


def _read_bytes(path: Path, limit: int) -> bytes:
    try:
        descriptor = _open(path)
        try:
            return _read_regular(descriptor, limit)
        finally:
            os.close(descriptor)
    except RefusedError as refused:
        raise ModelFileError(f"{path} {refused}", refused.hint) from None
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror}; check permissions and disk") from error


def _open(path: Path) -> int:
    try:
        return os.open(path, FLAGS)
    except ValueError:
        raise RefusedError("is no file name: it holds a NUL character; check the name") from None
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise RefusedError("is a socket or a device and not a file; name a model file") from None
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise ModelFileError(f"{path}: there is no such file", Hint("model_name")) from None
        if error.errno not in NOT_FOUND:
            raise
        raise RefusedError(f"cannot be found: {error.strerror}", Hint("model_name")) from None


def _read_regular(descriptor: int, limit: int) -> bytes:
    """Return the bytes of a regular file. Refuse any other, and one above the limit, without reading it."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe"}
        kind = kinds.get(stat.S_IFMT(status.st_mode), "a device")
        raise RefusedError(f"is {kind} and not a file; name a model file")
    _check_total(status.st_size, limit)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(status.st_size + 1)  # one byte more, to notice a file that grows


def _check_total(size: int, limit: int) -> None:
    if size > limit:
        hint = Hint("limit", bytes=size, mib=-(-size // 2**20))
        raise RefusedError(f"has {size} bytes, more than the limit of {limit}", hint)


def _normalized_sha256(sha256: str) -> str:
    wanted = sha256.strip().lower()
    if not SHA256.fullmatch(wanted):
        raise UsageError(f"{quoted(sha256)} is no sha256: give 64 hexadecimal digits")
    return wanted


def _parse_contents(data: bytes, wanted: str | None) -> ModelFile:
    if wanted and wanted != (found := hashlib.sha256(data).hexdigest()):
        raise RefusedError(f"has the sha256 {found}, and {wanted} was demanded; get the right file")
    first, *others = read_members(data)
    header = _parse_header(data, first)
    arrays = {member.name.removesuffix(".npy"): locate_array(data, member) for member in others}
    _check_described(header.get("arrays"), arrays)
    _check_checksums(data, others)
    _check_digests(data, arrays, header["arrays"])
    digest = wanted or hashlib.sha256(data).hexdigest()  # comes last, because it reads all bytes
    return ModelFile(header, {name: located.read(data) for name, located in arrays.items()}, digest)


def _parse_header(data: bytes, member: Member) -> dict[str, Any]:
    if member.size > MAX_HEADER + MAX_NPY_HEADER:
        raise RefusedError(f"has a header of {member.size} bytes; at most {MAX_HEADER} are allowed")
    located = locate_array(data, member)
    if located.form != ArrayForm("|u1", (located.form.size,)):
        raise RefusedError(f"has a member {HEADER}.npy that is not a row of bytes; get a sound file")
    _check_checksums(data, [member])
    header = parse_header(bytes(located.items(data)))
    check_header(header)
    return header


def _check_described(described: object, arrays: Mapping[str, LocatedArray]) -> None:
    """Raise RefusedError unless the header lists exactly the arrays of the file, each with dtype and shape."""
    if not isinstance(described, dict):
        raise RefusedError("has a header that does not describe its arrays; get a sound file")
    for name in sorted(described.keys() ^ arrays.keys()):
        problem = "is missing" if name in described else "is not in its header"
        raise RefusedError(f"is damaged: the array {quoted(name)} {problem}; get the file again")
    for name, located in arrays.items():
        if not _is_described(located.form, described[name]):
            raise RefusedError(f"is damaged: the array {name!r} is not as its header says; get the file again")


def _is_described(form: ArrayForm, entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
        return False
    same = entry == {"dtype": form.dtype, "shape": list(form.shape), "sha256": entry["sha256"]}
    return same and all(type(n) is int for n in entry["shape"])  # True == 1 in Python, but not in JSON


def _check_checksums(data: bytes, members: Sequence[Member]) -> None:
    view = memoryview(data)
    for member in members:
        if zlib.crc32(view[member.start : member.end]) != member.crc:
            raise RefusedError(f"is damaged: the member {member.name!r} has another checksum; get the file again")


def _check_digests(data: bytes, arrays: Mapping[str, LocatedArray], described: Mapping[str, Any]) -> None:
    for name, located in arrays.items():
        if hashlib.sha256(located.items(data)).hexdigest() != described[name]["sha256"]:
            raise RefusedError(f"is damaged: the array {name!r} has another sha256; get the file again")
