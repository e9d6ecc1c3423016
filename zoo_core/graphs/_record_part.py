"""Writes down one part: by its own form `onnx`, or by running its code on symbolic arrays."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.errors import PluginError, ZooError, exception_text
from zoo_core.graphs._builder import GraphBuilder, MissingOperator, RecordingError
from zoo_core.graphs._shapes import filled
from zoo_core.graphs._symbolic_array import SymbolicArray
from zoo_core.parts import Activation, Part, Preprocessor, Transform

INPUT = "it changes its input"


def record_part(graph: GraphBuilder, part: Part, x: SymbolicArray, width: int | None = None) -> SymbolicArray:
    """Return what a part makes of `x`, in the dtype of the network.

    Args:
        graph: takes the operators.
        part: a transform or a preprocessor that is set up.
        x: its input.
        width: the number of columns of its output; found if None.

    Raises:
        PluginError: it cannot be written down; names the part, the method, the line and the reason.
    """
    width = output_width(part, x.shape[1]) if width is None else width
    found = guarded(part, "onnx", lambda: _form(graph, part, x))
    if found is not NotImplemented:
        return _checked(graph, part, found, width)
    method = "transform" if isinstance(part, Preprocessor) else "infer"
    traced: SymbolicArray = guarded(part, method, lambda: trace(graph, part, method, x, width, graph.dtype))
    return traced


def _form(graph: GraphBuilder, part: Part, x: SymbolicArray) -> Any:
    """Return what a part's own form gives; NotImplemented if it has none, or one with operators that are missing."""
    try:
        return recording_copy(graph, part).onnx(graph, locked(x))
    except MissingOperator:
        return NotImplemented


def trace(
    graph: GraphBuilder, part: Part, method: str, x: SymbolicArray, width: int, dtype: DTypeLike
) -> SymbolicArray:
    """Return what a method of a part writes into `out`, shape (rows, width), for `x`."""
    out = SymbolicArray(graph, None, np.zeros((len(x), width), dtype))
    given = locked(x)
    with np.errstate(all="ignore"):
        getattr(recording_copy(graph, part), method)(given, out)
    node = graph.widened(out.node, width)
    return SymbolicArray(graph, node, out.sample)


def locked(x: SymbolicArray) -> SymbolicArray:
    """Return an array that a part may only read."""
    return SymbolicArray(x.graph, x.node, x.sample, INPUT)


def guarded(part: Part, method: str, call: Any) -> Any:
    """Return what a call gives. Raises PluginError with part, method, line and reason, for any error but the zoo's."""
    try:
        return call()
    except ZooError:
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, RecordingError) else f"it raised {exception_text(error)}"
        raise PluginError(
            f"{part.kind} {part.name!r} cannot be exported: {reason} ({_place(error, part, method)})"
        ) from error


def _place(error: Exception, part: Part, method: str) -> str:
    """Return method and line of the code that did it: the last one outside this package and NumPy."""
    own = __name__.rpartition(".")[0]
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        module = str(frame.f_globals.get("__name__", ""))
        if not module.startswith((own, "numpy")):
            return f"{module}.{frame.f_code.co_qualname}, line {line}"
    return f"{type(part).__module__}.{type(part).__qualname__}.{method}"


def _checked(graph: GraphBuilder, part: Part, found: Any, width: int) -> SymbolicArray:
    """Return what a form gave, in the dtype of the network."""
    if not isinstance(found, SymbolicArray) or found.shape[1:] != (width,):
        shown = f"an array (rows, {found.shape[1]})" if isinstance(found, SymbolicArray) else type(found).__name__
        raise PluginError(f"{part.kind} {part.name!r}: onnx returned {shown}; return an array (rows, {width})")
    found = found.astype(graph.dtype)
    return SymbolicArray(graph, graph.widened(found.node, width), found.sample)


def output_width(part: Part, columns: int) -> int:
    """Return the number of columns that a part makes of some."""
    if isinstance(part, Preprocessor):
        return part.output_width(columns)
    if isinstance(part, Activation):
        return next((n for n in range(columns + 1, 0, -1) if part.input_width(n) == columns), columns)
    return columns


def recording_copy(graph: GraphBuilder, part: Part) -> Any:
    """Return a copy of a part whose buffers are symbolic. What it sets on itself, and on parts inside, goes with it."""
    copied = copy.copy(part)
    attributes = vars(copied)
    for name, value in list(attributes.items()):
        attributes[name] = _copied(graph, value)
    if isinstance(part, Transform):
        buffers: dict[Any, SymbolicArray] = {}

        def scratch(like: Any, purpose: str = "", dtype: DTypeLike | None = None, fill: float = 0.0) -> SymbolicArray:
            key = purpose, dtype, like.shape
            if key not in buffers:
                buffers[key] = filled(graph, like.shape, dtype or like.dtype, fill)
            return buffers[key]

        attributes["scratch"] = scratch
    return copied


def _copied(graph: GraphBuilder, value: Any) -> Any:
    if isinstance(value, Part):
        return recording_copy(graph, value)
    if type(value) in (list, tuple):
        return type(value)(_copied(graph, item) for item in value)
    if type(value) is dict:
        return {key: _copied(graph, item) for key, item in value.items()}
    return value


def arrays_of(part: Part) -> Iterator[tuple[str, Any]]:
    """Yield the saved arrays of a part by their names in it."""
    yield from getattr(part, "weights", {}).items()
    yield from ((name, getattr(part, name)) for name in part.state if isinstance(getattr(part, name, None), np.ndarray))
