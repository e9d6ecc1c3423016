"""What the core does with a transform: it sets up weights, a generator and buffers, and runs the part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.errors import SpecError
from zoo_core.nn import set_up
from zoo_core.parts import Activation, Array, Transform

ROWS, WIDTH = 6, 5
OTHER_WIDTHS = 6, 4, 8, 9, 10, 12, 16, 32, 64  # for parts that refuse an odd number of columns, or need many
NEAR, FAR = 1.5, 6.0  # standard deviations of inputs


def start_part(part: Transform, width: int, dtype: Any = np.float64, seed: int = 0) -> None:
    """Set up a transform as the core does, then change its weights, so that they are not the first values."""
    rng = np.random.default_rng(seed)
    set_up(part, width, dtype, rng)
    for weights in part.weights.values():
        weights += rng.uniform(0.05, 0.3, weights.shape)


def fitting_width(make: Callable[[], Transform]) -> int:
    """Return a number of columns that a transform takes: `WIDTH`, or the first other one that it does not refuse.

    A part refuses one by a ValueError or a SpecError in `input_width`, `parameters` or `start`.
    """
    return next((width for width in (WIDTH, *OTHER_WIDTHS) if takes_width(make(), width)), WIDTH)


def takes_width(part: Transform, width: int) -> bool:
    """Return whether a transform takes a number of columns."""
    try:
        columns = input_width(part, width)
        start_part(part, width)
    except (ValueError, SpecError):
        return False
    return columns != 0


def input_width(part: Transform, width: int) -> int:
    """Return the number of input columns for `width` output columns."""
    return part.input_width(width) if isinstance(part, Activation) else width


def sample_inputs(part: Transform, rows: int, width: int, seed: int = 1, spread: float = NEAR) -> Array:
    """Return inputs, at least 0.05 away from the kinks."""
    x = np.random.default_rng(seed).normal(0.0, spread, (rows, input_width(part, width)))
    for kink in getattr(part, "kinks", ()):
        near = np.abs(x - kink) < 0.05
        x[near] = kink + np.where(x[near] < kink, -0.1, 0.1)
    return x


def forward(part: Transform, x: Array, width: int, *, seed: int = 2) -> Array:
    """Run `forward` with a reset generator."""
    reseed(part, seed)
    out = np.zeros((len(x), width), x.dtype)
    part.forward(x, out)
    return out


def reseed(part: Transform, seed: int) -> None:
    """Reset the generator of a part in place, since the core never replaces it."""
    if not hasattr(part, "rng"):
        part.rng = np.random.default_rng()
    part.rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def infer(part: Transform, x: Array, width: int) -> Array:
    """Run `infer`."""
    out = np.zeros((len(x), width), x.dtype)
    part.infer(x, out)
    return out


def backward(part: Transform, x: Array, y: Array, grad: Array) -> Array:
    """Run `backward`."""
    out = np.zeros_like(x)
    part.backward(x, y, grad, out)
    return out


def upstream_gradient(rows: int, width: int, dtype: Any = np.float64) -> Array:
    """Return the gradient of a loss with respect to the outputs."""
    return np.random.default_rng(3).normal(size=(rows, width)).astype(dtype)
