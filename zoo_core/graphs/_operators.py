"""The operators of graphs, with what NumPy computes for each; and the value of a whole graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from zoo_core.graphs._further_operators import FURTHER
from zoo_core.graphs._node import Graph, Node
from zoo_core.parts import Array


def _softmax(x: Array) -> Array:
    powers: Array = np.exp(x - x.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def _log_softmax(x: Array) -> Array:
    below = x - x.max(axis=1, keepdims=True)
    found: Array = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
    return found


def _gemm(x: Array, weights: Array, bias: Array | None = None) -> Array:
    product: Array = x @ weights
    return product if bias is None else product + bias


def _expand(x: Array, rows: Array, width: int) -> Array:
    return np.broadcast_to(x, (len(rows), width))


def _sigmoid(x: Array) -> Array:
    found: Array = 1 / (1 + np.exp(np.minimum(-x, 80 if x.dtype.itemsize == 4 else 700)))
    return found


# Those of one array, of the same shape. All are of ONNX but Expm1, Log1p and Fmod, whose names are those of NumPy.
ELEMENTWISE: dict[str, Callable[..., Array]] = {
    "Abs": np.abs, "Acos": np.arccos, "Acosh": np.arccosh, "Asin": np.arcsin, "Asinh": np.arcsinh, "Atan": np.arctan,
    "Atanh": np.arctanh, "Ceil": np.ceil, "Cos": np.cos, "Cosh": np.cosh, "Exp": np.exp, "Expm1": np.expm1,
    "Floor": np.floor, "IsInf": np.isinf, "IsNaN": np.isnan, "Log": np.log, "Log1p": np.log1p, "Neg": np.negative,
    "Not": np.logical_not, "Reciprocal": np.reciprocal, "Round": np.rint, "Sign": np.sign, "Sin": np.sin,
    "Sinh": np.sinh, "Sqrt": np.sqrt, "Tan": np.tan, "Tanh": np.tanh,
    "Relu": lambda x: np.maximum(x, 0), "Sigmoid": _sigmoid,
}  # fmt: skip
# Those of two arrays, and Where of three; the results of the second line are true or false.
BROADCAST: dict[str, Callable[..., Array]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power,
    "Fmod": np.fmod, "Max": np.maximum, "Min": np.minimum, "Where": np.where,
    "And": np.logical_and, "Or": np.logical_or, "Xor": np.logical_xor, "Equal": np.equal, "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal, "Less": np.less, "LessOrEqual": np.less_equal,
}  # fmt: skip
# Those of whole rows. A reduction gives one column.
ROWWISE: dict[str, Callable[..., Array]] = {
    "ReduceSum": lambda x: np.sum(x, axis=1, keepdims=True, dtype=x.dtype),
    "ReduceProd": lambda x: np.prod(x, axis=1, keepdims=True, dtype=x.dtype),
    "ReduceMax": lambda x: x.max(axis=1, keepdims=True),
    "ReduceMin": lambda x: x.min(axis=1, keepdims=True),
    "ArgMax": lambda x: x.argmax(axis=1, keepdims=True),
    "CumSum": lambda x: np.cumsum(x, axis=1, dtype=x.dtype),
    "Sort": lambda x: np.sort(x, axis=1),  # the smallest first; ONNX has TopK
    "Softmax": _softmax, "LogSoftmax": _log_softmax,
}  # fmt: skip
# Those that choose, join or convert: columns of x, entries of a table (a constant of one dimension), rows of matrices.
STRUCTURAL: dict[str, Callable[..., Array]] = {
    "Gemm": _gemm,  # x W + b; the bias may be missing
    "Slice": lambda x, start, stop, step: x[:, start:stop:step],  # of columns; all bounds are 0 or more
    "Columns": lambda x, indices: x[:, np.asarray(indices)],  # Gather of ONNX with axis 1
    "Take": lambda table, indices: table[indices],  # Gather of ONNX with axis 0
    "Concat": lambda *x: np.concatenate(x, axis=1),
    "Expand": _expand,  # repeats a column or a constant; its second input tells how many rows there are
    "Cast": lambda x, to: x.astype(to),
}
OPERATORS = ELEMENTWISE | BROADCAST | ROWWISE | STRUCTURAL | FURTHER


def apply(op: str, inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Return what an operator gives for arrays."""
    return OPERATORS[op](*inputs, **attributes)


@np.errstate(all="ignore")
def evaluate(graph: Graph, x: Array) -> dict[str, Array]:
    """Return the outputs of a graph by name, each of shape (rows, width).

    Args:
        graph: such as `record_model` returns.
        x: rows in the units of the data, shape (rows, width of the input).
    """
    found: dict[Node, Array] = {graph.input: np.asarray(x, graph.input.dtype)}
    for node in graph.nodes():
        if node.value is not None:
            found[node] = node.value
        elif node is not graph.input:
            found[node] = apply(node.op, [found[other] for other in node.inputs], node.attributes)
    return {name: found[node] for name, node in graph.outputs.items()}
