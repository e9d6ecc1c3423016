"""What a language with plain loops must bring, so that the functions of a graph can be written in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from zoo_core.graphs import Node
from zoo_core.parts import Array

# How strongly an operator binds in C and in JavaScript, from weak to strong; a call, a name or a number is an ATOM.
CHOICE, OR, AND, EQUALITY, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(1, 10)
WIDTH = 100  # of a line


class Language(Protocol):
    """A language whose expressions look like those of C.

    Helpers are functions that stand in the written file once they are used. They work on one number, or on an array
    and its length.
    """

    truth: tuple[str, str]  # how it writes false and true
    equal: str

    def number(self, value: Any, dtype: np.dtype[Any]) -> str:
        """Return a number in its dtype."""

    def converted(self, text: str, strength: int, source: np.dtype[Any], to: np.dtype[Any]) -> tuple[str, int]:
        """Return an expression in another dtype, and how strongly it binds."""

    def rounded(self, text: str, strength: int) -> tuple[str, int]:
        """Return an expression of float32 that the language may compute with more digits, with those of float32."""

    def call(self, name: str, dtype: np.dtype[Any]) -> str:
        """Return the name of a function of the language, or of a helper, for an operator or a name in lower case."""

    def variable(self, name: str, text: str, dtype: np.dtype[Any]) -> str:
        """Return the statement that keeps a number."""

    def array(self, name: str, width: int, dtype: np.dtype[Any]) -> str:
        """Return the statement that makes an array."""

    def loop(self, counter: str, count: int) -> str:
        """Return the head of a loop."""

    def product(self, node: Node, x: str, y: str, weights: str, bias: Callable[[str], str]) -> list[str]:
        """Return the statements that multiply a row `x` by a matrix and add the bias, whose entry `bias` gives."""

    def kept(self, value: Array, name: str) -> str:
        """Keep a constant array, and return its name in the file."""


def within(operand: tuple[str, int], strength: int) -> str:
    """Return an operand, in parentheses unless it binds more strongly."""
    text, own = operand
    return text if own > strength else f"({text})"
