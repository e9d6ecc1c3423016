# spec: activation = "relu"
# with: activation = "part_name"
"""An activation for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core import hookimpl
from zoo_core.parts import Activation


@dataclass
class PartName(Activation):
    """f(z) = z + bend (sqrt(z^2 + 1) - 1), a line that bends at zero.

    bend: how much, 0 to 1. f'(z) = 1 + bend z / sqrt(z^2 + 1).
    """

    name = "part_name"

    bend: Annotated[float, Ge(0), Le(1)] = 0.5

    def forward(self, x, out):
        """Write f(x), for inputs of shape (rows, units)."""
        np.hypot(x, 1, out=out)
        out -= 1
        out *= self.bend
        out += x

    def derivative(self, z, a, out):
        """Write f'(z); `a` is f(z)."""
        np.hypot(z, 1, out=out)
        np.divide(z, out, out=out)
        out *= self.bend
        out += 1


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
