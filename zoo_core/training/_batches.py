"""Brings training batches to the network: gathers rows, prepares them, changes them, and finds their targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_core._arrays import aligned, row_slices
from zoo_core._part_checks import check_transform, checked_batch
from zoo_core.data import Batches, Prefetcher, number_of, take_rows
from zoo_core.errors import DataError
from zoo_core.model import Model
from zoo_core.nn import Network, Objective, OutputBuffers, Workspace, class_weights, one_hot, targets_for
from zoo_core.parts import Array, BatchAugmentation, Preprocessor, RandomSource, Table
from zoo_core.spec import TrainingSpec, copy_part

BLOCK_ROWS = 512  # rows counted together where batches are small: that costs as much as a small step
BLOCK_STEPS = 64  # batches at most
GATHERED_BYTES = 128 * 2**10  # of inputs fetched together at most, so that they stay in a processor's own cache
READ_BYTES = 2**20  # of rows read together at most, unless a batch has more
BLOCK_WORK = 2**28  # multiplications at most: an interruption waits until a block is over
UPDATE_WORK = 10  # of an update, for each parameter: as many passes over all of them as Adam's
READY_BYTES = 32 * 2**20  # inputs that fit are prepared once, larger ones batch by batch
CHUNK = 4096  # rows prepared at a time


@dataclass
class TargetBlock:
    """The rows of some batches in a row, without their inputs; `ends` take what the network makes of them.

    `targets` are in the form that the loss takes, with the changes of batches that have been loaded; `labels` are as
    they came, (rows,) or values (rows, outputs); `weights`, (rows,), are sample times class weights, or None.
    """

    targets: Array
    labels: Array
    weights: Array | None
    ends: OutputBuffers


class BatchLoader:
    """The training split of a model in the order that `batches` gives, as an objective sees it.

    Targets are gathered in blocks of `steps` batches, inputs for as many of these as a cache holds. Changes of batches
    are applied, one batch at a time, to what the network sees and to `block.targets`, not to the labels, which metrics
    compare with.
    """

    def __init__(self, model: Model, table: Table, objective: Objective, source: RandomSource) -> None:
        self.table, self.objective, self.preprocessor = table, objective, model.preprocessor
        self.changes = [copy_part(r) for r in model.spec.model.regularizers if isinstance(r, BatchAugmentation)]
        self.batches = _batches(model.spec.training, table.x.shape[0], source.stream("shuffle"))
        self.steps, self._together = _steps(self.batches.batch_size, model.network)
        self._rng = source.stream("batch")
        self._targets = _targets(table, objective, soft=bool(self.changes))
        self._weights = _weights(table, objective)
        check_transform(model.preprocessor, table.x, model.network.inputs, model.network.dtype)
        self._ready = _ready(table, model.preprocessor, model.network.inputs, model.network.dtype)
        self._raw = self._read = np.empty((0, 0))
        self._reads, self._read_from = _reads(table, self.steps, self._together, self.batches.batch_size), 0
        self._prefetcher: Prefetcher | None = None
        rows, inputs = self._together * self.batches.batch_size, model.network.inputs
        self._x = aligned((rows, inputs), model.network.dtype, None)
        self._passes: dict[
            int, tuple[list[tuple[Workspace, slice]], OutputBuffers]
        ] = {}  # by the number of rows in a block
        self._batches: list[tuple[Workspace, Array, Array | None]] = []
        self._first, self._group = 0, -1  # the first step of the block at hand; which of its groups is in `_x`

    def start_epoch(self) -> None:
        """Draw the order of the rows for the epoch that follows."""
        self.batches.start_epoch()
        self._batches, self._read = [], self._read[:0]

    def load(self, step: int) -> None:
        """Have the objective look at the batch of a step."""
        at = step - self._first
        if not 0 <= at < len(self._batches):
            self._gather(step)
            at = 0
        if at // self._together != self._group:
            self._fetch(at // self._together)
        p, targets, weights = self._batches[at]
        for change in self.changes:
            self._change(change, p, targets)
        self.objective.set_batch(p, targets, weights)

    def close(self) -> None:
        """Let go of the thread that reads ahead; another begins where one is needed again."""
        if self._prefetcher is not None:
            self._prefetcher.close()
            self._prefetcher = None

    @property
    def reads_ahead(self) -> bool:
        """Whether a thread reads the rows of the next batches meanwhile."""
        return self._ready is None and getattr(self.table.x, "from_any_thread", False)

    @property
    def rows_left_out(self) -> int:
        """How many rows no batch of an epoch takes."""
        return self.batches.rows - self.batches.rows_used

    def _change(self, change: BatchAugmentation, p: Workspace, targets: Array) -> None:
        answer = change.augment(p.x, targets, self._rng)
        x, changed = checked_batch(change, answer, p.x, targets)
        if x is not p.x:
            p.x[...] = x
        if changed is not targets:
            targets[...] = changed

    def _gather(self, step: int) -> None:
        """Begin the block that begins with a step."""
        which = self.batches.indices(step, self.steps)
        targets = self._targets[which]
        if self.changes and isinstance(which, slice):
            targets = targets.copy()
        rows, size = len(targets), self.batches.batch_size
        weights = None if self._weights is None else self._weights[which]
        if rows not in self._passes:
            passes, ends = self.objective.network.workspaces(self._x, rows, size)
            self._passes[rows] = list(zip(passes, row_slices(rows, size), strict=True)), ends
        places, ends = self._passes[rows]
        labels = targets if self._targets is self.table.y and not self.changes else self.table.y[which]
        self.block = TargetBlock(targets, labels, weights, ends)
        self._batches = [(p, targets[w], None if weights is None else weights[w]) for p, w in places]
        self._first, self._group = step, -1

    def _fetch(self, group: int) -> None:
        """Bring the inputs of the batches of a group."""
        step = self._first + group * self._together
        which = self.batches.indices(step, self._together)
        self._inputs(step, which, self._x[: number_of(which)])
        self._group = group

    def _inputs(self, step: int, which: slice | Array, out: Array) -> None:
        """Write the prepared rows."""
        if self._ready is None:
            self.preprocessor.transform(self._rows(step, which, len(out)), out)
            self._read_on(step)
        elif (rows := take_rows(self._ready, which, out)) is not out:
            out[...] = rows

    def _rows(self, step: int, which: slice | Array, rows: int) -> Array:
        x = self.table.x
        if self.reads_ahead:
            return self._rows_ahead(step, which)
        if len(self._raw) < rows:
            self._raw = aligned((rows, x.shape[1]), x.dtype, None)
        return take_rows(x, which, self._raw[:rows])

    def _rows_ahead(self, step: int, which: slice | Array) -> Array:
        """Return the rows of a group, which are among those that were read together, or the first that now are."""
        rows, at = number_of(which), (step - self._read_from) * self.batches.batch_size
        if not 0 <= at <= len(self._read) - rows:
            self._prefetcher = self._prefetcher or Prefetcher(self.table.x, self._reads * self.batches.batch_size)
            at, self._read_from = 0, step
            self._read = self._prefetcher.get(step, self.batches.indices(step, self._reads))
        return self._read[at : at + rows]

    def _read_on(self, step: int) -> None:
        """Have the next rows read, once the first group of the present ones is prepared: now a long product comes.

        Before shorter calls, each would wait for the thread that reads, which takes turns with Python row by row.
        """
        following = step + self._reads
        if self._prefetcher is not None and step == self._read_from and following < self.batches.steps:
            self._prefetcher.request(following, self.batches.indices(following, self._reads))


def _batches(settings: TrainingSpec, rows: int, rng: np.random.Generator) -> Batches:
    size = rows if settings.batch_size == "all" else min(settings.batch_size, rows)
    return Batches(rows, size, shuffle=settings.shuffle, rng=rng, drop_last=settings.last_batch == "drop")


def _steps(batch_size: int, network: Network) -> tuple[int, int]:
    """Return how many batches make a block, and of how many the inputs are fetched together."""
    work = (batch_size + UPDATE_WORK) * network.layout.size  # of a step
    steps = max(1, min(BLOCK_ROWS // batch_size, BLOCK_STEPS, BLOCK_WORK // work))
    size = batch_size * network.inputs * network.dtype.itemsize
    together = max(1, min(steps, GATHERED_BYTES // size))
    return steps // together * together, together


def _reads(table: Table, steps: int, together: int, batch_size: int) -> int:
    """Return of how many batches rows are read together: of a block, or of as many groups as are not large."""
    size: int = together * batch_size * table.x.shape[1] * np.dtype(table.x.dtype).itemsize
    return min(steps, max(1, READ_BYTES // size) * together)


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
    by_class = class_weights(objective.part, y, classes, weights)
    if by_class is None:
        return weights
    if len(by_class) != classes:
        raise DataError(f"model.loss.class_weights has {len(by_class)} numbers for {classes} classes")
    own = np.asarray(by_class, dtype)[y]
    return own if weights is None else weights * own


def _ready(table: Table, preprocessor: Preprocessor, inputs: int, dtype: np.dtype[np.generic]) -> Array | None:
    """Return all rows prepared where they are in memory and small, or need no preprocessor; else None."""
    x = table.x
    if isinstance(x, np.ndarray) and x.dtype == dtype and preprocessor.is_identity:
        return x
    if not isinstance(x, np.ndarray) or x.shape[0] * inputs * dtype.itemsize > READY_BYTES:
        return None
    ready = aligned((x.shape[0], inputs), dtype, None)
    for which in row_slices(x.shape[0], CHUNK):
        preprocessor.transform(x[which], ready[which])
    return ready
