"""Values of a run as a model file holds them: plain ones in its header, arrays as its members.

In the header stand None, booleans, texts and common numbers as they are, and everything else as an object with one
key: {"integer": digits}, {"float": "nan"}, {"scalar": ...}, {"array": ...}, {"arrays": ...} or {"table": ...}.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import Array, Record

EXACT = 2**53  # beyond it an integer stands as digits: other readers of JSON would round it
STORED = ("<f4", "<f8", "<i4", "<i8", "|u1")  # what a member may be; other arrays are stored as their bytes


def pack(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """Return what stands in the header for a value; its arrays are put into `arrays` under `path`.

    Raises PluginError for a value that cannot be kept.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic):
        return {"scalar": [_dtype(value, path), pack(value.item(), path, arrays)]}
    if isinstance(value, int):
        return value if abs(value) < EXACT else {"integer": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.ndarray):
        return {"array": _member(value, path, arrays)}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return _pack_mapping(value, path, arrays)
    raise PluginError(
        f"state {path!r} holds {type(value).__name__}; a part's state may be arrays, numbers, texts, None, or a dict"
        " of them with texts as keys"
    )


def _pack_mapping(value: Mapping[str, Any], path: str, arrays: dict[str, Array]) -> Any:
    """Keep a table of arrays as one member: a file has at most 255, and a network may have as many."""
    if value and all(isinstance(item, np.ndarray) for item in value.values()):
        arrays[path] = np.concatenate([_bytes(item) for item in value.values()])
        return {"arrays": [[key, *_form(item, path)] for key, item in value.items()], "member": path}
    return {"table": {key: pack(item, f"{path}.{i}", arrays) for i, (key, item) in enumerate(value.items())}}


def _member(value: Array, path: str, arrays: dict[str, Array]) -> list[Any]:
    form = _form(value, path)
    arrays[path] = value if form[0] in STORED else _bytes(value)
    return [path, *form]


def _form(value: Array, path: str) -> list[Any]:
    return [_dtype(value, path), list(value.shape)]


def _dtype(value: Array | np.generic, path: str) -> str:
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        raise PluginError(f"state {path!r} has the dtype {value.dtype}; only numbers of up to 64 bits can be kept")
    return value.dtype.newbyteorder("<").str


def _bytes(value: Array) -> Array:
    plain = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return plain.reshape(-1).view(np.uint8)


def unpack(packed: Any, arrays: Mapping[str, Array]) -> Any:
    """Return the value that `pack` put away. Raises KeyError, TypeError or ValueError for anything else."""
    if not isinstance(packed, dict):
        return packed
    what, value = next((k, v) for k, v in packed.items() if k != "member")
    if what == "array":
        name, dtype, shape = value
        return _restored(arrays[name].reshape(-1).view(np.uint8), dtype, shape)
    if what == "arrays":
        return _split(arrays[packed["member"]], value)
    if what == "scalar":
        return _checked(value[0]).type(unpack(value[1], arrays))
    if what == "table":
        return {key: unpack(item, arrays) for key, item in value.items()}
    return {"integer": int, "float": float}[what](value)


def _split(packed: Array, forms: list[list[Any]]) -> dict[str, Array]:
    found, at = {}, 0
    for key, dtype, shape in forms:
        size = math.prod(shape) * _checked(dtype).itemsize
        found[key] = _restored(packed[at : at + size], dtype, shape)
        at += size
    return found


def _restored(items: Array, dtype: str, shape: list[int]) -> Array:
    array: Array = items.view(_checked(dtype)).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="))  # a copy of its own, aligned


def _checked(dtype: str) -> np.dtype[Any]:
    found = np.dtype(dtype)
    if found.kind not in "biuf":
        raise ValueError(f"dtype {dtype!r} is none that is kept")
    return found


def tabulate(history: list[Record]) -> dict[str, Any]:
    """Return a history of any length as two arrays, which lose nothing: numbers, and what kind each is."""
    keys = list(dict.fromkeys(key for record in history for key in record))
    values, kinds = np.zeros((len(history), len(keys))), np.zeros((len(history), len(keys)), np.uint8)
    column = {key: j for j, key in enumerate(keys)}
    for i, record in enumerate(history):
        for key, value in record.items():
            values[i, column[key]] = value
            kinds[i, column[key]] = 2 if isinstance(value, int) else 1  # 0: the record does not have the key
    return {"keys": "\n".join(keys), "values": values, "kinds": kinds}


def records(table: Mapping[str, Any]) -> list[Record]:
    """Return the history that `tabulate` was given."""
    make = {1: float, 2: int}
    keys = table["keys"].split("\n")
    rows = zip(table["values"].tolist(), table["kinds"].tolist(), strict=True)
    return [{k: make[kind](v) for k, v, kind in zip(keys, *row, strict=True) if kind} for row in rows]
