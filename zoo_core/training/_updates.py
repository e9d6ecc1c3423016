"""The update of a step: whole, or in blocks that stay in a processor's cache.

A step makes several passes over its vectors, and long ones come from memory each time. An optimizer whose step is
elementwise makes all passes over one block, then over the next. The bits are those of a whole step. Blocks depend on
the size of the vectors alone, so any thread may take any of them.
"""

from __future__ import annotations

from collections.abc import Callable

from zoo_core.basics import row_slices
from zoo_core.contract import declares
from zoo_core.nn.slices import SlicedSteps, is_elementwise, unsliceable
from zoo_core.parts import Array, Batch, Layout, Optimizer

Update = Callable[[Array, Array, float, Batch], None]

BLOCK_BYTES = 256 * 1024  # of one vector; those of Adam, of which there are four, take 1 MiB
FEWEST_BLOCKS = 8  # with less, the whole vectors stay in the cache too


def update_of(optimizer: Optimizer, layout: Layout) -> Update:
    """Return what takes a step: the optimizer's own `update`, or that in blocks."""
    blocks = list(row_slices(layout.size, BLOCK_BYTES // layout.dtype.itemsize))
    makes_one_pass = declares(optimizer, "is_plain_gradient_step", "step")
    if len(blocks) < FEWEST_BLOCKS or makes_one_pass or not is_elementwise(optimizer):
        return optimizer.update
    return BlockUpdates(optimizer, blocks).update


class BlockUpdates:
    """The updates of an elementwise optimizer, block by block."""

    def __init__(self, optimizer: Optimizer, blocks: list[slice]) -> None:
        self._optimizer, self._blocks = optimizer, blocks
        self._steps: SlicedSteps | None = None

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take one step, as `Optimizer.update` does."""
        steps = self._steps
        if steps is None or not steps.fit():  # the first step is whole: an optimizer might make its arrays in it
            self._optimizer.update(parameters, gradients, learning_rate, batch)
            if not unsliceable(self._optimizer, len(parameters)):
                self._steps = SlicedSteps(self._optimizer, parameters, gradients, self._blocks)
            return
        steps.begin_step(learning_rate)
        for block in range(len(self._blocks)):
            steps.step_slice(block)
        steps.end_step()
