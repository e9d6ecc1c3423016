"""Normalizers and noise with one mistake each."""

import numpy as np
from numpy.random import PCG64, Generator

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Noise, Normalizer, Parameter


class BatchNorm(Normalizer):
    """Correct, without options: (x - mean) / standard deviation, with running statistics."""

    name = "norm_under_test"
    state = ("mean", "scale")

    def start(self, width, dtype):
        self.mean, self.scale = np.zeros(width, dtype), np.ones(width, dtype)

    def forward(self, x, out):
        self._mean, self._scale = x.mean(axis=0), np.sqrt(x.var(axis=0) + 1e-3)
        np.divide(x - self._mean, self._scale, out=out)

    def infer(self, x, out):
        np.divide(x - self.mean, self.scale, out=out)

    def backward(self, x, y, grad, out):
        n = len(x)
        np.divide(grad - grad.sum(axis=0) / n - y * ((grad * y).sum(axis=0) / n), self._scale, out=out)

    def end_step(self):
        self.mean += 0.1 * (self._mean - self.mean)
        self.scale += 0.1 * (self._scale - self.scale)


@faulty("gradient", "on several entries, but backward treats each entry alone")
class MeanIsConstant(BatchNorm):
    """Treats the mean as a constant."""

    def backward(self, x, y, grad, out):
        n = len(x)
        np.divide(grad * (1 - 1 / n - y * y / n), self._scale, out=out)


@faulty("inference", "infer uses statistics of the batch")
class BatchServed(BatchNorm):
    """Normalizes by the batch, also outside training."""

    def infer(self, x, out):
        np.divide(x - x.mean(axis=0), self.scale, out=out)


@faulty("state", "`state` lacks a running attribute")
class Forgetting(BatchNorm):
    """Does not name its mean."""

    state = ("scale",)


class Dropout(Noise):
    """Correct: half of the outputs, doubled."""

    name = "noise_under_test"

    def forward(self, x, out):
        self._mask = 2.0 * (self._rng().random(x.shape) < 0.5).astype(x.dtype)
        np.multiply(x, self._mask, out=out)

    def _rng(self):
        return self.rng

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._mask, out=out)


@faulty("randomness", "draws from the global generator")
class GlobalNoise(Dropout):
    """Draws with np.random."""

    def forward(self, x, out):
        self._mask = 2.0 * (np.random.random(x.shape) < 0.5).astype(x.dtype)  # noqa: NPY002
        np.multiply(x, self._mask, out=out)


@faulty("randomness", "draws from a generator of its own, such as np.random.default_rng()")
class OwnNoise(Dropout):
    """Draws from its own generator."""

    def _rng(self):
        return np.random.default_rng()


@faulty("randomness", "a generator of its own with a fixed seed (transforms.py:")
class FixedNoise(Dropout):
    """The same mask in every layer and every step."""

    def _rng(self):
        return np.random.default_rng(42)


@faulty("statistics", "such as a variance with a standard deviation")
class DeviationKept(BatchNorm):
    """Stores the variance instead of the standard deviation."""

    def end_step(self):
        self.mean += 0.1 * (self._mean - self.mean)
        self.scale += 0.1 * (self._scale**2 - self.scale)


@faulty("statistics", "does not move the running statistics towards")
class NeverMoved(BatchNorm):
    """Never updates the running statistics."""

    def end_step(self):
        pass


@faulty("once", "counts twice in the state 'normalizer.mean'")
class MovedForward(BatchNorm):
    """Updates the running statistics in forward."""

    def forward(self, x, out):
        super().forward(x, out)
        super().end_step()

    def end_step(self):
        pass


@faulty("gradient", "backward draws new random numbers")
class SecondMask(Dropout):
    """Draws another mask in backward."""

    def backward(self, x, y, grad, out):
        out[...] = grad * 2 * (self.rng.random(x.shape) < 0.5)


@faulty("randomness", "with a fixed seed (transforms.py:")
class OwnBits(Dropout):
    """Draws from its own bit generator."""

    def _rng(self):
        return Generator(PCG64(42))


@faulty("statistics", "after many steps with one batch")
class Unshifted(BatchNorm):
    """Leaves out its trained shift outside training."""

    def parameters(self, width):
        return {"shift": Parameter((width,), 0.0)}

    def forward(self, x, out):
        super().forward(x, out)
        out += self.weights["shift"]

    def backward(self, x, y, grad, out):
        self.gradients["shift"][...] = grad.sum(axis=0)
        super().backward(x, y - self.weights["shift"], grad, out)


@faulty("linear_backward", "twice `grad` does not give twice the gradient")
class Limiting(Noise):
    """Limits the gradient, but claims to be linear."""

    name = "limiting_under_test"
    backward_is_linear = True

    def forward(self, x, out):
        out[...] = x

    def backward(self, x, y, grad, out):
        np.clip(grad, -0.5, 0.5, out=out)
