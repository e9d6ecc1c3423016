"""Parts of each kind with an attribute that changes in a run and is not saved, and noise that is not scaled."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from tests.testing.faulty_parts import faulty
from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Constraint,
    Loss,
    Metric,
    Noise,
    Normalizer,
    Optimizer,
    Parameter,
    Preprocessor,
    RandomSource,
    Rate,
    Schedule,
)

UNSCALED = "a factor is missing: dropout divides what it keeps by the share that it keeps"


@dataclass
@faulty("mean", UNSCALED)
class ForgetsToScale(Noise):
    """Dropout of a share `p` that does not divide by 1 - p."""

    name = "forgets_to_scale"

    p: Annotated[float, Ge(0), Le(0.99)] = 0.5

    def forward(self, x, out):
        self._mask = (self.rng.random(x.shape) >= self.p).astype(x.dtype)
        np.multiply(x, self._mask, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._mask, out=out)


@dataclass
@faulty("mean", UNSCALED)
class DividesByTheWrongShare(ForgetsToScale):
    """Divides by `p`, the share that is dropped."""

    name = "divides_by_the_wrong_share"

    p: Annotated[float, Gt(0), Le(0.99)] = 0.4

    def forward(self, x, out):
        self._mask = ((self.rng.random(x.shape) >= self.p) / self.p).astype(x.dtype)
        np.multiply(x, self._mask, out=out)


@faulty("state", "`state` lacks an attribute that augment changes")
class CountsBatches(BatchAugmentation):
    """Scales each batch by the number of batches so far."""

    name = "counts_batches"
    batches = 0

    def augment(self, x, targets, rng):
        self.batches += 1
        return x * x.dtype.type(self.batches), targets


class CountsAndSaves(CountsBatches):
    """The same, and saves the number."""

    name = "counts_and_saves"
    state = ("batches",)


@faulty("mean", UNSCALED)
class OneSided(Noise):
    """Adds numbers from 0 to 1."""

    name = "one_sided"

    def forward(self, x, out):
        np.add(x, self.rng.random(x.shape, dtype=x.dtype), out=out)

    def backward(self, x, y, grad, out):
        out[...] = grad


@faulty("mean", UNSCALED)
class LogNormalMedian(Noise):
    """Multiplies by exp(n), whose median is 1 and whose mean is not."""

    name = "log_normal_median"

    def forward(self, x, out):
        self._factor = np.exp(0.5 * self.rng.standard_normal(x.shape)).astype(x.dtype)
        np.multiply(x, self._factor, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self._factor, out=out)


@faulty("state", "`state` lacks a running attribute")
class Sharpens(Activation):
    """tanh(k z) in training, where k grows with each step; tanh(z) outside it."""

    name = "sharpens"

    def start(self, width, dtype):
        self._k = 1.0

    def forward(self, x, out):
        np.tanh(self._k * x, out=out)

    def infer(self, x, out):
        np.tanh(x, out=out)

    def derivative(self, z, a, out):
        np.multiply(self._k, 1 - a * a, out=out)

    def end_step(self):
        self._k += 0.01


@faulty("state", "`state` lacks a running attribute")
class LateSharpens(Sharpens):
    """The same, and k stays 1 in the first ten steps."""

    name = "late_sharpens"

    def start(self, width, dtype):
        self._k, self._steps = 1.0, 0

    def end_step(self):
        self._steps += 1
        self._k = 1.0 if self._steps < 10 else 2.0


@faulty("state", "`state` lacks a running attribute")
class FadingNoise(Noise):
    """Normal noise whose size falls with each step, which is not saved."""

    name = "fading_noise"

    def start(self, width, dtype):
        self._size = 1.0

    def forward(self, x, out):
        np.add(x, (self._size * self.rng.standard_normal(x.shape)).astype(x.dtype), out=out)

    def backward(self, x, y, grad, out):
        out[...] = grad

    def end_step(self):
        self._size *= 0.9


@faulty("state", "`state` lacks a running attribute")
class ForgetsVariance(Normalizer):
    """Running mean and variance, of which the variance is not saved."""

    name = "forgets_variance"
    state = ("mean",)

    def parameters(self, width):
        return {"out": Parameter((width,), 1.0)}

    def start(self, width, dtype):
        self.mean, self.variance = np.zeros(width, dtype), np.ones(width, dtype)

    def forward(self, x, out):
        self._mean, self._variance = x.mean(axis=0), x.var(axis=0)
        self._norm = (x - self._mean) / np.sqrt(self._variance + 1e-3)
        np.multiply(self._norm, self.weights["out"], out=out)

    def infer(self, x, out):
        np.multiply((x - self.mean) / np.sqrt(self.variance + 1e-3), self.weights["out"], out=out)

    def backward(self, x, y, grad, out):
        self.gradients["out"][...] = (grad * self._norm).sum(axis=0)
        inner = grad - grad.mean(axis=0) - self._norm * (grad * self._norm).mean(axis=0)
        np.multiply(inner, self.weights["out"] / np.sqrt(self._variance + 1e-3), out=out)

    def end_step(self):
        self.mean += 0.05 * (self._mean - self.mean)
        self.variance += 0.05 * (self._variance - self.variance)


@dataclass
@faulty("state", "saved and loaded after 3 epochs, it takes another step")
class EveryTwelfth(Optimizer):
    """Doubles each twelfth step, and does not save the count."""

    name = "every_twelfth"

    learning_rate: Rate = 0.01

    def start(self, layout):
        self._count = 0

    def step(self, parameters, gradients, learning_rate):
        self._count += 1
        parameters -= learning_rate * gradients * (2 if self._count % 12 == 0 else 1)


@dataclass
@faulty("state", "saved and loaded after 3 epochs, it takes another step")
class PerEpoch(Optimizer):
    """Halves its steps with each epoch, and does not save the number of epochs."""

    name = "per_epoch"

    learning_rate: Rate = 0.01

    def start(self, layout):
        self._factor = 1.0

    def start_epoch(self, parameters):
        self._factor /= 2

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * self._factor * gradients


@dataclass
@faulty("state", "it gives other rates")
class FirstLoss(Schedule):
    """The rate is `initial` times the ratio of the latest loss to the first, which is not saved."""

    name = "first_loss"
    state = ("latest",)

    initial: Annotated[float, Gt(0)] = 0.1

    def start(self, epochs, steps_per_epoch):
        self._first, self.latest = 0.0, 1.0

    def rate(self, epoch):
        return self.initial * self.latest

    def observe(self, record):
        self._first = self._first or record["train_loss"]
        self.latest = record["train_loss"] / self._first


@faulty("state", "a run that is resumed within an epoch gives another 'spread_largest'")
class HalfSaved(Metric):
    """The mean error, which is saved, and the largest one, which is not."""

    name = "spread"
    task = "regression"
    higher_is_better = False
    state = ("total", "weight")

    def start(self, rows, outputs):
        self.total = self.weight = self.largest = 0.0

    def update(self, outputs, targets, weights):
        errors = np.abs(outputs - targets).mean(axis=1)
        weights = np.ones(len(errors)) if weights is None else weights
        self.total += float(weights @ errors)
        self.weight += float(weights.sum())
        self.largest = max(self.largest, float((errors * (weights > 0)).max()))

    def result(self):
        return self.total / self.weight if self.weight else 0.0

    def figures(self):
        return {"spread": self.result(), "spread_largest": self.largest}


@faulty("result", "figures names a value 'largest'")
class StrangeName(HalfSaved):
    """Names a value that does not begin with its own name."""

    state = ("total", "weight", "largest")

    def figures(self):
        return {"spread": self.result(), "largest": self.largest}


@faulty("state", "saved and loaded after 6 calls of `value` and `gradient`, it gives other numbers")
class Annealed(Loss):
    """The squared error times a factor that grows with each gradient and is not saved."""

    name = "annealed"
    task = "regression"

    def value(self, outputs, targets):
        return getattr(self, "_factor", 1.0) * ((outputs - targets) ** 2).sum(axis=1)

    def gradient(self, outputs, targets, out):
        np.multiply(2 * getattr(self, "_factor", 1.0), outputs - targets, out=out)
        self._factor = getattr(self, "_factor", 1.0) * 1.1


@faulty("state", "loaded from a model file, transform fails")
class ForgetsSize(Preprocessor):
    """(x - mean) / size, with a size that is not saved."""

    name = "forgets_size"
    state = ("mean",)

    def fit(self, x):
        rows = np.asarray(x.take(np.arange(x.shape[0]), axis=0), np.float64)
        self.mean, self._size = rows.mean(axis=0), rows.std(axis=0) + 1

    def transform(self, x, out):
        np.divide(x - self.mean, self._size, out=out, casting="unsafe")


@faulty("state", "a second call of transform gives other values")
class CountsCalls(Preprocessor):
    """x divided by the number of calls."""

    name = "counts_calls"

    def fit(self, x):
        pass

    def transform(self, x, out):
        self._calls = getattr(self, "_calls", 0) + 1
        np.divide(x, self._calls, out=out, casting="unsafe")


@faulty("state", "saved and loaded, it gives other numbers")
class CountsStreams(RandomSource):
    """Its streams depend on how many numbers of streams were asked for."""

    name = "counts_streams"

    def start(self, seed):
        self._seed, self._streams, self._asked = seed, {}, 0

    def stream(self, purpose):
        self._asked += purpose == "shuffle"
        if purpose not in self._streams:
            odd = self._asked if purpose.startswith("layers") else 0
            self._streams[purpose] = np.random.default_rng([self._seed, odd, *purpose.encode()])
        return self._streams[purpose]


class Centred(Normalizer):
    """Subtracts the batch mean; outside training a running mean."""

    name = "centred"
    state = ("mean",)

    def start(self, width, dtype):
        self.mean = np.zeros(width, dtype)

    def forward(self, x, out):
        self._latest = x.mean(axis=0)
        np.subtract(x, self._latest, out=out)

    def infer(self, x, out):
        np.subtract(x, self.mean, out=out)

    def backward(self, x, y, grad, out):
        np.subtract(grad, grad.mean(axis=0), out=out)

    def end_step(self):
        self.mean = 0.9 * self.mean + 0.1 * self._latest


@faulty("state", "'mean' of its `state` is None; in a network, state is arrays of float32")
class NoneAtFirst(Centred):
    """Its mean is None until the first step."""

    name = "none_at_first"

    def start(self, width, dtype):
        self.mean = None

    def infer(self, x, out):
        np.subtract(x, 0 if self.mean is None else self.mean, out=out)

    def end_step(self):
        self.mean = self._latest


@faulty("state", "and was an array of float64 (0,) after `start`")
class Growing(Constraint):
    """Clips weights to the mean of the sizes so far, which are an array that grows."""

    name = "growing"
    state = ("sizes",)

    def start(self, shape, dtype):
        self.sizes = np.zeros(0)

    def constrain(self, weights):
        self.sizes = np.append(self.sizes, 1.0)
        np.clip(weights, -len(self.sizes), len(self.sizes), out=weights)


@faulty("state", "'bound' of its `state` has become 0.5, and was 1 after `start`")
class WholeAtFirst(Constraint):
    """Clips weights to a bound that is halved once; it begins as a whole number."""

    name = "whole_at_first"
    state = ("bound",)

    def start(self, shape, dtype):
        self.bound = 1

    def constrain(self, weights):
        self.bound = 0.5
        np.clip(weights, -self.bound, self.bound, out=weights)
