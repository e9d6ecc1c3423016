"""How reductions, sums on the way and sorting are written down: always over the columns of each row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.graphs._builder import RecordingError
from zoo_core.graphs._symbolic_array import SymbolicArray
from zoo_core.graphs._ufuncs import check_axis

Axis = Any


def finish(found: SymbolicArray, out: SymbolicArray | None) -> SymbolicArray:
    """Write a result to `out`, if there is one."""
    if out is None:
        return found
    if not isinstance(out, SymbolicArray):
        raise RecordingError("it writes into an array of its own; self.scratch(x) gives one that can be recorded")
    out.write(found.node, found.sample)
    return out


def _rowwise(op: str, x: SymbolicArray, sample: Any, width: int = 1) -> SymbolicArray:
    """Return what an operator of rows gives."""
    sample = np.asarray(sample)
    node = x.graph.cast(x.graph.widened(x.node, x.shape[1]), x.dtype if op == "ArgMax" else sample.dtype)
    return SymbolicArray(x.graph, x.graph.node(op, node, dtype=sample.dtype, width=width), sample)


def _sum(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.add.reduce(x, axis=axis, dtype=dtype, out=out, keepdims=keepdims)


def _prod(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.multiply.reduce(x, axis=axis, dtype=dtype, out=out, keepdims=keepdims)


def _max(x: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.maximum.reduce(x, axis=axis, out=out, keepdims=keepdims)


def _min(x: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.minimum.reduce(x, axis=axis, out=out, keepdims=keepdims)


def _any(x: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.logical_or.reduce(x, axis=axis, out=out, keepdims=keepdims)


def _all(x: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.logical_and.reduce(x, axis=axis, out=out, keepdims=keepdims)


def _mean(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return finish(_sum(x, axis, dtype, None, keepdims) / x.shape[1], out)


def _var(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    apart = x - _mean(x, axis, dtype, None, True)
    return finish(_sum(apart * apart, axis, dtype, None, keepdims) / (x.shape[1] - ddof), out)


def _std(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return finish(np.sqrt(_var(x, axis, dtype, None, ddof, keepdims)), out)


def _ptp(x: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    return finish(_max(x, axis, keepdims=keepdims) - _min(x, axis, keepdims=keepdims), out)


def _median(x: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    check_axis(x, axis, "np.median")
    ordered, middle = _sort(x, 1), x.shape[1] // 2
    found = ordered[:, middle] if x.shape[1] % 2 else (ordered[:, middle - 1] + ordered[:, middle]) / 2
    return finish(found[:, None] if keepdims else found, out)


def log_sum(x: Any, axis: Axis = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """Write np.logaddexp.reduce."""
    most = _max(x, axis, keepdims=True)
    found = np.log(_sum(np.exp(x - most), axis, keepdims=True)) + most
    return finish(found if keepdims else found[:, 0], out)


def _norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    if ord == 1:
        return _sum(abs(x), axis, keepdims=keepdims)
    if ord == math.inf:
        return _max(abs(x), axis, keepdims=keepdims)
    if ord not in (None, 2):
        raise RecordingError(f"it calls np.linalg.norm with ord={ord}")
    return np.sqrt(_sum(x * x, axis, keepdims=keepdims))


def _argmax(x: Any, axis: Axis = None, out: Any = None, *, keepdims: bool = False) -> Any:
    if x.graph.follows_sample and axis is None:
        return x.sample.argmax()
    check_axis(x, axis, "np.argmax")
    return finish(_rowwise("ArgMax", x, x.sample.argmax(axis, keepdims=keepdims)), out)


def _argmin(x: Any, axis: Axis = None, out: Any = None, *, keepdims: bool = False) -> Any:
    return _argmax(-x, axis, out, keepdims=keepdims)


def _count_nonzero(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    return _sum(x != 0 if x.dtype != bool else x, axis, keepdims=keepdims)


def _cumsum(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None) -> Any:
    return np.add.accumulate(x, axis=axis, dtype=dtype, out=out)


def _cumprod(x: Any, axis: Axis = None, dtype: Any = None, out: Any = None) -> Any:
    return np.multiply.accumulate(x, axis=axis, dtype=dtype, out=out)


def _sort(x: Any, axis: Axis = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    check_axis(x, axis, "np.sort")
    return _rowwise("Sort", x, np.sort(x.sample, axis=1), x.shape[1])


ROW_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "all": _all,
    "any": _any,
    "argmax": _argmax,
    "argmin": _argmin,
    "count_nonzero": _count_nonzero,
    "cumprod": _cumprod,
    "cumsum": _cumsum,
    "max": _max,
    "mean": _mean,
    "median": _median,
    "min": _min,
    "norm": _norm,
    "prod": _prod,
    "ptp": _ptp,
    "sort": _sort,
    "std": _std,
    "sum": _sum,
    "var": _var,
}
