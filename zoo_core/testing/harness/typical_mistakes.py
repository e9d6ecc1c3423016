"""Typical mistakes in a backward pass, each with the numbers that it would give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoo_core.nn import central_difference, central_differences
from zoo_core.parts import Activation, Array, Transform
from zoo_core.testing.harness.transform_harness import backward, forward

OF_OUTPUT = "the derivative is of the output, not of z"


def suspects_of(part: Transform, x: Array, y: Array, grad: Array) -> Iterator[tuple[str, Array]]:
    """Yield mistakes in words and d loss / d x as each would give it, for `y = f(x)` and `grad` behind it."""
    if x.shape == y.shape:
        yield from _shared(part, x, y, grad)
        if isinstance(part, Activation):
            yield from _activation(part, x, y, grad)
    else:
        yield "`grad` is not multiplied in", _slopes(part, x, np.ones_like(y))


def _shared(part: Transform, x: Array, y: Array, grad: Array) -> Iterator[tuple[str, Array]]:
    plain = _slopes(part, x, np.ones_like(grad))
    yield "the gradient is passed straight through, as if f(x) = x", grad
    yield "`grad` is not multiplied in: this is f'(x) alone", plain
    right = _slopes(part, x, grad)
    elementwise = _diagonal(part, x)
    if not np.allclose(elementwise * grad, right, atol=1e-9):
        mixing = "the entries of a row mix in forward, or rows do, and backward treats each entry alone"
        yield f"{mixing}: write the whole product with the Jacobian in `backward`", elementwise * grad
    yield "`grad` is multiplied in twice", plain * grad * grad
    yield "it is f(x) times `grad`, not f'(x)", y * grad
    yield "the reciprocal is taken: grad / f'(x)", grad / np.where(plain == 0, np.nan, plain)
    yield "the derivative is taken at -x", _slopes(part, -x, grad)


def _activation(part: Activation, z: Array, a: Array, grad: Array) -> Iterator[tuple[str, Array]]:
    at_output = _slopes(part, a, np.ones_like(a))
    yield f"{OF_OUTPUT}: it is f'(a), where a = f(z)", at_output * grad
    if _is_rule_for_output(part, z):
        yield f"{OF_OUTPUT}: the formula is one for a = f(z), and z was put into it", backward(part, z, a, grad)


def _is_rule_for_output(part: Activation, z: Array) -> bool:
    """Tell whether what `backward` computes from z is what is right where the output is z, as 1 - z^2 for tanh."""
    ones, a = np.ones_like(z), forward(part, z, z.shape[1])
    right, got = _slopes(part, z, ones), backward(part, a, forward(part, a, a.shape[1]), ones)
    return np.allclose(got, right, rtol=1e-5, atol=1e-8)


def _slopes(part: Transform, x: Array, weights: Array) -> Array:
    """Return the central differences of sum(weights * f(x)), entry by entry of x."""
    moved = x.copy()
    return central_differences(lambda: float((forward(part, moved, weights.shape[1]) * weights).sum()), moved)


def _diagonal(part: Transform, x: Array) -> Array:
    """Return d y[i, j] / d x[i, j] alone."""
    moved, result = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        result[index] = central_difference(lambda: forward(part, moved, x.shape[1]), moved, index)[index]
    return result
