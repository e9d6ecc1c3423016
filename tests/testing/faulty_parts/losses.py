"""Losses with one mistake each."""

from dataclasses import dataclass

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Activation, Loss


@dataclass(kw_only=True)
class Squares(Loss):
    """Correct: the mean of squares over the columns."""

    name = "squares_under_test"

    def value(self, outputs, targets):
        return np.mean((outputs - targets) ** 2, axis=1)

    def gradient(self, outputs, targets, out):
        np.subtract(outputs, targets, out=out)
        out *= 2 / outputs.shape[1]


@faulty("value", "the core takes the mean over the rows")
class MeanLoss(Squares):
    """One number for the batch."""

    def value(self, outputs, targets):
        return np.mean((outputs - targets) ** 2)


@faulty("gradient", "divided by the number of rows, but the core does that")
class DividedLoss(Squares):
    """Takes the mean over rows itself."""

    def gradient(self, outputs, targets, out):
        super().gradient(outputs, targets, out)
        out /= len(outputs)


@faulty("gradient", "a sign error")
class WrongWay(Squares):
    """Target minus output."""

    def gradient(self, outputs, targets, out):
        np.subtract(targets, outputs, out=out)
        out *= 2 / outputs.shape[1]


@faulty("value", "a computation over all rows")
class Relative(Squares):
    """Relative to the batch."""

    def value(self, outputs, targets):
        rows = super().value(outputs, targets)
        return rows / rows.sum()


class Sigmoid(Activation):
    """What the loss below is fused with."""

    name = "sigmoid_under_test"

    def forward(self, x, out):
        out[...] = 0.5 * (1 + np.tanh(0.5 * x))

    def derivative(self, z, a, out):
        out[...] = a * (1 - a)


@faulty("fused", "it is d loss / d outputs, and should be d loss / d z")
class FusedSquares(Squares):
    """Fused with a sigmoid, but without its derivative."""

    fused_with = (Sigmoid,)

    def fused_gradient(self, z, outputs, targets, out):
        self.gradient(outputs, targets, out)


@faulty("dtype", "what value returns is not float32")
class WideLoss(Squares):
    """Sums in float64."""

    def value(self, outputs, targets):
        return np.mean((outputs - targets) ** 2, axis=1, dtype=np.float64)


@faulty("large", "divide by zero")
class NaiveLog(Squares):
    """Logarithm of zero."""

    def value(self, outputs, targets):
        return -np.sum(targets * np.log(outputs), axis=1)

    def gradient(self, outputs, targets, out):
        np.divide(-targets, outputs, out=out)


@faulty("gradient", "value is divided by the number of columns, but gradient is not")
class OfTheSum(Squares):
    """The gradient of the sum over the columns."""

    def gradient(self, outputs, targets, out):
        np.subtract(outputs, targets, out=out)
        out *= 2


@faulty("gradient", "the gradient differs from central differences")
class Bent(Squares):
    """A Huber loss whose gradient lacks the linear piece."""

    task = "regression"

    def value(self, outputs, targets):
        size = np.abs(outputs - targets)
        return np.mean(np.where(size < 1, size * size, 2 * size - 1), axis=1)


@faulty("gradient", "the gradient differs from central differences")
class OneSided(Squares):
    """A hinge loss whose gradient is wrong for targets of 0, which mean -1."""

    task = "classification"

    def value(self, outputs, targets):
        return np.mean(np.maximum(1 - np.where(targets > 0, 1, -1) * outputs, 0), axis=1)

    def gradient(self, outputs, targets, out):
        np.less(np.where(targets > 0, 1, -1) * outputs, 1, out=out)
        out /= -outputs.shape[1]


@faulty("units", "depends on more than the errors")
class PercentLoss(Squares):
    """Errors as shares of the targets."""

    scales_targets = True

    def value(self, outputs, targets):
        return np.mean(((outputs - targets) / targets) ** 2, axis=1)

    def gradient(self, outputs, targets, out):
        np.subtract(outputs, targets, out=out)
        out *= 2 / outputs.shape[1] / targets**2


@faulty("units", "the gradient changes its sign")
class WellLoss(Squares):
    """Least where the size of the error is 1."""

    scales_targets = True

    def value(self, outputs, targets):
        return np.mean(((outputs - targets) ** 2 - 1) ** 2, axis=1)

    def gradient(self, outputs, targets, out):
        np.subtract(outputs, targets, out=out)
        out *= 4 / outputs.shape[1] * (out**2 - 1)
