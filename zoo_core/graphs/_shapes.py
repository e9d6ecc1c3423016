"""How functions that choose, join or repeat columns are written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.graphs._builder import GraphBuilder, RecordingError
from zoo_core.graphs._reductions import finish
from zoo_core.graphs._symbolic_array import SymbolicArray, operand
from zoo_core.graphs._ufuncs import check_axis


def _split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    check_axis(x, axis, "np.split")
    places = np.split(np.arange(x.shape[1]), indices_or_sections)
    return [x[:, int(at[0]) : int(at[-1]) + 1] for at in places]


def concatenate(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    graph = next(a.graph for a in arrays if isinstance(a, SymbolicArray))
    rows = next(len(a) for a in arrays if isinstance(a, SymbolicArray))
    sample = np.concatenate([a.sample if isinstance(a, SymbolicArray) else a for a in arrays], axis=axis)
    if sample.ndim != 2 or len(sample) != rows:
        raise RecordingError("it joins rows; columns can be joined")
    nodes = []
    for a in arrays:
        node, shown = operand(graph, a, sample)
        nodes.append(graph.cast(graph.widened(node, np.shape(shown)[1]), sample.dtype))
    node = graph.node("Concat", *nodes, dtype=sample.dtype, width=sample.shape[1]) if len(nodes) > 1 else nodes[0]
    return finish(SymbolicArray(graph, node, sample), out)


def _repeat(a: Any, repeats: int, axis: Any = None) -> Any:
    check_axis(a, axis, "np.repeat")
    return a[:, np.repeat(np.arange(a.shape[1]), repeats)]


def _tile(A: Any, reps: Any) -> Any:
    rows, columns = reps if isinstance(reps, tuple) and len(reps) == 2 else (1, reps)
    if rows != 1 or not isinstance(columns, int):
        raise RecordingError("it repeats rows")
    return A[:, np.tile(np.arange(A.shape[1]), columns)]


def _column_stack(arrays: Any) -> Any:
    return concatenate([a[:, None] if np.ndim(a) == 1 else a for a in arrays], axis=1)


def _filled(value: float) -> Callable[..., Any]:
    def like(x: Any, dtype: Any = None, order: Any = "K", subok: bool = True) -> SymbolicArray:
        return filled(x.graph, x.shape, dtype or x.dtype, value)

    return like


def _full_like(x: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True) -> SymbolicArray:
    return filled(x.graph, x.shape, dtype or x.dtype, fill_value)


def filled(graph: GraphBuilder, shape: tuple[int, ...], dtype: Any, value: Any) -> SymbolicArray:
    """Return an array of one value everywhere."""
    return SymbolicArray(graph, graph.constant_node(np.asarray(value, dtype)), np.full(shape, value, dtype))


def _expand_dims(x: Any, axis: Any) -> Any:
    if x.ndim != 1 or axis not in (1, -1, (1,), (-1,)):
        raise RecordingError("it gives an array more than two dimensions")
    return x[:, None]


def _squeeze(x: Any, axis: Any = None) -> Any:
    return x.read_only(np.squeeze(x.sample, axis=axis))


def _reshape(x: Any, *shape: Any, **options: Any) -> Any:
    wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
    sample = x.sample.reshape(wanted)
    if sample.shape == x.shape or (sample.size == len(x) == len(sample)):
        return x.read_only(sample)
    raise RecordingError("it changes the shape of an array")


def _diff(x: Any, n: int = 1, axis: Any = -1, prepend: Any = None, append: Any = None) -> Any:
    if n != 1:
        raise RecordingError("it calls np.diff with n > 1")
    check_axis(x, axis, "np.diff")
    ends = [None if end is None else filled(x.graph, (len(x), 1), x.dtype, end) for end in (prepend, append)]
    whole = concatenate([a for a in (ends[0], x, ends[1]) if a is not None], axis=1)
    return whole[:, 1:] - whole[:, :-1]


def _flip(x: Any, axis: Any = None) -> Any:
    check_axis(x, axis, "np.flip")
    return x[:, ::-1]


SHAPES: dict[str, Callable[..., Any]] = {
    "column_stack": _column_stack,
    "concatenate": concatenate,
    "copy": lambda x, **o: x.copy(),
    "diff": _diff,
    "empty_like": _filled(0),
    "expand_dims": _expand_dims,
    "flip": _flip,
    "fliplr": lambda x: _flip(x, 1),
    "full_like": _full_like,
    "hsplit": lambda x, n: _split(x, n, 1),
    "hstack": lambda arrays, **o: concatenate(arrays, 1, **o),
    "ndim": lambda x: x.ndim,
    "ones_like": _filled(1),
    "repeat": _repeat,
    "reshape": _reshape,
    "shape": lambda x: x.shape,
    "size": lambda x: x.size,
    "split": _split,
    "squeeze": _squeeze,
    "tile": _tile,
    "zeros_like": _filled(0),
}
