"""Correct parts as textbooks and other libraries have them, some with unusual options; the kit must find nothing."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Callback,
    Constraint,
    Data,
    Dataset,
    Initializer,
    Loss,
    Metric,
    Noise,
    Normalizer,
    Optimizer,
    Parameter,
    Penalty,
    Preprocessor,
    RandomSource,
    Rate,
    Schedule,
    Table,
)

Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Ge(0), Le(1)]


# ------------------------------------------------------------------ optimizers, each with several rates


@dataclass
class Plain(Optimizer):
    """p -= rate g."""

    name = "plain_descent"
    is_plain_gradient_step = True

    learning_rate: Rate = 0.05

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * gradients


@dataclass
class Momentum(Optimizer):
    """v = beta v + g; p -= rate v."""

    name = "heavy_ball"
    state = ("velocity",)

    learning_rate: Rate = 0.1
    beta: Annotated[float, Ge(0), Le(0.99)] = 0.9

    def start(self, layout):
        self.velocity = layout.vector()

    def step(self, parameters, gradients, learning_rate):
        self.velocity *= self.beta
        self.velocity += gradients
        parameters -= learning_rate * self.velocity


@dataclass
class Nesterov(Momentum):
    """v = beta v + g; p -= rate (g + beta v)."""

    name = "nesterov_descent"

    def step(self, parameters, gradients, learning_rate):
        self.velocity *= self.beta
        self.velocity += gradients
        parameters -= learning_rate * (gradients + self.beta * self.velocity)


@dataclass
class Adam(Optimizer):
    """Kingma and Ba (2015), algorithm 1."""

    name = "textbook_adam"
    state = ("m", "v")

    learning_rate: Rate = 0.001

    def start(self, layout):
        self.m, self.v = layout.vector(), layout.vector()

    def step(self, parameters, gradients, learning_rate):
        self.m += 0.1 * (gradients - self.m)
        self.v += 0.001 * (gradients * gradients - self.v)
        m, v = self.m / (1 - 0.9**self.steps), self.v / (1 - 0.999**self.steps)
        parameters -= learning_rate * m / (np.sqrt(v) + 1e-8)


@dataclass
class Adagrad(Optimizer):
    """Duchi et al. (2011)."""

    name = "textbook_adagrad"
    state = ("total",)

    learning_rate: Rate = 0.5

    def start(self, layout):
        self.total = layout.vector()

    def step(self, parameters, gradients, learning_rate):
        self.total += gradients**2
        parameters -= learning_rate * gradients / (np.sqrt(self.total) + 1e-10)


@dataclass
class RmsProp(Optimizer):
    """Hinton (2012), lecture 6e."""

    name = "textbook_rmsprop"
    state = ("square",)

    learning_rate: Rate = 0.01

    def start(self, layout):
        self.square = layout.vector()

    def step(self, parameters, gradients, learning_rate):
        self.square += 0.1 * (gradients**2 - self.square)
        parameters -= learning_rate * gradients / (np.sqrt(self.square) + 1e-8)


@dataclass
class Lion(Optimizer):
    """Chen et al. (2023): the sign of a mean of gradients, and decoupled `decay`."""

    name = "textbook_lion"
    state = ("mean",)

    learning_rate: Rate = 0.01
    decay: Annotated[float, Ge(0), Le(1)] = 0.1

    def start(self, layout):
        self.mean = layout.vector()

    def step(self, parameters, gradients, learning_rate):
        change = np.sign(0.9 * self.mean + 0.1 * gradients) + self.decay * parameters
        self.mean += 0.01 * (gradients - self.mean)
        parameters -= learning_rate * change


@dataclass
class Normalized(Optimizer):
    """p -= rate g / |g|, with the norm of the whole gradient."""

    name = "normalized_descent"

    learning_rate: Rate = 0.1

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * gradients / (float(np.linalg.norm(gradients)) + 1e-12)


@dataclass
class Layerwise(Optimizer):
    """Trust ratios: each array moves by a share of its own norm (You et al., 2017)."""

    name = "layerwise"

    learning_rate: Rate = 0.1

    def start(self, layout):
        self._segments = layout.segments

    def step(self, parameters, gradients, learning_rate):
        for segment in self._segments:
            p, g = parameters[segment.where], gradients[segment.where]
            ratio = (float(np.linalg.norm(p)) + 1e-3) / (float(np.linalg.norm(g)) + 1e-12)
            p -= learning_rate * min(ratio, 10.0) * g


@dataclass
class BarzilaiBorwein(Optimizer):
    """p -= rate s g, with s = dp.dp / dp.dg of the latest step, bounded by `largest`."""

    name = "barzilai_borwein"
    state = ("before", "slope", "size")

    learning_rate: Rate = 1.0
    largest: Positive = 10.0

    def start(self, layout):
        self.before, self.slope, self.size = layout.vector(), layout.vector(), 0.1

    def step(self, parameters, gradients, learning_rate):
        if self.steps > 1:
            moved, changed = parameters - self.before, gradients - self.slope
            along = float(moved @ changed)
            self.size = min(float(moved @ moved) / along, self.largest) if along > 1e-12 else self.size
        self.before[...], self.slope[...] = parameters, gradients
        parameters -= learning_rate * self.size * gradients


@dataclass
class LineSearch(Optimizer):
    """Gradient descent that halves its rate until the batch's loss falls."""

    name = "halving"

    learning_rate: Rate = 1.0

    def update(self, parameters, gradients, learning_rate, batch):
        before, slopes, loss = parameters.copy(), gradients.copy(), batch.loss
        for halved in range(20):
            parameters[...] = before - learning_rate / 2**halved * slopes
            if batch.evaluate() < loss:
                return


def with_rates(part, *rates):
    """Return subclasses of an optimizer whose default rates are others."""
    return [
        dataclass(
            type(
                f"{part.__name__}At{i}",
                (part,),
                {"__doc__": part.__doc__, "name": f"{part.name}_{i}", "learning_rate": rate,
                 "__annotations__": {"learning_rate": Rate}, "__module__": __name__},
            )
        )
        for i, rate in enumerate(rates)
    ]  # fmt: skip


FAST = [
    faster
    for part in (
        Plain, Momentum, Nesterov, Adam, Adagrad, RmsProp, Lion, Normalized, Layerwise, BarzilaiBorwein, LineSearch,
    )
    for faster in with_rates(part, 1e-5, 0.05, 0.2, 0.5, 1.0, 3.0)
]  # fmt: skip


# ------------------------------------------------------------------ activations


@dataclass
class Steep(Activation):
    """f(z) = slope z."""

    name = "steep"

    slope: Annotated[float, Gt(0), Le(1000)] = 100.0

    def forward(self, x, out):
        np.multiply(x, self.slope, out=out)

    def derivative(self, z, a, out):
        out.fill(self.slope)


class Cubic(Activation):
    """f(z) = z^3."""

    name = "cubic"

    def forward(self, x, out):
        np.power(x, 3, out=out)

    def derivative(self, z, a, out):
        np.multiply(3, z * z, out=out)


class Snake(Activation):
    """f(z) = z + sin(z)^2, periodic and unbounded (Ziyin et al., 2020)."""

    name = "textbook_snake"

    def forward(self, x, out):
        np.add(x, np.sin(x) ** 2, out=out)

    def derivative(self, z, a, out):
        np.add(1, np.sin(2 * z), out=out)


class Bump(Activation):
    """f(z) = exp(-z^2), which rises and falls."""

    name = "bump"

    def forward(self, x, out):
        np.exp(-x * x, out=out)

    def derivative(self, z, a, out):
        np.multiply(-2 * z, a, out=out)


class Triangle(Activation):
    """f(z) = max(0, 1 - |z|), with three kinks."""

    name = "triangle"
    kinks = (-1.0, 0.0, 1.0)

    def forward(self, x, out):
        np.maximum(0, 1 - np.abs(x), out=out)

    def derivative(self, z, a, out):
        np.multiply(-np.sign(z), np.abs(z) < 1, out=out)


class Bilinear(Activation):
    """Products of the first half of the columns and the second (Dauphin et al., 2017, without the sigmoid)."""

    name = "bilinear"

    def input_width(self, units):
        return 2 * units

    def forward(self, x, out):
        n = out.shape[1]
        np.multiply(x[:, :n], x[:, n:], out=out)

    def backward(self, x, y, grad, out):
        n = y.shape[1]
        np.multiply(grad, x[:, n:], out=out[:, :n])
        np.multiply(grad, x[:, :n], out=out[:, n:])


class GatedTanh(Bilinear):
    """tanh(u) sigmoid(v), of two halves u and v."""

    name = "gated_tanh"

    def forward(self, x, out):
        n = out.shape[1]
        np.multiply(np.tanh(x[:, :n]), 0.5 + 0.5 * np.tanh(x[:, n:] / 2), out=out)

    def backward(self, x, y, grad, out):
        n = y.shape[1]
        u, v = np.tanh(x[:, :n]), 0.5 + 0.5 * np.tanh(x[:, n:] / 2)
        np.multiply(grad, (1 - u * u) * v, out=out[:, :n])
        np.multiply(grad, u * v * (1 - v), out=out[:, n:])


class Exponential(Activation):
    """f(z) = exp(z), which exceeds all numbers for large z."""

    name = "textbook_exp"

    def forward(self, x, out):
        np.exp(x, out=out)

    def derivative(self, z, a, out):
        out[...] = a


class Constant(Activation):
    """f(z) = 1, whose derivative is zero."""

    name = "constant_one"

    def forward(self, x, out):
        out.fill(1)

    def derivative(self, z, a, out):
        out.fill(0)


class OddNames(Activation):
    """s z + b + c, whose trained arrays have the names of arguments and attributes."""

    name = "odd_names"
    NAMES = ("out", "x", "self", "weights", "rng", "layers", "name", "y", "grad", "gradients", "bias", "kind", "z")

    def parameters(self, width):
        return {name: Parameter((width,), 0.5) for name in self.NAMES}

    def forward(self, x, out):
        np.multiply(x, self.weights["x"] * self.weights["out"], out=out)
        for name in self.NAMES[2:]:
            out += self.weights[name]

    def backward(self, x, y, grad, out):
        self.gradients["x"][...] = (grad * x).sum(axis=0) * self.weights["out"]
        self.gradients["out"][...] = (grad * x).sum(axis=0) * self.weights["x"]
        for name in self.NAMES[2:]:
            self.gradients[name][...] = grad.sum(axis=0)
        np.multiply(grad, self.weights["x"] * self.weights["out"], out=out)


# ------------------------------------------------------------------ losses


class Cosh(Loss):
    """cosh(error) - 1, which exceeds all numbers for large errors."""

    name = "textbook_cosh"
    task = "regression"

    def value(self, outputs, targets):
        return (np.cosh(outputs - targets) - 1).sum(axis=1)

    def gradient(self, outputs, targets, out):
        np.sinh(outputs - targets, out=out)


@dataclass(kw_only=True)
class Quantile(Loss):
    """The pinball loss for the quantile `q`."""

    name = "pinball"
    task = "regression"

    q: Annotated[float, Gt(0), Le(0.99)] = 0.9

    def value(self, outputs, targets):
        error = targets - outputs
        return np.maximum(self.q * error, (self.q - 1) * error).sum(axis=1)

    def gradient(self, outputs, targets, out):
        out[...] = np.where(targets > outputs, -self.q, 1 - self.q)


class LogCosh(Loss):
    """log cosh of the error, in a form that does not overflow."""

    name = "textbook_log_cosh"
    task = "regression"

    def value(self, outputs, targets):
        error = np.abs(outputs - targets)
        return (error + np.log1p(np.exp(-2 * error)) - float(np.log(2))).sum(axis=1)

    def gradient(self, outputs, targets, out):
        np.tanh(outputs - targets, out=out)


class Brier(Loss):
    """The squared distance of probabilities to labels or shares."""

    name = "textbook_brier"
    task = "classification"
    targets = "labels"

    def _hot(self, outputs, targets):
        return targets if targets.ndim == 2 else np.eye(outputs.shape[1], dtype=outputs.dtype)[targets]

    def value(self, outputs, targets):
        return ((outputs - self._hot(outputs, targets)) ** 2).sum(axis=1)

    def gradient(self, outputs, targets, out):
        np.multiply(2, outputs - self._hot(outputs, targets), out=out)


class SquaredHinge(Loss):
    """max(0, 1 - t y)^2 with t = 2 target - 1."""

    name = "textbook_squared_hinge"
    task = "classification"

    def value(self, outputs, targets):
        return (np.maximum(0, 1 - (2 * targets - 1) * outputs) ** 2).sum(axis=1)

    def gradient(self, outputs, targets, out):
        t = 2 * targets - 1
        np.multiply(-2 * t, np.maximum(0, 1 - t * outputs), out=out)


class Entropy(Loss):
    """Cross-entropy of probabilities, which are clipped."""

    name = "textbook_entropy"
    task = "classification"
    output_range = "probabilities"

    def value(self, outputs, targets):
        return -(targets * np.log(np.maximum(outputs, 1e-12))).sum(axis=1)

    def gradient(self, outputs, targets, out):
        np.divide(-targets, np.maximum(outputs, 1e-12), out=out)
        out[outputs < 1e-12] = 0


@dataclass(kw_only=True)
class Twice(Loss):
    """`factor` times another loss, `base`, which may need probabilities."""

    name = "twice"
    examples = (
        {"base": "cross_entropy"}, {"base": "mse"}, {"base": "hinge"}, {"base": "binary_cross_entropy"},
    )  # fmt: skip
    task = "any"

    base: Loss = field(default_factory=lambda: Entropy())
    factor: Positive = 2.0

    @property
    def output_range(self):
        return self.base.output_range

    def value(self, outputs, targets):
        return self.factor * self.base.value(outputs, targets)

    def gradient(self, outputs, targets, out):
        self.base.gradient(outputs, targets, out)
        out *= self.factor


class Around(Twice):
    """`factor` times another loss, `base`, for regression alone; it does not say what outputs `base` needs."""

    name = "around"
    task = "regression"
    output_range = "any"


# ------------------------------------------------------------------ schedules


@dataclass
class WarmUp(Schedule):
    """From 0 to `peak` in `warm` epochs, then down to 0 as a line."""

    name = "warm_up_from_0"

    peak: Positive = 1.0
    warm: Annotated[int, Ge(1)] = 3

    def start(self, epochs, steps_per_epoch):
        self._epochs = epochs

    def rate(self, epoch):
        if epoch < self.warm:
            return self.peak * epoch / self.warm
        return self.peak * max(0.0, (self._epochs - epoch) / max(self._epochs - self.warm, 1))


@dataclass
class Steps(Schedule):
    """`initial` for five epochs, then 1 at odd and 0 at even epochs: whole numbers."""

    name = "whole_steps"

    initial: Positive = 0.5

    def rate(self, epoch):
        return self.initial if epoch < 5 else int(epoch) % 2


@dataclass
class Cyclic(Schedule):
    """A triangle between 0 and `peak` of `length` epochs."""

    name = "triangles"

    peak: Positive = 0.1
    length: Annotated[int, Ge(1)] = 2

    def rate(self, epoch):
        place = epoch % self.length / self.length
        return self.peak * (1 - abs(2 * place - 1))


@dataclass
class ByLoss(Schedule):
    """Halves the rate, `initial` at first, at each epoch in which `monitor` did not fall."""

    name = "by_loss"
    state = ("factor", "best")

    initial: Positive = 0.1
    monitor: str = "train_loss"

    def start(self, epochs, steps_per_epoch):
        self.factor, self.best = 1.0, float("inf")

    def rate(self, epoch):
        return self.initial * self.factor

    def observe(self, record):
        value = record.get(self.monitor)
        if value is not None and value >= self.best:
            self.factor /= 2
        self.best = min(self.best, value if value is not None else self.best)


@dataclass
class Halving(Schedule):
    """initial decay^epoch, which becomes tiny in long runs."""

    name = "textbook_exponential"

    initial: Positive = 1.0
    decay: Annotated[float, Gt(0), Le(1)] = 0.5

    def rate(self, epoch):
        return self.initial * self.decay**epoch


# ------------------------------------------------------------------ initializers


class Zeros(Initializer):
    """Zeros."""

    name = "textbook_zeros"

    def fill(self, out, rng, gain):
        out.fill(0)


@dataclass
class Filled(Initializer):
    """The same `value` everywhere."""

    name = "filled"

    value: Annotated[float, Ge(-100), Le(100)] = 7.0

    def fill(self, out, rng, gain):
        out[...] = self.value


class Orthogonal(Initializer):
    """Orthogonal rows or columns, from the QR decomposition of a random matrix."""

    name = "textbook_orthogonal"

    def fill(self, out, rng, gain):
        matrix = out.reshape(len(out), -1)
        rows, columns = matrix.shape
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        matrix[...] = gain * (q if rows >= columns else q.T)


class Identity(Initializer):
    """Ones on the diagonal of a matrix, zeros elsewhere."""

    name = "textbook_identity"

    def fill(self, out, rng, gain):
        out.fill(0)
        if out.ndim == 2:
            np.fill_diagonal(out, 1)


class Sparse(Initializer):
    """A normal number in a tenth of the places."""

    name = "textbook_sparse"

    def fill(self, out, rng, gain):
        out[...] = np.where(rng.random(out.shape) < 0.1, rng.normal(size=out.shape), 0)


# ------------------------------------------------------------------ penalties, constraints, noise, augmentation


@dataclass
class Absolute(Penalty):
    """factor sum |w|, with a kink at 0."""

    name = "textbook_absolute"

    factor: Annotated[float, Ge(0)] = 0.01

    def value(self, weights):
        return float(self.factor * np.abs(weights).sum())

    def gradient(self, weights, out):
        np.multiply(self.factor, np.sign(weights), out=out)


class Groups(Penalty):
    """The sum of the norms of columns, with a kink at columns of zeros."""

    name = "groups"

    def value(self, weights):
        return float(np.sqrt((weights * weights).sum(axis=0)).sum())

    def gradient(self, weights, out):
        norms = np.sqrt((weights * weights).sum(axis=0))
        np.divide(weights, np.where(norms == 0, 1, norms), out=out)


class LargestWeight(Penalty):
    """max |w|, with a kink wherever two are equal."""

    name = "largest_weight"

    def value(self, weights):
        return float(np.abs(weights).max())

    def gradient(self, weights, out):
        at = np.unravel_index(np.argmax(np.abs(weights)), weights.shape)
        out.fill(0)
        out[at] = np.sign(weights[at])


class Binary(Constraint):
    """-1 or 1."""

    name = "binary"

    def constrain(self, weights):
        weights[...] = np.where(weights < 0, -1, 1)


class NonNegative(Constraint):
    """max(w, 0)."""

    name = "textbook_non_negative"

    def constrain(self, weights):
        np.maximum(weights, 0, out=weights)


@dataclass
class MaxNorm(Constraint):
    """Columns whose norm is at most `limit`."""

    name = "textbook_max_norm"

    limit: Positive = 1.0

    def constrain(self, weights):
        norms = np.sqrt((weights * weights).sum(axis=0))
        weights *= np.minimum(1, self.limit / np.maximum(norms, 1e-12)).astype(weights.dtype)


class Centred(Constraint):
    """Columns whose mean is 0."""

    name = "centred"

    def constrain(self, weights):
        weights -= weights.mean(axis=0)


@dataclass
class Dropout(Noise):
    """Srivastava et al. (2014), scaled in training; drops a share `p`."""

    name = "textbook_dropout"

    p: Annotated[float, Ge(0), Le(0.99)] = 0.5

    def forward(self, x, out):
        self._mask = ((self.rng.random(x.shape) >= self.p) / (1 - self.p)).astype(x.dtype)
        np.multiply(x, self._mask, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._mask, out=out)


@dataclass
class Jitter(Noise):
    """Adds normal noise of standard deviation `size`."""

    name = "jitter"

    size: Annotated[float, Ge(0), Le(1e6)] = 3.0

    def forward(self, x, out):
        np.add(x, self.size * self.rng.standard_normal(x.shape, dtype=x.dtype), out=out)

    def backward(self, x, y, grad, out):
        out[...] = grad


@dataclass
class LogNormal(Noise):
    """Multiplies by exp(s n - s^2 / 2), whose mean is 1; `s` is a standard deviation."""

    name = "log_normal_noise"

    s: Annotated[float, Ge(0), Le(1)] = 1.0

    def forward(self, x, out):
        drawn = np.exp(self.s * self.rng.standard_normal(x.shape) - self.s**2 / 2)
        self._factor = drawn.astype(x.dtype)
        np.multiply(x, self._factor, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._factor, out=out)


class Decaying(Noise):
    """Normal noise whose size falls with each step."""

    name = "decaying_noise"
    state = ("size",)

    def start(self, width, dtype):
        self.size = 1.0

    def forward(self, x, out):
        np.add(x, (self.size * self.rng.standard_normal(x.shape)).astype(x.dtype), out=out)

    def backward(self, x, y, grad, out):
        out[...] = grad

    def end_step(self):
        self.size *= 0.99


@dataclass
class Mixup(BatchAugmentation):
    """Zhang et al. (2018), with Beta(`alpha`, `alpha`)."""

    name = "textbook_mixup"

    alpha: Positive = 0.2

    def augment(self, x, targets, rng):
        share, order = x.dtype.type(rng.beta(self.alpha, self.alpha)), rng.permutation(len(x))
        return share * x + (1 - share) * x[order], share * targets + (1 - share) * targets[order]


class Flips(BatchAugmentation):
    """Reverses the features of half of the rows."""

    name = "flips"

    def augment(self, x, targets, rng):
        chosen = rng.random(len(x)) < 0.5
        new = x.copy()
        new[chosen] = x[chosen, ::-1]
        return new, targets


# ------------------------------------------------------------------ normalizers


@dataclass
class Running(Normalizer):
    """Batch normalization with running statistics that take a share `rate` of each batch."""

    name = "textbook_running"
    state = ("mean", "variance")

    rate: Annotated[float, Gt(0), Le(1)] = 0.01

    def parameters(self, width):
        return {"scale": Parameter((width,), 1.0), "shift": Parameter((width,), 0.0)}

    def start(self, width, dtype):
        self.mean, self.variance = np.zeros(width, dtype), np.ones(width, dtype)

    def forward(self, x, out):
        self._mean, self._variance = x.mean(axis=0), x.var(axis=0)
        self._norm = (x - self._mean) / np.sqrt(self._variance + 1e-3)
        np.multiply(self._norm, self.weights["scale"], out=out)
        out += self.weights["shift"]

    def infer(self, x, out):
        np.multiply((x - self.mean) / np.sqrt(self.variance + 1e-3), self.weights["scale"], out=out)
        out += self.weights["shift"]

    def backward(self, x, y, grad, out):
        self.gradients["scale"][...] = (grad * self._norm).sum(axis=0)
        self.gradients["shift"][...] = grad.sum(axis=0)
        inner = grad - grad.mean(axis=0) - self._norm * (grad * self._norm).mean(axis=0)
        np.multiply(inner, self.weights["scale"] / np.sqrt(self._variance + 1e-3), out=out)

    def end_step(self):
        self.mean += self.rate * (self._mean - self.mean)
        self.variance += self.rate * (self._variance - self.variance)


class RootMeanSquare(Normalizer):
    """x / sqrt(mean of x^2 in the row + 1e-6)."""

    name = "textbook_rms"

    def forward(self, x, out):
        self._size = np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-6)
        np.divide(x, self._size, out=out)

    def backward(self, x, y, grad, out):
        np.divide(grad - y * (grad * y).mean(axis=1, keepdims=True), self._size, out=out)


# ------------------------------------------------------------------ metrics, callbacks, data


class Hits(Metric):
    """The share of rows whose largest output is that of the label, or, with one output, is on its side of 0.5."""

    name = "hits"
    task = "classification"
    state = ("right", "total")

    def start(self, rows, outputs):
        self.right = self.total = 0.0

    def update(self, outputs, targets, weights):
        chosen = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(int)
        weights = np.ones(len(outputs)) if weights is None else weights
        self.right += float(weights @ (chosen == targets))
        self.total += float(weights.sum())

    def result(self):
        return self.right / self.total if self.total else float("nan")


class Misses(Metric):
    """The number of rows whose largest output is not that of the label."""

    name = "misses"
    task = "classification"
    higher_is_better = False
    state = ("count",)

    def start(self, rows, outputs):
        self.count = 0

    def update(self, outputs, targets, weights):
        chosen = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(int)
        missed = chosen != targets
        self.count += int(missed.sum() if weights is None else weights[missed].sum())

    def result(self):
        return self.count


class Errors(Metric):
    """The weighted mean error of each column, as several figures."""

    name = "errors"
    task = "regression"
    higher_is_better = False
    state = ("sums", "total")

    def start(self, rows, outputs):
        self.sums, self.total = np.zeros(outputs), 0.0

    def update(self, outputs, targets, weights):
        weights = np.ones(len(outputs)) if weights is None else weights
        self.sums += weights @ np.abs(outputs - targets)
        self.total += float(weights.sum())

    def result(self):
        return float(self.sums.mean() / self.total) if self.total else float("nan")

    def figures(self):
        columns = self.sums / self.total if self.total else np.full(len(self.sums), np.nan)
        return {"errors": self.result(), **{f"errors_{i}": float(v) for i, v in enumerate(columns)}}


class Counted(Callback):
    """Stops when the loss has not fallen in three epochs, and says so."""

    name = "counted"
    state = ("best", "waited")

    def on_train_begin(self, run):
        self.best, self.waited = None, 0

    def on_epoch_end(self, record, run):
        better = self.best is None or record["train_loss"] < self.best
        self.best, self.waited = (record["train_loss"], 0) if better else (self.best, self.waited + 1)
        run.say(f"{self.waited} epochs without progress")
        return "no progress" if self.waited >= 3 else None


class Logs(Callback):
    """Writes a line for each epoch to log.csv."""

    name = "logs"

    def on_train_begin(self, run):
        Path("log.csv").write_text("epoch,loss\n")

    def on_epoch_end(self, record, run):
        with Path("log.csv").open("a") as file:
            file.write(f"{record['epoch']},{record['train_loss']}\n")


class Blobs(Dataset):
    """Two clouds of points, drawn with a fixed seed."""

    name = "blobs"

    def load(self, folder):
        rng = np.random.default_rng(0)
        labels = np.arange(100) % 2
        return Data(Table(rng.normal(size=(100, 2)) + 3 * labels[:, None], labels), class_names=("left", "right"))


class Line(Dataset):
    """y = 2 x."""

    name = "line"

    def load(self, folder):
        x = np.linspace(-1, 1, 50)[:, None]
        return Data(Table(x, 2 * x), Table(x[:5], 2 * x[:5]), task="regression", preprocessor="standard")


class Ranged(Preprocessor):
    """(x - least) / (largest - least) of each column, in blocks."""

    name = "ranged"
    state = ("least", "largest")

    def fit(self, x):
        self.least, self.largest = np.full(x.shape[1], np.inf), np.full(x.shape[1], -np.inf)
        for first in range(0, x.shape[0], 7):
            rows = np.asarray(x.take(np.arange(first, min(first + 7, x.shape[0])), axis=0), np.float64)
            self.least, self.largest = (
                np.minimum(self.least, rows.min(axis=0)),
                np.maximum(self.largest, rows.max(axis=0)),
            )

    def transform(self, x, out):
        size = np.where(self.largest > self.least, self.largest - self.least, 1)
        np.divide(x - self.least, size, out=out, casting="unsafe")


class Untouched(Preprocessor):
    """The rows as they are."""

    name = "untouched"
    is_identity = True

    def transform(self, x, out):
        np.copyto(out, x, casting="unsafe")


class ByPurpose(RandomSource):
    """A Philox generator for each purpose."""

    name = "by_purpose"

    def start(self, seed):
        self._seed, self._streams = seed, {}

    def stream(self, purpose):
        if purpose not in self._streams:
            sequence = np.random.SeedSequence([self._seed, *purpose.encode()])
            self._streams[purpose] = np.random.Generator(np.random.Philox(sequence))
        return self._streams[purpose]
