"""Values of a run in a model file: arrays become its members, all other values are stored in its header.

None, booleans, texts and common numbers are stored in the header unchanged. Any other value is an object with one key:
{"integer": digits}, {"float": "nan"}, {"scalar": ...}, {"array": ...}, {"arrays": ...} or {"table": ...}.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import Array, Record

EXACT = 2**53  # a larger integer is written as digits, because other readers of JSON would round it
STORED = ("<f4", "<f8", "<i4", "<i8", "|u1")  # dtypes of members; other arrays are stored as their bytes


def pack(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """Return what the header stores for a value; put its arrays into `arrays` under `path`.

    Raises PluginError for a value that a file cannot hold.
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
        return {"array": _pack_array(value, path, arrays)}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return _pack_mapping(value, path, arrays)
    raise PluginError(
        f"state {path!r} holds {type(value).__name__}; a part's state may be arrays, numbers, texts, None, or a dict"
        " of them with texts as keys"
    )


def _pack_mapping(value: Mapping[str, Any], path: str, arrays: dict[str, Array]) -> Any:
    """Pack a dict; arrays become one member, because a file has at most 255 members and a network may have more."""
    if value and all(isinstance(item, np.ndarray) for item in value.values()):
        arrays[path] = np.concatenate([_as_bytes(item) for item in value.values()])
        return {"arrays": [[key, *_dtype_and_shape(item, path)] for key, item in value.items()], "member": path}
    return {"table": {key: pack(item, f"{path}.{i}", arrays) for i, (key, item) in enumerate(value.items())}}


def _pack_array(value: Array, path: str, arrays: dict[str, Array]) -> list[Any]:
    form = _dtype_and_shape(value, path)
    arrays[path] = value if form[0] in STORED else _as_bytes(value)
    return [path, *form]


def _dtype_and_shape(value: Array, path: str) -> list[Any]:
    return [_dtype(value, path), list(value.shape)]


def _dtype(value: Array | np.generic, path: str) -> str:
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        raise PluginError(f"state {path!r} has the dtype {value.dtype}; only numbers of up to 64 bits can be saved")
    return value.dtype.newbyteorder("<").str


def _as_bytes(value: Array) -> Array:
    plain = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return plain.reshape(-1).view(np.uint8)


def unpack(packed: Any, arrays: Mapping[str, Array]) -> Any:
    """Return the value that `pack` was given. Raises KeyError, TypeError or ValueError for any other data."""
    if not isinstance(packed, dict):
        return packed
    what, value = next((k, v) for k, v in packed.items() if k != "member")
    if what == "array":
        name, dtype, shape = value
        return _restore_array(arrays[name].reshape(-1).view(np.uint8), dtype, shape)
    if what == "arrays":
        return _unpack_mapping(arrays[packed["member"]], value)
    if what == "scalar":
        return _number_dtype(value[0]).type(unpack(value[1], arrays))
    if what == "table":
        return {key: unpack(item, arrays) for key, item in value.items()}
    return {"integer": int, "float": float}[what](value)


def _unpack_mapping(packed: Array, forms: list[list[Any]]) -> dict[str, Array]:
    found, start = {}, 0
    for key, dtype, shape in forms:
        size = math.prod(shape) * _number_dtype(dtype).itemsize
        found[key] = _restore_array(packed[start : start + size], dtype, shape)
        start += size
    return found


def _restore_array(items: Array, dtype: str, shape: list[int]) -> Array:
    array: Array = items.view(_number_dtype(dtype)).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="))  # an aligned copy


def _number_dtype(dtype: str) -> np.dtype[Any]:
    found = np.dtype(dtype)
    if found.kind not in "biuf":
        raise ValueError(f"dtype {dtype!r} is none that is saved")
    return found


def tabulate(history: list[Record]) -> dict[str, Any]:
    """Return a history as two arrays, without loss: the numbers, and the kind of each number."""
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
