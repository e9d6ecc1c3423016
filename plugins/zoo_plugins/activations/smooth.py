"""More smooth elementwise activations: variants of elu, softplus and tanh."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt, Le

from zoo_core.parts import Activation, Array
from zoo_plugins._special import exponential_branch, largest_exponent, sigmoid, softplus

SELU_SCALE = 1.0507009873554805  # Klambauer et al. 2017, eq. 14
SELU_ALPHA = 1.6732632423543772


@dataclass
class Selu(Activation):
    """Self-normalizing elu: f(z) = 1.0507 * elu(z, alpha=1.6733) (Klambauer et al. 2017)."""

    name = "selu"
    kinks = (0.0,)
    gain = 0.75

    def forward(self, z: Array, out: Array) -> None:
        positive = self.scratch(z)
        np.maximum(z, 0.0, out=positive)
        positive *= SELU_SCALE
        exponential_branch(z, SELU_SCALE * SELU_ALPHA, out)
        out += positive

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Selu(x, alpha=SELU_ALPHA, gamma=SELU_SCALE)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        right = self.scratch(z)
        np.greater(z, 0.0, out=right)
        right *= SELU_SCALE - SELU_SCALE * SELU_ALPHA
        np.minimum(a, 0.0, out=out)
        out += SELU_SCALE * SELU_ALPHA
        out += right


@dataclass
class Celu(Activation):
    """Smooth elu: f(z) = z for z > 0, else alpha * (exp(z / alpha) - 1) (Barron 2017).

    alpha: the limit for z to -infinity is -alpha; above 0 and up to 100.
    """

    name = "celu"
    gain = 1.2452

    alpha: Annotated[float, Gt(0), Le(100)] = 1.0

    def forward(self, z: Array, out: Array) -> None:
        positive = self.scratch(z)
        np.maximum(z, 0.0, out=positive)
        exponential_branch(z, self.alpha, out, 1 / self.alpha)
        out += positive

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Celu(x, alpha=self.alpha)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.minimum(a, 0.0, out=out)
        out *= 1 / self.alpha
        out += 1.0


@dataclass
class Mish(Activation):
    """Self-regularized unit: f(z) = z tanh(log(1 + exp(z))) (Misra 2019)."""

    name = "mish"
    gain = 1.4869

    def forward(self, z: Array, out: Array) -> None:
        # With e = exp(z), tanh(log(1 + e)) = n / (n + 2) where n = e (e + 2).
        n, inverse = self.scratch(z, "n"), self.scratch(z, "inverse")
        self._terms(z, out, n, inverse)
        np.multiply(n, inverse, out=out)
        out *= z

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Mish(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        # f' = r (n + 4 z r (n - e)) with r = 1 / (n + 2)
        n, inverse = self.scratch(z, "n"), self.scratch(z, "inverse")
        self._terms(z, out, n, inverse)
        np.subtract(n, out, out=out)
        out *= z
        out *= inverse
        out *= 4.0
        out += n
        out *= inverse

    @staticmethod
    def _terms(z: Array, e: Array, n: Array, inverse: Array) -> None:
        np.minimum(z, 20.0, out=e)  # beyond, n / (n + 2) is 1 in float64
        np.exp(e, out=e)
        np.add(e, 2.0, out=n)
        n *= e
        np.add(n, 2.0, out=inverse)
        np.reciprocal(inverse, out=inverse)


@dataclass
class Softsign(Activation):
    """Softsign: f(z) = z / (1 + |z|), between -1 and 1 (Turian, Bergstra and Bengio 2009)."""

    name = "softsign"

    def forward(self, z: Array, out: Array) -> None:
        np.abs(z, out=out)
        out += 1.0
        np.divide(z, out, out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.Softsign(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.abs(z, out=out)
        out += 1.0
        np.reciprocal(out, out=out)
        np.square(out, out=out)


@dataclass
class Exponential(Activation):
    """Exponential: f(z) = exp(z), for outputs that are rates; constant where it would overflow (Keras)."""

    name = "exponential"

    def forward(self, z: Array, out: Array) -> None:
        np.minimum(z, largest_exponent(z), out=out)
        np.exp(out, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.less(z, largest_exponent(z), out=out)
        out *= a


@dataclass
class LogSigmoid(Activation):
    """Logarithm of the sigmoid: f(z) = -log(1 + exp(-z)), below 0 (PyTorch, `LogSigmoid`)."""

    name = "log_sigmoid"
    decision_threshold = math.log(0.5)

    def forward(self, z: Array, out: Array) -> None:
        negative = self.scratch(z, "negative")
        np.negative(z, out=negative)
        softplus(negative, out, self.scratch(z))
        np.negative(out, out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return -graph.Softplus(-x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.negative(z, out=out)
        sigmoid(out, out)


@dataclass
class Squareplus(Activation):
    """Algebraic rectifier: f(z) = (z + sqrt(z^2 + b)) / 2 (Barron 2021).

    b: size of the bend, above 0 and up to 100; 4 is close to softplus.
    """

    name = "squareplus"

    b: Annotated[float, Gt(0), Le(100)] = 4.0

    def forward(self, z: Array, out: Array) -> None:
        # max(z, 0) + b / (2 (|z| + sqrt(z^2 + b))) is equal, without cancellation for negative z.
        size = self.scratch(z)
        self._root(z, out)
        np.abs(z, out=size)
        out += size
        np.divide(self.b / 2, out, out=out)
        np.maximum(z, 0.0, out=size)
        out += size

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        self._root(z, out)
        np.divide(a, out, out=out)

    def _root(self, z: Array, out: Array) -> None:
        np.multiply(z, z, out=out)
        out += self.b
        np.sqrt(out, out=out)


@dataclass
class Dish(Activation):
    """Swish with an algebraic gate: f(z) = z / 2 * (1 + z / sqrt(1 + z^2)) (thinc, `Dish`)."""

    name = "dish"
    gain = 1.5543

    def forward(self, z: Array, out: Array) -> None:
        self._inverse_root(z, out)
        out *= z
        out += 1.0
        out *= z
        out *= 0.5

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        # f' = (1 + r z (1 + r^2)) / 2 with r = 1 / sqrt(1 + z^2)
        square = self.scratch(z)
        self._inverse_root(z, out)
        np.multiply(out, out, out=square)
        square += 1.0
        out *= square
        out *= z
        out += 1.0
        out *= 0.5

    @staticmethod
    def _inverse_root(z: Array, out: Array) -> None:
        np.multiply(z, z, out=out)
        out += 1.0
        np.sqrt(out, out=out)
        np.reciprocal(out, out=out)


PARTS = (Selu, Celu, Mish, Softsign, Exponential, LogSigmoid, Squareplus, Dish)
