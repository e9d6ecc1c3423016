"""The contract of parts: one base class for each kind of part.

A part is a dataclass. Here is a complete one:

    @dataclass
    class LeakyRelu(Activation):
        \"\"\"f(z) = z where z > 0, else slope z. `slope`: 0 to 1.\"\"\"

        name = "my_leaky_relu"
        kinks = (0.0,)

        slope: Annotated[float, Ge(0), Le(1)] = 0.01

        def forward(self, x, out):
            np.maximum(x, self.slope * x, out=out)

        def derivative(self, z, a, out):
            out.fill(1)
            out[z <= 0] = self.slope

A spec then says `activation = { name = "my_leaky_relu", slope = 0.2 }`. The author writes the mathematics. The core
owns buffers, loops, checks, saving and display.

Arrays
    An array has one row for each sample: shape `(rows, columns)`. Three rules hold for every method. It overwrites
    `out` and never reads it. It changes no other argument, unless its docstring says so. Results, and arrays on the
    way to them, have the dtype of the inputs: float32 or float64.

Options
    The fields of the dataclass are the options: the keys in a spec, in the JSON schema and in a model file.
    A type is built from `float`, `int`, `bool`, `str`, `Literal[...]`, an `Enum` of texts, `X | None`, `list[X]`,
    `tuple[X, Y]`, `dict[str, X]` and the classes of parts. A plugin with an option of another type is refused; the
    message says what to write instead. `Annotated[float, Gt(0), Le(1)]` bounds a number, and every number needs a
    lower bound. The docstring of the class names every option, and gives the formula with its source. A field with
    `init=False` is no option.
    `__post_init__` may raise ValueError. It also runs when a model is loaded, on the options as it left them, so it
    must leave these as they are.

State
    The class attribute `state` names the attributes that a run depends on from one step or epoch to the next. The
    method `start` makes them, and the core saves them. They are arrays, numbers, texts, bools, None, or dicts of
    these. In a network they are arrays and numbers only, since every model file holds them. An attribute that is not
    None after `start` keeps its type in a run: an array its shape and dtype, a number stays a number.

Parts inside parts
    An option may be a part of any kind, as `base: Optimizer` is in `OptimizerWrapper`. Each outer part has inner parts
    of its own. The core saves the state of all of them. It calls and sets up the outer part only, so the outer part
    does the same for the inner one. A transform declares the parameters of the inner one among its own. In `start` it
    sets `weights`, `gradients` and `rng` of the inner one, and then calls `start` of it:

        def parameters(self, width):
            return {f"inner.{name}": p for name, p in self.inner.parameters(width).items()}

        def start(self, width, dtype):
            self.inner.weights = {name: self.weights[f"inner.{name}"] for name in self.inner.parameters(width)}
            self.inner.gradients = {name: self.gradients[f"inner.{name}"] for name in self.inner.parameters(width)}
            self.inner.rng = self.rng
            self.inner.start(width, dtype)

Randomness
    A part draws from what the core gives it only: `self.rng` of a transform, or an argument `rng`. Then a seed
    repeats a run exactly, and a resumed run goes on as if it had never stopped.

Errors
    A part may raise DataError or SpecError of `zoo_core.errors`, with a message for the user. Any other exception is
    reported with the part, its method and the line.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
from annotated_types import Gt
from numpy.typing import DTypeLike, NDArray

from zoo_core.basics import aligned, direction, is_better

Array = NDArray[Any]
# What the targets are: one class a row, values, or several labels a row, each of them true or false.
Task = Literal["classification", "regression", "multilabel"]
Record = dict[
    str, Any
]  # the metric values of one epoch: "epoch", "learning_rate", "train_loss", "<split>_<metric>", ...


class Part:
    """The root of all parts. Each place in a spec has an instance of its own, so a part may keep state."""

    # Set by the base class of a kind:
    kind: ClassVar[str] = ""  # such as "activation"
    spec_key: ClassVar[str] = ""  # the key of a spec that holds a part of this kind
    spec_takes_list: ClassVar[bool] = False  # whether that key holds a list of parts
    spec_example: ClassVar[str] = ""  # the name of a built-in part of this kind, for messages and checks
    shapes: ClassVar[str] = ""  # the shapes of inputs and outputs, for `zoo show`; a part may state its own

    # Set by the author of a part:
    name: ClassVar[str] = ""  # what a spec calls it: lower-case letters, digits and "_"; a letter comes first
    state: ClassVar[tuple[str, ...]] = ()  # the attributes to save; see above
    state_version: ClassVar[int] = 1  # raise it when `state` or its meaning changes: older model files are then refused
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()  # options, as in a spec, that zoo_core.testing also checks
    expected_failures: ClassVar[Mapping[str, str]] = {}  # checks of zoo_core.testing that fail on purpose, and why

    # Set by the core: the name that the spec used, such as "distribution:name"; "" for the plain name.
    spec_name: str = ""

    def __repr__(self) -> str:
        """Return how the part is made; a dataclass with options has a `repr` of its own."""
        return f"{type(self).__name__}()"

    def set_spec_name(self, name: str) -> None:
        """Set `spec_name`; called by the core, also for a frozen dataclass."""
        vars(self)["spec_name"] = name


# ------------------------------------------------------------------ transforms: what values flow through


@dataclass(frozen=True)
class Parameter:
    """A trained array that a transform declares.

    Args:
        shape: its shape.
        initial: the first value of every element, or an initializer that fills the array.
    """

    shape: tuple[int, ...]
    initial: float | Initializer = 0.0


class Transform(Part):
    """A step that values flow through, forwards and backwards: the base of Activation, Normalizer and Noise.

    Before `start` the core sets `weights` and `gradients`, by the names that `parameters` gives, and `rng`. For a batch
    it calls `forward`, then `backward` with the same arrays, perhaps several times, and `end_step` after the update.
    """

    # Whether `backward` is proportional to `grad`. Only the class that defines `backward` can say so: an override
    # in a subclass does not inherit the statement. It is false if `backward` adds a term, such as a penalty.
    backward_is_linear: ClassVar[bool] = False

    weights: dict[str, Array]
    gradients: dict[str, Array]
    _stream: tuple[RandomSource, str]
    _scratch: dict[tuple[str, DTypeLike | None], dict[tuple[int, ...], Array]]

    @cached_property
    def rng(self) -> np.random.Generator:
        """The generator of this place in the network. Without training it is made at its first use."""
        source, purpose = self._stream
        return source.stream(purpose)

    def draw_from(self, source: RandomSource, purpose: str) -> None:
        """Make `rng` come from a source at its first use. The core calls it."""
        self._stream = source, purpose

    def parameters(self, width: int) -> dict[str, Parameter]:
        """Return the parameters to train, by name.

        Args:
            width: the number of columns of the output.
        """
        return {}

    def start(self, width: int, dtype: DTypeLike) -> None:
        """Make the state. Called once, when the network is built.

        Args:
            width: the number of columns of the output.
            dtype: the dtype of the network.
        """

    def forward(self, x: Array, out: Array) -> None:
        """Write the output in training.

        Args:
            x: the input, shape (rows, columns of the input).
            out: the output, shape (rows, width).
        """
        raise NotImplementedError

    def infer(self, x: Array, out: Array) -> None:
        """Write the output outside training. Without an override it is that of `forward`."""
        self.forward(x, out)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Write d loss / d x, and the gradients of the parameters to `self.gradients`, which are overwritten too.

        Args:
            x: the input of the latest `forward`.
            y: its output.
            grad: d loss / d y, shape of `y`.
            out: d loss / d x, shape of `x`.
        """
        raise NotImplementedError

    def onnx(self, graph: Any, x: Any) -> Any:
        """Return the output outside training in the operators of a graph, for `zoo export`.

        Most parts need no override: `infer` itself is run on symbolic arrays, which write down what NumPy would do.
        Override it where `infer` cannot be written down, such as for a branch on values.

        Args:
            graph: `graph.Softmax(x)` applies an operator, `graph.transform(part, x)` another part;
                `graph.constant(value)` is a constant. See `zoo_core.graphs`.
            x: a symbolic array (rows, columns of the input), which NumPy's functions take.

        Returns:
            A symbolic array (rows, width), or NotImplemented: then `infer` is run.
        """
        return NotImplemented

    def end_step(self) -> None:
        """Update the state. Called once after each training step, however often the batch was evaluated."""

    def scratch(self, like: Array, purpose: str = "", dtype: DTypeLike | None = None, fill: float = 0.0) -> Array:
        """Return a buffer that is made once for each purpose, dtype and shape.

        Args:
            like: an array of the wanted shape.
            purpose: a name that separates buffers of one shape.
            dtype: its dtype; that of `like` if None.
            fill: what it is filled with when it is made. Later calls return it as the part left it.
        """
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
    """A nonlinearity `a = f(z)`. Elementwise ones define `forward` and `derivative`, others `backward`."""

    kind = "activation"
    spec_key, spec_example = "activation", "relu"
    shapes = "z and f(z): (rows, units)"
    backward_is_linear = True
    kinks: ClassVar[tuple[float, ...]] = ()  # points where the derivative jumps; gradient checks keep away from them
    gain: ClassVar[float] = 1.0  # sqrt(E[z^2] / E[f(z)^2]) for normal z; initializers scale weights by it
    # As `Loss.decision_threshold`, for an output layer whose values mean the same with every loss. None: the loss says.
    decision_threshold: ClassVar[float | None] = None

    def decide(self, outputs: Array, threshold: float) -> Array | None:
        """Return class indices as `Loss.decide` does, or None: the loss decides."""
        return None

    def probabilities(self, outputs: Array) -> Array | None:
        """Return probabilities as `Loss.probabilities` does, or None: the loss gives them."""
        return None

    def input_width(self, units: int) -> int:
        """Return the number of columns of `z` that give `units` columns of output."""
        return units

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        """Write f'(z); `a` is the output f(z). All have shape (rows, units)."""
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
    """Anything that works against overfitting. A part derives from one or more of the four classes below."""

    kind = "regularizer"
    spec_key, spec_takes_list, spec_example = "regularizers", True, "dropout"


class Penalty(Regularizer):
    """A term that the core adds to the loss, computed from a layer's weight matrix, never from its biases."""

    shapes = "weights and gradient: (inputs, units)"

    def start(self, shape: tuple[int, int], dtype: DTypeLike) -> None:
        """Make the state and buffers. Called once, when the network is built; the weights have no values yet.

        Args:
            shape: that of the weight matrix, (inputs, units).
            dtype: the dtype of the network.
        """

    def value(self, weights: Array) -> float:
        """Return the term for `weights`, shape (inputs, units), as a float of Python."""
        raise NotImplementedError

    def gradient(self, weights: Array, out: Array) -> None:
        """Write d term / d weights to `out`, shape (inputs, units). The core adds it to the gradient of the loss."""
        raise NotImplementedError


class Constraint(Regularizer):
    """A projection of a layer's weight matrix after each update. It may depend on state, such as a count of steps."""

    shapes = "weights: (inputs, units)"

    def start(self, shape: tuple[int, int], dtype: DTypeLike) -> None:
        """Make the state and buffers. Called once, when the network is built; the weights have no values yet.

        Args:
            shape: that of the weight matrix, (inputs, units).
            dtype: the dtype of the network.
        """

    def constrain(self, weights: Array) -> None:
        """Change `weights`, shape (inputs, units), in place, and update the state. Called once after each update."""
        raise NotImplementedError


class Noise(Transform, Regularizer):
    """A change of a layer's output in training only, such as dropout: it defines `forward` and `backward`.

    Outside training it is left out. Its output in training should therefore have the mean of its input.
    """

    shapes = "x and y: (rows, units)"


class BatchAugmentation(Regularizer):
    """A change of a training batch and its targets, such as label smoothing. List it in `model.regularizers`."""

    shapes = "x: (rows, features); targets: (rows, outputs)"

    def augment(self, x: Array, targets: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return the inputs and the targets to train on, in the shapes of the arguments.

        Args:
            x: prepared inputs, shape (rows, features).
            targets: shape (rows, outputs); classes are one-hot, values are scaled as the network learns them.
            rng: the generator for this purpose.
        """
        raise NotImplementedError


# ------------------------------------------------------------------ loss, metrics


@dataclass(kw_only=True)
class Loss(Part):
    """A loss for each row. The core reports its mean over rows, weighted by sample weights.

    Every loss has these two options, which the core uses:
    `reduction`: whether the gradient is that of the mean or of the sum over the rows of a batch.
    `class_weights`: a weight for each class in the gradient, or "balanced": rows / (classes * rows of the class).
    """

    kind = "loss"
    spec_key, spec_example = "loss", "cross_entropy"
    shapes = "outputs and gradient: (rows, outputs); targets: the same, or labels (rows,); value: (rows,)"
    # "values": targets have shape (rows, outputs), one-hot for classes. "labels": targets may also be class indices,
    # integers of shape (rows,), which saves their one-hot form; the loss must accept both.
    targets: ClassVar[Literal["labels", "values"]] = "values"
    task: ClassVar[Literal["classification", "regression", "any"]] = "any"
    # Whether a loss for classification also takes several labels a row: a column of 0 and 1 for each, with one output.
    # A row has the label where the output is above `decision_threshold`. With the task "any" a loss always does.
    multilabel: ClassVar[bool] = False
    # What outputs must be: any numbers, numbers in [0, 1], or probabilities, which also sum to 1 in each row.
    output_range: ClassVar[Literal["any", "unit_interval", "probabilities"]] = "any"
    # The output activations whose derivative cancels with that of the loss. With one of them the core calls
    # `fused_value` and `fused_gradient` instead of `value` and `gradient`.
    fused_with: ClassVar[tuple[type[Activation], ...]] = ()
    # With one output for two classes, a row belongs to the second class where the output is above this number. Margin
    # losses, which aim at -1 and 1, say 0. An output activation may say another one.
    decision_threshold: ClassVar[float] = 0.5
    # Whether a shift and a scale of the targets are only another unit. Then the loss of a row depends on the errors
    # y - t alone, and its slope keeps its sign if all errors grow in proportion. If it is true, and the last activation
    # is the identity, the network learns standardized targets, unless the spec says otherwise. Only the class itself
    # can say so: a subclass does not inherit the statement. With several outputs for a target (`value_widths`), those
    # of the first target come first, and all are values in its unit.
    scales_targets: ClassVar[bool] = False

    reduction: Literal["mean", "sum"] = "mean"
    class_weights: Literal["balanced"] | list[Annotated[float, Gt(0)]] | None = None

    def value(self, outputs: Array, targets: Array) -> Array:
        """Return the loss of each row, shape (rows,).

        Args:
            outputs: what the network gives, shape (rows, outputs).
            targets: shape (rows, outputs), or class indices (rows,) if `targets` of the class is "labels".
        """
        raise NotImplementedError

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        """Write d (loss of a row) / d (its outputs), shape (rows, outputs). The core applies weights and reduction."""
        raise NotImplementedError

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        """Return the loss of each row; `z`, shape (rows, outputs), is the input of the output activation."""
        return self.value(outputs, targets)

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        """Write d (loss of a row) / d z, shape (rows, outputs)."""
        raise NotImplementedError

    def output_widths(self, classes: int) -> tuple[int, ...]:
        """Return how many outputs the last layer may have for a number of classes, 2 or more.

        Where that is another number than `classes`, override `decide` and `probabilities` too. Targets are then class
        indices (rows,) if `targets` is "labels"; one-hot rows have the shape (rows, classes).
        """
        return (1, 2) if classes == 2 and self.targets == "values" else (classes,)

    def decide(self, outputs: Array, threshold: float) -> Array:
        """Return the index of the class of each row, integers of shape (rows,).

        Args:
            outputs: what the network gives, shape (rows, outputs).
            threshold: that of the output activation, or else `decision_threshold`.
        """
        return (outputs[:, 0] > threshold).astype(np.intp) if outputs.shape[1] == 1 else outputs.argmax(axis=1)

    def probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each class, shape (rows, classes), or None if the outputs are no probabilities.

        Args:
            outputs: what the network gives, shape (rows, outputs).
        """
        p = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
        return p if _are_probabilities(p) else None

    def value_widths(self, targets: int) -> tuple[int, ...]:
        """Return how many outputs the last layer may have for a regression of a number of targets, 1 or more.

        Where that is another number than `targets`, override `predicted_values` too: outputs have the shape
        (rows, outputs), targets (rows, targets).
        """
        return (targets,)

    def predicted_values(self, outputs: Array) -> Array:
        """Return the value that is predicted for each target of a regression, shape (rows, targets).

        Args:
            outputs: what the network gives, shape (rows, outputs).
        """
        return outputs


def _are_probabilities(p: Array) -> bool:
    """Return whether no number is negative and each row sums to 1, to three digits."""
    if not len(p):
        return True
    sums = p.dot(_ones(p.shape[1], p.dtype.char))
    if len(p) == 1:
        least = most = sums.item()
    else:
        least, most = sums.item(sums.argmin()), sums.item(sums.argmax())
    return bool(p.item(p.argmin()) >= 0 and least >= 0.999 and most <= 1.001)


@lru_cache(maxsize=16)
def _ones(size: int, dtype: str) -> Array:
    return np.ones(size, dtype)


class ClassDecision(Protocol):
    """How outputs become classes or values. The core makes one from the output activation and the loss."""

    def classes(self, outputs: Array) -> Array:
        """Return the index of the class of each row, integers of shape (rows,)."""

    def probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each class, shape (rows, classes), or None if there are none."""

    def values(self, outputs: Array) -> Array:
        """Return the value that is predicted for each target, shape (rows, targets)."""

    def labels(self, outputs: Array) -> Array:
        """Return which labels each row has, bools of shape (rows, labels)."""

    def label_probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each label, shape (rows, labels), or None if there are none."""


class Metric(Part):
    """A measure of quality over all rows of a split, gathered batch by batch."""

    kind = "metric"
    spec_key, spec_takes_list, spec_example = "metrics", True, "accuracy"
    shapes = "outputs: (rows, outputs); targets: labels (rows,) or values (rows, outputs); weights: (rows,)"
    higher_is_better: ClassVar[bool] = True
    task: ClassVar[Literal["classification", "regression", "any"]] = "any"
    # Whether a metric for classification also takes several labels a row. It then looks at `is_multilabel`.
    multilabel: ClassVar[bool] = False

    # Set by the core before `start`:
    class_names: Sequence[str] = ()  # one for each class, or label: "0", "1", ... where the data have no names
    target_names: Sequence[str] = ()  # one for each target of a regression, or label, or none
    is_multilabel: bool = False  # whether targets are labels: 0 and 1, shape (rows, labels)
    _decision: ClassDecision | None = None

    def set_meaning(
        self,
        decision: ClassDecision | None,
        class_names: Sequence[str] = (),
        target_names: Sequence[str] = (),
        *,
        is_multilabel: bool = False,
    ) -> None:
        """Set what outputs mean; the core calls it before `start`."""
        vars(self).update(_decision=decision, class_names=class_names, target_names=target_names)
        vars(self)["is_multilabel"] = is_multilabel

    def predicted_classes(self, outputs: Array) -> Array:
        """Return the index of the class that the model predicts for each row, integers of shape (rows,)."""
        return (self._decision.classes if self._decision else _plain_classes)(outputs)

    def class_probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each class, shape (rows, classes), or None if the model gives none."""
        return (self._decision.probabilities if self._decision else _plain_probabilities)(outputs)

    def predicted_values(self, outputs: Array) -> Array:
        """Return the value that the model predicts for each target of a regression, shape (rows, targets)."""
        return self._decision.values(outputs) if self._decision else outputs

    def predicted_labels(self, outputs: Array) -> Array:
        """Return which labels the model predicts for each row, bools of shape (rows, labels)."""
        return self._decision.labels(outputs) if self._decision else outputs > Loss.decision_threshold

    def label_probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each label, shape (rows, labels), or None if the model gives none."""
        return self._decision.label_probabilities(outputs) if self._decision else outputs

    def class_keys(self, classes: int) -> list[str]:
        """Return a text for each class, for names of figures: its name, or its number where there are no names.

        Spaces and characters that cannot be shown become "_". All texts differ.
        """
        return _record_names(self.class_names or [str(i) for i in range(classes)])

    def by_class(self, values: Sequence[float] | Array) -> dict[str, float]:
        """Return the value of each class by its name in the record: `<name>_<class name>`."""
        keys = self.class_keys(len(values))
        return {f"{self.name}_{key}": float(value) for key, value in zip(keys, values, strict=True)}

    def start(self, rows: int, outputs: int) -> None:
        """Forget earlier rows. A split of `rows` rows follows, with `outputs` columns each."""
        raise NotImplementedError

    def update(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Take in some rows. The arrays are buffers: copy what is kept.

        Args:
            outputs: what the network gives, shape (rows, outputs); for a regression in the units of the targets.
            targets: class indices (rows,), values (rows, targets), or labels, 0 and 1, (rows, labels).
            weights: sample weights (rows,), or None.
        """
        raise NotImplementedError

    def result(self) -> float:
        """Return the metric value over all rows since `start`."""
        raise NotImplementedError

    def figures(self) -> dict[str, float]:
        """Return the metric values for the record, by name.

        Override it to give several values. Their names are `name` or begin with `<name>_`.
        """
        return {self.name: self.result()}


def _plain_classes(outputs: Array) -> Array:
    """Return the classes of rows where no loss is known, as for a metric in a test."""
    return Loss().decide(outputs, Loss.decision_threshold)


def _plain_probabilities(outputs: Array) -> Array:
    """Return outputs as probabilities where no loss is known; one output is that of class 1."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


def _record_names(names: Sequence[str]) -> list[str]:
    """Return names that can stand in the key of a record; names that would become equal get their number."""
    shown = ["".join(c if c.isprintable() and not c.isspace() else "_" for c in name) for name in names]
    counts = Counter(shown)
    keys = [f"{name}_{i}" if counts[name] > 1 or not name else name for i, name in enumerate(shown)]
    return keys if len(set(keys)) == len(keys) else [str(i) for i in range(len(keys))]


# ------------------------------------------------------------------ optimizer, schedule


@dataclass(frozen=True)
class Segment:
    """One array of a network inside the flat vector of parameters.

    Args:
        path: such as "layers.0.weights", "layers.0.bias" or "layers.1.activation.slope".
        shape: the shape of the array.
        where: its elements in the flat vector.
    """

    path: str
    shape: tuple[int, ...]
    where: slice

    @property
    def role(self) -> str:
        """The last component of the path: "weights", "bias", or the name that a part gave."""
        return self.path.rpartition(".")[2]

    def view(self, vector: Array) -> Array:
        """Return this segment of a flat vector in its own shape, without a copy."""
        return vector[self.where].reshape(self.shape)


@dataclass(frozen=True)
class Layout:
    """How the flat vectors of parameters and gradients are divided: `size` elements of `dtype`, in `segments`."""

    segments: tuple[Segment, ...]
    size: int
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]], dtype: DTypeLike = np.float64) -> Layout:
        """Return the layout of arrays that follow one another.

        Args:
            shapes: the shape of each array, by its path.
            dtype: that of all arrays.

        Returns:
            The layout, with the arrays in the given order.

        Example:
            Layout.of({"layers.0.weights": (784, 10), "layers.0.bias": (10,)}).size  # 7850
        """
        segments, size = [], 0
        for path, shape in shapes.items():
            start, size = size, size + math.prod(map(int, shape))
            segments.append(Segment(path, shape, slice(start, size)))
        return cls(tuple(segments), size, np.dtype(dtype))

    def vector(self, fill: float = 0.0) -> Array:
        """Return a new flat vector, shape (size,), such as an optimizer's state."""
        return aligned(self.size, self.dtype, fill)

    def number(self, value: float = 0.0) -> Array:
        """Return a number as an array without dimensions: NumPy computes several times faster with it than a float."""
        return np.array(value, self.dtype)


class Batch(Protocol):
    """The current batch, for optimizers that evaluate it more than once, such as SAM and L-BFGS."""

    rows: int

    @property
    def loss(self) -> float:
        """The objective of the latest evaluation: the loss plus all penalties."""

    def evaluate(self) -> float:
        """Run forward and backward with the present parameters, write the gradient vector, and return the objective."""

    def backward(self) -> None:
        """Run backward alone, from the outputs of the latest forward pass, with the present parameters."""


class Optimizer(Part):
    """An update rule on one flat vector of parameters. It defines `step`, and `start` if it has state.

    Every optimizer has an option `learning_rate: Rate = 0.01`, with a default of its own. The core evaluates it and
    hands the number to `step`.
    """

    kind = "optimizer"
    spec_key, spec_example = "optimizer", "adam"
    shapes = "parameters and gradients: (parameters,), all arrays in one vector"
    learning_rate: Any
    steps: int = 0  # updates so far, the present one included; the core counts and saves them
    # Whether a step is parameters -= learning_rate * gradients and nothing else. Only the class that defines `step` can
    # say so. If `backward` of all transforms is linear, the core may multiply gradients while it computes them, which
    # saves a pass over them. It then calls `step` with a learning rate of 1.
    is_plain_gradient_step: ClassVar[bool] = False
    # Whether `step` changes each number by its own gradient, its own numbers in the arrays, and single numbers alone:
    # by no norm, no sum, no neighbour. Only the class that defines `step` can say so. The core may then call `step` on
    # copies with slices of all vectors, in any order, by several threads. `start` makes the arrays: `layout.vector()`.
    is_elementwise: ClassVar[bool] = False

    def start(self, layout: Layout) -> None:
        """Make the state arrays, such as `layout.vector()`. List their names in the class attribute `state`."""

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step.

        Args:
            parameters: flat vector (parameters,), changed in place.
            gradients: flat vector (parameters,), which may be overwritten.
            learning_rate: the rate of this step, 0 or more.
        """
        raise NotImplementedError

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take one step. Override it instead of `step` to evaluate the batch again."""
        self.step(parameters, gradients, learning_rate)

    def start_epoch(self, parameters: Array) -> None:
        """Write the parameters to train, if `end_epoch` has written others. Called before the first epoch too."""

    def end_epoch(self, parameters: Array) -> None:
        """Write the parameters to measure, save and use, such as averages. Called after the steps of an epoch."""


@dataclass
class OptimizerWrapper(Optimizer):
    """An optimizer around another one: override `update`, and call `update_base` for the step of `base`.

    Its learning rate is that of `base`. The attribute `state` names the arrays of the wrapper only.
    """

    base: Optimizer

    # Set by the core for a run: what takes the step of `base` instead of `base.update`, in blocks if it is elementwise.
    step_of_base: ClassVar[Any] = None

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the base: a number or a schedule."""
        return self.base.learning_rate

    def start(self, layout: Layout) -> None:
        """Make the state of the base. A wrapper with arrays of its own calls this, and then makes them."""
        self.base.start(layout)

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take one step: without an override, that of the base."""
        self.update_base(parameters, gradients, learning_rate, batch)

    def update_base(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base take one step. Its count of steps becomes that of the wrapper."""
        self.base.steps = self.steps
        (self.step_of_base or self.base.update)(parameters, gradients, learning_rate, batch)

    def start_epoch(self, parameters: Array) -> None:
        """Let the base write the parameters to train."""
        self.base.start_epoch(parameters)

    def end_epoch(self, parameters: Array) -> None:
        """Let the base write the parameters to measure."""
        self.base.end_epoch(parameters)


class Schedule(Part):
    """A learning rate that changes. Time is measured in epochs: 2.5 is the middle of the third epoch.

    An option `monitor: str` names a metric of the record, such as "validation_loss". `zoo validate` warns if no such
    metric is measured.
    """

    kind = "schedule"
    spec_key, spec_example = "learning_rate", "cosine"
    shapes = "epoch and rate: single numbers"

    directions: Mapping[str, bool] = {}  # set by the core: whether higher is better, by the key of a record

    def set_directions(self, directions: Mapping[str, bool]) -> None:
        """Set `directions`; the core calls it, also for a frozen dataclass."""
        vars(self)["directions"] = directions

    def higher_is_better(self, monitor: str) -> bool:
        """Return whether higher is better for a value of the record, as its metric says. False for a loss."""
        return bool(direction(monitor, self.directions))

    def better(self, monitor: str, value: float, best: float | None, min_delta: float = 0.0) -> bool:
        """Return whether `value` of the metric `monitor` beats `best` by more than `min_delta`, as `Run.better`."""
        return is_better(value, best, self.higher_is_better(monitor), min_delta)

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Take the length of the run. Called once, before the first step."""

    def rate(self, epoch: float) -> float:
        """Return the learning rate at a time, 0 <= epoch < epochs: a finite number, 0 or more."""
        raise NotImplementedError

    def observe(self, record: Mapping[str, Any]) -> None:
        """Read the record of an epoch that has ended, for schedules that react to it."""


Rate = Annotated[float, Gt(0)] | Schedule


# ------------------------------------------------------------------ initializer, randomness


class Initializer(Part):
    """The first values of a parameter."""

    kind = "initializer"
    spec_key, spec_example = "initializer", "he_normal"
    shapes = "values: (inputs, units) or (units,)"
    wants_inputs: ClassVar[bool] = False  # whether the core sets `inputs`

    # Set by the core before each `fill`:
    depth: int = 0  # the number of the layer, from 0
    layers: int = 1  # how many layers the network has
    # Up to 512 prepared training rows as they reach the layer, outside training, shape (rows, inputs). The layers
    # before have their first values already. None if there are no data, or unless the class wants them.
    inputs: Array | None = None

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        """Fill an array.

        Args:
            out: a weight matrix (inputs, units), or a vector (units,). `self.inputs @ out` is what a matrix gives.
            rng: the generator for this purpose.
            gain: the `gain` of the activation that follows, above 0.
        """
        raise NotImplementedError


class RandomSource(Part):
    """Where all random numbers of a run come from."""

    kind = "generator"
    spec_key, spec_example = "generator", "pcg64"

    def start(self, seed: int) -> None:
        """Begin again from a seed, 0 or more."""
        raise NotImplementedError

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator for a purpose: "initializer", "shuffle", "split", "batch", "layers.0.dropout", ...

        The answer must not depend on the purposes of earlier calls. Purposes may share one generator. A second call
        with a purpose returns the same generator, which goes on, until the next `start`.
        """
        raise NotImplementedError


# ------------------------------------------------------------------ data


@dataclass(frozen=True)
class Table:
    """Inputs and targets, row by row.

    Args:
        x: inputs, shape (rows, features); uint8 or any number type. An array, a memory map, or any object with `shape`,
            `dtype` and `take(indices, axis, out)` as arrays have them, so that rows can come from disk. If it also has
            `from_any_thread = True`, another thread reads ahead.
        y: class indices, an integer array (rows,) that counts from 0; or values, a float array (rows, outputs).
        weights: sample weights (rows,), 0 or more, or None.
        groups: what each row belongs to, such as a person, integers (rows,), or None. No two splits share a group.
        times: when each row was made, float64 (rows,), or None. Then later rows test what earlier ones taught.
    """

    x: Any
    y: Array
    weights: Array | None = None
    groups: Array | None = None
    times: Array | None = None


@dataclass(frozen=True)
class Column:
    """What one feature of a table means. It stands in `Table.x` as a float64, and NaN is a missing value.

    A number stands as it is; a boolean as 0 or 1; a date as seconds since 1970-01-01, UTC. A category stands as the
    index of its text in `categories`, or as -1 if they lack it, which only happens to rows to predict.

    Args:
        name: the name of the column.
        kind: what it holds.
        categories: of a category, its different texts.
        order: of a date in a text, what comes first: "" is the year, "dmy" the day, "mdy" the month.
        refuses_unknown: of a category, whether reading refuses another text; else that becomes -1.
    """

    name: str
    kind: Literal["number", "category", "boolean", "date"] = "number"
    categories: tuple[str, ...] = ()
    order: Literal["", "dmy", "mdy"] = ""
    refuses_unknown: bool = False


@dataclass(frozen=True)
class Data:
    """A data set as loaded.

    Args:
        train: the rows to learn from; a spec may divide them further.
        test: rows that are set aside for tests, or None.
        task: what `y` holds: class indices, values, or for "multilabel" a column of 0 and 1 for each label.
        class_names: a name for each class, or none.
        feature_names: a name for each column of `x`, or none.
        target_names: a name for each column of `y`, or none; for "multilabel" the names of the labels.
        image_shape: (height, width) if the features of a row are the pixels of an image, row by row.
        preprocessor: the name of the preprocessor that fits, used unless the spec names another.
        columns: what each column of `x` means, or none: then all are numbers, and none is missing. With columns that
            are no numbers, or with missing values, `preprocessor` is one that `wants_columns`, such as "table".
        label_words: for "multilabel", how the data write for each label that a row lacks it and that it has it, such as
            ("no", "yes"); or none: then it is true or false.
    """

    train: Table
    test: Table | None = None
    task: Task = "classification"
    class_names: Sequence[str] = ()
    feature_names: Sequence[str] = ()
    target_names: Sequence[str] = ()
    image_shape: tuple[int, int] | None = None
    preprocessor: str = "none"
    columns: Sequence[Column] = ()
    label_words: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class PublicFile:
    """A file that anyone can download.

    Args:
        name: its file name.
        sha256: its checksum in hexadecimal digits.
        size: its size in bytes.
        mirrors: the URLs of folders that hold it, tried in this order.
    """

    name: str
    sha256: str
    size: int
    mirrors: tuple[str, ...]


class DataFiles(Protocol):
    """Where a data set finds its files: the data folders of the user, the cache and the network."""

    def file(self, dataset: str, file: PublicFile) -> Path:
        """Return the path of a public file of a data set, downloaded if no folder has it.

        Raises:
            ResourceError: it cannot be downloaded, or the user forbids it.
            DataError: a mirror sent something else.
        """

    def locate(self, path: str) -> Path:
        """Return the path of a file that an option names.

        The path counts from the working folder, then from each data folder, then from the folder of the spec.

        Raises:
            DataError: it is in none of them.
        """


class Dataset(Part):
    """A source of data."""

    kind = "dataset"
    spec_key, spec_example = "data", "glyphs"
    shapes = "x: (rows, features); y: labels (rows,) or values (rows, outputs)"
    files: ClassVar[tuple[PublicFile, ...]] = ()  # what `load` may download; `zoo data` lists and fetches them

    def load(self, folder: DataFiles) -> Data:
        """Return the data.

        Args:
            folder: finds files: `folder.file(self.name, file)` a public one, `folder.locate(path)` one of the user's.

        Raises:
            DataError: a file is missing or is not what it should be.
        """
        raise NotImplementedError


class Preprocessor(Part):
    """A change of the inputs before the first layer, fitted on the training split and saved in the model.

    It may change the number of columns: then it overrides `output_width`. One with a way back can also scale the
    targets of a regression (`data.target_preprocessor`): it sets `is_invertible` and defines `inverse`.
    """

    kind = "preprocessor"
    spec_key, spec_example = "preprocessor", "standard"
    shapes = "x: (rows, features)"
    is_identity: ClassVar[bool] = False  # whether `transform` only converts to the dtype of the network
    is_invertible: ClassVar[bool] = False  # whether there is `inverse`; the number of columns stays the same
    wants_columns: ClassVar[bool] = False  # whether it takes categories, dates and missing values, as `Column` has them
    wants_targets: ClassVar[bool] = False  # whether the core sets `targets`
    wants_weights: ClassVar[bool] = False  # whether the core sets `weights`
    refuses_unknown: bool = False  # whether a category that no column has is refused, as it is read: with its text

    # Set by the core before `fit`, and after a file was read: what each column of `x` means; empty if nothing says so.
    columns: Sequence[Column] = ()
    # For `fit` alone: the targets of its rows, class indices (rows,) or values (rows, outputs). Elsewhere None.
    targets: Array | None = None
    # For `fit` alone: the sample weights of its rows, 0 or more, shape (rows,). None where all rows count alike.
    weights: Array | None = None

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Set `columns`. The core calls it; a preprocessor around others overrides it, and tells them theirs."""
        vars(self)["columns"] = tuple(columns)

    def set_targets(self, targets: Array | None) -> None:
        """Set `targets`; the core calls it, also for a frozen dataclass."""
        vars(self)["targets"] = targets

    def set_weights(self, weights: Array | None) -> None:
        """Set `weights`; the core calls it, also for a frozen dataclass."""
        vars(self)["weights"] = weights

    def fit(self, x: Any) -> None:
        """Learn from the training inputs, and keep what is learnt in `state`.

        Args:
            x: shape (rows, features); an array, or an object with `shape`, `dtype` and `take` as in `Table`.
        """

    def check_state(self, inputs: int) -> None:
        """Check the state that a model file gave back: a file may be a stranger's. Without an override all passes.

        The core calls it before any other method, when all of `state` is there. A preprocessor around others calls
        theirs, and puts their option and a point before the text of their errors.

        Args:
            inputs: the number of columns of the data; for a preprocessor of targets, the number of targets.

        Raises:
            ValueError: `fit` could not have learnt this; it begins with the name of the attribute, as in
                "scale holds 0, and must be above 0". The core names the file.
        """

    def output_width(self, inputs: int) -> int:
        """Return the number of prepared columns, 1 or more. It may depend on options and on what `fit` has learnt.

        Called after `fit`, and after the state of a model file was restored.

        Args:
            inputs: the number of columns of the data.
        """
        return inputs

    def output_names(self) -> list[str]:
        """Return a name for each prepared column, or none. Without an override, the names of `columns`."""
        return [column.name for column in self.columns]

    def transform(self, x: Array, out: Array) -> None:
        """Write the prepared rows.

        Args:
            x: rows of the data in their own dtype, shape (rows, inputs).
            out: in the dtype of the network, shape (rows, output_width(inputs)).
        """
        raise NotImplementedError

    def inverse(self, y: Array, out: Array) -> None:
        """Write the rows of the data that `transform` turns into `y`: the way from scaled targets to their own units.

        Args:
            y: scaled rows, in the dtype of the network, shape (rows, columns).
            out: float64, shape (rows, columns).
        """
        raise NotImplementedError

    def onnx(self, graph: Any, x: Any) -> Any:
        """Return the prepared rows in the operators of a graph, as `Transform.onnx` does; else `transform` is run.

        Args:
            graph: see `Transform.onnx`.
            x: a symbolic array (rows, inputs), whose columns mean what `Column` says; a missing value is NaN.

        Returns:
            A symbolic array (rows, output_width(inputs)) or NotImplemented.
        """
        return NotImplemented

    def learnt(self, inputs: int) -> list[dict[str, Any]]:
        """Return for each column of the data what `fit` has learnt of it, for people to read, by names in plain words.

        Values are numbers, texts, or lists of these. Without an override these are the arrays in `state` that have one
        number for each column.

        Args:
            inputs: the number of columns of the data.

        Returns:
            A mapping for each column; an empty one for a column of which nothing was learnt.
        """
        arrays = [(key, getattr(self, key)) for key in self.state]
        own = [(key, array.tolist()) for key, array in arrays if getattr(array, "shape", None) == (inputs,)]
        return [{key: values[at] for key, values in own} for at in range(inputs)]

    def learnt_by_column(self, inputs: int) -> list[dict[str, Any]]:
        """Return what `learnt` says, or an empty mapping for each column if it says something else. Pages call it."""
        try:
            found = [dict(own) for own in self.learnt(inputs)]
        except Exception:  # code of a plugin may raise anything, and the rest can be shown
            found = []
        return found if len(found) == inputs else [{} for _ in range(inputs)]

    def prepare(self, x: Array, out: Array) -> Array:
        """Return the prepared rows: `out`, or `x` itself if nothing would change. The core calls it."""
        if self.is_identity and x.dtype == out.dtype:
            return x
        self.transform(x, out)
        return out


# ------------------------------------------------------------------ callbacks


class Run(Protocol):
    """What a callback sees of a run. A callback may set none of its attributes."""

    @property
    def epochs(self) -> int:
        """The length of the run."""

    @property
    def epoch(self) -> int:
        """The number of the present epoch, from 0. In `on_train_end` it is the number of epochs that are over."""

    @property
    def step(self) -> int:
        """How many steps of this epoch are over: 1 after the first step."""

    @property
    def history(self) -> list[Record]:
        """The records of the epochs so far."""

    @property
    def model(self) -> Any:
        """The `zoo_core.Model` in training. It predicts, evaluates and saves with the weights of this moment."""

    @property
    def spec(self) -> Any:
        """The `zoo_core.Spec` of the run, with the defaults that the data filled in."""

    @property
    def learning_rate(self) -> float:
        """The learning rate of the latest step. Before the first step it is that of the first one."""

    @property
    def batch_loss(self) -> float | None:
        """In `on_batch_end`, the mean loss of the batch before the update, without penalties. Elsewhere None.

        As all losses, it is of the targets as the network learns them.
        """

    @property
    def output(self) -> Path | None:
        """The file that the model will be saved in, or None if there is none."""

    @property
    def log(self) -> Path | None:
        """None. A callback that writes a file puts it beside `output`."""

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Return whether `value` of the metric `monitor` beats `best`, in the direction that the metric says.

        Any number beats None, and NaN beats nothing.
        """

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of parameters and state."""

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Write a snapshot back. If it is that of an earlier `epoch`, the record of this epoch is marked "kept"."""

    def say(self, text: str) -> None:
        """Show a line to the user, unless the run is quiet."""

    def warn(self, key: str, text: str) -> None:
        """Warn the user, also where the run is quiet, and keep the text under `key` in `model.warnings`.

        The model file keeps it. A later text takes the place of an earlier one, and "" takes it back.
        """


class Callback(Part):
    """An action after each epoch or each step, such as a stopping rule or a log.

    An option `monitor: str` names a metric of the record. `zoo validate` warns if no such metric is measured.
    """

    kind = "callback"
    spec_key, spec_takes_list, spec_example = "callbacks", True, "early_stopping"

    def on_train_begin(self, run: Run) -> None:
        """Called once before the first step. A resumed run calls it too, and then restores the state."""

    def on_batch_end(self, run: Run) -> str | None:
        """Called after each step, but only if a part overrides it. Return a reason to stop, or None.

        A reason ends the epoch at once. The epoch gets its record, and `on_epoch_end` is called, and the run ends. If
        rows are left, the record has the training loss of the rows so far, and no metrics of the training rows.
        """
        return None

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Called after each epoch with its record. Return a reason to stop, or None."""
        return None

    def on_train_end(self, run: Run) -> None:
        """Called once when the run ends: after all epochs, a reason to stop, or an error. Not if it is interrupted."""


# The base class of each kind: each class above that sets `kind` itself.
KINDS: dict[str, type[Part]] = {
    base.kind: base
    for base in list(globals().values())
    if isinstance(base, type) and issubclass(base, Part) and vars(base).get("kind")
}

__all__ = [
    "KINDS", "Activation", "Array", "Batch", "BatchAugmentation", "Callback", "ClassDecision", "Column", "Constraint",
    "Data",
    "DataFiles", "Dataset", "Initializer", "Layout", "Loss", "Metric", "Noise", "Normalizer", "Optimizer",
    "OptimizerWrapper",
    "Parameter", "Part", "Penalty", "Preprocessor", "PublicFile", "RandomSource", "Rate", "Record", "Regularizer",
    "Run", "Schedule", "Segment", "Table", "Transform",
]  # fmt: skip
