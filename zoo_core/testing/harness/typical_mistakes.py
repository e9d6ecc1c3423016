"""Typical mistakes in a backward pass, each with the gradient that it would give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoo_core.nn import central_difference, central_differences
from zoo_core.parts import Activation, Array, Transform
from zoo_core.testing.harness.transform_harness import backward, forward

OF_OUTPUT = "the derivative is taken at the output, not at z"


def typical_mistakes(part: Transform, x: Array, y: Array, grad: Array) -> Iterator[tuple[str, Array]]:
    """Yield the description of each mistake, and the d loss / d x that it would give for `y = f(x)`."""
    if x.shape == y.shape:
        yield from _mistakes_of_transforms(part, x, y, grad)
        if isinstance(part, Activation):
            yield from _mistakes_of_activations(part, x, y, grad)
    else:
        yield "the factor `grad` is missing", _slopes(part, x, np.ones_like(y))


def _mistakes_of_transforms(part: Transform, x: Array, y: Array, grad: Array) -> Iterator[tuple[str, Array]]:
    plain = _slopes(part, x, np.ones_like(grad))
    yield "the gradient is passed on unchanged, as if f(x) = x", grad
    yield "the factor `grad` is missing: this is f'(x) alone", plain
    right = _slopes(part, x, grad)
    elementwise = _diagonal(part, x)
    if not np.allclose(elementwise * grad, right, atol=1e-9):
        mixed = "in forward an output depends on several entries, but backward treats each entry alone"
        yield f"{mixed}: write the whole product with the Jacobian in `backward`", elementwise * grad
    yield "the factor `grad` is there twice", plain * grad * grad
    yield "it is f(x) times `grad`, not f'(x)", y * grad
    yield "the reciprocal is taken: grad / f'(x)", grad / np.where(plain == 0, np.nan, plain)
    yield "the derivative is taken at -x", _slopes(part, -x, grad)


def _mistakes_of_activations(part: Activation, z: Array, a: Array, grad: Array) -> Iterator[tuple[str, Array]]:
    at_output = _slopes(part, a, np.ones_like(a))
    yield f"{OF_OUTPUT}: it is f'(a), where a = f(z)", at_output * grad
    if _is_rule_for_output(part, z):
        yield f"{OF_OUTPUT}: the formula is one for a = f(z), but it is applied to z", backward(part, z, a, grad)


def _is_rule_for_output(part: Activation, z: Array) -> bool:
    """Return whether the formula of `backward` is correct when applied to the output, as 1 - z^2 is for tanh."""
    ones, a = np.ones_like(z), forward(part, z, z.shape[1])
    right, got = _slopes(part, z, ones), backward(part, a, forward(part, a, a.shape[1]), ones)
    return np.allclose(got, right, rtol=1e-5, atol=1e-8)


def _slopes(part: Transform, x: Array, weights: Array) -> Array:
    """Return the central differences of sum(weights * f(x)) with respect to each entry of x."""
    moved = x.copy()
    return central_differences(lambda: float((forward(part, moved, weights.shape[1]) * weights).sum()), moved)


def _diagonal(part: Transform, x: Array) -> Array:
    """Return the diagonal of the Jacobian, d y[i, j] / d x[i, j]."""
    moved, result = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        result[index] = central_difference(lambda: forward(part, moved, x.shape[1]), moved, index)[index]
    return result
