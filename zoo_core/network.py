"""The network: a chain of transforms over one flat vector of parameters and one of gradients.

Everything that a step needs is bound when the network is assembled: the parameters of each transform are views
into the flat vectors, and for each number of rows there is one set of buffers that lives as long as the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.manners import filled
from zoo_core.parts import (
    Activation,
    Array,
    Constraint,
    Initializer,
    Layout,
    Parameter,
    Part,
    Penalty,
    Segment,
    Transform,
)

MAX_PASSES = 16  # numbers of rows for which buffers are kept
INFERENCE_ROWS = 512  # rows at a time outside training: large enough for BLAS, small enough for the cache


class Dense(Transform):
    """The affine map `z = x W + b` of every layer; `weights` has shape (inputs, units)."""

    def __init__(self, inputs: int, initializer: Initializer, bias: Initializer | None) -> None:
        self.inputs = inputs
        self._initial = {"weights": initializer} | ({} if bias is None else {"bias": bias})

    def parameters(self, width: int) -> dict[str, Parameter]:
        """Return the weight matrix and, unless it is left out, the bias vector."""
        shapes = {"weights": (self.inputs, width), "bias": (width,)}
        return {name: Parameter(shapes[name], initial) for name, initial in self._initial.items()}

    def start(self, width: int, dtype: DTypeLike) -> None:
        """Keep the views at hand: attribute look-ups cost as much as a small product."""
        self._w, self._gw = self.weights["weights"], self.gradients["weights"]
        self._wt = self._w.T
        self._b, self._gb = self.weights.get("bias"), self.gradients.get("bias")
        self._ones = np.ones(0, dtype)

    def forward(self, x: Array, out: Array) -> None:
        """Write x W + b."""
        x.dot(self._w, out)
        if self._b is not None:
            out += self._b

    def backward(self, x: Array, y: Array, grad: Array, out: Array | None) -> None:
        """Write the gradients of W and b and, where something comes before, grad W^T."""
        x.T.dot(grad, self._gw)
        if self._gb is not None:
            if len(self._ones) != len(grad):
                self._ones = np.ones(len(grad), grad.dtype)
            self._ones.dot(grad, self._gb)  # the sum over rows, several times as fast as a reduction
        if out is not None:
            grad.dot(self._wt, out)


@dataclass
class Stage:
    """One transform in its place."""

    path: str  # such as "layers.0" for a matrix product, "layers.0.activation", "layers.0.regularizers.1"
    transform: Transform
    width: int
    training_only: bool = False


@dataclass
class Layer:
    """What belongs together under one entry of `model.layers`."""

    path: str
    stages: list[Stage]
    activation: Activation
    penalties: list[Penalty] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)


Forward = Callable[[Array, Array], None]
Backward = Callable[[Array, Array, Array, Any], None]


class Pass:
    """The arrays of a pass over the rows of `x`, with the calls that fill them bound once.

    `x` takes the inputs, `z` is the input of the last stage, `outputs` its output, and `delta` takes
    d objective / d outputs, or / d z where loss and output activation are fused. All but `x` may be shared with
    another pass over as many rows, `like`.
    """

    def __init__(self, x: Array, stages: Sequence[Stage], training: bool, like: Pass | None = None) -> None:
        self.x, self.rows = x, len(x)
        self.share = np.asarray(1.0 / max(len(x), 1), x.dtype)  # of one row; in an array it needs no conversion
        self.values: list[Array] = like.values if like else _values(x, stages)
        self.inputs = [x, *self.values[:-1]]
        self.z, self.outputs = self.inputs[-1], self.values[-1]
        self.flat_outputs = self.outputs.reshape(-1)
        calls = [s.transform.forward if training else s.transform.infer for s in stages]
        self.forward: list[tuple[Forward, Array, Array]] = list(zip(calls, self.inputs, self.values, strict=True))
        self.backward: list[tuple[Backward, Array, Array, Array, Array | None]] = []
        self.backward_fused: list[tuple[Backward, Array, Array, Array, Array | None]] = []
        if training:
            self.delta: Array = like.delta if like else np.empty_like(self.outputs)
            self._bind_backward(stages, like)

    def _bind_backward(self, stages: Sequence[Stage], like: Pass | None) -> None:
        """Pair each transform with its arrays, last first; nothing needs the gradient before the first product."""
        first = next(i for i, s in enumerate(stages) if isinstance(s.transform, Dense))
        fresh = [np.empty_like(x) if i > first else None for i, x in enumerate(self.inputs)]
        self.grads: list[Array | None] = like.grads if like else fresh
        grads = self.grads
        after: list[Any] = [*grads[1:], self.delta]
        for i in range(len(stages) - 1, first - 1, -1):
            self.backward.append((stages[i].transform.backward, self.inputs[i], self.values[i], after[i], grads[i]))
        backward, x, y, _, out = self.backward[1]
        self.backward_fused = [(backward, x, y, self.delta, out), *self.backward[2:]]


class Network:
    """Layers over flat vectors. `forward`, `backward` train; `infer` predicts.

    `parameters` and `gradients` have shape (layout.size,). `inputs` is the number of features. `approve` may
    refuse the layout before anything is allocated.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        inputs: int,
        dtype: DTypeLike,
        before: Sequence[Stage] = (),
        approve: Callable[[Layout], None] = lambda layout: None,
    ) -> None:
        self.layers, self.inputs, self.dtype = list(layers), inputs, np.dtype(dtype)
        self.parts: dict[str, Part] = {}  # all that keep running state, by path; filled by `assemble`
        self.stages = [*before, *(stage for layer in layers for stage in layer.stages)]
        self._served = [s for s in self.stages if not s.training_only]
        self.outputs = self.stages[-1].width
        self.layout, self._declared = self._lay_out()
        approve(self.layout)
        self.parameters, self.gradients = self.layout.vector(), self.layout.vector()
        self._passes: dict[tuple[int, bool], Pass] = {}
        self._bind()
        moving = [s.transform for s in self.stages if type(s.transform).end_step is not Transform.end_step]
        self._end_steps = [transform.end_step for transform in moving]
        self._constraints = [(c.constrain, self.weights(layer)) for layer in self.layers for c in layer.constraints]

    # -------------------------------------------------------------- assembly

    def _lay_out(self) -> tuple[Layout, dict[str, Parameter]]:
        declared = {
            f"{stage.path}.{name}": parameter
            for stage in self.stages
            for name, parameter in stage.transform.parameters(stage.width).items()
        }
        segments, at = [], 0
        for path, parameter in declared.items():
            size = int(np.prod(parameter.shape, dtype=object))
            segments.append(Segment(path, parameter.shape, slice(at, at + size)))
            at += size
        return Layout(tuple(segments), at, self.dtype), declared

    def _bind(self) -> None:
        arrays = {s.path: (s.view(self.parameters), s.view(self.gradients)) for s in self.layout.segments}
        for stage in self.stages:
            names = list(stage.transform.parameters(stage.width))
            stage.transform.weights = {name: arrays[f"{stage.path}.{name}"][0] for name in names}
            stage.transform.gradients = {name: arrays[f"{stage.path}.{name}"][1] for name in names}
            stage.transform.start(stage.width, self.dtype)

    def initialize(self, rng: np.random.Generator) -> None:
        """Give every parameter its first value, layer by layer. Raises PluginError where an initializer writes none."""
        gains = {stage.path: layer.activation.gain for layer in self.layers for stage in layer.stages}
        for segment in self.layout.segments:
            initial, view = self._declared[segment.path].initial, segment.view(self.parameters)
            if isinstance(initial, Initializer):
                filled(initial, view, rng, gains.get(segment.path.rpartition(".")[0], 1.0))
            else:
                view[...] = initial

    # -------------------------------------------------------------- training

    def passing(self, rows: int, *, training: bool = True) -> Pass:
        """Return the buffers for a number of rows, made at first use."""
        found = self._passes.get((rows, training))
        if found is None:
            stages = self.stages if training else self._served
            if len(self._passes) >= MAX_PASSES:
                self._passes.clear()  # whoever asks for rows in ever other numbers must not fill the memory
            x = np.empty((rows, self.inputs), self.dtype)
            found = self._passes[rows, training] = Pass(x, stages, training)
        return found

    def passes(self, x: Array, rows: int) -> list[Pass]:
        """Return passes for training on `x`, shape (any, inputs), `rows` rows at a time; the last may have fewer."""
        parts = [x[which] for which in chunks(len(x), rows)]
        return [Pass(part, self.stages, training=True, like=self.passing(len(part))) for part in parts]

    def forward(self, p: Pass) -> None:
        """Run the batch in `p.x` through the network as in training, up to `p.outputs`."""
        for forward, x, y in p.forward:
            forward(x, y)

    def backward(self, p: Pass, *, fused: bool) -> None:
        """Fill `gradients` from `p.delta`."""
        for backward, x, y, grad, out in p.backward_fused if fused else p.backward:
            backward(x, y, grad, out)

    def end_step(self) -> None:
        """Let transforms bring running state up to date and constraints project the weights."""
        for end_step in self._end_steps:
            end_step()
        for constrain, weights in self._constraints:
            constrain(weights)

    def weights(self, layer: Layer) -> Array:
        """Return a layer's weight matrix, shape (inputs, columns of z)."""
        return self._dense(layer).weights["weights"]

    def weight_gradients(self, layer: Layer) -> Array:
        """Return the gradient of a layer's weight matrix."""
        return self._dense(layer).gradients["weights"]

    @staticmethod
    def _dense(layer: Layer) -> Transform:
        return layer.stages[0].transform

    # -------------------------------------------------------------- prediction

    def infer(self, rows: int, load: Callable[[slice, Array], Array]) -> Iterator[tuple[slice, Array, Array]]:
        """Predict `rows` rows chunk by chunk; `load(which, x)` returns prepared inputs, in `x` or in an array like it.

        Yields (which, z, outputs) for each chunk, z being the input of the output activation. The arrays are
        buffers: copy what is to be kept.
        """
        for which in chunks(rows, INFERENCE_ROWS):
            p = self.passing(which.stop - which.start, training=False)
            x = load(which, p.x)
            for forward, given, y in p.forward:
                forward(x if given is p.x else given, y)
            yield which, p.z, p.outputs

    # -------------------------------------------------------------- state

    def state(self) -> dict[str, Array]:
        """Return every array that makes the network what it is: parameters by path and running state, as views.

        A number that a part keeps is an array without dimensions.
        """
        found = {s.path: s.view(self.parameters) for s in self.layout.segments}
        for path, part in self.parts.items():
            for name in part.state:
                value = getattr(part, name)
                found[f"{path}.{name}"] = np.asarray(value, np.uint8 if isinstance(value, bool) else None)
        return found

    def restore(self, state: Mapping[str, Array]) -> None:
        """Put arrays from `state()` back, in place."""
        for segment in self.layout.segments:
            segment.view(self.parameters)[...] = state[segment.path]
        for path, part in self.parts.items():
            for name in part.state:
                here, saved = getattr(part, name), state[f"{path}.{name}"]
                if isinstance(here, np.ndarray):
                    here[...] = saved
                else:
                    setattr(part, name, type(here)(saved.item()))


def _values(x: Array, stages: Sequence[Stage]) -> list[Array]:
    return [np.empty((len(x), stage.width), x.dtype) for stage in stages]


def chunks(rows: int, size: int) -> Iterator[slice]:
    """Yield slices that cover `rows` rows, `size` at a time."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
