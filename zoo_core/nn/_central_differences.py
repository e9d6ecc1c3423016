"""Derivatives by central differences: (f(x + h) - f(x - h)) / 2h.

Source: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), eq. 25.3.21.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_core.parts import Array

CENTRAL_STEP = 1e-5  # h


def central_difference(function: Callable[[], Any], array: Array, index: Any, step: float = CENTRAL_STEP) -> Any:
    """Return the derivative of a function of `array` by its entry `index`, which is changed and put back.

    `function()` returns a number or an array. If `index` selects several entries, all are shifted together.
    """
    middle = np.array(array[index])
    array[index] = middle + step
    above = function()
    array[index] = middle - step
    below = function()
    array[index] = middle
    return (above - below) / (2 * step)


def central_differences(function: Callable[[], float], array: Array, step: float = CENTRAL_STEP) -> Array:
    """Return the derivative of a function by each entry of `array`, in the shape of `array`."""
    result = np.empty_like(array)
    for index in np.ndindex(array.shape):
        result[index] = central_difference(function, array, index, step)
    return result
