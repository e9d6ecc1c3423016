"""A plugin with a part of every kind, each written from `plugins/README.md` and `zoo_core/parts.py` alone."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from zoo_core import hookimpl
from zoo_core.errors import DataError
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
    OptimizerWrapper,
    Parameter,
    Penalty,
    Preprocessor,
    RandomSource,
    Rate,
    Schedule,
    Table,
)


@dataclass
class TrainedSwish(Activation):
    """f(z) = z sigmoid(beta z) with a beta for each unit that is trained (Ramachandran et al., 2017)."""

    name = "my_swish"
    beta: Annotated[float, Gt(0)] = 1.0

    def parameters(self, width):
        return {"beta": Parameter((width,), self.beta)}

    def forward(self, x, out):
        np.divide(x, 1 + np.exp(-self.weights["beta"] * x), out=out)

    def backward(self, x, y, grad, out):
        beta = self.weights["beta"]
        s = 1 / (1 + np.exp(-beta * x))
        np.sum(grad * x * x * s * (1 - s), axis=0, out=self.gradients["beta"])
        np.multiply(grad, s + beta * y * (1 - s), out=out)


@dataclass
class Maxout(Activation):
    """The largest of `pieces` linear pieces (Goodfellow et al., 2013)."""

    name = "my_maxout"
    pieces: Annotated[int, Ge(2)] = 2

    def input_width(self, units):
        return units * self.pieces

    def _split(self, x):
        return x.reshape(len(x), -1, self.pieces)

    def forward(self, x, out):
        np.max(self._split(x), axis=2, out=out)

    def backward(self, x, y, grad, out):
        first = np.argmax(self._split(x), axis=2)
        np.multiply(first[:, :, None] == np.arange(self.pieces), grad[:, :, None], out=self._split(out))


@dataclass
class RandomRelu(Activation):
    """A leaky rectifier whose slope is drawn in training and fixed outside it (Xu et al., 2015)."""

    name = "my_rrelu"
    low: Annotated[float, Ge(0)] = 0.125
    high: Annotated[float, Lt(1)] = 0.333
    kinks = (0.0,)

    def forward(self, x, out):
        self.slopes = self.rng.uniform(self.low, self.high, x.shape).astype(x.dtype)
        np.multiply(x, np.where(x > 0, 1, self.slopes), out=out)

    def infer(self, x, out):
        np.multiply(x, np.where(x > 0, 1, (self.low + self.high) / 2), out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, np.where(x > 0, 1, self.slopes), out=out)


@dataclass
class Standardize(Normalizer):
    """Batch normalization without scale and shift (Ioffe and Szegedy, 2015), with running figures."""

    name = "my_batch_norm"
    state = ("mean", "variance")
    momentum: Annotated[float, Gt(0), Le(1)] = 0.1

    def start(self, width, dtype):
        self.mean, self.variance = np.zeros(width, dtype), np.ones(width, dtype)

    def forward(self, x, out):
        self.now = x.mean(axis=0), x.var(axis=0)
        self.scale = 1 / np.sqrt(self.now[1] + 1e-5)
        np.multiply(x - self.now[0], self.scale, out=out)

    def infer(self, x, out):
        np.divide(x - self.mean, np.sqrt(self.variance + 1e-5), out=out)

    def backward(self, x, y, grad, out):
        np.multiply(self.scale, grad - grad.mean(axis=0) - y * (grad * y).mean(axis=0), out=out)

    def end_step(self):
        for running, value in zip((self.mean, self.variance), self.now, strict=True):
            running += self.momentum * (value - running)


class Around:
    """A transform around another: twice what `inner` gives, with its weights, gradients, random numbers and state."""

    def input_width(self, units):
        return self.inner.input_width(units)

    def parameters(self, width):
        return {f"inner.{name}": parameter for name, parameter in self.inner.parameters(width).items()}

    def start(self, width, dtype):
        names = self.inner.parameters(width)
        self.inner.weights = {name: self.weights[f"inner.{name}"] for name in names}
        self.inner.gradients = {name: self.gradients[f"inner.{name}"] for name in names}
        self.inner.rng = self.rng
        self.inner.start(width, dtype)

    def forward(self, x, out):
        self.inner.forward(x, out)
        out *= 2

    def infer(self, x, out):
        self.inner.infer(x, out)
        out *= 2

    def backward(self, x, y, grad, out):
        self.inner.backward(x, y / 2, 2 * grad, out)

    def end_step(self):
        self.inner.end_step()


@dataclass
class TwiceActivation(Around, Activation):
    """f(z) = 2 inner(z)."""

    name = "my_twice"
    inner: Activation


@dataclass
class TwiceNormalizer(Around, Normalizer):
    """y = 2 inner(x)."""

    name = "my_twice"
    inner: Normalizer


@dataclass
class FaultyDropout(Noise):
    """The notebook's dropout: scaled forwards, and not masked backwards."""

    name = "my_dropout"
    rate: Annotated[float, Ge(0), Lt(1)] = 0.5

    def forward(self, x, out):
        np.multiply(x, (self.rng.random(x.shape) >= self.rate) / (1 - self.rate), out=out)

    def backward(self, x, y, grad, out):
        out[...] = grad


@dataclass
class GroupLasso(Penalty, Constraint):
    """Euclidean norm of each unit's weights, which also must not exceed `most`: two kinds in one part."""

    name = "my_group_lasso"
    strength: Annotated[float, Ge(0)] = 1e-3
    most: Annotated[float, Gt(0)] = 3.0

    def value(self, weights):
        return self.strength * float(np.linalg.norm(weights, axis=0).sum())

    def gradient(self, weights, out):
        np.multiply(weights, self.strength / (np.linalg.norm(weights, axis=0) + 1e-12), out=out)

    def constrain(self, weights):
        weights *= np.minimum(1, self.most / (np.linalg.norm(weights, axis=0) + 1e-12))


@dataclass
class Jitter(BatchAugmentation):
    """Adds noise to the inputs of a batch and leaves the targets."""

    name = "my_jitter"
    scale: Annotated[float, Ge(0)] = 0.01

    def augment(self, x, targets, rng):
        return x + rng.normal(0, self.scale, x.shape).astype(x.dtype), targets


@dataclass(kw_only=True)
class Ordinal(Loss):
    """Squared distance between the expected and the true rank, for labels that are ordered."""

    name = "my_ordinal"
    targets = "labels"
    task = "classification"

    def value(self, outputs, targets):
        return (outputs @ np.arange(outputs.shape[1], dtype=outputs.dtype) - self._rank(targets)) ** 2

    def gradient(self, outputs, targets, out):
        ranks = np.arange(outputs.shape[1], dtype=outputs.dtype)
        error = outputs @ ranks - self._rank(targets)
        np.multiply(2 * error[:, None], ranks, out=out)

    @staticmethod
    def _rank(targets):
        return targets if targets.ndim == 1 else targets.argmax(axis=1)


@dataclass
class Auc(Metric):
    """Area under the curve of class 0 against the rest: needs all rows of a split at once."""

    name = "my_auc"
    task = "classification"

    def start(self, rows, outputs):
        self.scores, self.hits = [], []

    def update(self, outputs, targets, weights):
        self.scores.append(outputs[:, 0].copy())
        self.hits.append(targets == 0)

    def result(self):
        scores, hits = np.concatenate(self.scores), np.concatenate(self.hits)
        above = scores[hits][:, None] > scores[~hits]
        return float(above.mean()) if above.size else float("nan")


@dataclass
class Sam(OptimizerWrapper):
    """Sharpness-aware minimization around any optimizer (Foret et al., 2021): two gradients a step."""

    name = "my_sam"
    rho: Annotated[float, Gt(0)] = 0.05

    def update(self, parameters, gradients, learning_rate, batch):
        shift = self.rho / (np.linalg.norm(gradients) + 1e-12) * gradients
        parameters += shift
        batch.evaluate()
        parameters -= shift
        self.update_base(parameters, gradients, learning_rate, batch)


@dataclass
class Lars(Optimizer):
    """A rate for each weight matrix in proportion to its norm (You et al., 2017)."""

    name = "my_lars"
    state = ("velocity",)
    learning_rate: Rate = 0.1
    trust: Annotated[float, Gt(0)] = 0.02
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.9

    def start(self, layout):
        self.layout, self.velocity = layout, layout.vector()

    def step(self, parameters, gradients, learning_rate):
        for segment in self.layout.segments:
            w, g = segment.view(parameters), segment.view(gradients)
            if segment.role == "weights":
                g *= self.trust * np.linalg.norm(w) / (np.linalg.norm(g) + 1e-12)
        self.velocity *= self.momentum
        self.velocity += learning_rate * gradients
        parameters -= self.velocity


@dataclass
class Muon(Optimizer):
    """Steps of matrices whose singular values are all one (Jordan, 2024); here by an SVD."""

    name = "my_muon"
    learning_rate: Rate = 0.02

    def start(self, layout):
        self.layout = layout

    def step(self, parameters, gradients, learning_rate):
        for segment in self.layout.segments:
            g = segment.view(gradients)
            if g.ndim == 2:
                u, _, v = np.linalg.svd(g, full_matrices=False)
                g[...] = u @ v
        parameters -= learning_rate * gradients


@dataclass
class Backtrack(Optimizer):
    """Gradient descent with a line search: looks at the batch until the loss falls enough (Armijo, 1966)."""

    name = "my_line_search"
    learning_rate: Rate = 1.0

    def update(self, parameters, gradients, learning_rate, batch):
        start, direction, before = parameters.copy(), gradients.copy(), batch.loss
        slope = float(direction @ direction)
        for halvings in range(20):
            rate = learning_rate * 0.5**halvings
            np.subtract(start, rate * direction, out=parameters)
            if batch.evaluate() <= before - 1e-4 * rate * slope:
                return


@dataclass
class Bold(Schedule):
    """Raises the rate while the training loss falls and halves it when it rises (Battiti, 1989)."""

    name = "my_bold_driver"
    state = ("current", "last")
    initial: Annotated[float, Gt(0)] = 0.01

    def start(self, epochs, steps_per_epoch):
        self.current, self.last = self.initial, None

    def rate(self, epoch):
        return self.current

    def observe(self, record):
        loss = record["train_loss"]
        self.current *= 1.05 if self.last is None or loss < self.last else 0.5
        self.last = loss


@dataclass
class Checker(Initializer):
    """Plus and minus one alternately, scaled by the gain over the root of the inputs."""

    name = "my_checker"

    def fill(self, out, rng, gain):
        out[...] = rng.choice([-1.0, 1.0], out.shape) * gain / np.sqrt(len(out))


@dataclass
class Mersenne(RandomSource):
    """One Mersenne twister for all purposes."""

    name = "my_mersenne"

    def start(self, seed):
        self.shared = np.random.Generator(np.random.MT19937(seed))

    def stream(self, purpose):
        return self.shared


class OnDisk:
    """Rows that stay on disk: all that a Table asks of `x`."""

    def __init__(self, path):
        self.rows = np.load(path, mmap_mode="r")
        self.shape, self.dtype = self.rows.shape, self.rows.dtype

    def take(self, indices, axis=0, out=None):
        found = self.rows[indices]
        if out is None:
            return found
        out[...] = found
        return out


@dataclass
class Streamed(Dataset):
    """A folder with x.npy and y.npy, of which only the rows of a batch are in memory."""

    name = "my_stream"
    path: str

    def load(self, folder):
        place = Path(self.path)
        if not (place / "x.npy").exists():
            raise DataError(f"{place}: holds no x.npy")
        return Data(Table(OnDisk(place / "x.npy"), np.load(place / "y.npy")), preprocessor="my_minmax")


@dataclass
class MinMax(Preprocessor):
    """Inputs between 0 and 1, by the least and the largest of each feature in training."""

    name = "my_minmax"
    state = ("least", "most")

    def fit(self, x):
        pieces = [x.take(np.arange(at, min(at + 64, x.shape[0])), axis=0) for at in range(0, x.shape[0], 64)]
        self.least = np.min([piece.min(axis=0) for piece in pieces], axis=0)
        self.most = np.max([piece.max(axis=0) for piece in pieces], axis=0)

    def transform(self, x, out):
        np.divide(x - self.least, np.maximum(self.most - self.least, 1e-12), out=out, casting="same_kind")


@dataclass
class Average(Callback):
    """Keeps the mean of the weights of all epochs and puts it in at the end (Izmailov et al., 2018)."""

    name = "my_average"
    words: list[str] = field(default_factory=list)

    def on_train_begin(self, run):
        self.sums, self.count = {}, 0

    def on_epoch_end(self, record, run):
        for path, array in run.snapshot().items():
            self.sums[path] = self.sums.get(path, 0) + array
        self.count += 1
        run.say(f"epoch {record['epoch'] + 1} averaged {' '.join(self.words)}".strip())

    def on_train_end(self, run):
        run.restore({path: total / self.count for path, total in self.sums.items()})


@hookimpl
def zoo_parts():
    return [
        TrainedSwish, Maxout, RandomRelu, Standardize, TwiceActivation, TwiceNormalizer, FaultyDropout, GroupLasso,
        Jitter, Ordinal, Auc, Sam, Lars, Muon, Backtrack, Bold, Checker, Mersenne, Streamed, MinMax, Average,
    ]  # fmt: skip
