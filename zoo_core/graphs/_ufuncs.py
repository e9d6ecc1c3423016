"""How the universal functions of NumPy are written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo_core.graphs._builder import GraphBuilder, RecordingError
from zoo_core.graphs._composed_ufuncs import COMPOSED, Terms
from zoo_core.graphs._memory import columns_of
from zoo_core.graphs._node import Node
from zoo_core.graphs._symbolic_array import SymbolicArray, operand

# NumPy's name: that of the operator
PLAIN = {
    "absolute": "Abs", "fabs": "Abs", "add": "Add", "arccos": "Acos", "arccosh": "Acosh", "arcsin": "Asin",
    "arcsinh": "Asinh", "arctan": "Atan", "arctanh": "Atanh", "ceil": "Ceil", "cos": "Cos", "cosh": "Cosh",
    "divide": "Div", "equal": "Equal", "exp": "Exp", "expit": "Sigmoid", "expm1": "Expm1",
    "floor": "Floor", "fmod": "Fmod", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "isinf": "IsInf", "isnan": "IsNaN", "less": "Less",
    "less_equal": "LessOrEqual", "log": "Log", "log1p": "Log1p", "logical_and": "And", "logical_not": "Not",
    "logical_or": "Or", "logical_xor": "Xor", "maximum": "Max", "minimum": "Min", "multiply": "Mul",
    "negative": "Neg", "float_power": "Pow", "reciprocal": "Reciprocal", "rint": "Round", "sign": "Sign",
    "sin": "Sin", "sinh": "Sinh", "sqrt": "Sqrt", "subtract": "Sub", "tan": "Tan", "tanh": "Tanh",
}  # fmt: skip
REDUCTIONS = {"add": "ReduceSum", "multiply": "ReduceProd", "maximum": "ReduceMax", "minimum": "ReduceMin"}
LOGIC = {"Add": "Or", "Max": "Or", "Mul": "And", "Min": "And"}  # what arithmetic means for truth values
BITWISE = {"bitwise_and": "And", "bitwise_or": "Or", "bitwise_xor": "Xor", "invert": "Not"}  # of truth values alone


NOT_HAD = "which no graph has"


def record_ufunc(graph: GraphBuilder, ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Write down the call of a universal function, or that of its `reduce` or `accumulate`."""
    (out,), where = options.pop("out", (None,)), options.pop("where", True)
    if out is not None and not isinstance(out, SymbolicArray):
        raise RecordingError("it writes into an array of its own; self.scratch(x) gives one that can be recorded")
    samples = [i.sample if isinstance(i, SymbolicArray) else i for i in inputs]
    record = {"__call__": _call, "reduce": _reduce, "accumulate": _accumulate}.get(method)
    if record is None or (where is not True and method != "__call__"):
        limit = "" if where is True else " with where"
        raise RecordingError(f"it calls np.{ufunc.__name__}.{method}{limit}, {NOT_HAD}")
    if options.get("initial", np._NoValue) is not np._NoValue:
        raise RecordingError(f"it calls np.{ufunc.__name__}.{method} with initial, {NOT_HAD}")
    with np.errstate(all="ignore"):
        sample = getattr(ufunc, method)(*samples, **options)
    if graph.follows_sample and np.ndim(sample) == 0:
        return sample
    node = record(graph, ufunc, inputs, options, sample)
    if where is not True:
        node, sample = _chosen(graph, where, (node, sample), out)
    if out is None:
        return SymbolicArray(graph, node, sample)
    out.write(node, sample)
    return out


def _call(graph: GraphBuilder, ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], sample: Any) -> Node:
    name = ufunc.__name__
    dtypes = _dtypes(ufunc, inputs, options)
    if name in BITWISE and dtypes[0].kind == "b":
        op: str | None = BITWISE[name]
    else:
        op = PLAIN.get(name)
    if op is None and name not in COMPOSED:
        raise RecordingError(f"it calls np.{name}, which no graph has")
    nodes = [graph.cast(operand(graph, i, sample)[0], d) for i, d in zip(inputs, dtypes, strict=False)]
    result = sample.dtype
    op = LOGIC.get(op, op) if result.kind == "b" and op is not None else op
    if op is None:
        return COMPOSED[name](Terms(graph, dtypes[0]), *nodes)
    return graph.node(op, *nodes, dtype=result, width=max(node.width for node in nodes))


def _dtypes(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any]) -> tuple[np.dtype[Any], ...]:
    """Return the dtypes that NumPy's loop takes."""
    given = [_loop_type(i) for i in inputs]
    dtype = options.get("dtype")
    signature = None if dtype is None else (*[None] * ufunc.nin, *[np.dtype(dtype)] * ufunc.nout)
    more = {} if signature is None else {"signature": signature}
    found: tuple[np.dtype[Any], ...] = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout), casting="unsafe", **more)
    return found


def _loop_type(value: Any) -> Any:
    """Return what NumPy chooses a loop by: the dtype, or the type of a plain number, which yields to others."""
    if isinstance(value, (int, float)) and not isinstance(value, (bool, np.generic)):
        return type(value)
    return value.dtype if isinstance(value, SymbolicArray) else np.asarray(value).dtype


def _reduce(graph: GraphBuilder, ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], sample: Any) -> Node:
    x, name = inputs[0], ufunc.__name__
    if name in ("logical_and", "logical_or"):
        name, sample = {"logical_and": "minimum", "logical_or": "maximum"}[name], np.asarray(sample)
        x = x.astype(np.int64)
        return graph.cast(_reduced(graph, name, x, options, x.dtype), bool)
    if name not in REDUCTIONS:
        raise RecordingError(f"it calls np.{name}.reduce, which no graph has")
    return _reduced(graph, name, x, options, sample.dtype)


def _reduced(graph: GraphBuilder, name: str, x: SymbolicArray, options: dict[str, Any], dtype: Any) -> Node:
    check_axis(x, options.get("axis", 0), f"np.{name}.reduce")
    node = graph.cast(graph.widened(x.node, x.shape[1]), dtype)
    return graph.node(REDUCTIONS[name], node, dtype=dtype, width=1)


class AcrossRowsError(RecordingError):
    """A function joins different rows."""

    def __init__(self, axis: Any, what: str) -> None:
        reason = "such as for a branch on values" if axis is None else "and a row must not depend on others"
        super().__init__(f"it calls {what} over rows (axis {axis}), {reason}")
        self.axis = axis


def check_axis(x: SymbolicArray, axis: Any, what: str) -> None:
    """Refuse what joins different rows."""
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    if x.ndim != 2 or axis not in (1, -1):
        raise AcrossRowsError(axis, what)


def called(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is refused by the name under which a part calls it, not by that of a function inside."""

    def call(*inputs: Any, **options: Any) -> Any:
        try:
            return function(*inputs, **options)
        except AcrossRowsError as error:
            raise AcrossRowsError(error.axis, what) from None
        except TypeError as error:
            if "unexpected keyword argument" not in str(error):
                raise
            raise RecordingError(f"it calls {what} with {str(error).split()[-1].strip(chr(39))}, {NOT_HAD}") from None

    return call


def _accumulate(graph: GraphBuilder, ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], sample: Any) -> Node:
    """Write `CumSum`, or one operator for each column."""
    x, op = inputs[0], PLAIN.get(ufunc.__name__)
    check_axis(x, options.get("axis", 0), f"np.{ufunc.__name__}.accumulate")
    node, width = graph.cast(graph.widened(x.node, x.shape[1]), sample.dtype), x.shape[1]
    if op == "Add":
        return graph.node("CumSum", node, dtype=sample.dtype, width=width)
    if op is None:
        raise RecordingError(f"it calls np.{ufunc.__name__}.accumulate, which no graph has")
    columns = [columns_of(graph, node, range(i, i + 1)) for i in range(width)]
    steps = [columns[0]]
    for column in columns[1:]:
        steps.append(graph.node(op, steps[-1], column, dtype=sample.dtype, width=1))
    return graph.node("Concat", *steps, dtype=sample.dtype, width=width) if width > 1 else node


def _chosen(graph: GraphBuilder, where: Any, found: tuple[Node, Any], out: SymbolicArray | None) -> tuple[Node, Any]:
    """Return the result where a mask is true, and what `out` held elsewhere."""
    if out is None:
        raise RecordingError("it computes where a mask is true, and leaves the rest undefined; give out=")
    mask, shown = operand(graph, where, out.sample)
    node = graph.cast(found[0], out.dtype)
    width = max(node.width, mask.width, out.node.width)
    chosen = graph.node("Where", mask, node, out.node, dtype=out.dtype, width=width)
    return chosen, np.where(shown, found[1], out.sample)
