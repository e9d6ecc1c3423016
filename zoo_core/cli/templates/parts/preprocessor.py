# spec: validation = "1000:"
# with: validation = "1000:"
# with: preprocessor = "part_name"
"""A preprocessor of inputs for the zoo."""

import numpy as np

from zoo_core import hookimpl
from zoo_core.parts import Preprocessor

ROWS = 4096  # read at a time, because the data may be larger than memory


class PartName(Preprocessor):
    """x / max |x| of the training split, feature by feature; a feature that is always 0 stays 0."""

    name = "part_name"
    state = ("scale",)  # saved in the model file

    def fit(self, x):
        """Learn the scale, shape (features,); `x` has `shape`, `dtype` and `take` like an array."""
        largest = np.zeros(x.shape[1])
        for start in range(0, x.shape[0], ROWS):
            rows = x.take(np.arange(start, min(start + ROWS, x.shape[0])), axis=0)
            np.maximum(largest, np.abs(rows.astype(np.float64)).max(axis=0), out=largest)
        self.scale = np.where(largest > 0, largest, 1.0)

    def transform(self, x, out):
        """Write the transformed rows; `x` has the dtype of the data, `out` that of the network."""
        np.divide(x, self.scale, out=out)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
