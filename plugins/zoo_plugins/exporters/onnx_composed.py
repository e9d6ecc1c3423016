"""Operators that ONNX lacks, or that ONNX Runtime computes in float32 alone, from several others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from zoo_core.graphs import Node
from zoo_core.parts import Array

LARGE = 1e17  # the arc tangent of a larger number is that of this one, to the last digit of float64


class Writer(Protocol):
    """What these functions need of a writer: nodes and constants, by their names."""

    def made(self, op: str, inputs: list[str], stage: str, outputs: int = 1, **options: Any) -> str:
        """Return the name of what an operator gives."""

    def constant(self, value: Array, name: str = "") -> str:
        """Return the name of a constant."""

    def type_of(self, dtype: Any) -> int:
        """Return ONNX's number for a dtype."""


class Terms:
    """Writes operators of one dtype; numbers become constants."""

    def __init__(self, writer: Writer, node: Node) -> None:
        self._writer, self._stage, self._dtype = writer, node.stage, node.dtype

    def __call__(self, op: str, *inputs: str | float, **options: Any) -> str:
        """Return the name of what an operator gives."""
        names = [i if isinstance(i, str) else self._writer.constant(np.asarray(i, self._dtype)) for i in inputs]
        return self._writer.made(op, names, self._stage, **options)

    def reduced(self, op: str, x: str) -> str:
        """Return a reduction over columns."""
        axes = self._writer.constant(np.array([1], np.int64))
        return self._writer.made(op, [x, axes], self._stage)

    def cast(self, x: str, dtype: Any) -> str:
        """Return an array in another dtype."""
        return self._writer.made("Cast", [x], self._stage, to=self._writer.type_of(dtype))


def _log_softmax(t: Terms, x: str) -> str:
    """Write it out: onnx.reference takes the logarithm of Softmax, which may be 0 (onnx issue 8423)."""
    below = t("Sub", x, t.reduced("ReduceMax", x))
    return t("Sub", below, t("Log", t.reduced("ReduceSum", t("Exp", below))))


def _hyperbolic(op: str) -> Callable[[Terms, str], str]:
    return lambda t, x: t("Mul", t(op, t("Exp", x), t("Exp", t("Neg", x))), 0.5)


def _asinh(t: Terms, x: str) -> str:
    size = t("Abs", x)
    return t("Mul", t("Sign", x), t("Log", t("Add", size, t("Sqrt", t("Add", t("Mul", size, size), 1.0)))))


def _acosh(t: Terms, x: str) -> str:
    return t("Log", t("Add", x, t("Sqrt", t("Sub", t("Mul", x, x), 1.0))))


def _atanh(t: Terms, x: str) -> str:
    return t("Mul", t("Log", t("Div", t("Add", x, 1.0), t("Sub", 1.0, x))), 0.5)


def _atan(t: Terms, x: str) -> str:
    """Write the arc tangent y in float32 and one step of Newton's method for tan(y) = x in float64."""
    x = t("Max", t("Min", x, LARGE), -LARGE)
    y = t.cast(t("Atan", t.cast(x, np.float32)), np.float64)
    sine, cosine = t("Sin", y), t("Cos", y)
    step = t("Div", t("Sub", t("Mul", x, cosine), sine), t("Add", cosine, t("Mul", x, sine)))
    return t("Add", y, step)


def _asin(t: Terms, x: str) -> str:
    return _atan(t, t("Div", x, t("Sqrt", t("Mul", t("Sub", 1.0, x), t("Add", x, 1.0)))))


ALWAYS: dict[str, Callable[[Terms, str], str]] = {
    "Expm1": lambda t, x: t("Sub", t("Exp", x), 1.0),
    "Log1p": lambda t, x: t("Log", t("Add", x, 1.0)),
    "LogSoftmax": _log_softmax,
}
FLOAT64: dict[str, Callable[[Terms, str], str]] = {
    "Acos": lambda t, x: t("Sub", math.pi / 2, _asin(t, x)),
    "Acosh": _acosh,
    "Asin": _asin,
    "Asinh": _asinh,
    "Atan": _atan,
    "Atanh": _atanh,
    "Cosh": _hyperbolic("Add"),
    "Sinh": _hyperbolic("Sub"),
    "Tan": lambda t, x: t("Div", t("Sin", x), t("Cos", x)),
}


def composed(node: Node) -> Callable[[Terms, str], str] | None:
    """Return the function that writes an operator from others, or None: ONNX has it in this dtype."""
    return ALWAYS.get(node.op) or (FLOAT64.get(node.op) if node.dtype == np.float64 else None)
