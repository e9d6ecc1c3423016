"""The arrays of a batch on its way through the network, and the calls that fill them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo_core.basics import aligned, aligned_like
from zoo_core.nn._dense import Backward, Dense, Forward
from zoo_core.nn._layers import Stage
from zoo_core.parts import Array

OutputBuffers = tuple[Array, Array]  # the input of the last stage and its output


class Workspace:
    """The arrays for the rows of `x`, with the calls that fill them, in order.

    `x` takes the inputs. `z` is the input of the last stage, `outputs` its output. `delta` takes
    d objective / d outputs, or d objective / d z if loss and activation are fused. The argument `outputs` gives
    arrays for `z` and `outputs`. `like` is a workspace of as many rows whose other arrays this one shares.
    """

    def __init__(
        self,
        x: Array,
        stages: Sequence[Stage],
        training: bool,
        like: Workspace | None = None,
        outputs: OutputBuffers | None = None,
    ) -> None:
        self.x, self.rows, self._stages = x, len(x), stages
        self._reevaluation: Workspace | None = None
        before = like.values[:-2] if like else [stage_buffer(x, len(x), stage) for stage in stages[:-2]]
        self.values: list[Array] = [*before, *(outputs or output_buffers(x, len(x), stages))]
        self.inputs = [x, *self.values[:-1]]
        self.z, self.outputs = self.inputs[-1], self.values[-1]
        self.flat_outputs = self.outputs.reshape(-1)
        self.calls: list[tuple[Forward, Backward]] = like.calls if like else _bind_calls(stages, len(x), training)
        forward = [call for call, _ in self.calls]
        self.forward: list[tuple[Forward, Array, Array]] = list(zip(forward, self.inputs, self.values, strict=True))
        self.backward: list[tuple[Backward, Array, Array, Array, Array | None]] = []
        self.backward_fused: list[tuple[Backward, Array, Array, Array, Array | None]] = []
        if training:
            self.delta: Array = like.delta if like else aligned_like(self.outputs)
            self._bind_backward(stages, like)

    def for_reevaluation(self) -> Workspace:
        """Return a workspace for the same inputs that leaves `z` and `outputs` of this one unchanged."""
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


def _bind_calls(stages: Sequence[Stage], rows: int, training: bool) -> list[tuple[Forward, Backward]]:
    """Return the forward and backward call of each stage for a number of rows."""
    return [
        (t.bound_forward(rows), t.bound_backward(rows))
        if training and isinstance(t, Dense)
        else (t.forward if training else t.infer, t.backward)
        for t in (stage.transform for stage in stages)
    ]


def output_buffers(x: Array, rows: int, stages: Sequence[Stage]) -> OutputBuffers:
    """Return arrays of `rows` rows for the input and the output of the last stage."""
    return stage_buffer(x, rows, stages[-2]), stage_buffer(x, rows, stages[-1])


def stage_buffer(x: Array, rows: int, stage: Stage) -> Array:
    """Return an array for the output of a stage, of the dtype of `x`."""
    return aligned((rows, stage.width), x.dtype, None)
