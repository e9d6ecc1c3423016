"""Activations with correct formulas that break another rule: buffers, dtypes, widths, names, options."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from tests.testing.faulty_parts import faulty
from tests.testing.faulty_parts.activations import Tanh
from zoo_core.parts import Activation, Parameter


@faulty("dtype", "a NumPy scalar such as np.sqrt(2.0)")
class Creeping(Tanh):
    """A constant from NumPy, which is a float64."""

    def forward(self, x, out):
        np.multiply(np.tanh(x), np.sqrt(1.0), out=out, casting="same_kind")


@faulty("inputs", "forward changes its input x")
class Greedy(Tanh):
    """Uses z as its workspace."""

    def forward(self, x, out):
        np.tanh(x, out=out)
        x += 1e-9


@faulty("out", "out of forward depends on its previous content")
class Adding(Tanh):
    """Adds to out."""

    def forward(self, x, out):
        out += np.tanh(x)


@faulty("out", "it is added to instead of overwritten")
class AddingBack(Tanh):
    """Adds to out in backward."""

    def backward(self, x, y, grad, out):
        out += grad * (1 - y * y)


@faulty("out", "these entries are not written")
class Unwritten(Activation):
    """A ReLU that assumes zeros in out."""

    name = "unwritten"
    kinks = (0.0,)

    def forward(self, x, out):
        out[...] = np.maximum(x, 0)

    def backward(self, x, y, grad, out):
        out[x > 0] = grad[x > 0]


@faulty("out", "it is read before it is written")
class Reading(Tanh):
    """Reads out."""

    def backward(self, x, y, grad, out):
        out[...] = np.where(out > 5, 0, grad * (1 - y * y))


@faulty("large", "overflow encountered in exp")
class Overflowing(Activation):
    """A naive sigmoid."""

    name = "overflowing"

    def forward(self, x, out):
        out[...] = 1 / (1 + np.exp(-x))

    def derivative(self, z, a, out):
        out[...] = a * (1 - a)


@faulty("width", "input_width(1) is 3, but forward does not use column 2")
class TooWide(Activation):
    """A gated unit that asks for a third block of columns."""

    name = "too_wide"

    def input_width(self, units):
        return 3 * units

    def forward(self, x, out):
        n = out.shape[1]
        np.multiply(x[:, :n], x[:, n : 2 * n], out=out)

    def backward(self, x, y, grad, out):
        n = y.shape[1]
        out[...] = 0
        out[:, :n], out[:, n : 2 * n] = grad * x[:, n : 2 * n], grad * x[:, :n]


@faulty("width", "but forward fails with this number of columns")
class TooNarrow(TooWide):
    """The same unit, which asks for one block only."""

    def input_width(self, units):
        return units


@faulty("parameters", "d loss / d slope differs from central differences")
class Slope(Activation):
    """A trained slope whose gradient is the mean over rows."""

    name = "slope"

    def parameters(self, width):
        return {"slope": Parameter((width,), 0.5)}

    def forward(self, x, out):
        np.multiply(x, self.weights["slope"], out=out)

    def backward(self, x, y, grad, out):
        self.gradients["slope"][...] = (grad * x).mean(axis=0)
        np.multiply(grad, self.weights["slope"], out=out)


@faulty("inference", "it draws random numbers outside training")
class RandomServed(Activation):
    """Random slopes, also outside training."""

    name = "random_served"

    def forward(self, x, out):
        self._s = self.rng.random(x.shape)
        np.multiply(x, self._s, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._s, out=out)


@faulty("definition", "has no docstring")
@dataclass
class Wordless(Tanh):
    pass


@faulty("definition", "has no name")
class Nameless(Tanh):
    """No name."""

    name = ""


@faulty("options", "the option 'slope' has no lower bound")
@dataclass
class Boundless(Tanh):
    """An option `slope` of any size."""

    slope: float = 0.1


@faulty("options", "the docstring does not explain the option 'steep'")
@dataclass
class Secretive(Tanh):
    """An option that nobody explains."""

    steep: Annotated[float, Ge(0)] = 0.1


@faulty("options", "cannot be made with its defaults")
@dataclass
class Outside(Tanh):
    """A default `slope` beyond its own range."""

    slope: Annotated[float, Gt(0), Le(1)] = 2.0


@faulty("options", "would be 0.0001523")
@dataclass
class Degrees(Tanh):
    """Its `turn` is in degrees, and `__post_init__` makes radians of it; the default is the same in both."""

    turn: Annotated[float, Ge(0), Le(360)] = 0.0

    def __post_init__(self):
        self.turn = math.radians(self.turn)


@faulty("definition", "looks like a new default of the option 'slope', and Python ignores it")
class Steeper(Boundless):
    """A new default for `slope`, without a type."""

    slope = 0.9


@faulty("derivative", "the required method derivative is not written")
class Half(Activation):
    """Forward only."""

    name = "half"

    def forward(self, x, out):
        np.tanh(x, out=out)


@faulty("derivative", "`expected_failures` lists 'derivative', but the check passes")
class Modest(Tanh):
    """Declares a failure that does not occur."""

    expected_failures: ClassVar[Mapping[str, str]] = {"derivative": "as in the first paper"}


@faulty("expected_failures", "`expected_failures` names 'derivatif'")
class Misspelt(Tanh):
    """Declares the failure of an unknown check."""

    expected_failures: ClassVar[Mapping[str, str]] = {"derivatif": "as in the first paper"}


@faulty("dtype", "the result becomes float64: np.where of float32 and a float64 array")
class Chosen(Tanh):
    """A table of float64 in a function that is not a ufunc."""

    def forward(self, x, out):
        out[...] = np.where(np.ones(1, bool), np.tanh(x), np.zeros(1))


@faulty("inputs", "backward changes its input grad")
class GreedyBack(Tanh):
    """Multiplies the upstream gradient in place."""

    def backward(self, x, y, grad, out):
        grad *= 1 - y * y
        out[...] = grad


@faulty("state", "`state` lacks a running attribute")
class Cooling(Tanh):
    """Changes with each step, but does not name it in `state`."""

    def start(self, width, dtype):
        self.heat = 1.0

    def infer(self, x, out):
        np.tanh(x * self.heat, out=out)

    def end_step(self):
        self.heat *= 0.99


@faulty("definition", "is frozen")
@dataclass(frozen=True)
class Frozen(Tanh):
    """A frozen dataclass, which cannot be given weights."""
