# spec: loss = "cross_entropy"
# with: loss = "cross_entropy"
# with: regularizers = ["part_name"]
"""A change of training batches for the zoo."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from zoo_core import hookimpl
from zoo_core.parts import BatchAugmentation


@dataclass
class PartName(BatchAugmentation):
    """Normal noise with mean 0 on the inputs of each batch.

    std: its standard deviation, 0 to 1e6, in the units of the prepared inputs.
    """

    name = "part_name"

    std: Annotated[float, Ge(0), Le(1e6)] = 0.05

    def augment(self, x, targets, rng):
        """Return inputs (rows, features) and targets (rows, outputs) to train on."""
        return x + self.std * rng.standard_normal(x.shape).astype(x.dtype), targets


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
