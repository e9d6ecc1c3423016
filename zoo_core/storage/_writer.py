"""Writes a model file: equal contents give equal bytes, and a file appears whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import ModelFileError, ResourceError
from zoo_core.parts import Array
from zoo_core.storage._atomic import Overwrite, write_file
from zoo_core.storage._header_json import encode_header
from zoo_core.storage._layout import (
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
from zoo_core.storage._npy import ArrayForm
from zoo_core.storage._reader import ModelFile, read_model_file


def write_model_file(
    path: Path | str,
    header: Mapping[str, Any],
    arrays: Mapping[str, Array],
    *,
    overwrite: Overwrite = True,
    prove: Callable[[ModelFile], object] = lambda contents: None,
) -> str:
    """Write a model file atomically and return its sha256; an existing file stays until the new one is safe.

    `header` must fit into 1 MiB of JSON. The keys format, version, arrays and sha256 are set here; requires is [] if it
    is not given. Names of `arrays` consist of a-z, 0-9, '_' and '.'. Arrays have at most 4 dimensions and the dtype
    float32, float64, int32, int64 or uint8; values need not be finite. A symbolic link is replaced, not followed.
    `prove` gets what was read back, before the file gets its name, and may raise an error: then nothing is changed.

    Raises ModelFileError for contents that no model file holds, UsageError for a `path` that may not be replaced,
    ResourceError when the system does not write.
    """
    data = to_bytes(header, arrays, str(path))
    digest = hashlib.sha256(data).hexdigest()
    write_file(path, data, overwrite=overwrite, check=lambda temporary: prove(_read_back(temporary, len(data), digest)))
    return digest


def to_bytes(header: Mapping[str, Any], arrays: Mapping[str, Array], name: str = "the model") -> bytes:
    """Return the bytes of a model file; messages call it `name`. Raises ModelFileError as `write_model_file` does."""
    try:
        return _encode(header, arrays)
    except RefusedError as refused:
        raise ModelFileError(f"{name} {refused}") from None


def _read_back(path: Path, size: int, digest: str) -> ModelFile:
    """Return what was written. Raises OSError where it does not read back."""
    try:
        return read_model_file(path, limit=size, sha256=digest)
    except (ModelFileError, ResourceError) as error:
        raise OSError(errno.EIO, f"what was written does not read back ({error})") from error


def _encode(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    if len(arrays) >= MAX_MEMBERS:
        raise RefusedError(f"cannot be written: it has {len(arrays)} arrays, and {MAX_MEMBERS - 1} are allowed")
    ready = {name: _stored_form(name, arrays[name]) for name in sorted(arrays)}
    own = {"format": FORMAT, "version": VERSION, "arrays": {n: _description(a) for n, a in ready.items()}}
    text = encode_header({"requires": [], **header, **own})
    members: list[Member] = []
    chunks: list[bytes | memoryview] = []
    for name, array in {HEADER: np.frombuffer(text, np.uint8), **ready}.items():
        content = _array_form(array).encode(), _item_bytes(array)
        members.append(_make_member(name, content, members[-1].end if members else 0))
        chunks += members[-1].local_header(), *content
    return b"".join([*chunks, directory(members)])


def _stored_form(name: str, array: Array) -> Array:
    """Return an array in C order and little-endian. Raises RefusedError if a file may not hold it under this name."""
    try:
        check_name(name)
        if name == HEADER:
            raise RefusedError(f"names an array {name!r}, which is taken by the file's own header")
        array = np.asarray(array)
        form = _array_form(array)
        try:
            form.check()
        except RefusedError as refused:
            raise RefusedError(f"has the array {name!r} {refused}") from None
        return np.asarray(array, form.dtype, order="C")
    except RefusedError as refused:
        raise RefusedError(f"cannot be written: it {refused}") from None


def _array_form(array: Array) -> ArrayForm:
    return ArrayForm(array.dtype.newbyteorder("<").str, array.shape)


def _item_bytes(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _description(array: Array) -> dict[str, Any]:
    form = _array_form(array)
    return {
        "dtype": form.dtype,
        "shape": list(form.shape),
        "sha256": hashlib.sha256(_item_bytes(array)).hexdigest(),
    }


def _make_member(name: str, content: tuple[bytes, memoryview], offset: int) -> Member:
    head, items = content
    member = Member(f"{name}.npy", zlib.crc32(items, zlib.crc32(head)), len(head) + len(items), offset)
    if member.end > MAX_SIZE:
        raise RefusedError(f"cannot be written: it would have more than {MAX_SIZE} bytes")
    return member
