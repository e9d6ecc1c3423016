"""Measures a model on a table: its loss and its metrics, once or after every epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.basics import ONE_BLAS_THREAD, aligned, row_slices
from zoo_core.model._assembled import AssembledModel
from zoo_core.model._inference import checked_own, infer_rows, prepare_rows
from zoo_core.nn import Network, RunningMetrics, is_fused, targets_for
from zoo_core.parts import Array, Preprocessor, Table

PREPARED_BYTES = 32 * 2**20  # inputs of this size are prepared once for a run, larger ones again and again
CHUNK_ROWS = 4096  # prepared at a time


def prepare_all(x: Any, preprocessor: Preprocessor, network: Network) -> Array | None:
    """Return all rows prepared, or None if they are on disk or large. Raises DataError for a row that is refused."""
    if isinstance(x, np.ndarray) and x.dtype == network.dtype and preprocessor.is_identity:
        return x
    if not isinstance(x, np.ndarray) or x.shape[0] * network.inputs * network.dtype.itemsize > PREPARED_BYTES:
        return None
    prepared = aligned((x.shape[0], network.inputs), network.dtype, None)
    for which in row_slices(x.shape[0], CHUNK_ROWS):
        prepare_rows(preprocessor, x[which], prepared[which], which.start)
    return prepared


class TableEvaluation:
    """Measures a model on one table, as often as wanted: what does not depend on the weights is made once.

    Args:
        model: what is measured, with the weights that it has at each call.
        table: labels are class indices (rows,), or values in the user's units.
        prepared: the inputs as `prepare_all` gives them; by default they are prepared at each call.
    """

    def __init__(self, model: AssembledModel, table: Table, prepared: Array | None = None) -> None:
        self._model, self._table, self._inputs = model, table, prepared
        network, loss, units = model.network, model.loss, model.units
        self._running = RunningMetrics(loss, is_fused(loss, network), model.metrics(), units)
        form = network.outputs, model.decision.class_count, network.dtype
        self._targets = targets_for(loss, units.learnt(table.y, network.dtype), *form)

    @np.errstate(all="ignore")
    def figures(self, *, check: bool = False, keep: Array | None = None) -> dict[str, float]:
        """Return loss and metrics. `check` is that of `infer_rows`, and for outputs in the user's own units too.

        What the network gives, shape (rows, outputs), is written to `keep`.
        """
        model, table, running = self._model, self._table, self._running
        running.start(table.x.shape[0], model.network.outputs)
        with model.lock, ONE_BLAS_THREAD, model.network.pool:
            for rows, z, outputs in infer_rows(model, table.x, check=check, prepared=self._inputs):
                weights = None if table.weights is None else table.weights[rows]
                if check:
                    checked_own(model, outputs)
                running.update(z, outputs, self._targets[rows], table.y[rows], weights)
                if keep is not None:
                    keep[rows] = outputs
        return {"loss": running.mean_loss} | running.figures()


def evaluate_table(
    model: AssembledModel, table: Table, *, check: bool = False, keep: Array | None = None
) -> dict[str, float]:
    """Return loss and metrics over a split, once. `check` and `keep` are those of `TableEvaluation.figures`."""
    return TableEvaluation(model, table).figures(check=check, keep=keep)
