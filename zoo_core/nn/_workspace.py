"""A pass over some rows: the transforms that values flow through, and the arrays that they fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike

from zoo_core._arrays import aligned, aligned_like
from zoo_core.parts import Array, Initializer, Parameter, Transform

Forward = Callable[[Array, Array], None]
Backward = Callable[[Array, Array, Array, Any], None]
Product = Callable[[Array, Array, Array], Any]
OutputBuffers = tuple[Array, Array]  # the input of the last stage and its output

SPREAD = 16_384  # outputs for which a copy of the bias and a plain sum are quicker than a sum that broadcasts
DOT = cast(Product, np.ndarray.dot)


class Dense(Transform):
    """The affine map `z = x W + b` of every layer; `weights` has shape (inputs, units).

    The products of training may be replaced, by others that give the same bits.
    """

    backward_is_linear = True
    multiply_forward: Product = staticmethod(DOT)
    multiply_for_weights: Product = staticmethod(DOT)
    multiply_for_inputs: Product = staticmethod(DOT)

    def __init__(self, inputs: int, initializer: Initializer, bias: Initializer | None) -> None:
        self.inputs = inputs
        self._initial = {"weights": initializer} | ({} if bias is None else {"bias": bias})

    def parameters(self, width: int) -> dict[str, Parameter]:
        """Return the weight matrix and, unless it is left out, the bias vector."""
        shapes = {"weights": (self.inputs, width), "bias": (width,)}
        return {name: Parameter(shapes[name], initial) for name, initial in self._initial.items()}

    def start(self, width: int, dtype: DTypeLike) -> None:
        """Keep the views at hand."""
        self._w, self._gw = self.weights["weights"], self.gradients["weights"]
        bias = self.weights.get("bias")
        self._b = None if bias is None else bias[None, :]  # of two dimensions: for a single row nothing is broadcast
        self._gb = self.gradients.get("bias")

    def forward(self, x: Array, out: Array) -> None:
        """Write x W + b."""
        self.bound_forward(len(out))(x, out)

    def bound_forward(self, rows: int) -> Forward:
        """Return `forward` for so many rows, with all that it needs at hand: looking up costs as much as adding b."""
        multiply, w, b = self.multiply_forward, self._w, self._b

        def product(x: Array, out: Array) -> None:
            multiply(x, w, out)

        def affine(x: Array, out: Array) -> None:
            multiply(x, w, out)
            out += b

        if b is None or rows == 1 or rows * b.size > SPREAD:
            return product if b is None else affine
        spread = aligned((rows, b.size), b.dtype, None)

        def small(x: Array, out: Array) -> None:
            multiply(x, w, out)
            spread[...] = b
            out += spread

        return small

    def infer(self, x: Array, out: Array) -> None:
        """Write x W + b, by a product that is never replaced."""
        x.dot(self._w, out)
        if self._b is not None:
            out += self._b

    def backward(self, x: Array, y: Array, grad: Array, out: Array | None) -> None:
        """Write the gradients of W and b and, where something comes before, grad W^T."""
        self.bound_backward(len(grad))(x, y, grad, out)

    def bound_backward(self, rows: int) -> Backward:
        """Return `backward` for so many rows, with all that it needs at hand."""
        for_weights, for_inputs, wt = self.multiply_for_weights, self.multiply_for_inputs, self._w.T
        gw, gb, ones = self._gw, self._gb, aligned(rows, self._w.dtype, 1.0)

        def backward(x: Array, y: Array, grad: Array, out: Array | None) -> None:
            for_weights(x.T, grad, gw)
            if gb is not None:
                if rows == 1:
                    gb[...] = grad
                else:
                    ones.dot(grad, gb)  # the sum over rows, several times as fast as a reduction
            if out is not None:
                for_inputs(grad, wt, out)

        return backward


@dataclass
class Stage:
    """One transform in its place."""

    path: str  # such as "layers.0" for a matrix product, "layers.0.activation", "layers.0.regularizers.1"
    transform: Transform
    width: int
    training_only: bool = False


class Workspace:
    """The arrays of a pass over the rows of `x`, with the calls that fill them bound once.

    `x` takes the inputs, `z` is the input of the last stage, `outputs` its output, and `delta` takes
    d objective / d outputs, or / d z where loss and output activation are fused. `z` and `outputs` may be given, as
    `ends`; all arrays but these and `x` may be shared with another pass over as many rows, `like`.
    """

    def __init__(
        self,
        x: Array,
        stages: Sequence[Stage],
        training: bool,
        like: Workspace | None = None,
        ends: OutputBuffers | None = None,
    ) -> None:
        self.x, self.rows, self._stages = x, len(x), stages
        self._reevaluation: Workspace | None = None
        before = like.values[:-2] if like else [stage_buffer(x, len(x), stage) for stage in stages[:-2]]
        self.values: list[Array] = [*before, *(ends or output_buffers(x, len(x), stages))]
        self.inputs = [x, *self.values[:-1]]
        self.z, self.outputs = self.inputs[-1], self.values[-1]
        self.flat_outputs = self.outputs.reshape(-1)
        self.calls: list[tuple[Forward, Backward]] = like.calls if like else _calls(stages, len(x), training)
        forward = [call for call, _ in self.calls]
        self.forward: list[tuple[Forward, Array, Array]] = list(zip(forward, self.inputs, self.values, strict=True))
        self.backward: list[tuple[Backward, Array, Array, Array, Array | None]] = []
        self.backward_fused: list[tuple[Backward, Array, Array, Array, Array | None]] = []
        if training:
            self.delta: Array = like.delta if like else aligned_like(self.outputs)
            self._bind_backward(stages, like)

    def for_reevaluation(self) -> Workspace:
        """Return a pass for training over the same inputs that leaves `z` and `outputs` of this one as they are."""
        if self._reevaluation is None:
            self._reevaluation = Workspace(self.x, self._stages, training=True, like=self)
            self._reevaluation._reevaluation = self._reevaluation
        return self._reevaluation

    def _bind_backward(self, stages: Sequence[Stage], like: Workspace | None) -> None:
        """Pair each transform with its arrays, last first; nothing needs the gradient before the first product."""
        first = next(i for i, s in enumerate(stages) if isinstance(s.transform, Dense))
        grads = like.grads if like else [aligned_like(x) if i > first else None for i, x in enumerate(self.inputs)]
        self.grads: list[Array | None] = grads
        after: list[Any] = [*grads[1:], self.delta]
        for i in range(len(stages) - 1, first - 1, -1):
            self.backward.append((self.calls[i][1], self.inputs[i], self.values[i], after[i], grads[i]))
        backward, x, y, _, out = self.backward[1]
        self.backward_fused = [(backward, x, y, self.delta, out), *self.backward[2:]]


def _calls(stages: Sequence[Stage], rows: int, training: bool) -> list[tuple[Forward, Backward]]:
    """Return what each stage does with so many rows, forwards and backwards."""
    return [
        (t.bound_forward(rows), t.bound_backward(rows))
        if training and isinstance(t, Dense)
        else (t.forward if training else t.infer, t.backward)
        for t in (stage.transform for stage in stages)
    ]


def output_buffers(x: Array, rows: int, stages: Sequence[Stage]) -> OutputBuffers:
    """Return arrays for the input and the output of the last stage, with as many rows as asked for."""
    return stage_buffer(x, rows, stages[-2]), stage_buffer(x, rows, stages[-1])


def stage_buffer(x: Array, rows: int, stage: Stage) -> Array:
    """Return an array for the output of a stage, of the dtype of `x`."""
    return aligned((rows, stage.width), x.dtype, None)
