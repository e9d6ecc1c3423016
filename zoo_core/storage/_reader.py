"""Reads a model file: first all that costs nothing, then checksums, then digests, and only then arrays."""

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
from zoo_core.storage import _header_json as document, _zip as archive
from zoo_core.storage._layout import DEFAULT_LIMIT, HEADER, MAX_HEADER, Member, RefusedError, quoted
from zoo_core.storage._npy import MAX_NPY_HEADER, Form, Located, locate

SHA256 = re.compile(r"[0-9a-f]{64}")
NAMELESS = errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG
# Opening a FIFO must not wait for a writer, and a terminal must not become ours.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, eq=False)
class ModelFile:
    """What a model file holds."""

    header: dict[str, Any]  # as stored, with format, version, requires, arrays and its own sha256
    arrays: dict[str, Array]  # writable copies, sorted by name
    sha256: str  # of the whole file


def read_model_file(path: Path | str, *, limit: int = DEFAULT_LIMIT, sha256: str | None = None) -> ModelFile:
    """Read a model file of at most `limit` bytes; with `sha256`, only the file that has this digest.

    Raises ModelFileError for a file that is missing, damaged or unsound, ResourceError when the system
    does not let it be read, UsageError for a `sha256` that is none.
    """
    return contents_from_bytes(_bytes(Path(path), limit), str(path), limit=limit, sha256=sha256)


def contents_from_bytes(data: bytes, name: str, *, limit: int = DEFAULT_LIMIT, sha256: str | None = None) -> ModelFile:
    """Return the contents of a model file that is in memory; `name` is what messages call it.

    Raises ModelFileError and UsageError as `read` does.
    """
    wanted = None if sha256 is None else _wanted(sha256)
    try:
        _check_total(len(data), limit)
        return _contents(data, wanted)
    except RefusedError as refused:
        raise ModelFileError(f"{name} {refused}", refused.hint) from None


def _bytes(path: Path, limit: int) -> bytes:
    try:
        descriptor = _open(path)
        try:
            return _regular(descriptor, limit)
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
        if error.errno not in NAMELESS:
            raise
        raise RefusedError(f"cannot be found: {error.strerror}", Hint("model_name")) from None


def _regular(descriptor: int, limit: int) -> bytes:
    """Return what a regular file holds; refuse anything else, and a file that is too big, unread."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        sorts = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe"}
        sort = sorts.get(stat.S_IFMT(status.st_mode), "a device")
        raise RefusedError(f"is {sort} and not a file; name a model file")
    _check_total(status.st_size, limit)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(status.st_size + 1)  # a byte more shows a file that grows


def _check_total(size: int, limit: int) -> None:
    if size > limit:
        hint = Hint("limit", bytes=size, mib=-(-size // 2**20))
        raise RefusedError(f"has {size} bytes, more than the limit of {limit}", hint)


def _wanted(sha256: str) -> str:
    wanted = sha256.strip().lower()
    if not SHA256.fullmatch(wanted):
        raise UsageError(f"{quoted(sha256)} is no sha256: give its 64 hexadecimal digits")
    return wanted


def _contents(data: bytes, wanted: str | None) -> ModelFile:
    if wanted and wanted != (found := hashlib.sha256(data).hexdigest()):
        raise RefusedError(f"has the sha256 {found}, and {wanted} was demanded; get the right file")
    first, *others = archive.members(data)
    header = _header(data, first)
    arrays = {member.name.removesuffix(".npy"): locate(data, member) for member in others}
    _check_described(header.get("arrays"), arrays)
    _check_checksums(data, others)
    _check_digests(data, arrays, header["arrays"])
    digest = wanted or hashlib.sha256(data).hexdigest()  # of all bytes, so it comes last where nobody demands it
    return ModelFile(header, {name: located.array(data) for name, located in arrays.items()}, digest)


def _header(data: bytes, member: Member) -> dict[str, Any]:
    if member.size > MAX_HEADER + MAX_NPY_HEADER:
        raise RefusedError(f"has a header of {member.size} bytes; at most {MAX_HEADER} are allowed")
    located = locate(data, member)
    if located.form != Form("|u1", (located.form.size,)):
        raise RefusedError(f"has a member {HEADER}.npy that is not a row of bytes; get a sound file")
    _check_checksums(data, [member])
    header = document.parse(bytes(located.items(data)))
    document.check(header)
    return header


def _check_described(described: object, arrays: Mapping[str, Located]) -> None:
    """Hold that the header lists exactly the arrays that are there, each with its dtype and shape."""
    if not isinstance(described, dict):
        raise RefusedError("has a header that does not describe its arrays; get a sound file")
    for name in sorted(described.keys() ^ arrays.keys()):
        problem = "is missing" if name in described else "is not in its header"
        raise RefusedError(f"is damaged: the array {quoted(name)} {problem}; get the file again")
    for name, located in arrays.items():
        if not _is_described(located.form, described[name]):
            raise RefusedError(f"is damaged: the array {name!r} is not as its header says; get the file again")


def _is_described(form: Form, entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
        return False
    same = entry == {"dtype": form.dtype, "shape": list(form.shape), "sha256": entry["sha256"]}
    return same and all(type(n) is int for n in entry["shape"])  # True == 1 in Python, but not in JSON


def _check_checksums(data: bytes, members: Sequence[Member]) -> None:
    view = memoryview(data)
    for member in members:
        if zlib.crc32(view[member.start : member.end]) != member.crc:
            raise RefusedError(f"is damaged: the member {member.name!r} has another checksum; get the file again")


def _check_digests(data: bytes, arrays: Mapping[str, Located], described: Mapping[str, Any]) -> None:
    for name, located in arrays.items():
        if hashlib.sha256(located.items(data)).hexdigest() != described[name]["sha256"]:
            raise RefusedError(f"is damaged: the array {name!r} has another sha256; get the file again")
