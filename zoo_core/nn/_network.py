"""The network: a chain of transforms over one flat vector of parameters and one of gradients.

Everything that a step needs is bound when the network is assembled: the parameters of each transform are views
into the flat vectors, and for each number of rows there is one set of buffers that lives as long as the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import DTypeLike

from zoo_core._arrays import aligned, row_slices
from zoo_core.nn._alone import set_first_value
from zoo_core.nn._workspace import OutputBuffers, Stage, Workspace, output_buffers
from zoo_core.parts import (
    Activation,
    Array,
    Constraint,
    Layout,
    Parameter,
    Part,
    Penalty,
    Segment,
    Transform,
)

MAX_PASSES = 16  # numbers of rows for which buffers are kept
INFERENCE_ROWS = 512  # rows at a time outside training: large enough for BLAS, small enough for the cache


@dataclass
class Layer:
    """What belongs together under one entry of `model.layers`."""

    path: str
    stages: list[Stage]
    activation: Activation
    penalties: list[Penalty] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)


class Network:
    """Layers over flat vectors. Passes from `passes` train, as an objective runs them; `infer` predicts.

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
        self.stages = stages_of(layers, before)
        self._served = [s for s in self.stages if not s.training_only]
        self.outputs = self.stages[-1].width
        self.layout, self._declared = self._lay_out()
        approve(self.layout)
        self.parameters, self.gradients = self.layout.vector(), self.layout.vector()
        self._passes: dict[tuple[int, bool], Workspace] = {}
        self._bind()
        self.after_step = list(self._moves())  # what is called after each step

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
            gain = gains.get(segment.path.rpartition(".")[0], 1.0)
            set_first_value(self._declared[segment.path], segment.view(self.parameters), rng, gain)

    # -------------------------------------------------------------- training

    def workspace(self, rows: int, *, training: bool = True) -> Workspace:
        """Return the buffers for a number of rows, made at first use."""
        found = self._passes.get((rows, training))
        if found is None:
            stages = self.stages if training else self._served
            if len(self._passes) >= MAX_PASSES:
                self._passes.clear()  # whoever asks for rows in ever other numbers must not fill the memory
            x = aligned((rows, self.inputs), self.dtype, None)
            found = self._passes[rows, training] = Workspace(x, stages, training)
        return found

    def workspaces(self, x: Array, rows: int, size: int) -> tuple[list[Workspace], OutputBuffers]:
        """Return passes for training on `rows` rows, `size` at a time, and the arrays that their last stage fills.

        `x`, shape (any, inputs), takes the inputs of so many passes as fit into it; then the next ones begin anew.
        """
        ends, room = output_buffers(x, rows, self.stages), len(x) // size * size
        found: list[Workspace] = []
        for which in row_slices(rows, size):
            start, count = which.start % room, which.stop - which.start
            like = found[0] if found and count == size else None
            own = (ends[0][which], ends[1][which])
            found.append(Workspace(x[start : start + count], self.stages, training=True, like=like, ends=own))
        return found, ends

    def _moves(self) -> Iterator[Callable[[], None]]:
        """Yield what brings running state up to date, and what projects weights."""
        for transform in (stage.transform for stage in self.stages):
            if type(transform).end_step is not Transform.end_step:
                yield transform.end_step
        for layer in self.layers:
            yield from (partial(constraint.constrain, self.weights(layer)) for constraint in layer.constraints)

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
        for which in row_slices(rows, INFERENCE_ROWS):
            p = self.workspace(which.stop - which.start, training=False)
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


def stages_of(layers: Sequence[Layer], before: Sequence[Stage]) -> list[Stage]:
    """Return all stages in their order; those of `before` stand before the first layer."""
    return [*before, *(stage for layer in layers for stage in layer.stages)]
