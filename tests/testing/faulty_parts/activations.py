"""Activations with one mistake each."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Activation


class Tanh(Activation):
    """Correct: tanh."""

    name = "tanh_under_test"

    def forward(self, x, out):
        np.tanh(x, out=out)

    def derivative(self, z, a, out):
        out[...] = 1 - a * a


@faulty("derivative", "at the output, not at z: it is f'(a)")
class OfOutput(Tanh):
    """tanh'(a) instead of tanh'(z)."""

    def derivative(self, z, a, out):
        out[...] = 1 - np.tanh(a) ** 2


@faulty("derivative", "at the output, not at z: the formula is one for a = f(z), but it is applied to z")
class RuleForOutput(Tanh):
    """1 - z^2 instead of 1 - a^2."""

    def derivative(self, z, a, out):
        out[...] = 1 - z * z


@faulty("derivative", "a sign error")
class Sign(Tanh):
    """a^2 - 1."""

    def derivative(self, z, a, out):
        out[...] = a * a - 1


@faulty("derivative", "it is 0.5 times the correct one")
class Factor(Tanh):
    """Half of the derivative."""

    def derivative(self, z, a, out):
        out[...] = (1 - a * a) / 2


@faulty("derivative", "the factor `grad` is missing: this is f'(x) alone")
class WithoutGrad(Tanh):
    """The factor `grad` is missing."""

    def backward(self, x, y, grad, out):
        out[...] = 1 - y * y


@faulty("derivative", "it is f(x) times `grad`")
class Itself(Tanh):
    """a instead of f'(z)."""

    def derivative(self, z, a, out):
        out[...] = a


class Silu(Activation):
    """Correct: z / (1 + exp(-z))."""

    name = "silu_under_test"

    def forward(self, x, out):
        np.multiply(x, 0.5 * (1 + np.tanh(x / 2)), out=out)

    def derivative(self, z, a, out):
        s = 0.5 * (1 + np.tanh(z / 2))
        out[...] = s + a * (1 - s)


@faulty("derivative", "the derivative is taken at -x")
class Mirrored(Silu):
    """f'(-z)."""

    def derivative(self, z, a, out):
        s = 0.5 * (1 + np.tanh(-z / 2))
        out[...] = s + -z * s * (1 - s)


@faulty("derivative", "the case z < 0 is wrong, the other side of zero is correct")
class OneSide(Activation):
    """A leaky ReLU whose derivative lacks the leak."""

    name = "one_side"
    kinks = (0.0,)

    def forward(self, x, out):
        out[...] = np.where(x > 0, x, 0.1 * x)

    def derivative(self, z, a, out):
        out[...] = z > 0


@faulty("derivative", "passed on unchanged")
class Straight(Tanh):
    """f' = 1."""

    def derivative(self, z, a, out):
        out[...] = 1


@faulty("derivative", "in forward an output depends on several entries")
class SoftmaxAlone(Activation):
    """Softmax with the diagonal of its Jacobian only."""

    name = "softmax_alone"

    def forward(self, x, out):
        np.subtract(x, x.max(axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= out.sum(axis=1, keepdims=True)

    def derivative(self, z, a, out):
        out[...] = a * (1 - a)


@faulty("derivative", "correct near zero, wrong farther out")
class Saturated(Silu):
    """Takes f' = 1 beyond 5, on both sides."""

    def derivative(self, z, a, out):
        super().derivative(z, a, out)
        out[np.abs(z) > 5] = 1


@faulty("derivative", "with alpha = 1.5: d loss / d z differs from central differences")
@dataclass
class OfDefault(Activation):
    """alpha tanh(z), with a derivative that is correct for `alpha` = 1 only."""

    name = "of_default"

    alpha: Annotated[float, Gt(0), Le(10)] = 1.0

    def forward(self, x, out):
        np.multiply(np.tanh(x), self.alpha, out=out)

    def derivative(self, z, a, out):
        out[...] = 1 - a * a


@faulty("derivative", "it is 0.5 times the correct one")
class TwoFaced(Tanh):
    """A correct `backward`, beside a `derivative` that is half of the correct one."""

    def derivative(self, z, a, out):
        out[...] = (1 - a * a) / 2

    def backward(self, x, y, grad, out):
        out[...] = (1 - y * y) * grad


@faulty("export", "an export computes something else than `infer`")
class OtherForm(Tanh):
    """Its form for exports is that of another function."""

    def onnx(self, graph, x):
        return graph.Sigmoid(x)


@faulty("export", "a mistake in `onnx`")
class BrokenForm(Tanh):
    """Its form for exports has no such operator."""

    def onnx(self, graph, x):
        return graph.Tanhh(x)


@faulty("export", "onnx returned an array (rows, 1)")
class NarrowForm(Tanh):
    """Its form for exports has one column."""

    def onnx(self, graph, x):
        return np.tanh(x).max(axis=1, keepdims=True)
