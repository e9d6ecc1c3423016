"""The model file: one self-describing `.npz`. Plain `numpy.load` reads it; the zoo uses a strict reader.

A stored ZIP: first `header.npy`, bytes of canonical JSON that describe every array, then the arrays by name.
One reader and no fallback: whatever is not exactly of this form is refused before anything is allocated, and
nothing is ever unpickled, imported or run. The digests inside show damage, not who made the file; demand a
known sha256 for that.
"""

from __future__ import annotations

from zoo_core.storage._layout import FORMAT, LIMIT, VERSION
from zoo_core.storage._reader import ModelFile, contents_from_bytes, read_model_file
from zoo_core.storage._writer import to_bytes, write_model_file

__all__ = [
    "FORMAT",
    "LIMIT",
    "VERSION",
    "ModelFile",
    "contents_from_bytes",
    "read_model_file",
    "to_bytes",
    "write_model_file",
]
