# spec: activation = "relu"
# with: activation = "relu"
# with: regularizers = ["part_name"]
"""A constraint on weights for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core import hookimpl
from zoo_core.parts import Constraint


@dataclass
class PartName(Constraint):
    """Clips every weight to the range from -limit to limit after each update, from step `first` on.

    limit: above 0 and up to 1e6; first: 1 or more.
    """

    name = "part_name"
    state = ("steps",)  # saved in the model and in checkpoints

    limit: Annotated[float, Gt(0), Le(1e6)] = 0.5
    first: Annotated[int, Ge(1)] = 1

    def start(self, shape, dtype):
        """Make the state, for a weight matrix of a shape. Leave the method out if there is none."""
        self.steps = 0

    def constrain(self, weights):
        """Change a matrix of shape (inputs, units) in place; called once after each step."""
        self.steps += 1
        if self.steps >= self.first:
            np.clip(weights, -self.limit, self.limit, out=weights)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
