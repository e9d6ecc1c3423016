# spec: learning_rate = 0.003
# with: learning_rate = { name = "part_name", initial = 0.003 }
"""A schedule of the learning rate for the zoo."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from zoo_core import hookimpl
from zoo_core.parts import Schedule


@dataclass
class PartName(Schedule):
    """A line from `initial` to `last` times `initial` over the run.

    initial: the first rate, above 0; last: 0 to 1.
    """

    name = "part_name"

    initial: Annotated[float, Gt(0)] = 0.01
    last: Annotated[float, Ge(0), Le(1)] = 0.1

    def start(self, epochs, steps_per_epoch):
        """Store the length of the run."""
        self._epochs = epochs

    def rate(self, epoch):
        """Return the rate at a time in epochs, 0 <= epoch < epochs, with a fraction inside an epoch."""
        return self.initial * (1 - (1 - self.last) * epoch / self._epochs)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
