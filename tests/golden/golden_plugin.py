"""The plugin that one of the stored model files needs: an activation with an option and a trained parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from zoo_core import hookimpl
from zoo_core.parts import Activation, Array, Parameter


@dataclass
class Bent(Activation):
    """f(z) = reach tanh(z) + slope z, with a trained slope for each column."""

    name = "bent"
    reach: Annotated[float, Gt(0)] = 1.0

    def parameters(self, width: int) -> dict[str, Parameter]:
        return {"slope": Parameter((width,), 0.25)}

    def forward(self, z: Array, out: Array) -> None:
        np.add(self.reach * np.tanh(z), self.weights["slope"] * z, out=out)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        np.einsum("ij,ij->j", grad, x, out=self.gradients["slope"])
        np.multiply(grad, self.reach * (1 - np.tanh(x) ** 2) + self.weights["slope"], out=out)


@hookimpl
def zoo_parts() -> list[type]:
    return [Bent]
