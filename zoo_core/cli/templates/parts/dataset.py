# spec: [data]
# spec: name = "glyphs"
# spec: rows = 1200
# spec: test_rows = 200
# spec: train = ":1000"
# spec: validation = "1000:"
# with: [data]
# with: name = "part_name"
# with: train = ":1000"
# with: validation = "1000:"
# spec: units = 10
# with: units = 2
"""A data set for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core import hookimpl
from zoo_core.parts import Data, Dataset, Table


@dataclass
class PartName(Dataset):
    """Points on two rings around the origin, an inner and an outer one.

    rows: how many, 10 to 1e6; noise: standard deviation of the radius, 0 to 10; seed: other points.
    """

    name = "part_name"

    rows: Annotated[int, Ge(10), Le(1_000_000)] = 1200
    noise: Annotated[float, Ge(0), Le(10)] = 0.2
    seed: Annotated[int, Ge(0)] = 0

    def load(self, folder):
        """Return the data; `folder.file(...)` and `folder.locate(...)` find files, which are not needed here."""
        rng = np.random.default_rng(self.seed)
        labels = rng.permutation(np.arange(self.rows) % 2)
        radius = 1.0 + labels + rng.normal(0, self.noise, self.rows)
        angle = rng.uniform(0, 2 * np.pi, self.rows)
        x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        return Data(
            Table(x, labels),
            class_names=("inner", "outer"),
            feature_names=("x", "y"),
            preprocessor="standard",
        )


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
