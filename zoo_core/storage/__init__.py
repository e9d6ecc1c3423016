"""Bytes on disk: files written whole, locks, and the model file.

`_atomic.py` and `_lock.py` keep a file safe from crashes and from other writers. The other modules are the model
file: one self-describing `.npz` that plain `numpy.load` reads, and that a strict reader of our own checks. Read
`_layout.py` first, then `_zip.py`, `_npy.py`, `_header_json.py`, `_reader.py`, `_writer.py` and `_values.py`.
`_header_json.py` checks the form of a header: canonical JSON, version, digest. `model` checks what the header says.

There is one reader and no fallback. A file of another form is refused before memory is allocated. Nothing is
unpickled, imported or run. The digests inside show damage, not who made the file: demand a known sha256 for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.storage._atomic import (
        remove_if_stale as remove_if_stale,
        remove_stale as remove_stale,
        temporary_file as temporary_file,
        temporary_files as temporary_files,
        write_file as write_file,
    )
    from zoo_core.storage._layout import (
        DEFAULT_LIMIT as DEFAULT_LIMIT,
        MAX_HEADER as MAX_HEADER,
        MAX_SIZE as MAX_SIZE,
        quoted as quoted,
    )
    from zoo_core.storage._lock import check_file_name as check_file_name, file_lock as file_lock
    from zoo_core.storage._reader import (
        ModelFile as ModelFile,
        begins_as_model_file as begins_as_model_file,
        contents_from_bytes as contents_from_bytes,
        read_model_file as read_model_file,
    )
    from zoo_core.storage._values import pack as pack, records as records, tabulate as tabulate, unpack as unpack
    from zoo_core.storage._writer import to_bytes as to_bytes, write_model_file as write_model_file

_MODULES = {
    "_atomic": "remove_if_stale remove_stale temporary_file temporary_files write_file",
    "_layout": "DEFAULT_LIMIT MAX_HEADER MAX_SIZE quoted",
    "_lock": "check_file_name file_lock",
    "_reader": "ModelFile begins_as_model_file contents_from_bytes read_model_file",
    "_values": "pack records tabulate unpack",
    "_writer": "to_bytes write_model_file",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
