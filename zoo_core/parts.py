"""The contract: one base class for each kind of part.

A part is a dataclass. Its fields are its options: typed, bounded and with defaults, and so its keys in a spec,
its JSON schema, its help and what a model file stores. `name` is what a spec calls it. The author writes the
mathematics; buffers, loops, gradients of what lies behind, checks, saving and display belong to the core.

Three rules hold for every method: `out` is overwritten, never read; no other argument is changed; what comes
back has the dtype that came in. Arrays have one row for each sample: shape `(rows, columns)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
from annotated_types import Gt
from numpy.typing import DTypeLike, NDArray

from zoo_core._arrays import aligned

if TYPE_CHECKING:
    from zoo_core.data import DataFolder

Array = NDArray[Any]
Record = dict[str, Any]  # what one epoch gave: "epoch", "train_loss", "<split>_<metric>", ...


class Part:
    """Root of all parts. Every place in a network has an instance of its own, so a part may keep state."""

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    # Attributes that a run depends on from one step or epoch to the next, made by `start` and saved with it: arrays,
    # numbers, texts, bools, None, dicts of these; in a network, whose state every model file holds, arrays and numbers.
    # What is not None after the start keeps its sort in a run: an array its shape and dtype, a number stays one.
    state: ClassVar[tuple[str, ...]] = ()
    state_version: ClassVar[int] = 1  # raise it when `state` or its meaning changes
    shapes: ClassVar[str] = ""  # of what goes in and comes out, for those who look the part up
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()  # options, as in a spec, that zoo_core.testing also checks
    expected_failures: ClassVar[Mapping[str, str]] = {}  # checks of zoo_core.testing that fail on purpose, and why
    spec_key: ClassVar[str] = ""  # the key of a spec that holds a part of this kind
    spec_takes_list: ClassVar[bool] = False  # whether that key holds a list of parts
    spec_example: ClassVar[str] = ""  # the name of a built-in part of this kind, for messages
    spec_name: str = ""  # set by the core: the name that the spec used, perhaps "distribution:name"


# ------------------------------------------------------------------ what values flow through


@dataclass(frozen=True)
class Parameter:
    """A trained array that a transform wants: its shape, and what fills it at the start."""

    shape: tuple[int, ...]
    initial: float | Initializer = 0.0


class Transform(Part):
    """Something that values flow through, forwards and backwards; the base of three kinds below.

    The core sets, before `start`: `weights` and `gradients`, the arrays declared by `parameters` and where
    `backward` writes their gradients; and `rng`, the only source of randomness that a part may use.
    """

    # Whether `backward` is proportional to `grad`, said by the class that writes it: it is unless a term is added.
    backward_is_linear: ClassVar[bool] = False

    weights: dict[str, Array]
    gradients: dict[str, Array]
    _stream: tuple[RandomSource, str]
    _scratch: dict[tuple[str, DTypeLike | None], dict[tuple[int, ...], Array]]

    @cached_property
    def rng(self) -> np.random.Generator:
        """The generator of this place in the network; outside training made when it is first asked for."""
        source, purpose = self._stream
        return source.stream(purpose)

    def draw_from(self, source: RandomSource, purpose: str) -> None:
        """Have `rng` come from a source when it is first asked for; called by the core."""
        self._stream = source, purpose

    def parameters(self, width: int) -> dict[str, Parameter]:
        """Return the parameters to train, by name; `width` is the number of columns of the output."""
        return {}

    def start(self, width: int, dtype: DTypeLike) -> None:
        """Make running state; called once, when the network is assembled."""

    def forward(self, x: Array, out: Array) -> None:
        """Compute the output in training."""
        raise NotImplementedError

    def infer(self, x: Array, out: Array) -> None:
        """Compute the output outside training; the same as in training unless overridden."""
        self.forward(x, out)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Write d loss / d x, given the input `x`, the output `y` and `grad`, d loss / d y."""
        raise NotImplementedError

    def end_step(self) -> None:
        """Update running state; called once after each training step, however often it was evaluated."""

    def scratch(self, like: Array, purpose: str = "", dtype: DTypeLike | None = None, fill: float = 0.0) -> Array:
        """Return a buffer shaped like `like`, filled once for each purpose and shape."""
        try:
            return self._scratch[purpose, dtype][like.shape]
        except AttributeError:
            self._scratch = {}
        except KeyError:
            pass
        made = aligned(like.shape, dtype or like.dtype, fill)
        self._scratch.setdefault((purpose, dtype), {})[like.shape] = made
        return made


class Activation(Transform):
    """A nonlinearity `a = f(z)`. Elementwise: write `forward` and `derivative`. Rows that mix: write `backward`."""

    kind = "activation"
    spec_key, spec_example = "activation", "relu"
    shapes = "z and f(z): (rows, units)"
    backward_is_linear = True
    kinks: ClassVar[tuple[float, ...]] = ()  # points where the derivative jumps
    gain: ClassVar[float] = 1.0  # sqrt(E[z^2] / E[f(z)^2]); initializers that scale by a gain use it

    def input_width(self, units: int) -> int:
        """Return how many columns of `z` are needed for `units` columns of output."""
        return units

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        """Write f'(z), given also the output `a = f(z)`."""
        raise NotImplementedError

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Write `grad * f'(x)`."""
        self.derivative(x, y, out)
        np.multiply(out, grad, out=out)


class Normalizer(Transform):
    """A transform between a layer's matrix product and its activation, such as batch normalization."""

    kind = "normalizer"
    spec_key, spec_example = "normalizer", "batch_norm"
    shapes = "x and y: (rows, units)"


# ------------------------------------------------------------------ regularizers


class Regularizer(Part):
    """Anything that works against overfitting; a part derives from one or more of the four below."""

    kind = "regularizer"
    spec_key, spec_takes_list, spec_example = "regularizers", True, "dropout"


class Penalty(Regularizer):
    """A term added to the loss, computed from a weight matrix (never from biases)."""

    shapes = "weights and gradient: (inputs, units)"

    def value(self, weights: Array) -> float:
        """Return the term."""
        raise NotImplementedError

    def gradient(self, weights: Array, out: Array) -> None:
        """Write d term / d weights; the core adds it to the gradient."""
        raise NotImplementedError


class Constraint(Regularizer):
    """A projection of a weight matrix after each update."""

    shapes = "weights: (inputs, units)"

    def constrain(self, weights: Array) -> None:
        """Change `weights`, shape (inputs, units), in place."""
        raise NotImplementedError


class Noise(Transform, Regularizer):
    """A change of a layer's output in training only, such as dropout: write `forward` and `backward`."""

    shapes = "x and y: (rows, units)"


class BatchAugmentation(Regularizer):
    """A change of a training batch and its targets, such as label smoothing; belongs to the whole model."""

    shapes = "x: (rows, features); targets: (rows, outputs)"

    def augment(self, x: Array, targets: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return inputs (rows, features) and targets (rows, outputs; classes are one-hot) to train on."""
        raise NotImplementedError


# ------------------------------------------------------------------ loss, metrics


@dataclass(kw_only=True)
class Loss(Part):
    """A loss for each row. Reported as the (weighted) mean; `reduction` only scales the gradient."""

    kind = "loss"
    spec_key, spec_example = "loss", "cross_entropy"
    shapes = "outputs and gradient: (rows, outputs); targets: the same, or labels (rows,); value: (rows,)"
    targets: ClassVar[Literal["labels", "values"]] = "values"  # "labels": also takes integers, shape (rows,)
    task: ClassVar[Literal["classification", "regression", "any"]] = "any"
    output_range: ClassVar[Literal["any", "unit_interval", "probabilities"]] = (
        "any"  # outputs in [0, 1]; that add up to 1, too
    )
    fused_with: ClassVar[tuple[type[Activation], ...]] = ()  # output activations for the two methods below

    reduction: Literal["mean", "sum"] = "mean"
    class_weights: Literal["balanced"] | list[Annotated[float, Gt(0)]] | None = None

    def value(self, outputs: Array, targets: Array) -> Array:
        """Return the loss of each row, shape (rows,)."""
        raise NotImplementedError

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        """Write d (loss of a row) / d (its outputs)."""
        raise NotImplementedError

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        """Return the loss of each row where the output activation is in `fused_with` and `z` is its input."""
        return self.value(outputs, targets)

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        """Write d (loss of a row) / d z where the output activation is in `fused_with`."""
        raise NotImplementedError


class Metric(Part):
    """A figure of merit over a split, gathered batch by batch."""

    kind = "metric"
    spec_key, spec_takes_list, spec_example = "metrics", True, "accuracy"
    shapes = "outputs: (rows, outputs); targets: labels (rows,) or values (rows, outputs); weights: (rows,)"
    higher_is_better: ClassVar[bool] = True
    task: ClassVar[Literal["classification", "regression", "any"]] = "any"

    def start(self, rows: int, outputs: int) -> None:
        """Forget everything; a split of `rows` rows, `outputs` columns each, follows."""
        raise NotImplementedError

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Take in some rows; targets are labels (rows,) or values (rows, outputs); weights (rows,) or None."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the figure over all rows since `start`."""
        raise NotImplementedError

    def figures(self) -> dict[str, float]:
        """Return what a record holds; override it to give several, each named `name` or `<name>_<which>`."""
        return {self.name: self.result()}


# ------------------------------------------------------------------ optimizer, schedule


@dataclass(frozen=True)
class Segment:
    """One named array inside the flat parameter vector."""

    path: str  # such as "layers.0.weights", "layers.0.bias", "layers.1.activation.slope"
    shape: tuple[int, ...]
    where: slice

    @property
    def role(self) -> str:
        """The last component of the path: "weights", "bias", or the name a part gave."""
        return self.path.rpartition(".")[2]

    def view(self, vector: Array) -> Array:
        """Return this segment of a flat vector in its own shape, without a copy."""
        return vector[self.where].reshape(self.shape)


@dataclass(frozen=True)
class Layout:
    """How the flat vectors of parameters and gradients are divided."""

    segments: tuple[Segment, ...]
    size: int
    dtype: np.dtype[Any]

    def vector(self, fill: float = 0.0) -> Array:
        """Return a new flat vector, such as an optimizer's state."""
        return aligned(self.size, self.dtype, fill)

    def number(self, value: float = 0.0) -> Array:
        """Return a number as an array without dimensions, which NumPy takes several times as fast as a float."""
        return np.array(value, self.dtype)


class Batch(Protocol):
    """The batch at hand, for optimizers that look at it more than once (SAM, L-BFGS)."""

    rows: int

    @property
    def loss(self) -> float:
        """The objective (mean loss plus penalties) of the latest evaluation."""

    def evaluate(self) -> float:
        """Run forward and backward with the parameters as they are now; refreshes the gradient vector."""

    def backward(self) -> None:
        """Run backward alone, from the outputs of the last forward pass, with the parameters as they are now."""


class Optimizer(Part):
    """An update rule on one flat vector of parameters. Write `start` for its state and `step`."""

    kind = "optimizer"
    spec_key, spec_example = "optimizer", "adam"
    shapes = "parameters and gradients: (parameters,), all arrays in one vector"
    learning_rate: Any  # the field of every optimizer: `learning_rate: Rate = 0.01`
    steps: int = 0  # updates so far, this one included; counted and saved by the core
    # Whether a step is parameters -= learning_rate * gradients and nothing else, said by the class that writes it.
    # Where all transforms are linear the core may then multiply the gradients while it computes them, which saves a
    # pass over them, and call `step` with a learning rate of 1.
    is_plain_gradient_step: ClassVar[bool] = False

    def start(self, layout: Layout) -> None:
        """Make the state arrays (and name them in the class attribute `state`)."""

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Change `parameters` in place. `gradients` may be overwritten: it is a fresh buffer each time."""
        raise NotImplementedError

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take one step; override it instead of `step` to look at the batch again."""
        self.step(parameters, gradients, learning_rate)

    def start_epoch(self, parameters: Array) -> None:
        """Put the parameters to train in place, where `end_epoch` has put others (none before the first epoch)."""

    def end_epoch(self, parameters: Array) -> None:
        """Put the parameters to measure, keep and use in place, such as averages; called after an epoch's steps."""


@dataclass
class OptimizerWrapper(Optimizer):
    """An optimizer around another one, `base`: override `update`, and call `update_base` for the step of the base.

    Its learning rate is that of the base. Name the wrapper's own arrays in `state`; the core saves those of the base.
    """

    base: Optimizer

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the base: a number or a schedule."""
        return self.base.learning_rate

    def start(self, layout: Layout) -> None:
        """Make the state of the base; a wrapper with arrays of its own calls this and then makes them."""
        self.base.start(layout)

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take one step; without an override, that of the base."""
        self.update_base(parameters, gradients, learning_rate, batch)

    def update_base(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base take one step. Its count of steps is then that of the wrapper."""
        self.base.steps = self.steps
        self.base.update(parameters, gradients, learning_rate, batch)

    def start_epoch(self, parameters: Array) -> None:
        """Let the base put the parameters to train in place."""
        self.base.start_epoch(parameters)

    def end_epoch(self, parameters: Array) -> None:
        """Let the base put the parameters to measure in place."""
        self.base.end_epoch(parameters)


class Schedule(Part):
    """A learning rate that changes. Time is measured in epochs, with a fraction inside an epoch."""

    kind = "schedule"
    spec_key, spec_example = "learning_rate", "cosine"
    shapes = "epoch and rate: single numbers"

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Learn the length of the run."""

    def rate(self, epoch: float) -> float:
        """Return the learning rate at a time, 0 <= epoch < epochs."""
        raise NotImplementedError

    def observe(self, record: Mapping[str, Any]) -> None:
        """See the record of an epoch that has ended (for schedules that react)."""


Rate = Annotated[float, Gt(0)] | Schedule


# ------------------------------------------------------------------ initializer, randomness


class Initializer(Part):
    """The first values of a parameter."""

    kind = "initializer"
    spec_key, spec_example = "initializer", "he_normal"
    shapes = "values: (inputs, units) or (units,)"

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        """Fill `out`, shape (inputs, units) or (units,); `gain` is that of the activation that follows."""
        raise NotImplementedError


class RandomSource(Part):
    """Where random numbers come from: the spec's key `generator`."""

    kind = "generator"
    spec_key, spec_example = "generator", "pcg64"

    def start(self, seed: int) -> None:
        """Begin anew from a seed."""
        raise NotImplementedError

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator for a purpose: "initializer", "shuffle", "split", "batch", "layers.0.dropout", ...

        Which one that is does not depend on the purposes that were asked for before.
        """
        raise NotImplementedError


# ------------------------------------------------------------------ data


@dataclass(frozen=True)
class Table:
    """Inputs and targets, row by row.

    `x` has shape (rows, features) and may be uint8; an array, a memmap, or anything with `shape`, `dtype`
    and `take(indices, axis, out)` like an array, so that rows can come from disk; where it also says
    `from_any_thread = True`, a thread reads ahead. `y` holds labels, an integer array (rows,), or values, a float
    array (rows, outputs). `weights` are sample weights (rows,), or None.
    """

    x: Any
    y: Array
    weights: Array | None = None


@dataclass(frozen=True)
class Data:
    """A data set as loaded: a part to learn from, perhaps a part set aside for tests, and what they mean."""

    train: Table
    test: Table | None = None
    task: Literal["classification", "regression"] = "classification"
    class_names: Sequence[str] = ()
    feature_names: Sequence[str] = ()
    target_names: Sequence[str] = ()
    image_shape: tuple[int, int] | None = None  # features are pixels, row by row
    preprocessor: str = "none"  # the preprocessor that fits, unless the spec names another


class Dataset(Part):
    """A source of data."""

    kind = "dataset"
    spec_key, spec_example = "data", "glyphs"
    shapes = "x: (rows, features); y: labels (rows,) or values (rows, outputs)"
    needs_download: ClassVar[bool] = False

    def load(self, folder: DataFolder) -> Data:
        """Return the data; `folder.file(name, ...)` finds, fetches and checks files. Raises DataError."""
        raise NotImplementedError


class Preprocessor(Part):
    """A change of the inputs before the first layer, fitted on the training split and stored in the model."""

    kind = "preprocessor"
    spec_key, spec_example = "preprocessor", "standard"
    shapes = "x: (rows, features)"
    is_identity: ClassVar[bool] = False  # rows in the network's dtype need no copy

    def fit(self, x: Any) -> None:
        """Learn from the training inputs, shape (rows, features); keep what is learnt in `state`."""

    def transform(self, x: Array, out: Array) -> None:
        """Write the prepared rows; `x` has the data's dtype, `out` the network's."""
        raise NotImplementedError

    def prepare(self, x: Array, out: Array) -> Array:
        """Return the prepared rows: written to `out`, or `x` itself where that would be a copy."""
        if self.is_identity and x.dtype == out.dtype:
            return x
        self.transform(x, out)
        return out


# ------------------------------------------------------------------ callbacks


class Run(Protocol):
    """What a callback sees of a run."""

    epochs: int
    history: list[Record]
    log: Path | None

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Tell whether `value` of the figure `monitor` beats `best`; any figure beats None."""

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of parameters and running state."""

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Put a snapshot back; where it is that of an `epoch`, its record is marked "kept" and reported."""

    def say(self, text: str) -> None:
        """Have a line shown to the user."""


class Callback(Part):
    """Something that happens after each epoch: a stopping rule, a log."""

    kind = "callback"
    spec_key, spec_takes_list, spec_example = "callbacks", True, "early_stopping"

    def on_train_begin(self, run: Run) -> None:
        """Prepare for a run."""

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Return a reason to stop, or None."""
        return None

    def on_train_end(self, run: Run) -> None:
        """See the run off: it has stopped or come to its end."""


# The base class of each kind: each class above that sets `kind` itself.
KINDS: dict[str, type[Part]] = {
    base.kind: base
    for base in list(globals().values())
    if isinstance(base, type) and issubclass(base, Part) and vars(base).get("kind")
}

__all__ = [name for name in dir() if name[:1].isupper()]
