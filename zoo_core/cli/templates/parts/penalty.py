# spec: activation = "relu"
# with: activation = "relu"
# with: regularizers = ["part_name"]
"""A penalty on weights for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core import hookimpl
from zoo_core.parts import Penalty


@dataclass
class PartName(Penalty):
    """strength * sum(sqrt(w^2 + width^2) - width): like |w| far from zero, and smooth near it.

    strength: 0 to 1e6; width: where it becomes round, above 0 and up to 1e6.
    """

    name = "part_name"

    strength: Annotated[float, Ge(0), Le(1e6)] = 1e-4
    width: Annotated[float, Gt(0), Le(1e6)] = 0.1

    def value(self, weights):
        """Return the term for a matrix of shape (inputs, units)."""
        return self.strength * float(np.sum(np.hypot(weights, self.width) - self.width))

    def gradient(self, weights, out):
        """Write d term / d weights."""
        np.hypot(weights, self.width, out=out)
        np.divide(weights, out, out=out)
        out *= self.strength


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
