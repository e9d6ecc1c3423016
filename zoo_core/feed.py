"""Brings training batches to the network: gathers rows, prepares them, changes them, and finds their targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.data.batches import take_rows
from zoo_core.errors import DataError
from zoo_core.network import chunks
from zoo_core.objective import Objective, class_weights, one_hot, targets_for
from zoo_core.parts import Array, BatchChange, Preparation, Table

READY_BYTES = 32 * 2**20  # inputs that fit are prepared once, larger ones batch by batch
CHUNK = 4096  # rows prepared at a time


class Feed:
    """The training split as an objective sees it.

    `targets` are in the form that the loss takes, `weights` (rows,) are sample times class weights or None, and
    `changes` are applied to each batch with random numbers from `rng`.
    """

    def __init__(
        self,
        table: Table,
        objective: Objective,
        preparation: Preparation,
        changes: Sequence[BatchChange],
        rng: np.random.Generator,
    ) -> None:
        self.table, self.objective, self.preparation = table, objective, preparation
        self.changes, self.rng = changes, rng
        network = objective.network
        self.targets = _targets(table, objective, soft=bool(changes))
        self.weights = _weights(table, objective)
        self._ready = _ready(table, preparation, network.inputs, network.dtype)
        self._raw = np.empty((0, 0))

    def load(self, which: slice | Array) -> None:
        """Have the objective look at the rows `which` of the split."""
        objective, targets = self.objective, self.targets[which]
        p = objective.network.passing(len(targets))
        self._inputs(which, p.x)
        for change in self.changes:
            changed, targets = change.change(p.x, targets, self.rng)
            if changed is not p.x:
                p.x[...] = changed
        objective.look_at(p, targets, None if self.weights is None else self.weights[which])

    def _inputs(self, which: slice | Array, out: Array) -> None:
        if self._ready is None:
            self.preparation.apply(self._gather(which, len(out)), out)
        elif isinstance(which, slice):
            out[...] = self._ready[which]
        else:
            take_rows(self._ready, which, out)

    def _gather(self, which: slice | Array, rows: int) -> Array:
        x = self.table.x
        if len(self._raw) < rows:
            self._raw = np.empty((rows, x.shape[1]), x.dtype)
        return take_rows(x, which, self._raw[:rows])


def _targets(table: Table, objective: Objective, *, soft: bool) -> Array:
    """Return all targets in the form that the loss takes; one-hot where changes may mix them."""
    outputs, dtype = objective.network.outputs, objective.network.dtype
    if soft and table.y.ndim == 1:
        return one_hot(table.y, outputs, dtype)
    return targets_for(objective.part, table.y, outputs, dtype)


def _weights(table: Table, objective: Objective) -> Array | None:
    """Return the weight of each row, or None where all weigh the same. Raises DataError for too few classes."""
    y, dtype = table.y, objective.network.dtype
    weights = None if table.weights is None else np.asarray(table.weights, dtype)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        return weights
    classes = max(objective.network.outputs, 2)
    by_class = class_weights(objective.part, y, classes)
    if by_class is None:
        return weights
    if len(by_class) != classes:
        raise DataError(f"model.loss.class_weights has {len(by_class)} numbers for {classes} classes")
    own = np.asarray(by_class, dtype)[y]
    return own if weights is None else weights * own


def _ready(table: Table, preparation: Preparation, inputs: int, dtype: np.dtype[np.generic]) -> Array | None:
    """Return all rows prepared where they are in memory and small, else None."""
    x = table.x
    if not isinstance(x, np.ndarray) or x.shape[0] * inputs * dtype.itemsize > READY_BYTES:
        return None
    ready = np.empty((x.shape[0], inputs), dtype)
    for which in chunks(x.shape[0], CHUNK):
        preparation.apply(x[which], ready[which])
    return ready
