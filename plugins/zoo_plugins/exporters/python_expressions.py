"""Operators of graphs as expressions of Python with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.graphs import Node

# How strongly an operator binds in Python, from weak to strong; a call, a name or a number is an ATOM.
COMPARISON, OR, AND, SUM, PRODUCT, SIGN, POWER, ATOM = 1, 2, 3, 4, 5, 6, 7, 8
INFIX = {
    "Add": ("+", SUM), "Sub": ("-", SUM), "Mul": ("*", PRODUCT), "Div": ("/", PRODUCT), "Pow": ("**", POWER),
    "Equal": ("==", COMPARISON), "Greater": (">", COMPARISON), "GreaterOrEqual": (">=", COMPARISON),
    "Less": ("<", COMPARISON), "LessOrEqual": ("<=", COMPARISON),
    "And": ("&", AND), "Or": ("|", OR), "Xor": ("^", OR),
}  # fmt: skip
CALLS = {
    "Abs": "np.abs", "Acos": "np.arccos", "Acosh": "np.arccosh", "Asin": "np.arcsin", "Asinh": "np.arcsinh",
    "Atan": "np.arctan", "Atanh": "np.arctanh", "Ceil": "np.ceil", "Cos": "np.cos", "Cosh": "np.cosh",
    "Exp": "np.exp", "Expm1": "np.expm1", "Floor": "np.floor",
    "Fmod": "np.fmod", "IsInf": "np.isinf", "IsNaN": "np.isnan",
    "Log": "np.log", "Log1p": "np.log1p", "LogSoftmax": "log_softmax", "Max": "np.maximum", "Min": "np.minimum",
    "Round": "np.rint", "Sigmoid": "sigmoid", "Sign": "np.sign", "Sin": "np.sin", "Sinh": "np.sinh",
    "Softmax": "softmax", "Sqrt": "np.sqrt", "Tan": "np.tan", "Tanh": "np.tanh", "Where": "np.where",
}  # fmt: skip
METHODS = {
    "ReduceSum": "sum(axis=1, keepdims=True)", "ReduceProd": "prod(axis=1, keepdims=True)",
    "ReduceMax": "max(axis=1, keepdims=True)", "ReduceMin": "min(axis=1, keepdims=True)",
    "ArgMax": "argmax(axis=1, keepdims=True)", "CumSum": "cumsum(axis=1)",
}  # fmt: skip
HELPERS = {
    "softmax": '''def softmax(x):
    """Return powers of e that add up to 1 in each row."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)''',
    "log_softmax": '''def log_softmax(x):
    """Return the logarithm of softmax."""
    below = x - x.max(axis=1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))''',
    "sigmoid": '''def sigmoid(x):
    """Return 1 / (1 + exp(-x)), without overflow."""
    return 1 / (1 + np.exp(np.minimum(-x, 80 if x.dtype == np.float32 else 700)))''',
}
INLINE_INDICES = 12

Text = tuple[str, int]  # an expression, and how strongly it binds


def expression(node: Node, text: Callable[[Node], Text], array: Callable[[Any, str], str]) -> Text:
    """Return the expression of a node.

    Args:
        node: neither an input nor a constant.
        text: gives those of its inputs.
        array: keeps an array under a name like the given one, and returns how the code calls it.
    """
    if node.op in INFIX:
        return _infix(node, text)
    if node.op in METHODS:
        return f"{_atom(text(node.inputs[0]))}.{METHODS[node.op]}", ATOM
    if node.op in CALLS:
        return f"{CALLS[node.op]}({', '.join(_typed(i, text, node) for i in node.inputs)})", ATOM
    return SPECIAL[node.op](node, text, array)


def _infix(node: Node, text: Callable[[Node], Text]) -> Text:
    sign, strength = INFIX[node.op]
    (left, left_strength), (right, right_strength) = map(text, node.inputs)
    is_left_bound = left_strength == strength and strength in (SUM, PRODUCT)
    left = left if left_strength > strength or is_left_bound else f"({left})"
    right = right if right_strength > strength else f"({right})"
    return f"{left} {sign} {right}", strength


def _atom(found: Text) -> str:
    return found[0] if found[1] == ATOM else f"({found[0]})"


def _typed(node: Node, text: Callable[[Node], Text], user: Node) -> str:
    """Return an argument; a number beside numbers alone says its dtype."""
    found = text(node)[0]
    alone = all(i.value is not None and i.value.ndim == 0 for i in user.inputs if i.dtype == node.dtype)
    return f"np.{node.dtype.name}({found})" if alone and node.dtype.kind == "f" else found


def _gemm(node: Node, text: Callable[[Node], Text], array: Any) -> Text:
    x, weights, *bias = (_atom(text(i)) for i in node.inputs)
    return (f"{x} @ {weights} + {bias[0]}", SUM) if bias else (f"{x} @ {weights}", PRODUCT)


def _slice(node: Node, text: Callable[[Node], Text], array: Any) -> Text:
    start, stop, step = (node.attributes[key] for key in ("start", "stop", "step"))
    bounds = f"{start or ''}:{stop if stop < node.inputs[0].width else ''}" + (f":{step}" if step != 1 else "")
    return f"{_atom(text(node.inputs[0]))}[:, {bounds}]", ATOM


def _columns(node: Node, text: Callable[[Node], Text], array: Any) -> Text:
    indices = list(node.attributes["indices"])
    shown = str(indices) if len(indices) <= INLINE_INDICES else array(np.array(indices), f"{node.stage}.columns")
    return f"{_atom(text(node.inputs[0]))}[:, {shown}]", ATOM


def _take(node: Node, text: Callable[[Node], Text], array: Any) -> Text:
    return f"{_atom(text(node.inputs[0]))}[{text(node.inputs[1])[0]}]", ATOM


def _expand(node: Node, text: Callable[[Node], Text], array: Any) -> Text:
    value, rows = node.inputs
    shown = text(value)[0]
    shown = f"np.{node.dtype.name}({shown})" if value.value is not None and value.value.ndim == 0 else shown
    return f"np.broadcast_to({shown}, (len({text(rows)[0]}), {node.width}))", ATOM


SPECIAL: dict[str, Callable[[Node, Callable[[Node], Text], Any], Text]] = {
    "Gemm": _gemm,
    "Slice": _slice,
    "Columns": _columns,
    "Take": _take,
    "Expand": _expand,
    "Cast": lambda n, text, array: (f"{_atom(text(n.inputs[0]))}.astype(np.{n.dtype.name})", ATOM),
    "Concat": lambda n, text, array: (f"np.hstack([{', '.join(text(i)[0] for i in n.inputs)}])", ATOM),
    "Neg": lambda n, text, array: (f"-{_atom(text(n.inputs[0]))}", SIGN),
    "Not": lambda n, text, array: (f"~{_atom(text(n.inputs[0]))}", SIGN),
    "Reciprocal": lambda n, text, array: (f"1 / {_atom(text(n.inputs[0]))}", PRODUCT),
    "Relu": lambda n, text, array: (f"np.maximum({text(n.inputs[0])[0]}, 0)", ATOM),
    "Sort": lambda n, text, array: (f"np.sort({text(n.inputs[0])[0]}, axis=1)", ATOM),
}
