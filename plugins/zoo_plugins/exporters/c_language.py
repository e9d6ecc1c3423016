"""How C writes what a row of a graph needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.graphs import Node
from zoo_plugins.exporters.c_helpers import HELPERS, NAN_TESTS, NEEDS, WIDE
from zoo_plugins.exporters.scalar_constants import Constants
from zoo_plugins.exporters.scalar_language import ATOM, COMPARISON, EQUALITY, SIGN, within

TYPES = {"float32": "float", "float64": "double", "int64": "long long", "bool": "bool"}
ENDINGS = {"float32": "f", "float64": "", "int64": "l", "bool": "b"}  # of helpers, as the C library has them
LIMITS = {"float": "80", "double": "700"}  # what exp takes without overflow
LIBRARY = {
    "Abs": "fabs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh", "Atan": "atan", "Atanh": "atanh",
    "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Exp": "exp", "Expm1": "expm1", "Floor": "floor", "Fmod": "fmod",
    "Log": "log",
    "Log1p": "log1p", "Pow": "pow", "Round": "rint", "Sin": "sin", "Sinh": "sinh", "Sqrt": "sqrt", "Tan": "tan",
    "Tanh": "tanh",
}  # fmt: skip
OWN = {"IsInf": "is_infinite", "IsNaN": "is_nan", "Max": "maximum", "Min": "minimum", "Relu": "relu",
       "Sigmoid": "sigmoid", "Sign": "sign_of", "sorted": "sort_to"}  # fmt: skip
BLOCK = 256  # rows of a matrix whose products are added up by themselves, so that rounding stays small


class C(Constants):
    """C of 2011."""

    truth = ("false", "true")
    equal = "=="

    def __init__(self, storage: str = "") -> None:
        super().__init__()
        self._storage = storage
        self._helpers: dict[tuple[str, str], None] = {}

    def helpers(self) -> list[str]:
        """Return the texts of the helpers that are used, each after those that it needs."""
        order = list(HELPERS)
        used = sorted(self._helpers, key=lambda key: (order.index(key[0]), key[1]))
        return [_helper(name, dtype) for name, dtype in used]

    def number(self, value: Any, dtype: np.dtype[Any]) -> str:
        """Return a number in its dtype."""
        if dtype.kind != "f":
            return self.truth[int(value)] if dtype.kind == "b" else whole(int(value))
        return literal(str(dtype.type(value)), dtype)

    def converted(self, text: str, strength: int, source: np.dtype[Any], to: np.dtype[Any]) -> tuple[str, int]:
        """Return an expression in another dtype."""
        if source == to:
            return text, strength
        if to.kind == "b":
            return f"{within((text, strength), COMPARISON)} != 0", EQUALITY
        if to.kind == "i" and source.kind == "f":
            return f"{self.call('to_integer', np.dtype(np.float64))}({text})", ATOM
        return f"({TYPES[to.name]}){within((text, strength), SIGN)}", SIGN

    def rounded(self, text: str, strength: int) -> tuple[str, int]:
        """Return an expression as it is: C computes in the type of the numbers."""
        return text, strength

    def call(self, name: str, dtype: np.dtype[Any]) -> str:
        """Return the name of a function."""
        if name == "Abs" and dtype.kind == "i":
            return "llabs"
        if name in LIBRARY:
            return LIBRARY[name] + ("f" if dtype == np.float32 else "")
        own = OWN.get(name, name)
        for needed in (*NEEDS.get(own, ()), own):
            self._helpers[needed, dtype.name] = None
        return own + ENDINGS[dtype.name]

    def variable(self, name: str, text: str, dtype: np.dtype[Any]) -> str:
        """Return the statement that keeps a number."""
        return f"const {TYPES[dtype.name]} {name} = {text};"

    def array(self, name: str, width: int, dtype: np.dtype[Any]) -> str:
        """Return the statement that makes an array."""
        return f"{self._storage}{TYPES[dtype.name]} {name}[{width}];"

    def loop(self, counter: str, count: int) -> str:
        """Return the head of a loop."""
        return f"for (int {counter} = 0; {counter} < {count}; {counter}++)"

    def product(self, node: Node, x: str, y: str, weights: str, bias: Callable[[str], str]) -> list[str]:
        """Return the statements of a product: two rows of the matrix at a time, and in blocks if it has many."""
        rows, width = node.inputs[0].width, node.width
        each, pairs = self.loop("j", width), rows - rows % 2
        lines = [f"{each} {y}[j] = {bias('j')};"]
        rows_of = f"const {TYPES[node.dtype.name]} *w = {weights} + {width} * i;"
        if rows > 2 * BLOCK:
            part, end = f"{y}_part", f"start + {BLOCK} && i < {pairs}"
            lines += [
                self.array(part, width, node.dtype),
                f"for (int start = 0; start < {pairs}; start += {BLOCK}) {{",
                f"    {each} {part}[j] = 0;",
                *(f"    {line}" for line in _pairs(x, part, rows_of, each, width, end, "start")),
                f"    {each} {y}[j] += {part}[j];",
                "}",
            ]
        elif pairs:
            lines += _pairs(x, y, rows_of, each, width, str(pairs))
        last = [f"{each} {y}[j] += {x}[{rows - 1}] * {weights}[{_offset(width * (rows - 1))}j];"]
        return lines + last * (rows % 2)


def _helper(name: str, dtype: str) -> str:
    """Return the text of a helper for a type; integers are never NaN."""
    kind, text = TYPES[dtype], HELPERS[name]
    for test in NAN_TESTS if kind not in LIMITS else ():
        text = text.replace(test, "")
    text = text.replace("WIDE", WIDE.get(kind, kind)).replace("TYPE", kind)
    return text.replace("LIMIT", LIMITS.get(kind, "")).replace("_E", ENDINGS[dtype])


def _offset(start: int) -> str:
    return f"{start} + " if start else ""


def _pairs(x: str, y: str, rows_of: str, each: str, width: int, end: str, start: str = "0") -> list[str]:
    """Return the loop that adds the products with two rows of a matrix at a time."""
    return [
        f"for (int i = {start}; i < {end}; i += 2) {{",
        f"    {rows_of}",
        f"    {each} {y}[j] += {x}[i] * w[j] + {x}[i + 1] * w[{width} + j];",
        "}",
    ]


def literal(text: str, dtype: np.dtype[Any]) -> str:
    """Return a number of Python as C writes it in a dtype."""
    known = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}
    if dtype.kind == "f":
        return known.get(text, text + ENDINGS[dtype.name])
    return text if dtype.kind == "b" else whole(int(text))


def whole(value: int) -> str:
    """Return an integer; the smallest one has no text of its own in C."""
    if value == -(1 << 63):
        return "(-9223372036854775807LL - 1)"
    return str(value) if abs(value) < 1 << 31 else f"{value}LL"
