# spec: activation = "relu"
# with: activation = "relu"
# with: normalizer = "part_name"
"""A normalizer for the zoo."""

import numpy as np

from zoo_core import hookimpl
from zoo_core.parts import Normalizer, Parameter


class PartName(Normalizer):
    """y = x - mean of the row + offset; the offset of each column is trained."""

    name = "part_name"

    def parameters(self, width):
        """Return what is trained: an offset for each of `width` columns, 0 at first."""
        return {"offset": Parameter((width,), 0.0)}

    def forward(self, x, out):
        """Write y for inputs of shape (rows, width)."""
        np.subtract(x, x.mean(axis=1, keepdims=True), out=out)
        out += self.weights["offset"]

    def backward(self, x, y, grad, out):
        """Write d loss / d x, and the gradient of the offset, given `grad`, d loss / d y."""
        np.add.reduce(grad, axis=0, out=self.gradients["offset"])
        np.subtract(grad, grad.mean(axis=1, keepdims=True), out=out)


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
