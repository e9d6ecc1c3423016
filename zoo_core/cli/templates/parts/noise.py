# spec: activation = "relu"
# with: activation = "relu"
# with: regularizers = ["part_name"]
"""Noise on a layer's outputs for the zoo, in training only."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core import hookimpl
from zoo_core.parts import Noise


@dataclass
class PartName(Noise):
    """y = x (1 + u), u drawn uniformly from -spread to spread for each number.

    spread: 0 to 1.
    """

    name = "part_name"

    spread: Annotated[float, Ge(0), Le(1)] = 0.3

    def forward(self, x, out):
        """Draw from the given generator, `self.rng`, and write y."""
        self._factor = self.rng.uniform(1 - self.spread, 1 + self.spread, x.shape).astype(x.dtype)
        np.multiply(x, self._factor, out=out)

    def backward(self, x, y, grad, out):
        """Write d loss / d x through the numbers drawn in `forward`."""
        np.multiply(grad, self._factor, out=out)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
