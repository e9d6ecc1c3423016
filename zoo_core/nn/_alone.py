"""A transform outside a network, with arrays of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.contract import checked_parameters, initialize
from zoo_core.parts import Array, Initializer, Parameter, Transform


def set_up(part: Transform, width: int, dtype: DTypeLike, rng: np.random.Generator, gain: float = 1.0) -> None:
    """Give a transform of `width` outputs its generator and its parameters, then start it.

    Raises PluginError if an initializer of the part writes nothing.
    """
    declared = checked_parameters(part, width)
    part.rng = rng
    part.weights = {name: np.empty(parameter.shape, dtype) for name, parameter in declared.items()}
    part.gradients = {name: np.zeros_like(weights) for name, weights in part.weights.items()}
    part.start(width, dtype)
    for name, parameter in declared.items():
        set_first_value(parameter, part.weights[name], rng, gain)


def set_first_value(parameter: Parameter, out: Array, rng: np.random.Generator, gain: float) -> None:
    """Write the first value of a parameter. Raises PluginError if its initializer writes nothing."""
    if isinstance(parameter.initial, Initializer):
        initialize(parameter.initial, out, rng, gain)
    else:
        out[...] = parameter.initial
