"""The parts of the notebook that the zoo started from, with its mistakes, so that its runs can be repeated exactly.

Do not use these parts for other purposes: each docstring says how the part differs from the correct one. The
shipped models `corrected-1` to `corrected-4` do what the notebook intended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, cast

import numpy as np
from annotated_types import Ge, Gt, Le

from zoo_core.parts import (
    Activation,
    Array,
    Batch,
    Callback,
    Initializer,
    Layout,
    Loss,
    Noise,
    Optimizer,
    RandomSource,
    Rate,
    Run,
    Segment,
)
from zoo_plugins.activations.basic import Identity
from zoo_plugins.activations.softmax import Softmax


class NotebookRelu(Activation):
    """ReLU whose gradient passes unchanged: the notebook tests `output >= 0`, which is always true."""

    name = "notebook_relu"
    backward_is_linear = True
    expected_failures: ClassVar[Mapping[str, str]] = {"derivative": "the notebook passes gradients straight through"}

    def forward(self, x: Array, out: Array) -> None:
        """Write max(x, 0)."""
        np.maximum(x, 0, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        """Write 1 everywhere."""
        out[...] = 1

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Copy the gradient."""
        out[...] = grad


class NotebookTanh(Activation):
    """tanh with the derivative 1 - (2a)^2, taken after dropout has doubled `a`. Outside training it is ReLU."""

    name = "notebook_tanh"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "derivative": "the notebook takes 1 - (2a)^2, after dropout has doubled a"
    }

    def forward(self, x: Array, out: Array) -> None:
        """Write tanh(x)."""
        np.tanh(x, out=out)

    def infer(self, x: Array, out: Array) -> None:
        """Write max(x, 0): the notebook still tests with the activation of its earlier runs."""
        np.maximum(x, 0, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        """Write 1 - (2a)^2."""
        np.multiply(a, 2, out=out)
        np.multiply(out, out, out=out)
        np.subtract(1, out, out=out)


class NotebookDropout(Noise):
    """Dropout with rate 1/2, whose outputs are doubled in forward, but whose gradient is not doubled in backward.

    The mask comes from the generator that also drew the weights: legacy `randint(2)` is the lowest bit of each raw
    32-bit number.
    """

    name = "notebook_dropout"
    backward_is_linear = True
    expected_failures: ClassVar[Mapping[str, str]] = {
        "gradient": "the notebook doubles what it keeps on the way forward, but not on the way back"
    }

    def forward(self, x: Array, out: Array) -> None:
        """Draw a mask and write 2 x mask."""
        raw = cast(Any, self.rng.bit_generator).random_raw(x.size)
        self._mask = (raw & 1).astype(x.dtype).reshape(x.shape)
        np.multiply(x, self._mask, out=out)
        out *= 2

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Write grad * mask, without the 2."""
        np.multiply(grad, self._mask, out=out)


@dataclass
class NotebookUniform(Initializer):
    """Uniform distribution: `scale * random - shift`, drawn in float64 from the run's generator.

    scale: above 0 and up to 1e6; shift: -1e6 to 1e6.
    """

    name = "notebook_uniform"

    scale: Annotated[float, Gt(0), Le(1e6)] = 0.2
    shift: Annotated[float, Ge(-1e6), Le(1e6)] = 0.1

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        """Draw row by row; `gain` is not used."""
        out[...] = self.scale * rng.random(out.shape) - self.shift


@dataclass
class NotebookError(Loss):
    """Summed squared error with half its gradient, which is divided by rows^divisions.

    value = sum((y - target)^2) over the outputs of a row. The gradient y - target is passed to the input of the output
    layer unchanged, also through softmax, where it is wrong. divisions: 0 to 2.
    """

    name = "notebook_error"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "gradient": "the notebook takes half the gradient, y - target",
        "fused": "the notebook lets that gradient through the output activation unchanged",
    }
    fused_with = (Identity, Softmax)

    divisions: Annotated[int, Ge(0), Le(2)] = 0

    def __post_init__(self) -> None:
        """Switch off the core's own division by the number of rows."""
        self.reduction = "sum"

    def value(self, outputs: Array, targets: Array) -> Array:
        """Return the summed squares of each row, shape (rows,)."""
        error = targets - outputs
        squares: Array = np.add.reduce(error * error, axis=1)
        return squares

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        """Write (y - target) / rows^divisions."""
        np.subtract(outputs, targets, out=out)
        if self.divisions:
            out /= len(outputs) ** self.divisions

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        """Write the same gradient, as if the output activation had the derivative 1."""
        self.gradient(outputs, targets, out)


@dataclass
class NotebookRepeated(Optimizer):
    """For each batch, as many gradient steps as it has rows, without another forward pass.

    So the outputs, and the gradient G of the output weights, stay the same. The gradient of earlier layers is computed
    again from the changed weights. With two weight matrices the sum over n steps has a closed form. The output weights
    are W - k r G for k = 0 .. n-1, and the gradient before them is linear in W. So n times the backward pass at their
    mean, W - r G (n-1)/2, is exact. Deeper networks run all n passes.
    """

    name = "notebook_repeated"

    learning_rate: Rate = 0.001

    def start(self, layout: Layout) -> None:
        """Store the segments."""
        self._segments: tuple[Segment, ...] = layout.segments

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take `batch.rows` steps."""
        if [s.role for s in self._segments] == ["weights", "weights"]:
            self._closed_form(parameters, gradients, learning_rate, batch)
            return
        for again in range(batch.rows):
            if again:
                batch.backward()
            parameters -= learning_rate * gradients

    def _closed_form(self, parameters: Array, gradients: Array, rate: float, batch: Batch) -> None:
        last = self._segments[-1].where
        start, slope = parameters[last].copy(), gradients[last].copy()
        parameters[last] -= (rate * (batch.rows - 1) / 2) * slope
        batch.backward()
        parameters[last] = start
        parameters -= (rate * batch.rows) * gradients


@dataclass
class NotebookGenerator(RandomSource):
    """NumPy's legacy `RandomState`: one stream for all purposes, so each draw depends on all earlier ones."""

    name = "notebook_mt19937"
    expected_failures: ClassVar[Mapping[str, str]] = {"streams": "the notebook draws everything from one stream"}
    state: ClassVar[tuple[str, ...]] = ()

    def start(self, seed: int) -> None:
        """Seed as `np.random.seed` does."""
        bits = np.random.MT19937()
        bits.state = cast(Any, np.random.RandomState(seed).get_state(legacy=False))
        self._generator = np.random.Generator(bits)

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the only generator."""
        return self._generator


class NotebookLog(Callback):
    """The line that the notebook prints for each epoch with a test.

    The notebook divides by all training rows, also those of an incomplete batch that is not used. The history is
    changed to the same figures.
    """

    name = "notebook_log"

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Print the line. Errors are cut to five characters, not rounded."""
        run.history[-1].update(self._over_all_rows(record))
        if "test_loss" in record:
            run.say(self._line(run.history[-1]))
        return None

    @staticmethod
    def _over_all_rows(record: Mapping[str, Any]) -> dict[str, float]:
        """Return the training loss and accuracy divided by all rows, as the notebook does."""
        used = record.get("train_rows", 1)
        rows = used + record.get("train_rows_left_out", 0)
        if rows == used:
            return {}
        correct = round(record["train_accuracy"] * used)
        return {"train_loss": record["train_loss"] * used / rows, "train_accuracy": correct / rows}

    @staticmethod
    def _line(record: Mapping[str, Any]) -> str:
        return (
            f"I:{record['epoch']} Train-Err:{str(record['train_loss'])[:5]} Train-Acc:{record['train_accuracy']} "
            f"Test-Err:{str(record['test_loss'])[:5]} Test-Acc:{record['test_accuracy']}"
        )


PARTS = (
    NotebookRelu,
    NotebookTanh,
    NotebookDropout,
    NotebookUniform,
    NotebookError,
    NotebookRepeated,
    NotebookGenerator,
    NotebookLog,
)
