"""The most used elementwise activations.

Each class states its formula for one number z and its source; `a` is the output. Gains follow PyTorch's
`calculate_gain` where it has one. Otherwise they are 1 / sqrt(E[f(z)^2]) for a standard normal z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core.parts import Activation, Array
from zoo_plugins._special import exponential_branch, sigmoid, softplus

SMALL_SIZE = 1024  # up to this number of entries, one call is faster than two vectorised ones


@dataclass
class Identity(Activation):
    """Identity: f(z) = z (Keras, `linear`)."""

    name = "identity"
    backward_is_linear = True

    def forward(self, z: Array, out: Array) -> None:
        np.copyto(out, z)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        out.fill(1.0)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        np.copyto(out, grad)


@dataclass
class Sigmoid(Activation):
    """Logistic sigmoid: f(z) = 1 / (1 + exp(-z)), between 0 and 1 (Verhulst 1838)."""

    name = "sigmoid"
    decision_threshold = 0.5

    def forward(self, z: Array, out: Array) -> None:
        sigmoid(z, out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Sigmoid(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.subtract(1.0, a, out=out)
        out *= a


@dataclass
class Tanh(Activation):
    """Hyperbolic tangent: f(z) = tanh(z), between -1 and 1 (LeCun et al. 1998, section 4.4)."""

    name = "tanh"
    gain = 5 / 3

    def forward(self, z: Array, out: Array) -> None:
        np.tanh(z, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.multiply(a, a, out=out)
        np.subtract(1.0, out, out=out)


@dataclass
class Relu(Activation):
    """Rectified linear unit: f(z) = max(z, 0) (Nair and Hinton 2010); f'(0) is taken as 0."""

    name = "relu"
    kinks = (0.0,)
    gain = math.sqrt(2)

    def forward(self, z: Array, out: Array) -> None:
        # NumPy vectorises the maximum of two arrays, but not that of an array and a number.
        np.maximum(z, self.scratch(z, "zero"), out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Relu(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        if a.size <= SMALL_SIZE:
            np.sign(a, out=out)
            return
        # NumPy vectorises `ceil` and `minimum`, but not a sign or a comparison.
        np.minimum(a, self.scratch(z, "one", fill=1.0), out=out)
        np.ceil(out, out=out)


@dataclass
class LeakyRelu(Activation):
    """Leaky rectifier: f(z) = z for z > 0, else slope * z (Maas, Hannun and Ng 2013).

    slope: the derivative left of zero, 0 to 1.
    """

    name = "leaky_relu"
    kinks = (0.0,)

    slope: Annotated[float, Ge(0), Le(1)] = 0.01

    @property
    def gain(self) -> float:  # type: ignore[override]
        """Gain of PyTorch's `calculate_gain`: sqrt(2 / (1 + slope^2))."""
        return math.sqrt(2 / (1 + self.slope**2))

    def forward(self, z: Array, out: Array) -> None:
        np.multiply(z, self.slope, out=out)
        np.maximum(z, out, out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.LeakyRelu(x, alpha=self.slope)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.greater(z, 0.0, out=out)
        np.maximum(out, self.slope, out=out)


@dataclass
class Elu(Activation):
    """Exponential linear unit: f(z) = z for z > 0, else alpha * (exp(z) - 1) (Clevert et al. 2016, eq. 7).

    alpha: the limit for z to -infinity is -alpha; above 0 and up to 100.
    """

    name = "elu"
    kinks = (0.0,)
    gain = 1.2452

    alpha: Annotated[float, Gt(0), Le(100)] = 1.0

    def forward(self, z: Array, out: Array) -> None:
        positive = self.scratch(z)
        np.maximum(z, 0.0, out=positive)
        exponential_branch(z, self.alpha, out)
        out += positive

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Elu(x, alpha=self.alpha)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        right = self.scratch(z)
        np.greater(z, 0.0, out=right)
        np.minimum(a, 0.0, out=out)
        out += self.alpha
        right *= 1.0 - self.alpha
        out += right


@dataclass
class Silu(Activation):
    """Sigmoid linear unit or swish: f(z) = z / (1 + exp(-z)) (Elfwing, Uchibe and Doya 2018)."""

    name = "silu"
    gain = 1.6765

    def forward(self, z: Array, out: Array) -> None:
        sigmoid(z, out)
        out *= z

    def onnx(self, graph: Any, x: Any) -> Any:
        return x * graph.Sigmoid(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        # f' = s + z s (1 - s) = s + a (1 - s), with s the sigmoid
        rest = self.scratch(z)
        sigmoid(z, out)
        np.subtract(1.0, out, out=rest)
        rest *= a
        out += rest


@dataclass
class Softplus(Activation):
    """Smooth rectifier: f(z) = log(1 + exp(beta z)) / beta (Dugas et al. 2001).

    beta: sharpness of the bend, above 0 and up to 100; f approaches relu as beta grows.
    """

    name = "softplus"

    beta: Annotated[float, Gt(0), Le(100)] = 1.0

    def forward(self, z: Array, out: Array) -> None:
        scaled = self.scratch(z, "scaled")
        np.multiply(z, self.beta, out=scaled)
        softplus(scaled, out, self.scratch(z))
        out *= 1 / self.beta

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Softplus(x * self.beta) / self.beta if self.beta != 1 else graph.Softplus(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.multiply(z, self.beta, out=out)
        sigmoid(out, out)


PARTS = (Identity, Sigmoid, Tanh, Relu, LeakyRelu, Elu, Silu, Softplus)
