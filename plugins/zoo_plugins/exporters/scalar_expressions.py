"""Operators of graphs as expressions of one number, for C and JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from zoo_core.graphs import Node
from zoo_plugins.exporters.scalar_language import (
    AND,
    ATOM,
    CHOICE,
    COMPARISON,
    EQUALITY,
    OR,
    PRODUCT,
    SIGN,
    SUM,
    Language,
    within,
)

INFIX = {
    "Add": ("+", SUM), "Sub": ("-", SUM), "Mul": ("*", PRODUCT), "Div": ("/", PRODUCT),
    "Greater": (">", COMPARISON), "GreaterOrEqual": (">=", COMPARISON), "Less": ("<", COMPARISON),
    "LessOrEqual": ("<=", COMPARISON), "And": ("&&", AND), "Or": ("||", OR), "Xor": ("!=", EQUALITY),
}  # fmt: skip
OPPOSITE = {"+": "-", "-": "+"}
LOGIC = {"Add": "Or", "Max": "Or", "Mul": "And", "Min": "And"}  # what arithmetic means for truth values
CALLS = {
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Exp", "Expm1", "Floor", "Fmod",
    "IsInf",
    "IsNaN", "Log", "Log1p", "Max", "Min", "Pow", "Relu", "Round", "Sigmoid", "Sign", "Sin", "Sinh", "Sqrt", "Tan",
    "Tanh",
}  # fmt: skip
EXACT = {"Abs", "Ceil", "Floor", "Fmod", "Max", "Min", "Relu", "Round", "Sign"}  # of float32, they give float32
WHOLE = {"Ceil", "Floor", "Round"}  # they leave integers as they are


class Text(NamedTuple):
    """An expression.

    Args:
        text: what stands in the file.
        strength: how strongly it binds.
        is_wide: whether it has more digits than its dtype, so that it is rounded where it is used.
    """

    text: str
    strength: int = ATOM
    is_wide: bool = False


def expression(node: Node, operands: list[Text], language: Language) -> Text:
    """Return the expression of one entry of a node, given those of its inputs."""
    given = [settled(text, other.dtype, language) for text, other in zip(operands, node.inputs, strict=False)]
    op = LOGIC.get(node.op, node.op) if node.dtype.kind == "b" else node.op
    if op in SPECIAL:
        return SPECIAL[op](node, given, language)
    is_wide = node.dtype == np.float32 and op not in EXACT
    if op in INFIX:
        return Text(*_infix(op, given), is_wide)
    if op not in CALLS:
        raise NotImplementedError(f"operator {op!r}")
    name = language.call(op, node.inputs[0].dtype)
    return Text(f"{name}({', '.join(text for text, _ in given)})", ATOM, is_wide)


def settled(text: Text, dtype: np.dtype[np.generic], language: Language) -> tuple[str, int]:
    """Return an expression that has the digits of its dtype."""
    return language.rounded(*text[:2]) if text.is_wide else text[:2]


def _infix(op: str, given: list[tuple[str, int]]) -> tuple[str, int]:
    """Return an expression; comparisons and logic stand in parentheses beside each other, for people."""
    sign, strength = INFIX[op]
    text, bound = given[1]
    if strength == SUM and bound == SIGN and text[1:2].isdigit():  # a negative number
        sign, given = OPPOSITE[sign], [given[0], (text[1:], ATOM)]
    if strength < SUM:
        left, right = (within(operand, COMPARISON) for operand in given)
    else:
        left, right = within(given[0], strength - 1), within(given[1], strength)
    return f"{left} {sign} {right}", strength


def _where(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    condition, yes, no = (within(operand, CHOICE) for operand in given)
    return Text(f"{condition} ? {yes} : {no}", CHOICE)


def _neg(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    return Text(f"-{within(given[0], SIGN)}", SIGN)


def _not(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    return Text(f"!{within(given[0], SIGN)}", SIGN)


def _equal(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    sign = "==" if node.inputs[0].dtype.kind == "b" else language.equal
    left, right = (within(operand, COMPARISON) for operand in given)
    return Text(f"{left} {sign} {right}", EQUALITY)


def _reciprocal(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    one = language.number(1, node.dtype)
    return Text(f"{one} / {within(given[0], PRODUCT)}", PRODUCT, node.dtype == np.float32)


def _cast(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    return Text(*language.converted(*given[0], node.inputs[0].dtype, node.dtype))


def _whole(op: str) -> Callable[[Node, list[tuple[str, int]], Language], Text]:
    """Return what rounds: a float is rounded, an integer stays. The quotient of integers is rounded down."""

    def rounded(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
        if node.inputs[0].dtype.kind != "f":
            return Text(*given[0])
        return Text(f"{language.call(op, node.dtype)}({given[0][0]})")

    return rounded


def _div(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
    if node.dtype.kind == "f":
        return Text(*_infix("Div", given), node.dtype == np.float32)
    wide = np.dtype(np.float64)
    parts = [language.converted(*operand, node.dtype, wide) for operand in given]
    quotient = f"{language.call('Floor', wide)}({_infix('Div', parts)[0]})"
    return Text(*language.converted(quotient, ATOM, wide, node.dtype))


def _never(node: Node, given: list[tuple[str, int]], language: Language) -> Text | None:
    return None if node.inputs[0].dtype.kind == "f" else Text(language.truth[0])


def _test(op: str) -> Callable[[Node, list[tuple[str, int]], Language], Text]:
    """Return what asks whether a number is NaN or infinite; an integer never is."""

    def test(node: Node, given: list[tuple[str, int]], language: Language) -> Text:
        call = f"{language.call(op, node.inputs[0].dtype)}({given[0][0]})"
        return _never(node, given, language) or Text(call)

    return test


SPECIAL: dict[str, Callable[[Node, list[tuple[str, int]], Language], Text]] = {
    "Where": _where, "Neg": _neg, "Not": _not, "Equal": _equal, "Reciprocal": _reciprocal, "Cast": _cast, "Div": _div,
    "IsNaN": _test("IsNaN"), "IsInf": _test("IsInf"),
    **{op: _whole(op) for op in WHOLE},
}  # fmt: skip
