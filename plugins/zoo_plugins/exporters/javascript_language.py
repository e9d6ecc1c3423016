"""How JavaScript writes what a row of a graph needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.graphs import Node
from zoo_plugins.exporters.scalar_constants import Constants
from zoo_plugins.exporters.scalar_language import ATOM, COMPARISON, EQUALITY, within

ARRAYS = {"float32": "Float32Array", "float64": "Float64Array", "int64": "Float64Array", "bool": "Uint8Array"}
MATH = {
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Exp", "Expm1", "Floor", "Log",
    "Log1p", "Max", "Min", "Sign", "Sin", "Sinh", "Sqrt", "Tan", "Tanh",
}  # fmt: skip
NAMES = {
    "IsInf": "is_infinite",
    "Fmod": "rest",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "IsNaN": "Number.isNaN",
    "Round": "round_half_to_even",
    "Pow": "power",
    "sorted": "sort_to",
}
HELPERS = {
    "is_infinite": """// Whether x is Infinity or -Infinity.
function is_infinite(x) {
    return Math.abs(x) === Infinity;
}""",
    "rest": """// What is left of x after whole multiples of y, with the sign of x.
function rest(x, y) {
    return x % y;
}""",
    "relu": """function relu(x) {
    return Math.max(x, 0);
}""",
    "sigmoid": """// 1 / (1 + e^-x), without overflow of a float32.
function sigmoid(x) {
    return 1 / (1 + Math.exp(Math.min(-x, 80)));
}""",
    "sigmoid_64": """// 1 / (1 + e^-x), without overflow.
function sigmoid_64(x) {
    return 1 / (1 + Math.exp(Math.min(-x, 700)));
}""",
    "round_half_to_even": """// The nearest whole number; of two that are as near, the even one.
function round_half_to_even(x) {
    const below = Math.floor(x);
    if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
    return Math.round(x);
}""",
    "power": """// x to the power of y; 1 is 1 to any power, and so is -1 to an infinite one.
function power(x, y) {
    return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}""",
    "to_integer": """// The whole number towards 0, in the range of 64 bits.
function to_integer(x) {
    return Math.abs(x) < 9223372036854775808 ? Math.trunc(x) : -9223372036854775808;
}""",
    "place": """// A place in an array of n numbers: negative ones count from its end.
function place(index, n) {
    return Math.min(Math.max(index < 0 ? index + n : index, 0), n - 1);
}""",
    "sum": """function sum(x, n) {
    let total = 0;
    for (let j = 0; j < n; j++) total += x[j];
    return total;
}""",
    "product": """function product(x, n) {
    let total = 1;
    for (let j = 0; j < n; j++) total *= x[j];
    return total;
}""",
    "largest": """function largest(x, n) {
    let found = x[0];
    for (let j = 1; j < n; j++) found = Math.max(found, x[j]);
    return found;
}""",
    "smallest": """function smallest(x, n) {
    let found = x[0];
    for (let j = 1; j < n; j++) found = Math.min(found, x[j]);
    return found;
}""",
    "index_of_largest": """// The place of the largest number: the first of equal ones, and the first NaN before all.
function index_of_largest(x, n) {
    let found = 0;
    for (let j = 1; j < n; j++) {
        if (!Number.isNaN(x[found]) && !(x[j] <= x[found])) found = j;
    }
    return found;
}""",
    "running_sum": """function running_sum(x, n, y) {
    y[0] = x[0];
    for (let j = 1; j < n; j++) y[j] = y[j - 1] + x[j];
}""",
    "sort_to": """// The numbers of x in order, the smallest first, NaN last.
function sort_to(x, n, y) {
    y.set(x);
    y.sort();
}""",
    "add_products": """// Adds the products of x and each column of a matrix, whose rows stand in sequence, to sums.
// Four rows at a time: the sums then wait for memory a quarter as often.
function add_products(x, matrix, sums) {
    const width = sums.length, fours = x.length - x.length % 4;
    for (let i = 0; i < fours; i += 4) {
        const a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
        if (a === 0 && b === 0 && c === 0 && d === 0) continue;
        for (let j = 0, k = width * i; j < width; j++, k++) {
            sums[j] = sums[j] + a * matrix[k] + b * matrix[k + width]
                + c * matrix[k + 2 * width] + d * matrix[k + 3 * width];
        }
    }
    for (let i = fours; i < x.length; i++) {
        for (let j = 0, k = width * i; j < width; j++, k++) sums[j] += x[i] * matrix[k];
    }
}""",
    "unpacked": """// An array of numbers whose bytes, the lowest of each number first, stand in a text in base 64.
const DIGITS = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const DIGIT_OF = new Int8Array(128).fill(-1);
DIGITS.forEach((digit, place) => { DIGIT_OF[digit.charCodeAt(0)] = place; });

function unpacked(kind, count, text) {
    const array = new kind(count), bytes = new Uint8Array(array.buffer);
    let at = 0, held = 0, bits = 0;
    for (let i = 0; i < text.length; i++) {
        const digit = DIGIT_OF[text.charCodeAt(i)];
        if (digit < 0) continue;
        held = (held << 6) | digit;
        bits += 6;
        if (bits >= 8) bytes[at++] = held >> (bits -= 8);
    }
    return array;
}""",
    "softmax": """// Powers of e that add up to 1.
function softmax(x, n, y) {
    const top = largest(x, n);
    for (let j = 0; j < n; j++) y[j] = Math.exp(x[j] - top);
    const total = sum(y, n);
    for (let j = 0; j < n; j++) y[j] /= total;
}""",
    "log_softmax": """// The logarithm of softmax.
function log_softmax(x, n, y) {
    const top = largest(x, n);
    let total = 0;
    for (let j = 0; j < n; j++) total += Math.exp(x[j] - top);
    for (let j = 0; j < n; j++) y[j] = x[j] - top - Math.log(total);
}""",
}
NEEDS = {"softmax": ("largest", "sum"), "log_softmax": ("largest",)}


class JavaScript(Constants):
    """JavaScript, in strict mode. Numbers are of float64, and float32 is rounded where arithmetic was done."""

    truth = ("false", "true")
    equal = "==="

    def __init__(self) -> None:
        super().__init__()
        self._helpers: set[str] = set()

    def helpers(self) -> list[str]:
        """Return the texts of the helpers that are used."""
        return [text for name, text in HELPERS.items() if name in self._helpers]

    def number(self, value: Any, dtype: np.dtype[Any]) -> str:
        """Return a number; one of float32 has the digits of its value in float64."""
        if dtype.kind != "f":
            return self.truth[int(value)] if dtype.kind == "b" else str(int(value))
        return literal(repr(float(value)))

    def converted(self, text: str, strength: int, source: np.dtype[Any], to: np.dtype[Any]) -> tuple[str, int]:
        """Return an expression in another dtype."""
        if to.kind == "b":
            return (
                (text, strength) if source.kind == "b" else (f"{within((text, strength), COMPARISON)} !== 0", EQUALITY)
            )
        if source.kind == "b":
            return f"Number({text})", ATOM
        if to.kind == "i" and source.kind == "f":
            return f"{self.call('to_integer', source)}({text})", ATOM
        return self.rounded(text, strength) if to == np.float32 and source != np.float32 else (text, strength)

    def rounded(self, text: str, strength: int) -> tuple[str, int]:
        """Return an expression as a float32."""
        return f"fround({text})", ATOM

    def call(self, name: str, dtype: np.dtype[Any]) -> str:
        """Return the name of a function."""
        if name in MATH:
            return f"Math.{name.lower()}"
        found = NAMES.get(name, name)
        found = "sigmoid_64" if found == "sigmoid" and dtype == np.float64 else found
        self._helpers |= {found, *NEEDS.get(found, ())} & set(HELPERS)
        return found

    def variable(self, name: str, text: str, dtype: np.dtype[Any]) -> str:
        """Return the statement that keeps a number."""
        return f"const {name} = {text};"

    def array(self, name: str, width: int, dtype: np.dtype[Any]) -> str:
        """Return the statement that makes an array."""
        return f"const {name} = new {ARRAYS[dtype.name]}({width});"

    def loop(self, counter: str, count: int) -> str:
        """Return the head of a loop."""
        return f"for (let {counter} = 0; {counter} < {count}; {counter}++)"

    def product(self, node: Node, x: str, y: str, weights: str, bias: Callable[[str], str]) -> list[str]:
        """Return the statements of a product; sums are kept in float64."""
        sums = y if node.dtype == np.float64 else f"{y}_sums"
        lines = [
            f"{self.loop('j', node.width)} {sums}[j] = {bias('j')};",
            f"{self.call('add_products', node.dtype)}({x}, {weights}, {sums});",
        ]
        made = f"const {sums} = new Float64Array({node.width});"
        return lines if sums == y else [made, *lines, f"{y}.set({sums});"]


def literal(text: str) -> str:
    """Return a number as JavaScript writes it, from Python's text."""
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(text, text.removesuffix(".0"))
