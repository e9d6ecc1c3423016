"""Brings training batches to the objective: inputs, targets and weights, augmented batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.basics import aligned, row_slices
from zoo_core.contract import contract_error
from zoo_core.data import Batches
from zoo_core.errors import DataError
from zoo_core.model import Model
from zoo_core.nn import (
    Network,
    Objective,
    OutputBuffers,
    Workspace,
    class_weights,
    row_losses,
    targets_for,
)
from zoo_core.parts import Array, BatchAugmentation, Loss, RandomSource, Table
from zoo_core.spec import TrainingSpec, copy_part
from zoo_core.training._row_loader import RowLoader

BLOCK_ROWS = 512  # in a block of small batches; counting a block costs as much as one small step
SMALL_NETWORK = 2**13  # numbers; a step of fewer takes less time than counting, so a long epoch gets longer blocks:
SMALL_NETWORK_ROWS = 2048  # in a block, if that is at most an eighth of the epoch
BLOCK_STEPS = 64  # batches in a block
BLOCK_WORK = 2**28  # multiplications in a block: an interruption waits until it is over
BLOCK_BYTES = 4 * 2**20  # of inputs in a block, unless one batch has more
UPDATE_WORK = 10  # multiplications of an update, for each parameter, as many as Adam needs


@dataclass
class TargetBlock:
    """The rows of consecutive batches, without their inputs; `outputs` receive the outputs of the network.

    `targets` are in the form that the loss takes, scaled, and augmented as far as batches are loaded. `labels` are
    those of the data: (rows,), or values (rows, outputs) in their own units. `sample_weights`, (rows,) or None, are
    those of the metric values: class weights act on gradients alone.
    """

    targets: Array
    labels: Array
    sample_weights: Array | None
    outputs: OutputBuffers


class BatchLoader:
    """The training split of a model, batch by batch, in the order that `batches` gives.

    Inputs and targets are gathered for a block of `block_steps` batches.
    Augmentation acts on the network's inputs and on `block.targets`, not on the labels, with which metrics compare.
    """

    def __init__(self, model: Model, table: Table, objective: Objective, source: RandomSource) -> None:
        network, dtype = model.network, model.network.dtype
        self.table, self.objective = table, objective
        self.augmentations = [copy_part(r) for r in model.spec.model.regularizers if isinstance(r, BatchAugmentation)]
        self.batches = batches_of(model.spec.training, table.x.shape[0], source.stream("shuffle"))
        self.block_steps = _block_steps(self.batches, network)
        self._rng = source.stream("batch")
        self._targets = _targets(model, table, objective.part, soft=bool(self.augmentations))
        self._sample_weights = None if table.weights is None else np.asarray(table.weights, dtype)
        self._weights = _row_weights(model, table, objective.part, self._sample_weights)
        self.rows = RowLoader(table.x, model.preprocessor, self.batches, network, self.block_steps)
        self._x = aligned((self.block_steps * self.batches.batch_size, network.inputs), dtype, None)
        self._workspaces: dict[int, tuple[list[tuple[Workspace, slice]], OutputBuffers]] = {}  # by rows of a block
        self._loaded: list[tuple[Workspace, Array, Array | None]] = []  # the batches of the block
        self._first = 0  # step of the block
        self.block: TargetBlock

    def start_epoch(self) -> None:
        """Draw the order of the rows for the next epoch."""
        self.batches.start_epoch()
        self._loaded = []

    def steps_of_block(self, step: int) -> int:
        """Return how many steps there are from a step to the end of its block."""
        left = self._first + len(self._loaded) - step
        return left if 0 < left <= len(self._loaded) else min(self.block_steps, self.batches.steps - step)

    def load_batch(self, step: int) -> None:
        """Give the objective the batch of a step; the steps of an epoch are loaded in order."""
        index = step - self._first
        if not 0 <= index < len(self._loaded):
            self._start_block(step)
            index = 0
        workspace, targets, weights = self._loaded[index]
        for part in self.augmentations:
            self._augment(part, workspace.x, targets)
        self.objective.set_batch(workspace, targets, weights)

    def batch_loss(self, step: int) -> float:
        """Return the weighted mean loss of the batch of a step in the present block, as of its first forward pass."""
        workspace, targets, weights = self._loaded[step - self._first]
        values = row_losses(self.objective.part, self.objective.fused, workspace.z, workspace.outputs, targets)
        return float(values.mean() if weights is None else values @ weights / (weights.sum() or 1.0))

    def cut_block(self, step: int) -> None:
        """Leave out the batches of the present block from a step on."""
        count, block = (step - self._first) * self.batches.batch_size, self.block
        z, outputs = block.outputs
        weights = None if block.sample_weights is None else block.sample_weights[:count]
        self.block = TargetBlock(block.targets[:count], block.labels[:count], weights, (z[:count], outputs[:count]))

    def close(self) -> None:
        """End the thread that reads rows."""
        self.rows.close()

    def _augment(self, part: BatchAugmentation, x: Array, targets: Array) -> None:
        new_x, new_targets = check_augmented(part, part.augment(x, targets, self._rng), x, targets)
        if new_x is not x:
            x[...] = new_x
        if new_targets is not targets:
            targets[...] = new_targets

    def _start_block(self, step: int) -> None:
        """Load the inputs and gather the targets of the block that begins with a step."""
        self.rows.load(step, self._x)
        which = self.batches.indices(step, self.block_steps)
        targets = self._targets[which]
        if self.augmentations and isinstance(which, slice):
            targets = targets.copy()
        weights = None if self._weights is None else self._weights[which]
        labels = targets if self._targets is self.table.y and not self.augmentations else self.table.y[which]
        workspaces, outputs = self._block_workspaces(len(targets))
        counted = None if self._sample_weights is None else self._sample_weights[which]
        self.block = TargetBlock(targets, labels, counted, outputs)
        self._loaded = [
            (workspace, targets[rows], None if weights is None else weights[rows]) for workspace, rows in workspaces
        ]
        self._first = step

    def _block_workspaces(self, rows: int) -> tuple[list[tuple[Workspace, slice]], OutputBuffers]:
        """Return the workspace and the rows of each batch in a block, and the arrays of their outputs."""
        if rows not in self._workspaces:
            size = self.batches.batch_size
            workspaces, outputs = self.objective.network.workspaces(self._x, rows, size)
            self._workspaces[rows] = list(zip(workspaces, row_slices(rows, size), strict=True)), outputs
        return self._workspaces[rows]


def check_augmented(part: BatchAugmentation, answer: Any, x: Array, targets: Array) -> tuple[Array, Array]:
    """Return the batch that `augment` gave. Raises PluginError unless it is two arrays of the shapes it was given."""
    shapes = tuple(map(np.shape, answer)) if isinstance(answer, tuple) else type(answer).__name__
    if shapes != (x.shape, targets.shape):
        right = f"it returns inputs {x.shape} and targets {targets.shape}"
        raise contract_error(part, "augment", f"returned {shapes}", right)
    batch: tuple[Array, Array] = answer
    return batch


def batches_of(settings: TrainingSpec, rows: int, rng: np.random.Generator) -> Batches:
    """Return the batches that the settings of a run make of a number of rows."""
    size = rows if settings.batch_size == "all" else min(settings.batch_size, rows)
    return Batches(rows, size, shuffle=settings.shuffle, rng=rng, drop_last=settings.last_batch == "drop")


def _block_steps(batches: Batches, network: Network) -> int:
    """Return the number of batches in a block."""
    batch_size = batches.batch_size
    work = (batch_size + UPDATE_WORK) * network.layout.size  # of a step
    batch_bytes = batch_size * network.inputs * network.dtype.itemsize
    longest = SMALL_NETWORK_ROWS if network.layout.size < SMALL_NETWORK else BLOCK_ROWS
    rows = max(BLOCK_ROWS, min(longest, batches.rows_used // 8))
    return max(1, min(rows // batch_size, BLOCK_STEPS, BLOCK_WORK // work, BLOCK_BYTES // batch_bytes))


def _targets(model: Model, table: Table, loss: Loss, *, soft: bool) -> Array:
    """Return all targets in the form that the loss takes; as rows if they are `soft`, so that they can be mixed.

    Those of a regression are scaled as the network learns them.
    """
    form = model.network.outputs, model.decision.class_count, model.network.dtype
    return targets_for(loss, model.units.learnt(table.y, model.network.dtype), *form, soft=soft)


def _row_weights(model: Model, table: Table, loss: Loss, sample_weights: Array | None) -> Array | None:
    """Return the weight of each row in the gradient, or None if all are equal.

    Raises DataError for too few class weights.
    """
    y, dtype, classes = table.y, model.network.dtype, model.decision.class_count
    if y.ndim != 1 or y.dtype.kind not in "iu":
        return sample_weights
    by_class = class_weights(loss, y, classes, sample_weights)
    if by_class is None:
        return sample_weights
    if len(by_class) != classes:
        raise DataError(f"model.loss.class_weights has {len(by_class)} numbers for {classes} classes")
    own = np.asarray(by_class, dtype)[y]
    return own if sample_weights is None else sample_weights * own
