"""Tensors of a request become arrays: values in JSON, or raw bytes behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from zoo_core.parts import Array
from zoo_core.serving._metadata import DTYPES
from zoo_core.serving._refusal import RefusedError, shown

MAX_DIMENSIONS = 3


class RawBytes:
    """The bytes behind the JSON of a request; each tensor takes the next ones."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int, where: str) -> bytes:
        """Return the next bytes. Raises RefusedError if there are fewer."""
        left = len(self._data) - self._at
        if size > left:
            raise RefusedError(400, f"{where}.parameters.binary_data_size: is {size}, and {left} bytes are left")
        self._at += size
        return self._data[self._at - size : self._at]

    def check_used_up(self) -> None:
        """Raise RefusedError if bytes are left."""
        if left := len(self._data) - self._at:
            raise RefusedError(400, f"{left} bytes follow that no tensor has in its parameters.binary_data_size")


def read_tensor(tensor: Any, where: str, may_miss: bool, raw: RawBytes) -> tuple[str, Array]:
    """Return the name and the values of a tensor; `may_miss` tells whether null may stand for a missing value."""
    if not isinstance(tensor, dict):
        raise RefusedError(400, f"{where}: must be an object, not {shown(tensor)}")
    name, shape, datatype = tensor.get("name"), tensor.get("shape"), tensor.get("datatype")
    if not isinstance(name, str):
        raise RefusedError(400, f"{where}.name: must be a text")
    if not isinstance(datatype, str) or (datatype not in DTYPES and datatype != "BYTES"):
        raise RefusedError(400, f"{where}.datatype: {shown(datatype)} is none of {', '.join([*DTYPES, 'BYTES'])}")
    size = _size(shape, f"{where}.shape")
    binary = _binary_size(tensor, where)
    if binary is None:
        values = _json_values(tensor.get("data"), datatype, f"{where}.data", may_miss)
    else:
        values = _raw_values(raw.take(binary, where), datatype, f"{where}.parameters.binary_data_size")
    if values.size != size:
        raise RefusedError(400, f"{where}.shape: {values.size} values do not have the shape {shape}")
    return name, values.reshape(shape)


def _size(shape: Any, where: str) -> int:
    if (
        not isinstance(shape, list)
        or not 1 <= len(shape) <= MAX_DIMENSIONS
        or not all(type(n) is int and 0 <= n < 2**31 for n in shape)
    ):
        raise RefusedError(400, f"{where}: must be a list of one to three whole numbers from 0, not {shown(shape)}")
    return math.prod(shape)


# ------------------------------------------------------------------ values in JSON


def _json_values(data: Any, datatype: str, where: str, may_miss: bool) -> Array:
    """Return the values of a flat or nested list, shape (values,)."""
    if not isinstance(data, list):
        raise RefusedError(400, f"{where}: must be a list of values, row by row")
    return _texts(data, where, may_miss) if datatype == "BYTES" else _numbers(data, datatype, where, may_miss)


def _numbers(data: list[Any], datatype: str, where: str, may_miss: bool) -> Array:
    dtype = DTYPES[datatype]
    try:
        found = np.array(data)
        is_missing = found.dtype == object and may_miss and datatype.startswith("FP")
        if is_missing:
            found = np.array(data, np.float64)  # null becomes NaN, and a text that is no number an error
    except (ValueError, TypeError, OverflowError) as error:
        raise RefusedError(400, f"{where}: its rows differ in length, or a value is no number") from error
    if found.size and found.dtype.kind not in _KINDS[dtype(0).dtype.kind]:
        raise RefusedError(400, f"{where}: its values are not all of datatype {datatype}{_misfit(data, dtype)}")
    flat = found.reshape(-1)
    with np.errstate(all="ignore"):
        typed: Array = flat.astype(dtype, copy=False)
    if typed.dtype.kind in "iu" and typed.dtype != flat.dtype and not np.array_equal(typed, flat):
        raise RefusedError(400, f"{where}: a value is outside the range of {datatype}")
    if typed.dtype.kind == "f" and np.isinf(typed).any():
        raise RefusedError(400, f"{where}: a value is infinite as {datatype}")
    return typed


_KINDS = {"b": "b", "i": "iu", "u": "iu", "f": "fiu"}  # what NumPy makes of lists, by what a datatype takes


def _misfit(data: list[Any], dtype: type[np.generic]) -> str:
    """Return words for the first value that is of another type, or "" if NumPy alone knows better."""
    right = {"f": (int, float), "b": (bool,)}.get(dtype(0).dtype.kind, (int,))
    wrong = [v for v in _flat(data) if not isinstance(v, right) or (isinstance(v, bool) and bool not in right)]
    gap = "; the model takes no missing values" if wrong and wrong[0] is None else ""
    return f", such as {shown(wrong[0])}{gap}" if wrong else ""


def _texts(data: list[Any], where: str, may_miss: bool) -> Array:
    flat = list(_flat(data))
    wrong = next((v for v in flat if not isinstance(v, str) and not (v is None and may_miss)), "")
    if not isinstance(wrong, str):
        raise RefusedError(400, f"{where}: {shown(wrong)} is no text, and datatype BYTES takes only texts")
    return np.array(flat, dtype=object)


def _flat(data: Iterable[Any]) -> Iterable[Any]:
    for value in data:
        if isinstance(value, list):
            yield from value  # no deeper: a column has at most one inner list for each row
        else:
            yield value


# ------------------------------------------------------------------ raw bytes


def read_parameters(holder: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Return the parameters of a request or of a tensor. Raises RefusedError."""
    found = holder.get("parameters")
    if found is not None and not isinstance(found, dict):
        raise RefusedError(400, f"{where}parameters: must be an object, not {shown(found)}")
    return found or {}


def _binary_size(tensor: Mapping[str, Any], where: str) -> int | None:
    """Return how many raw bytes a tensor has, or None for values in JSON."""
    size = read_parameters(tensor, f"{where}.").get("binary_data_size")
    if size is None:
        return None
    if type(size) is not int or size < 0:
        raise RefusedError(400, f"{where}.parameters.binary_data_size: must be a whole number, not {shown(size)}")
    if "data" in tensor:
        raise RefusedError(400, f"{where}: has data, and a binary_data_size too; give one of them")
    return size


def _raw_values(data: bytes, datatype: str, where: str) -> Array:
    """Return the values of raw little-endian bytes, shape (values,). Raises RefusedError."""
    if datatype == "BYTES":
        return _raw_texts(data, where)
    dtype = np.dtype(DTYPES[datatype]).newbyteorder("<")
    if len(data) % dtype.itemsize:
        raise RefusedError(400, f"{where}: {len(data)} is no multiple of the {dtype.itemsize} bytes of a {datatype}")
    if datatype == "BOOL":
        return np.frombuffer(data, np.uint8).astype(bool)
    values: Array = np.frombuffer(data, dtype).astype(DTYPES[datatype])
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise RefusedError(400, f"{where}: the bytes hold a value that is not finite")
    return values


def _raw_texts(data: bytes, where: str) -> Array:
    """Return texts, each behind its length in four bytes."""
    texts: list[str] = []
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        if end > len(data):
            raise RefusedError(400, f"{where}: the length of text {len(texts)} (from 0) goes beyond the bytes")
        try:
            texts.append(data[at + 4 : end].decode())
        except UnicodeDecodeError as error:
            raise RefusedError(400, f"{where}: text {len(texts)} (from 0) is no UTF-8") from error
        at = end
    return np.array(texts, dtype=object)
