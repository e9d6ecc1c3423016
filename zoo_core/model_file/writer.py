"""Writes a model file: the same contents give the same bytes, and a file appears whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import ModelFileError, ResourceError, UsageError
from zoo_core.model_file import document
from zoo_core.model_file.layout import (
    FORMAT,
    HEADER,
    MAX_MEMBERS,
    MAX_SIZE,
    VERSION,
    Member,
    RefusedError,
    check_name,
    directory,
)
from zoo_core.model_file.npy import Form
from zoo_core.model_file.reader import read
from zoo_core.parts import Array

# What folders on some systems answer to fsync, or to being opened for it, although nothing is wrong.
NO_FOLDER_SYNC = errno.EINVAL, errno.ENOTSUP, errno.EACCES


def write(path: Path | str, header: Mapping[str, Any], arrays: Mapping[str, Array], *, overwrite: bool = True) -> str:
    """Write a model file atomically and return its sha256; what was there stays until the new file is safe.

    `header` must fit into 1 MiB of JSON; the keys format, version, arrays and sha256 are set here, and
    requires is [] unless given. `arrays` have names of a-z, 0-9, '_' and '.', at most 4 dimensions, and the
    dtype float32, float64, int32, int64 or uint8; values need not be finite. A symbolic link is replaced,
    not followed.

    Raises ModelFileError for contents that such a file cannot hold, UsageError for a `path` that may not be
    replaced, ResourceError when the system does not let it be written.
    """
    target = Path(path)
    _check_target(target, overwrite)
    data = to_bytes(header, arrays, str(target))
    digest = hashlib.sha256(data).hexdigest()
    try:
        _put(target, data, digest)
    except OSError as error:
        raise ResourceError(
            f"{target} cannot be written: {error.strerror or error}; nothing was changed. "
            "Check the folder, its permissions and the space on the disk, or write to another place"
        ) from error
    _sync_folder(target)
    return digest


def to_bytes(header: Mapping[str, Any], arrays: Mapping[str, Array], name: str = "the model") -> bytes:
    """Return the bytes of a model file, which messages call `name`. Raises ModelFileError as `write` does."""
    try:
        return _encode(header, arrays)
    except RefusedError as refused:
        raise ModelFileError(f"{name} {refused}") from None


def temporaries(path: Path | str) -> list[Path]:
    """Return temporary files for `path` that writers have left behind, or are writing just now."""
    target = Path(path)
    form = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{12}\.tmp")
    return sorted(p for p in target.parent.iterdir() if form.fullmatch(p.name))


def _encode(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    if len(arrays) >= MAX_MEMBERS:
        raise RefusedError(f"cannot be written: it has {len(arrays)} arrays, and {MAX_MEMBERS - 1} are allowed")
    ready = {name: _ready(name, arrays[name]) for name in sorted(arrays)}
    own = {"format": FORMAT, "version": VERSION, "arrays": {n: _described(a) for n, a in ready.items()}}
    text = document.encode({"requires": [], **header, **own})
    members: list[Member] = []
    chunks: list[bytes | memoryview] = []
    for name, array in {HEADER: np.frombuffer(text, np.uint8), **ready}.items():
        content = _form(array).encode(), _items(array)
        members.append(_member(name, content, members[-1].end if members else 0))
        chunks += members[-1].local(), *content
    return b"".join([*chunks, directory(members)])


def _ready(name: str, array: Array) -> Array:
    """Return an array in C order and little-endian, if a model file may hold it under this name."""
    try:
        check_name(name)
        if name == HEADER:
            raise RefusedError(f"names an array {name!r}, which is taken by the file's own header")
        array = np.asarray(array)
        form = _form(array)
        try:
            form.check()
        except RefusedError as refused:
            raise RefusedError(f"has the array {name!r} {refused}") from None
        return np.asarray(array, form.dtype, order="C")
    except RefusedError as refused:
        raise RefusedError(f"cannot be written: it {refused}") from None


def _form(array: Array) -> Form:
    return Form(array.dtype.newbyteorder("<").str, array.shape)


def _items(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _described(array: Array) -> dict[str, Any]:
    form = _form(array)
    return {
        "dtype": form.dtype,
        "shape": list(form.shape),
        "sha256": hashlib.sha256(_items(array)).hexdigest(),
    }


def _member(name: str, content: tuple[bytes, memoryview], offset: int) -> Member:
    head, items = content
    member = Member(f"{name}.npy", zlib.crc32(items, zlib.crc32(head)), len(head) + len(items), offset)
    if member.end > MAX_SIZE:
        raise RefusedError(f"cannot be written: it would have more than {MAX_SIZE} bytes")
    return member


def _check_target(target: Path, overwrite: bool) -> None:
    if "\0" in str(target):
        raise UsageError(f"{str(target)!r} is no file name: it holds a NUL character")
    with suppress(OSError):  # a folder that cannot be looked into says so when the file is opened
        if target.exists() and not target.is_file():
            raise UsageError(f"{target} is a folder or a device and not a file; name a file")
        if not overwrite and (target.is_symlink() or target.exists()):
            raise UsageError(f"{target} exists; use --force to replace it, or name another file")


def _put(target: Path, data: bytes, digest: str) -> None:
    """Write beside the target, read back, and only then take the target's place."""
    with _temporary(target) as (temporary, descriptor):
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        try:
            read(temporary, limit=len(data), sha256=digest)
        except (ModelFileError, ResourceError) as error:
            raise OSError(errno.EIO, f"what was written does not read back ({error})") from error
        temporary.replace(target)


@contextmanager
def _temporary(target: Path) -> Iterator[tuple[Path, int]]:
    """Make a file beside the target, readable by whom the umask lets; remove it when the body fails."""
    path = target.with_name(_temporary_name(target))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        yield path, descriptor
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _temporary_name(target: Path) -> str:
    return f".{target.name}.{os.urandom(6).hex()}.tmp"


def _sync_folder(target: Path) -> None:
    """Make the new name outlast a power cut, where the system can."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise ResourceError(
                f"{target} is written, but the disk did not confirm it: {error.strerror}; check the disk"
            ) from error
