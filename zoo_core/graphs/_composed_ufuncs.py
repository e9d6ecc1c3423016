"""Universal functions of NumPy that are written with several operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.graphs._builder import GraphBuilder
from zoo_core.graphs._node import Node


class Terms:
    """Makes nodes of one dtype with Python's operators, for functions that take several operators."""

    def __init__(self, graph: GraphBuilder, dtype: Any) -> None:
        self.graph, self.dtype = graph, np.dtype(dtype)

    def __call__(self, op: str, *inputs: Node | float, dtype: Any = None) -> Node:
        nodes = [i if isinstance(i, Node) else self.graph.constant_node(np.asarray(i, self.dtype)) for i in inputs]
        width = max(node.width for node in nodes)
        return self.graph.node(op, *nodes, dtype=dtype or self.dtype, width=width)


def _power(t: Terms, x: Node, y: Node) -> Node:
    return t("Mul", x, x) if y.value is not None and y.value.ndim == 0 and y.value == 2 else t("Pow", x, y)


def _hypot(t: Terms, x: Node, y: Node) -> Node:
    return t("Sqrt", t("Add", t("Mul", x, x), t("Mul", y, y)))


def _logaddexp(t: Terms, x: Node, y: Node) -> Node:
    apart = t("Neg", t("Abs", t("Sub", x, y)))
    return t("Add", t("Max", x, y), t("Log1p", t("Exp", apart)))


def _in_floats(function: Callable[..., Node]) -> Callable[..., Node]:
    """Return a function that computes integers in float64: ONNX and C round their quotients towards 0."""

    def computed(t: Terms, *given: Node) -> Node:
        wide = t if t.dtype.kind == "f" else Terms(t.graph, np.float64)
        return t.graph.cast(function(wide, *(t.graph.cast(node, wide.dtype) for node in given)), t.dtype)

    return computed


def _is_turned(t: Terms, rest: Node, y: Node) -> Node:
    """Return where a rest, which has the sign of the dividend, is not 0 and has another sign than the divisor."""
    is_below = t("Less", rest, 0, dtype=bool)
    if y.value is not None and (y.value > 0).all():
        return is_below
    sides = t("Xor", is_below, t("Less", y, 0, dtype=bool), dtype=bool)
    return t("And", t("Not", t("Equal", rest, 0, dtype=bool), dtype=bool), sides, dtype=bool)


def _remainder(t: Terms, x: Node, y: Node) -> Node:
    """Write the exact remainder, as NumPy's `npy_divmod` does."""
    rest = t("Fmod", x, y)
    return t("Where", _is_turned(t, rest, y), t("Add", rest, y), rest)


def _floor_divide(t: Terms, x: Node, y: Node) -> Node:
    """Write the quotient of what the remainder leaves, which is whole but for rounding."""
    whole = t("Round", t("Div", t("Sub", x, _remainder(t, x, y)), y))
    return t("Where", t("Equal", y, 0, dtype=bool), t("Div", x, y), whole)


def _truncate(t: Terms, x: Node) -> Node:
    return t("Mul", t("Sign", x), t("Floor", t("Abs", x)))


def _heaviside(t: Terms, x: Node, middle: Node) -> Node:
    above = t.graph.cast(t("Greater", x, 0, dtype=bool), t.dtype)
    return t("Where", t("Equal", x, 0, dtype=bool), middle, above)


def _is_finite(t: Terms, x: Node) -> Node:
    return t("Not", t("Or", t("IsNaN", x, dtype=bool), t("IsInf", x, dtype=bool), dtype=bool), dtype=bool)


def _without_nan(op: str) -> Callable[[Terms, Node, Node], Node]:
    def chosen(t: Terms, x: Node, y: Node) -> Node:
        both = t(op, x, y)
        one = t("Where", t("IsNaN", y, dtype=bool), x, both)
        return t("Where", t("IsNaN", x, dtype=bool), y, one)

    return chosen


# NumPy's name: a function of nodes that writes it with several operators. The formulas are their definitions.
COMPOSED: dict[str, Callable[..., Node]] = {
    "cbrt": lambda t, x: t("Mul", t("Sign", x), t("Pow", t("Abs", x), 1 / 3)),
    "copysign": lambda t, x, y: t("Where", t("Less", y, 0, dtype=bool), t("Neg", t("Abs", x)), t("Abs", x)),
    "deg2rad": lambda t, x: t("Mul", x, math.pi / 180),
    "degrees": lambda t, x: t("Mul", x, 180 / math.pi),
    "rad2deg": lambda t, x: t("Mul", x, 180 / math.pi),
    "radians": lambda t, x: t("Mul", x, math.pi / 180),
    "exp2": lambda t, x: t("Pow", 2.0, x),
    "floor_divide": _in_floats(_floor_divide),
    "fmax": _without_nan("Max"),
    "fmin": _without_nan("Min"),
    "heaviside": _heaviside,
    "hypot": _hypot,
    "isfinite": _is_finite,
    "log10": lambda t, x: t("Mul", t("Log", x), 1 / math.log(10)),
    "log2": lambda t, x: t("Mul", t("Log", x), 1 / math.log(2)),
    "logaddexp": _logaddexp,
    "not_equal": lambda t, x, y: t("Not", t("Equal", x, y, dtype=bool), dtype=bool),
    "positive": lambda t, x: x,
    "power": _power,
    "remainder": _in_floats(_remainder),
    "square": lambda t, x: t("Mul", x, x),
    "trunc": _truncate,
}
