"""What the notebook that the zoo grew out of does, quirk by quirk, so that its runs can be repeated to the digit.

None of these parts is advice: each says what it does differently from the sound part of the same purpose. The
shipped models `corrected-1` to `corrected-4` do what the notebook meant to do.
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
    """ReLU whose gradient passes straight through: the notebook tests `output >= 0`, which always holds."""

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
        """Pass the gradient on unchanged."""
        out[...] = grad


class NotebookTanh(Activation):
    """tanh with the derivative 1 - (2a)^2, taken after dropout has doubled `a`; outside training it is ReLU."""

    name = "notebook_tanh"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "derivative": "the notebook takes 1 - (2a)^2, after dropout has doubled a"
    }

    def forward(self, x: Array, out: Array) -> None:
        """Write tanh(x)."""
        np.tanh(x, out=out)

    def infer(self, x: Array, out: Array) -> None:
        """Write max(x, 0): the notebook tests with the activation of its earlier runs."""
        np.maximum(x, 0, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        """Write 1 - (2a)^2."""
        np.multiply(a, 2, out=out)
        np.multiply(out, out, out=out)
        np.subtract(1, out, out=out)


class NotebookDropout(Noise):
    """Dropout of one half, doubled on the way forward but not on the way back.

    The mask comes from the generator that also drew the weights: legacy `randint(2)` is the lowest bit of each raw
    number of 32 bits.
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
    """`scale * random - shift`, drawn in float64 from the run's generator."""

    name = "notebook_uniform"

    scale: Annotated[float, Gt(0), Le(1e6)] = 0.2
    shift: Annotated[float, Ge(-1e6), Le(1e6)] = 0.1

    def fill(self, out: Array, rng: np.random.Generator, gain: float) -> None:
        """Draw row by row; the gain is not used."""
        out[...] = self.scale * rng.random(out.shape) - self.shift


@dataclass
class NotebookError(Loss):
    """Summed squared error, with half its gradient, divided by the batch size `divisions` times.

    value = sum((y - target)^2) over the outputs of a row. The gradient y - target goes straight to the input of the
    output layer, also through softmax, where it is not the gradient of this error.
    """

    name = "notebook_error"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "gradient": "the notebook takes half the gradient, y - target",
        "fused": "the notebook lets that gradient through the output activation unchanged",
    }
    fused_with = (Identity, Softmax)

    divisions: Annotated[int, Ge(0), Le(2)] = 0

    def __post_init__(self) -> None:
        """Leave all division to `divisions`."""
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
        """Write the same, as if the output activation had slope 1."""
        self.gradient(outputs, targets, out)


@dataclass
class NotebookRepeated(Optimizer):
    """As many plain updates for each batch as it has rows, without running forward again.

    The outputs, and so the output layer's gradient G, stay as they are; the gradient of the layer before is taken
    again from the weights as they change. With two weight matrices the sum over n updates has a closed form: the
    output weights pass W - k r G for k = 0 .. n-1, and the gradient before them is linear in W, so one backward
    pass at the mean, W - r G (n-1)/2, counted n times, gives it. Deeper networks take the n passes one by one.
    """

    name = "notebook_repeated"

    learning_rate: Rate = 0.001

    def start(self, layout: Layout) -> None:
        """Find the weight matrices."""
        self._segments: tuple[Segment, ...] = layout.segments

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take `batch.rows` updates."""
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
    """NumPy's legacy `RandomState`: one stream for everything, so that each draw depends on all before it."""

    name = "notebook_mt19937"
    expected_failures: ClassVar[Mapping[str, str]] = {"streams": "the notebook draws everything from one stream"}
    state: ClassVar[tuple[str, ...]] = ()

    def start(self, seed: int) -> None:
        """Seed as `np.random.seed` does."""
        bits = np.random.MT19937()
        bits.state = cast(Any, np.random.RandomState(seed).get_state(legacy=False))
        self._generator = np.random.Generator(bits)

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the one generator."""
        return self._generator


class NotebookLog(Callback):
    """The notebook's printed line for each epoch in which the test set was measured.

    The notebook divides by all training rows, those that no batch took included: so the history says, too.
    """

    name = "notebook_log"

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> str | None:
        """Say the line; errors are cut to five characters, not rounded."""
        run.history[-1].update(self._over_all_rows(record))
        if "test_loss" in record:
            run.say(self._line(run.history[-1]))
        return None

    @staticmethod
    def _over_all_rows(record: Mapping[str, Any]) -> dict[str, float]:
        """Return the figures of the training split, divided as the notebook does."""
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
