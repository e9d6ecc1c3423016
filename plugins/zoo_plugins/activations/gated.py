"""Activations with trained or random slopes, and gated units, which take more columns than they return."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import DTypeLike

from zoo_core.parts import Activation, Array, Parameter
from zoo_plugins.activations.basic import Relu, Sigmoid, Silu
from zoo_plugins.activations.gelu import Gelu


@dataclass
class Prelu(Activation):
    """Rectifier with a trained slope: f(z) = z for z > 0, else slope * z (He et al. 2015, eq. 1).

    initial: the slope at the start, 0 to 1; shared: one slope for the whole layer instead of one for each unit.
    """

    name = "prelu"
    backward_is_linear = True
    kinks = (0.0,)

    initial: Annotated[float, Ge(0), Le(1)] = 0.25
    shared: bool = False

    @property
    def gain(self) -> float:  # type: ignore[override]
        """Gain at the start: sqrt(2 / (1 + initial^2)) (He et al. 2015, eq. 15)."""
        return math.sqrt(2 / (1 + self.initial**2))

    def parameters(self, width: int) -> dict[str, Parameter]:
        return {"slope": Parameter((1 if self.shared else width,), self.initial)}

    def forward(self, x: Array, out: Array) -> None:
        positive = self.scratch(x)
        np.maximum(x, 0.0, out=positive)
        np.minimum(x, 0.0, out=out)
        out *= self.weights["slope"]
        out += positive

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.PRelu(x, self.weights["slope"])

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        negative = self.scratch(x)
        np.minimum(x, 0.0, out=out)
        out *= grad
        np.add.reduce(out, axis=None if self.shared else 0, out=self._slope_gradient())
        np.less_equal(x, 0.0, out=negative)
        np.multiply(negative, self.weights["slope"], out=out)
        np.subtract(1.0, negative, out=negative)
        out += negative
        out *= grad

    def _slope_gradient(self) -> Array:
        gradient = self.gradients["slope"]
        return gradient.reshape(()) if self.shared else gradient


@dataclass
class Rrelu(Activation):
    """Rectifier with a random slope: f(z) = z for z > 0, else r z (Xu et al. 2015, section 2.4).

    In training, r is drawn for each number, uniformly between lower and upper. Outside training r is their mean.
    lower, upper: 0 to 1.
    """

    name = "rrelu"
    backward_is_linear = True
    kinks = (0.0,)

    lower: Annotated[float, Ge(0), Le(1)] = 1 / 8
    upper: Annotated[float, Ge(0), Le(1)] = 1 / 3

    @property
    def gain(self) -> float:  # type: ignore[override]
        """The gain of a leaky_relu with the mean slope."""
        return math.sqrt(2 / (1 + self._mean() ** 2))

    def forward(self, x: Array, out: Array) -> None:
        factor = self.scratch(x, "factor")
        self.rng.random(out=factor, dtype=factor.dtype)
        factor *= self.upper - self.lower
        factor += self.lower
        np.greater(x, 0.0, out=out)
        np.maximum(factor, out, out=factor)
        np.multiply(x, factor, out=out)

    def infer(self, x: Array, out: Array) -> None:
        np.multiply(x, self._mean(), out=out)
        np.maximum(x, out, out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.LeakyRelu(x, alpha=self._mean())

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        np.multiply(grad, self.scratch(x, "factor"), out=out)

    def _mean(self) -> float:
        return (self.lower + self.upper) / 2


@dataclass
class Maxout(Activation):
    """The largest of several linear pieces (Goodfellow et al. 2013, eq. 1).

    pieces: number of pieces, 2 to 100. Column `piece * units + unit` of z is one piece of one unit. If pieces are
    equal, the gradient goes to the first.
    """

    name = "maxout"
    backward_is_linear = True
    shapes = "z: (rows, pieces * units); f(z): (rows, units)"

    pieces: Annotated[int, Ge(2), Le(100)] = 2

    def input_width(self, units: int) -> int:
        return units * self.pieces

    def forward(self, x: Array, out: Array) -> None:
        first, *others = self._split(x)
        np.copyto(out, first)
        for piece in others:
            np.maximum(out, piece, out=out)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        taken, left = self.scratch(y, "taken"), self.scratch(y, "left")
        np.copyto(left, grad)
        for piece, gradient in zip(self._split(x), self._split(out), strict=True):
            np.equal(piece, y, out=taken)
            np.multiply(taken, left, out=gradient)
            np.subtract(1.0, taken, out=taken)
            left *= taken

    def _split(self, x: Array) -> list[Array]:
        return np.split(x, self.pieces, axis=1)


class Gated(Activation):
    """Base of the gated units: f(z) = v * gate(g), where v is the first half of the columns of z and g the second."""

    shapes = "z: (rows, 2 * units); f(z): (rows, units)"
    backward_is_linear = True
    gate_kind: ClassVar[type[Activation]]
    gate: Activation

    def input_width(self, units: int) -> int:
        return 2 * units

    def start(self, width: int, dtype: DTypeLike) -> None:
        self.gate = self.gate_kind()

    def forward(self, x: Array, out: Array) -> None:
        value, g = np.split(x, 2, axis=1)
        self.gate.forward(g, out)
        out *= value

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        value, g = np.split(x, 2, axis=1)
        of_value, of_gate = np.split(out, 2, axis=1)
        opening = self.scratch(y)
        self.gate.forward(g, opening)
        self.gate.derivative(g, opening, of_gate)
        of_gate *= value
        of_gate *= grad
        np.multiply(opening, grad, out=of_value)


@dataclass
class Glu(Gated):
    """Gated linear unit: f([v, g]) = v * sigmoid(g) (Dauphin et al. 2017, eq. 1)."""

    name = "glu"
    gate_kind = Sigmoid


@dataclass
class Swiglu(Gated):
    """Gated linear unit with silu: f([v, g]) = v * silu(g) (Shazeer 2020, eq. 5)."""

    name = "swiglu"
    gate_kind = Silu


@dataclass
class Geglu(Gated):
    """Gated linear unit with exact gelu: f([v, g]) = v * gelu(g) (Shazeer 2020, eq. 5)."""

    name = "geglu"
    gate_kind = Gelu


@dataclass
class Reglu(Gated):
    """Gated linear unit with relu: f([v, g]) = v * relu(g) (Shazeer 2020, eq. 5)."""

    name = "reglu"
    gate_kind = Relu


PARTS = (Prelu, Rrelu, Maxout, Glu, Swiglu, Geglu, Reglu)
