"""The update of a step: whole, in blocks that stay in a processor's cache, or in one pass.

A step makes several passes over its vectors, and long ones come from memory each time. An optimizer whose step is
elementwise makes all passes over one block, then over the next. Where the extra `fast` is installed, a compiled loop
makes one pass. The bits are those of a whole step. Blocks depend on sizes alone, and any thread may take any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zoo_core.basics import row_slices
from zoo_core.basics.workers import Pool
from zoo_core.contract import declares
from zoo_core.nn.slices import SlicedSteps, is_elementwise, unsliceable
from zoo_core.parts import Array, Batch, Layout, Optimizer, OptimizerWrapper

if TYPE_CHECKING:
    from zoo_core.training._fused_steps import FusedSteps

Update = Callable[[Array, Array, float, Batch], None]

BLOCK_BYTES = 256 * 1024  # of one vector; those of Adam, of which there are four, take 1 MiB
FEWEST_BLOCKS = 8  # with less, the whole vectors stay in the cache too
FEWEST_SHARED = 4  # where several threads take them
# A compiled loop saves about 1 nanosecond for each number in each step. Its compiler takes 0.1 seconds.
SHORTEST_FUSED = 128 * 1024  # numbers: below it, a recording takes as long as the passes that it saves
LEAST_FUSED_WORK = 200_000_000  # numbers times steps


def update_of(optimizer: Optimizer, layout: Layout, pool: Pool, steps: int = 0) -> Update:
    """Return what takes a step: the optimizer's own `update`, or that in blocks. `steps` is how many will be taken.

    A wrapper gets what takes the steps of its base.
    """
    if isinstance(optimizer, OptimizerWrapper):
        vars(optimizer)["step_of_base"] = update_of(optimizer.base, layout, pool, steps)
        return optimizer.update
    blocks = list(row_slices(layout.size, BLOCK_BYTES // layout.dtype.itemsize))
    makes_one_pass = declares(optimizer, "is_plain_gradient_step", "step")
    fused = not makes_one_pass and layout.size >= SHORTEST_FUSED and layout.size * steps >= LEAST_FUSED_WORK
    shared = len(blocks) >= FEWEST_SHARED and pool.threads > 1
    in_blocks = len(blocks) >= FEWEST_BLOCKS and not makes_one_pass
    if is_elementwise(optimizer) and (fused or shared or in_blocks):
        return BlockUpdates(optimizer, blocks, pool, fused=fused).update
    return optimizer.update


class BlockUpdates:
    """The updates of an elementwise optimizer, block by block, by the threads of a pool.

    With `fused` a block is made in one pass, where that is possible.
    """

    def __init__(self, optimizer: Optimizer, blocks: list[slice], pool: Pool, *, fused: bool) -> None:
        self._optimizer, self._blocks, self._pool, self._may_fuse = optimizer, blocks, pool, fused
        self._steps: SlicedSteps | None = None
        self._fused: FusedSteps | None = None

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Take one step, as `Optimizer.update` does."""
        steps = self._steps
        if steps is None or not steps.fit(parameters, gradients):
            # The first step is whole: an optimizer might make its arrays in it.
            self._optimizer.update(parameters, gradients, learning_rate, batch)
            self._cut(parameters, gradients)
            return
        steps.begin_step(learning_rate)
        work = self._fused.work() if self._fused is not None else None
        self._pool.run(work or steps.step_slice, len(self._blocks))
        steps.end_step()

    def _cut(self, parameters: Array, gradients: Array) -> None:
        """Prepare the steps to come, if the optimizer can be cut into slices."""
        self._steps = self._fused = None
        if not unsliceable(self._optimizer, len(parameters)):
            self._steps = SlicedSteps(self._optimizer, parameters, gradients, self._blocks)
            if self._may_fuse:
                from zoo_core.training._fused_steps import FusedSteps  # few runs need it

                self._fused = FusedSteps(self._steps)
