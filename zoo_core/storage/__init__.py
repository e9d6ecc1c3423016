"""Bytes on disk: files written whole, locks, and the model file.

`_atomic.py` and `_lock.py` keep a file safe from crashes and from other writers. The other modules are the model
file: one self-describing `.npz` that plain `numpy.load` reads, and that a strict reader of our own checks. Read
`_layout.py` first, then `_zip.py`, `_npy.py`, `_header_json.py`, `_reader.py`, `_writer.py` and `_values.py`.
`_header_json.py` checks the form of a header: canonical JSON, version, digest. `model` checks what the header says.

There is one reader and no fallback. A file of another form is refused before memory is allocated. Nothing is
unpickled, imported or run. The digests inside show damage, not who made the file: demand a known sha256 for that.
"""

from __future__ import annotations

from zoo_core.storage._atomic import temporary_files, write_file
from zoo_core.storage._layout import DEFAULT_LIMIT, MAX_HEADER, MAX_SIZE, quoted
from zoo_core.storage._lock import file_lock
from zoo_core.storage._reader import ModelFile, contents_from_bytes, read_model_file
from zoo_core.storage._values import pack, records, tabulate, unpack
from zoo_core.storage._writer import to_bytes, write_model_file

__all__ = [
    "DEFAULT_LIMIT",
    "MAX_HEADER",
    "MAX_SIZE",
    "ModelFile",
    "contents_from_bytes",
    "file_lock",
    "pack",
    "quoted",
    "read_model_file",
    "records",
    "tabulate",
    "temporary_files",
    "to_bytes",
    "unpack",
    "write_file",
    "write_model_file",
]
