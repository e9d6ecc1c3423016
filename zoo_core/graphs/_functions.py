"""How other functions of NumPy, and methods of arrays, are written down: most by those of `_ufuncs.py`."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from zoo_core.graphs._builder import GraphBuilder, RecordingError
from zoo_core.graphs._reductions import ROW_FUNCTIONS, finish
from zoo_core.graphs._shapes import SHAPES, filled
from zoo_core.graphs._symbolic_array import SymbolicArray, operand
from zoo_core.graphs._ufuncs import called

MOST_BOUNDS = 100  # of np.digitize: each takes two operators


def record_function(graph: GraphBuilder, function: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Write down the call of a function of NumPy that is no universal one."""
    name = function.__name__
    name = {"amax": "max", "amin": "min"}.get(name, name)
    known = FUNCTIONS.get(name)
    if known is None or function.__module__ not in ("numpy", "numpy.linalg"):
        raise RecordingError(f"it calls {function.__module__}.{name}, which no graph has")
    return called(f"np.{name}", known)(*inputs, **options)


# ------------------------------------------------------------------ entries


def _where(condition: Any, *values: Any) -> Any:
    if len(values) != 2:
        raise RecordingError("it asks np.where for places, which depend on values")
    graph = next(v.graph for v in (condition, *values) if isinstance(v, SymbolicArray))
    parts = [v.sample if isinstance(v, SymbolicArray) else v for v in (condition, *values)]
    sample = np.where(*parts)
    mask, *nodes = (operand(graph, v, sample)[0] for v in (condition, *values))
    nodes = [graph.cast(node, sample.dtype) for node in nodes]
    width = max(node.width for node in (mask, *nodes))
    return SymbolicArray(
        graph, graph.node("Where", graph.cast(mask, bool), *nodes, dtype=sample.dtype, width=width), sample
    )


def _clip(x: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    found = x if low is None else np.maximum(x, low)
    found = found if high is None else np.minimum(found, high)
    return finish(found.copy() if found is x else found, out)


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, SymbolicArray):
        raise RecordingError("it copies into an array of its own; self.scratch(x) gives one that can be recorded")
    if where is True:
        dst[...] = src
    else:
        dst[...] = _where(where, src, dst).astype(dst.dtype)


def _nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    limits = np.finfo(x.dtype)
    high, low = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    found = np.where(np.isnan(x), x.dtype.type(nan), x)
    found = np.where(found == math.inf, x.dtype.type(high), found)
    found = np.where(found == -math.inf, x.dtype.type(low), found)
    return finish(found, None if copy else x)


def _interpolate(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Write np.interp: the number of known points up to x tells the segment, and tables give its start and slope."""
    if period is not None or x.ndim != 1 or len(xp) < 2:
        raise RecordingError("it calls np.interp for other than one column and two known points")
    places, values = np.asarray(xp, np.float64), np.asarray(fp, np.float64)
    column = x.astype(np.float64)[:, None]
    below = np.add.reduce(column >= places, axis=1, keepdims=True)
    segment = np.minimum(np.maximum(below - 1, 0), len(places) - 2)
    with np.errstate(all="ignore"):
        slopes = np.nan_to_num(np.diff(values) / np.diff(places))
    found = take(slopes, segment) * (column - take(places, segment)) + take(values, segment)
    found = np.where(column < places[0], values[0] if left is None else left, found)
    found = np.where(column >= places[-1], values[-1] if right is None else right, found)
    return found[:, 0]


def take(table: Any, indices: Any) -> SymbolicArray:
    """Return the entries of a constant table at indices, which are integers (rows, 1)."""
    if isinstance(table, SymbolicArray) or np.ndim(table) != 1:
        raise RecordingError("it looks entries up in an array that is no constant of one dimension")
    graph, sample = indices.graph, np.asarray(table)[indices.sample]
    nodes = graph.table(np.asarray(table)), graph.cast(indices.node, np.int64)
    return SymbolicArray(graph, graph.node("Take", *nodes, dtype=sample.dtype, width=indices.node.width), sample)


def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    if mode != "raise":
        raise RecordingError(f"it calls np.take with mode={mode!r}")
    if not isinstance(indices, SymbolicArray):
        return finish(a[:, list(np.atleast_1d(indices))], out) if axis in (1, -1) else a[np.asarray(indices)]
    return finish(take(a, indices), out)


def _searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    if isinstance(a, SymbolicArray) or v.ndim != 1 or sorter is not None:
        raise RecordingError("it calls np.searchsorted for other than one column and a constant list")
    column = v[:, None]
    found: Any = np.add.reduce(column > np.asarray(a) if side == "left" else column >= np.asarray(a), axis=1)
    return found


def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Write the number of bounds below each entry, for bounds that ascend."""
    bounds = np.asarray(bins)
    if not 0 < bounds.size <= MOST_BOUNDS or (np.diff(bounds) < 0).any():
        raise RecordingError(f"it calls np.digitize for other than 1 to {MOST_BOUNDS} bounds that ascend")
    return reduce(operator.add, ((x > bound if right else x >= bound).astype(np.int64) for bound in bounds.tolist()))


def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = _where(condition, choice, found)
    return found


def _polyval(p: Any, x: Any) -> Any:
    found = filled(x.graph, x.shape, x.dtype, p[0])
    for coefficient in p[1:]:
        found = found * x + coefficient
    return found


def _round(x: Any, decimals: int = 0, out: Any = None) -> Any:
    if decimals:
        raise RecordingError("it calls np.round with decimals")
    return finish(np.rint(x), out)


def _dot(x: Any, y: Any, out: Any = None) -> Any:
    """Write a product with a constant matrix, or one column of it."""
    if not isinstance(x, SymbolicArray) or isinstance(y, SymbolicArray) or np.ndim(y) not in (1, 2):
        raise RecordingError("it multiplies two arrays as matrices; one of them must be a constant, on the right")
    sample = x.sample @ np.asarray(y)
    graph, columns = x.graph, np.asarray(y).reshape(len(y), -1)
    nodes = (
        graph.cast(graph.widened(x.node, x.shape[1]), sample.dtype),
        graph.matrix(columns.astype(sample.dtype, copy=False)),
    )
    node = graph.node("Gemm", *nodes, dtype=sample.dtype, width=columns.shape[1])
    return finish(SymbolicArray(graph, node, sample), out)


def _einsum(subscripts: str, *arrays: Any, out: Any = None, **options: Any) -> Any:
    letters = dict(zip(dict.fromkeys(c for c in str(subscripts) if c.isalpha()), "ijklmn", strict=False))
    form = "".join(letters.get(c, c) for c in str(subscripts) if c != " ")
    if form == "ij,jk->ik":
        return _dot(arrays[0], arrays[1], out=out)
    if form not in ("ij,ij->i", "ij,ij->ij", "ij,j->i", "ij,j->ij", "ij->i"):
        raise RecordingError(f"it calls np.einsum({subscripts!r}, ...); 'ij,ij->i' and 'ij,jk->ik' can be recorded")
    product = reduce(operator.mul, arrays)
    return finish(np.add.reduce(product, axis=1) if form.endswith(">i") else product, out)


FUNCTIONS: dict[str, Callable[..., Any]] = (
    ROW_FUNCTIONS
    | SHAPES
    | {
        "clip": _clip,
        "copyto": _copyto,
        "digitize": _digitize,
        "dot": _dot,
        "einsum": _einsum,
        "interp": _interpolate,
        "nan_to_num": _nan_to_num,
        "polyval": _polyval,
        "around": _round,
        "fix": lambda x, out=None: finish(np.trunc(x), out),
        "round": _round,
        "searchsorted": _searchsorted,
        "select": _select,
        "take": _take,
        "where": _where,
    }
)
_METHODS = "all any argmax argmin clip cumsum dot max mean min prod ptp repeat reshape round squeeze std sum take var"
METHODS = {name: FUNCTIONS[name] for name in _METHODS.split()}
