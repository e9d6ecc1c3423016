# spec: [optimizer]
# spec: name = "adam"
# spec: learning_rate = 0.003
# with: [optimizer]
# with: name = "part_name"
"""An optimizer for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from zoo_core import hookimpl
from zoo_core.parts import Optimizer, Rate


@dataclass
class PartName(Optimizer):
    """v = beta v + (1 - beta) g; p -= learning_rate sign(v).

    beta: how slowly the direction changes, 0 up to, not including, 1.
    Source: Bernstein et al., "signSGD: compressed optimisation for non-convex problems" (2018), algorithm 2.
    """

    name = "part_name"
    state = ("direction",)  # saved in a checkpoint, so that a run can be resumed
    is_elementwise = True  # each number changes by itself: the core may take a step slice by slice

    learning_rate: Rate = 0.001
    beta: Annotated[float, Ge(0), Lt(1)] = 0.9

    def start(self, layout):
        """Allocate the state: one number for each parameter."""
        self.direction = layout.vector()

    def step(self, parameters, gradients, learning_rate):
        """Change the flat vector `parameters` in place; `gradients` may be overwritten."""
        self.direction *= self.beta
        gradients *= 1 - self.beta
        self.direction += gradients
        parameters -= learning_rate * np.sign(self.direction)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
