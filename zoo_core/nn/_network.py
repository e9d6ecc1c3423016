"""The network: a chain of transforms over one flat vector of parameters and one of gradients.

The parameters of each transform are views into the flat vectors. For each number of rows there is one workspace, which
is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.basics import aligned, row_slices
from zoo_core.basics.workers import Pool, default_threads
from zoo_core.contract import checked_parameters
from zoo_core.nn._alone import set_first_value
from zoo_core.nn._dense import Dense
from zoo_core.nn._layers import Layer, Stage, stages_of
from zoo_core.nn._running_state import RunningState as RunningState
from zoo_core.nn._workspace import OutputBuffers, Workspace, output_buffers
from zoo_core.parts import Array, Initializer, Layout, Parameter, Part, Transform
from zoo_core.spec import walk_parts

MAX_WORKSPACES = 16  # that are kept, one for each number of rows
INFERENCE_ROWS = 1024  # rows at a time outside training: few calls, and half of it fits in a cache of 2 MB
INFERENCE_BYTES = 128 * 2**20  # of all buffers outside training; wide layers get fewer rows at a time


class Network:
    """Layers over flat vectors. An objective trains it, in a workspace; `infer` predicts.

    `parameters` and `gradients` have shape (layout.size,).

    Args:
        layers: the layers, inputs first.
        inputs: the number of features.
        dtype: of parameters and all buffers.
        before: stages before the first layer.
        approve: may refuse the layout before anything is allocated.

    Example:
        network = assemble(spec, 784, source)
        network.initialize(np.random.default_rng(0))
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
        self.stages = stages_of(layers, before)
        self._inference_stages = [s for s in self.stages if not s.training_only]
        row_bytes = (inputs + sum(stage.width for stage in self._inference_stages)) * self.dtype.itemsize
        self.inference_rows = min(max(INFERENCE_BYTES // row_bytes, 1), INFERENCE_ROWS)
        self.outputs = self.stages[-1].width
        self.layout, self._declared = self._lay_out()
        approve(self.layout)
        self.parameters, self.gradients = self.layout.vector(), self.layout.vector()
        self._workspaces: dict[tuple[int, bool], Workspace] = {}
        self._bind()
        self.share_products(Pool(default_threads()))
        self.after_step = list(self._step_hooks())  # what is called after each step
        self._running_state = RunningState(dict(self._walk_parts()))

    # -------------------------------------------------------------- assembly

    def _lay_out(self) -> tuple[Layout, dict[str, Parameter]]:
        declared = {
            f"{stage.path}.{name}": parameter
            for stage in self.stages
            for name, parameter in checked_parameters(stage.transform, stage.width).items()
        }
        return Layout.of({path: parameter.shape for path, parameter in declared.items()}, self.dtype), declared

    def _bind(self) -> None:
        arrays = {s.path: (s.view(self.parameters), s.view(self.gradients)) for s in self.layout.segments}
        for stage in self.stages:
            names = list(stage.transform.parameters(stage.width))
            stage.transform.weights = {name: arrays[f"{stage.path}.{name}"][0] for name in names}
            stage.transform.gradients = {name: arrays[f"{stage.path}.{name}"][1] for name in names}
            stage.transform.start(stage.width, self.dtype)
        for layer in self.layers:
            for part in layer.weight_parts():
                part.start(self.weights(layer).shape, self.dtype)

    def _walk_parts(self) -> Iterator[tuple[str, Part]]:
        """Yield every part with its path, also those inside others."""
        for stage in self.stages:
            yield from walk_parts(stage.transform, stage.path)
        for layer in self.layers:
            for i, part in enumerate(layer.weight_parts()):
                yield from walk_parts(part, f"{layer.path}.regularizers.weights.{i}")

    @property
    def wants_inputs(self) -> bool:
        """Whether an initializer depends on the data."""
        return any(initializer.wants_inputs for initializer in self._initializers())

    def _initializers(self) -> list[Initializer]:
        return [p.initial for p in self._declared.values() if isinstance(p.initial, Initializer)]

    def initialize(self, rng: np.random.Generator, rows: Array | None = None) -> None:
        """Give every parameter its first value, layer by layer; prepared `rows` are for initializers that want inputs.

        Raises PluginError if an initializer writes no values.
        """
        depths = {stage.path: depth for depth, layer in enumerate(self.layers) for stage in layer.stages}
        for segment in self.layout.segments:
            depth = depths.get(segment.path.rpartition(".")[0])
            gain = 1.0 if depth is None else self.layers[depth].activation.gain
            parameter = self._declared[segment.path]
            if isinstance(parameter.initial, Initializer):
                self._describe_place(parameter.initial, depth or 0, rows)
            set_first_value(parameter, segment.view(self.parameters), rng, gain)
        for initializer in self._initializers():
            vars(initializer).pop("inputs", None)  # otherwise the model would keep the rows

    def _describe_place(self, initializer: Initializer, depth: int, rows: Array | None) -> None:
        """Set what an initializer may know of its layer; also for a frozen dataclass."""
        inputs = None
        if initializer.wants_inputs and rows is not None:
            inputs = rows.copy()
            before = self._inference_stages.index(self.layers[depth].stages[0])
            for stage in self._inference_stages[:before]:
                x, inputs = inputs, aligned((len(rows), stage.width), self.dtype, None)
                stage.transform.infer(x, inputs)
        vars(initializer).update(depth=depth, layers=len(self.layers), inputs=inputs)

    def set_streams(self, streams: Iterable[np.random.Generator]) -> None:
        """Give each stage a random generator, in the order of the stages."""
        for stage, stream in zip(self.stages, streams, strict=True):
            stage.transform.rng = stream

    def share_products(self, pool: Pool) -> None:
        """Let the threads of a pool share large matrix products from now on. It changes no bit."""
        self.pool = pool
        for layer in self.layers:
            _dense(layer).pool = pool

    # -------------------------------------------------------------- training

    def workspace(self, rows: int, *, training: bool = True) -> Workspace:
        """Return the workspace for a number of rows, made at first use."""
        found = self._workspaces.get((rows, training))
        if found is None:
            stages = self.stages if training else self._inference_stages
            if len(self._workspaces) >= MAX_WORKSPACES:
                self._workspaces.clear()  # otherwise many different batch sizes would fill the memory
            x = aligned((rows, self.inputs), self.dtype, None)
            found = self._workspaces[rows, training] = Workspace(x, stages, training)
        return found

    def workspaces(self, x: Array, rows: int, size: int) -> tuple[list[Workspace], OutputBuffers]:
        """Return workspaces for training on `rows` rows, `size` at a time, and the arrays that their last stage fills.

        `x`, shape (any, inputs), holds their inputs. If it is shorter than `rows`, later workspaces share it again.
        """
        outputs, room = output_buffers(x, rows, self.stages), len(x) // size * size
        found: list[Workspace] = []
        for which in row_slices(rows, size):
            start, count = which.start % room, which.stop - which.start
            like = found[0] if found and count == size else None
            own = (outputs[0][which], outputs[1][which])
            found.append(Workspace(x[start : start + count], self.stages, training=True, like=like, outputs=own))
        return found, outputs

    def _step_hooks(self) -> Iterator[Callable[[], None]]:
        """Yield the calls that update running state and those that project weights."""
        for transform in (stage.transform for stage in self.stages):
            if type(transform).end_step is not Transform.end_step:
                yield transform.end_step
        for layer in self.layers:
            yield from (partial(constraint.constrain, self.weights(layer)) for constraint in layer.constraints)

    def weights(self, layer: Layer) -> Array:
        """Return a layer's weight matrix, shape (inputs, columns of z)."""
        return _dense(layer).weights["weights"]

    def weight_gradients(self, layer: Layer) -> Array:
        """Return the gradient of a layer's weight matrix."""
        return _dense(layer).gradients["weights"]

    # -------------------------------------------------------------- prediction

    def infer(self, rows: int, load: Callable[[slice, Array], Array]) -> Iterator[tuple[slice, Array, Array]]:
        """Predict `rows` rows chunk by chunk; `load(which, x)` returns prepared inputs, in `x` or in an array like it.

        Yields (which, z, outputs) for each chunk; z is the input of the output activation. The next chunk overwrites
        these arrays.
        """
        for which in row_slices(rows, self.inference_rows):
            workspace = self.workspace(which.stop - which.start, training=False)
            x = load(which, workspace.x)
            for forward, given, y in workspace.forward:
                forward(x if given is workspace.x else given, y)
            yield which, workspace.z, workspace.outputs

    def stage_outputs(self, x: Array) -> Iterator[tuple[Transform, Array]]:
        """Yield each transform outside training with its output for prepared rows; later ones may overwrite it."""
        workspace = self.workspace(len(x), training=False)
        for stage, (forward, given, y) in zip(self._inference_stages, workspace.forward, strict=True):
            forward(x if given is workspace.x else given, y)
            yield stage.transform, y

    # -------------------------------------------------------------- state

    def state(self) -> dict[str, Array]:
        """Return parameters and running state by path, as views; a number is an array without dimensions.

        Raises PluginError for a state that no model file holds, or that changed its form.
        """
        found = {s.path: s.view(self.parameters) for s in self.layout.segments}
        return found | self._running_state.arrays()

    def mend_state(self) -> list[str]:
        """Put back values of running state that no model file holds; return which. The parameters stay."""
        return self._running_state.mend()

    def restore(self, state: Mapping[str, Array]) -> None:
        """Put arrays from `state()` back, in place."""
        for segment in self.layout.segments:
            segment.view(self.parameters)[...] = state[segment.path]
        self._running_state.restore(state)


def _dense(layer: Layer) -> Dense:
    return cast(Dense, layer.stages[0].transform)
