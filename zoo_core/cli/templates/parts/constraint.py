# spec: activation = "relu"
# with: activation = "relu"
# with: regularizers = ["part_name"]
"""A constraint on weights for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from zoo_core import hookimpl
from zoo_core.parts import Constraint


@dataclass
class PartName(Constraint):
    """Clips every weight to the range from -limit to limit after each update.

    limit: above 0 and up to 1e6.
    """

    name = "part_name"

    limit: Annotated[float, Gt(0), Le(1e6)] = 0.5

    def constrain(self, weights):
        """Change a matrix of shape (inputs, units) in place."""
        np.clip(weights, -self.limit, self.limit, out=weights)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
