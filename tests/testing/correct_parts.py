"""Correct parts of forms that no built-in part has; the kit must find nothing in them."""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core.errors import SpecError
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
    Rate,
    Schedule,
    Table,
)


@dataclass
class Sine(Activation):
    """sin(w z), with a high `frequency` w."""

    name = "sine"

    frequency: Annotated[float, Gt(0), Le(100)] = 30.0

    def forward(self, x, out):
        np.sin(self.frequency * x, out=out)

    def derivative(self, z, a, out):
        np.multiply(np.cos(self.frequency * z), self.frequency, out=out)


class Kept(Activation):
    """tanh, which stores its slope in forward for backward."""

    name = "kept"

    def forward(self, x, out):
        np.tanh(x, out=out)
        self._slope = 1 - out * out

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._slope, out=out)


class Waves(Activation):
    """cos(k z) for k = 1 to the width, of a single column."""

    name = "waves"

    def input_width(self, units):
        return 1

    def forward(self, x, out):
        np.cos(x * np.arange(1, out.shape[1] + 1, dtype=x.dtype), out=out)

    def backward(self, x, y, grad, out):
        k = np.arange(1, y.shape[1] + 1, dtype=x.dtype)
        np.sum(-np.sin(x * k) * k * grad, axis=1, keepdims=True, out=out)


class Interleaved(Activation):
    """Products of adjacent columns."""

    name = "interleaved"

    def input_width(self, units):
        return 2 * units

    def forward(self, x, out):
        np.multiply(x[:, ::2], x[:, 1::2], out=out)

    def backward(self, x, y, grad, out):
        out[:, ::2], out[:, 1::2] = grad * x[:, 1::2], grad * x[:, ::2]


class Scaled(Activation):
    """Softmax of s z, with a trained number s."""

    name = "scaled"

    def parameters(self, width):
        return {"scale": Parameter((), 1.0)}

    def forward(self, x, out):
        np.multiply(x, self.weights["scale"], out=out)
        out -= out.max(axis=1, keepdims=True)
        np.exp(out, out=out)
        out /= out.sum(axis=1, keepdims=True)

    def backward(self, x, y, grad, out):
        np.multiply(grad - (grad * y).sum(axis=1, keepdims=True), y, out=out)
        self.gradients["scale"][...] = (out * x).sum()
        out *= self.weights["scale"]


class Precise(Activation):
    """tanh, which asks for float64 within forward."""

    name = "precise"

    def forward(self, x, out):
        out[...] = np.tanh(x.astype(np.float64))

    def derivative(self, z, a, out):
        np.subtract(1, a * a, out=out)


class Sinusoid(Initializer):
    """Values that are not random."""

    name = "sinusoid"

    def fill(self, out, rng, gain):
        out[...] = gain * np.sin(1.7 * np.arange(out.size)).reshape(out.shape)


class Spawned(Initializer):
    """Random numbers from a generator of its own, whose seed is drawn from the given one."""

    name = "spawned"

    def fill(self, out, rng, gain):
        out[...] = np.random.Generator(np.random.Philox(int(rng.integers(2**31)))).normal(0, gain, out.shape)


@dataclass
class Signs(Optimizer):
    """p -= rate sign(g), without state."""

    name = "signs"

    learning_rate: Rate = 0.01

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * np.sign(gradients)


@dataclass
class Heun(Optimizer):
    """The mean of two gradients, the second after a trial step."""

    name = "heun"

    learning_rate: Rate = 0.01

    def update(self, parameters, gradients, learning_rate, batch):
        here, first = parameters.copy(), gradients.copy()
        parameters -= learning_rate * first
        batch.evaluate()
        parameters[...] = here - learning_rate / 2 * (first + gradients)


@dataclass
class ByPath(Optimizer):
    """Momentum with a dict of arrays by path as its state."""

    name = "by_path"
    state = ("velocity",)

    learning_rate: Rate = 0.01

    def start(self, layout):
        self._segments = layout.segments
        self.velocity = {s.path: np.zeros(s.shape, layout.dtype) for s in layout.segments}

    def step(self, parameters, gradients, learning_rate):
        for segment in self._segments:
            velocity, weights = self.velocity[segment.path], segment.view(parameters)
            velocity *= 0.9
            velocity += segment.view(gradients)
            weights -= learning_rate * velocity


@dataclass
class Averaged(Optimizer):
    """Gradient descent; the mean of all parameters is used."""

    name = "averaged"
    state = ("mean", "trained", "count")

    learning_rate: Rate = 0.01

    def start(self, layout):
        self.mean, self.trained, self.count = layout.vector(), layout.vector(), 0

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * gradients
        self.count += 1
        self.mean += (parameters - self.mean) / self.count

    def start_epoch(self, parameters):
        if self.count:
            parameters[...] = self.trained

    def end_epoch(self, parameters):
        if self.count:
            self.trained[...] = parameters
            parameters[...] = self.mean


class Cumulative(Normalizer):
    """Batch normalization whose running statistics are plain means over all steps."""

    name = "cumulative"
    state = ("mean", "variance", "count")

    def start(self, width, dtype):
        self.mean, self.variance, self.count = np.zeros(width, dtype), np.ones(width, dtype), 0

    def forward(self, x, out):
        self._mean, self._variance = x.mean(axis=0), x.var(axis=0)
        np.divide(x - self._mean, np.sqrt(self._variance + 1e-3), out=out)

    def infer(self, x, out):
        np.divide(x - self.mean, np.sqrt(self.variance + 1e-3), out=out)

    def backward(self, x, y, grad, out):
        inner = grad - grad.mean(axis=0) - y * (grad * y).mean(axis=0)
        np.divide(inner, np.sqrt(self._variance + 1e-3), out=out)

    def end_step(self):
        self.count += 1
        self.mean += (self._mean - self.mean) / self.count
        self.variance += (self._variance - self.variance) / self.count


class Slow(Cumulative):
    """Running statistics that take a thousandth of each batch."""

    name = "slow"
    state = ("mean", "variance")

    def end_step(self):
        self.mean += 0.001 * (self._mean - self.mean)
        self.variance += 0.001 * (self._variance - self.variance)


class RowDrop(Noise):
    """Drops whole rows."""

    name = "row_drop"

    def forward(self, x, out):
        self._mask = 2 * (self.rng.random((len(x), 1)) < 0.5).astype(x.dtype)
        np.multiply(x, self._mask, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._mask, out=out)


class Unchanged(BatchAugmentation):
    """Returns the batch unchanged."""

    name = "unchanged"

    def augment(self, x, targets, rng):
        return x, targets


class Repulsion(Penalty):
    """exp(-sum w^2), which falls as the weights grow."""

    name = "repulsion"

    def value(self, weights):
        return float(np.exp(-(weights * weights).sum()))

    def gradient(self, weights, out):
        np.multiply(weights, -2 * self.value(weights), out=out)


class Cap(Constraint):
    """Clips at 100, far from most weights."""

    name = "cap"

    def constrain(self, weights):
        np.clip(weights, -100, 100, out=weights)


class MedianError(Metric):
    """The weighted median of errors, which stores all rows."""

    name = "median_error"
    task = "regression"
    higher_is_better = False
    state = ("errors", "weights")

    def start(self, rows, outputs):
        self.errors = self.weights = np.empty(0)

    def update(self, outputs, targets, weights):
        self.errors = np.append(self.errors, np.abs(outputs - targets).mean(axis=1))
        self.weights = np.append(self.weights, np.ones(len(outputs)) if weights is None else weights)

    def result(self):
        order = np.argsort(self.errors, kind="stable")
        reached = np.cumsum(self.weights[order])
        return float(self.errors[order][np.searchsorted(reached, reached[-1] / 2)])


@dataclass(kw_only=True)
class Tolerant(Loss):
    """The square of the part of an error that exceeds `margin`."""

    name = "tolerant"
    task = "regression"

    margin: Annotated[float, Ge(0), Le(10)] = 0.1

    def value(self, outputs, targets):
        return (np.maximum(np.abs(outputs - targets) - self.margin, 0) ** 2).sum(axis=1)

    def gradient(self, outputs, targets, out):
        error = outputs - targets
        np.multiply(2 * np.maximum(np.abs(error) - self.margin, 0), np.sign(error), out=out)


@dataclass
class Delayed(Schedule):
    """0 for `wait` epochs, then `initial`."""

    name = "delayed"

    initial: Annotated[float, Gt(0)] = 0.1
    wait: Annotated[int, Ge(0)] = 2

    def rate(self, epoch):
        return 0.0 if epoch < self.wait else self.initial


class Once(Callback):
    """Stops after the first epoch."""

    name = "once"

    def on_epoch_end(self, record, run):
        return "one is enough"


class SignedLog(Preprocessor):
    """sign(x) log(1 + |x|), which needs no fit."""

    name = "signed_log"

    def fit(self, x):
        pass

    def transform(self, x, out):
        np.copyto(out, x, casting="unsafe")
        np.copysign(np.log1p(np.abs(out)), out, out=out)


class HalfColumns(Activation):
    """[relu(z), relu(-z)] of half as many columns; it refuses an odd number of units."""

    name = "half_columns"
    kinks = (0.0,)

    def input_width(self, units):
        if units % 2:
            raise SpecError("half_columns needs an even number of units")
        return units // 2

    def forward(self, x, out):
        n = x.shape[1]
        np.maximum(x, 0, out=out[:, :n])
        np.maximum(-x, 0, out=out[:, n:])

    def backward(self, x, y, grad, out):
        n = x.shape[1]
        np.subtract(grad[:, :n] * (x > 0), grad[:, n:] * (x < 0), out=out)


class StickBreaking(Activation):
    """Breaks a stick of length 1 at the shares sigmoid(z): units - 1 inputs give probabilities."""

    name = "stick_breaking"

    def input_width(self, units):
        return units - 1

    def forward(self, x, out):
        share = (1 + np.tanh(x / 2)) / 2
        out[:, 0] = 1
        np.cumprod(1 - share, axis=1, out=out[:, 1:])
        out[:, :-1] *= share

    def backward(self, x, y, grad, out):
        share = (1 + np.tanh(x / 2)) / 2
        after = np.cumsum((grad * y)[:, ::-1], axis=1)[:, ::-1]
        np.subtract(grad[:, :-1] * y[:, :-1] * (1 - share), share * after[:, 1:], out=out)


class OddGroups(Normalizer):
    """Subtracts the mean of each three columns; it refuses a width that is no multiple of three."""

    name = "odd_groups"

    def start(self, width, dtype):
        if width % 3:
            raise ValueError(f"{width} columns are no groups of three")

    def forward(self, x, out):
        groups = x.reshape(len(x), -1, 3)
        out[...] = (groups - groups.mean(axis=2, keepdims=True)).reshape(x.shape)

    def backward(self, x, y, grad, out):
        self.forward(grad, out)


@dataclass
class NumPyDefaults(Sine):
    """sin(w z), with defaults of NumPy: `frequency`, `count`, `flag`; `__post_init__` sorts `steps` into a tuple."""

    name = "numpy_defaults"

    frequency: Annotated[float, Gt(0), Le(100)] = np.float64(3.0)
    count: Annotated[int, Ge(0), Le(9)] = np.int64(3)
    flag: bool = np.bool_(True)
    steps: list[Annotated[float, Ge(0)]] = field(default_factory=lambda: [2.0, 1.0])

    def __post_init__(self):
        self.steps = tuple(sorted(self.steps))


class Pruned(Constraint):
    """Keeps the half of the weights that was the largest at the first step, by a mask of bools."""

    name = "pruned"
    state = ("mask", "is_set")

    def start(self, shape, dtype):
        self.mask = np.ones(shape, bool)
        self.is_set = False

    def constrain(self, weights):
        if not self.is_set:
            self.mask = np.abs(weights) >= np.median(np.abs(weights))
            self.is_set = True
        weights *= self.mask


class PerClass(Metric):
    """Accuracy of each class; it counts the classes by their names."""

    name = "per_class"
    task = "classification"
    state = ("right", "total")

    def start(self, rows, outputs):
        self.right, self.total = np.zeros(len(self.class_names)), np.zeros(len(self.class_names))

    def update(self, outputs, targets, weights):
        weights = np.ones(len(targets)) if weights is None else weights
        np.add.at(self.total, targets, weights)
        np.add.at(self.right, targets, weights * (self.predicted_classes(outputs) == targets))

    def result(self):
        return np.mean(self.right / np.maximum(self.total, 1e-9))


@dataclass
class Float32Rate(Schedule):
    """A rate that falls from `initial`, in float32."""

    name = "float32_rate"
    initial: Annotated[float, Gt(0)] = 0.1

    def rate(self, epoch):
        return np.float32(self.initial / (1 + epoch))


class Computed:
    """Rows that are computed when they are taken; `out` is filled, and nothing returned."""

    shape, dtype = (40, 3), np.dtype(np.float32)

    def take(self, indices, axis=0, out=None):
        rows = np.sin(np.outer(indices, [1, 2, 3])).astype(self.dtype)
        if out is None:
            return rows
        out[...] = rows
        return None


class Fresh(Computed):
    """The same, but it returns new rows and leaves `out` alone."""

    def take(self, indices, axis=0, out=None):
        return super().take(indices)


class ComputedRows(Dataset):
    """Rows that are computed, with a list of labels."""

    name = "computed_rows"
    rows = Computed

    def load(self, folder):
        return Data(Table(self.rows(), [0, 1] * 20))


class FreshRows(ComputedRows):
    """The same with rows that ignore `out`."""

    name = "fresh_rows"
    rows = Fresh
