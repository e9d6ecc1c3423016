"""The Gaussian error linear unit, exact and in two cheaper forms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from zoo_core.parts import Activation, Array
from zoo_plugins._special import normal_cdf, sigmoid


@dataclass
class Gelu(Activation):
    """Gaussian error linear unit: f(z) = z P(Z <= z) for a standard normal Z (Hendrycks and Gimpel 2016).

    approximate: "none" for the exact form, or "tanh" for z / 2 * (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))).
    """

    name = "gelu"
    gain = 1.5335

    approximate: Literal["none", "tanh"] = "none"

    def forward(self, z: Array, out: Array) -> None:
        if self.approximate == "tanh":
            self._tanh_cdf(z, out)
        else:
            normal_cdf(z, out, self.scratch(z, "exponential"), self.scratch(z, "spare"))
        out *= z

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Gelu(x, approximate=self.approximate)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        term = self.scratch(z, "exponential")
        if self.approximate == "tanh":
            self._tanh_cdf(z, out)
            self._tanh_density(z, out, term)
        else:
            normal_cdf(z, out, term, self.scratch(z, "spare"))
            term *= 1 / math.sqrt(2 * math.pi)
        term *= z
        out += term

    def _tanh_cdf(self, z: Array, out: Array) -> None:
        # (1 + tanh(w)) / 2 = sigmoid(2 w), which keeps its relative precision for negative w
        np.multiply(z, z, out=out)
        out *= 0.044715
        out += 1.0
        out *= z
        out *= 2 * math.sqrt(2 / math.pi)
        sigmoid(out, out)

    def _tanh_density(self, z: Array, cdf: Array, out: Array) -> None:
        slope = self.scratch(z, "spare")
        np.multiply(z, z, out=slope)
        slope *= 3 * 0.044715
        slope += 1.0
        slope *= 2 * math.sqrt(2 / math.pi)
        np.subtract(1.0, cdf, out=out)
        out *= cdf
        out *= slope


@dataclass
class QuickGelu(Activation):
    """Sigmoid form of gelu: f(z) = z / (1 + exp(-1.702 z)) (Hendrycks and Gimpel 2016, section 2)."""

    name = "quick_gelu"
    gain = 1.5395

    def forward(self, z: Array, out: Array) -> None:
        np.multiply(z, 1.702, out=out)
        sigmoid(out, out)
        out *= z

    def onnx(self, graph: Any, x: Any) -> Any:
        return x * graph.Sigmoid(x * 1.702)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        rest = self.scratch(z)
        np.multiply(z, 1.702, out=out)
        sigmoid(out, out)
        np.subtract(1.0, out, out=rest)
        rest *= a
        rest *= 1.702
        out += rest


PARTS = (Gelu, QuickGelu)
