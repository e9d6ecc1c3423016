# spec: initializer = "he_normal"
# with: initializer = "part_name"
"""An initializer for the zoo."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le

from zoo_core import hookimpl
from zoo_core.parts import Initializer


@dataclass
class PartName(Initializer):
    """Plus or minus scale * gain / sqrt(inputs), each with probability 1/2; the variance is that of he_normal.

    scale: above 0 and up to 1e6.
    """

    name = "part_name"

    scale: Annotated[float, Gt(0), Le(1e6)] = 1.0

    def fill(self, out, rng, gain):
        """Fill `out`, shape (inputs, units) or (units,), from the given generator."""
        out[...] = rng.integers(0, 2, out.shape) * 2 - 1
        out *= self.scale * gain / len(out) ** 0.5


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
