"""Precision: float32 arrays that record every operation with float64."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.source_places import caller

DTYPES = np.float32, np.float64


class WatchedArray(np.ndarray[Any, Any]):
    """A float32 array that records operations with float64, which NumPy allows silently."""

    notes: list[Finding]

    def __array_finalize__(self, source: Any) -> None:
        self.notes = getattr(source, "notes", [])

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        self._record_ufunc(ufunc, method, inputs, keywords)
        out = keywords.get("out", ())
        if out:
            keywords["out"] = tuple(map(_unwatched, out))
        if "where" in keywords:
            keywords["where"] = _unwatched(keywords["where"])
        result = getattr(ufunc, method)(*map(_unwatched, inputs), **keywords)
        if out:
            return out[0] if len(out) == 1 else out
        return tuple(map(self._wrap, result)) if isinstance(result, tuple) else self._wrap(result)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        """Record float64 results of functions that are not ufuncs, such as np.where."""
        result = super().__array_function__(function, types, arguments, keywords)
        if "dtype" not in keywords and getattr(result, "dtype", None) == np.float64:
            self._record_mixture(function.__name__, _flattened((arguments, tuple(keywords.values()))))
        return self._wrap(result) if type(result) is np.ndarray else result

    def _wrap(self, result: Any) -> Any:
        if not isinstance(result, np.ndarray):
            return result
        wrapped = result.view(WatchedArray)
        wrapped.notes = self.notes
        return wrapped

    def _record_ufunc(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        if "dtype" in keywords or all(signature.endswith("?") for signature in ufunc.types):
            return  # the dtype is on purpose, or the ufunc is a comparison
        self._record_mixture(ufunc.__name__, inputs)

    def _record_mixture(self, name: str, inputs: Iterable[Any]) -> None:
        """Record float32 and float64 among the inputs of a function."""
        inputs = [x for x in inputs if isinstance(x, (np.ndarray, np.generic))]
        typed = [x.dtype for x in inputs]
        if np.float32 not in typed or np.result_type(*typed) != np.float64:
            return
        place = caller()
        other = max(inputs, key=lambda x: np.result_type(x.dtype, np.float32) == np.float64)
        found = Finding(
            f"the result becomes float64: np.{name} of float32 and a {_describe_value(other)}",
            place,
            "float32",
            "float64",
            _advice(other),
        )
        if place and found not in self.notes:
            self.notes.append(found)


def _unwatched(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, WatchedArray) else value


def _flattened(value: Any) -> list[Any]:
    """Return the items of nested tuples and lists as one list."""
    return [x for item in value for x in _flattened(item)] if isinstance(value, (tuple, list)) else [value]


def _describe_value(value: Any) -> str:
    return f"{value.dtype} array" if getattr(value, "ndim", 0) else f"np.{value.dtype}"


def _advice(other: Any) -> str:
    if getattr(other, "ndim", 0):
        return f"an array of {other.dtype}: make it with the dtype of the input"
    return f"a NumPy scalar such as np.sqrt(2.0) or np.{other.dtype}(...): use math.sqrt or float(...)"


class Float64Watch:
    """Makes watched views of float32 arrays and collects their findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def __call__(self, array: Array) -> Array:
        """Return a watched view."""
        view = array.view(WatchedArray)
        view.notes = self.findings
        return view


def expect_float32(arrays: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each array that is not float32, although all inputs were."""
    for name, array in arrays.items():
        dtype = getattr(array, "dtype", None)
        if dtype is None or (dtype.kind == "f" and dtype != np.float32):
            yield Finding(
                f"the result becomes float64: {name} is not float32", "", "float32", str(dtype or type(array).__name__)
            )
