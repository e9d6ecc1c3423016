"""Runs the network of a model over rows: outputs, loss and metrics, counts of right and wrong classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.basics import ONE_BLAS_THREAD, row_slices
from zoo_core.data.readers.npy import is_finite
from zoo_core.errors import DataError, NumericError
from zoo_core.model._assembled import AssembledModel
from zoo_core.model._inputs import check_values_finite
from zoo_core.parts import Array, Preprocessor, Table


def infer_rows(
    model: AssembledModel, x: Any, *, check: bool = False, prepared: Array | None = None
) -> Iterator[tuple[slice, Array, Array]]:
    """Yield slices of rows with what `Network.infer` gives for them; the caller holds `model.lock`.

    `prepared` are the rows of `x` as `prepare_all` gives them. With `check`, raises DataError for inputs and
    NumericError for outputs that are not finite.
    """

    def load(rows: slice, out: Array) -> Array:
        if prepared is not None:
            return prepared[rows]
        inputs: Array = x[rows] if isinstance(x, np.ndarray) else x.take(np.arange(rows.start, rows.stop), axis=0)
        if check:
            check_values_finite(inputs, "inputs", rows.start, missing=model.preprocessor.wants_columns)
        return prepare_rows(model.preprocessor, inputs, out, rows.start)

    refuse_not_finite(model)
    for rows, z, outputs in model.network.infer(x.shape[0], load):
        if check and not is_finite(outputs):
            raise NumericError(
                f"model {model.name!r} gives values that are not finite; its weights are damaged or its inputs huge"
            )
        yield rows, z, outputs


def prepare_rows(preprocessor: Preprocessor, inputs: Array, out: Array, first: int) -> Array:
    """Return prepared rows. Raises DataError with the number of the first row that the preprocessor refuses."""
    try:
        return preprocessor.prepare(inputs, out)
    except DataError as error:
        for row in range(len(inputs)):
            try:
                preprocessor.prepare(inputs[row : row + 1], out[:1])
            except DataError as own:
                raise DataError(f"row {first + row} (from 0): {own}") from error
        raise


def checked_own(model: AssembledModel, outputs: Array) -> Array:
    """Return outputs in the user's own units. Raises NumericError unless they are finite there too."""
    return _scaled_back(model, outputs) if model.units.name else outputs


@np.errstate(all="ignore")
def _scaled_back(model: AssembledModel, outputs: Array) -> Array:
    own = model.units.own(outputs)
    if not is_finite(own):
        raise NumericError(
            f"model {model.name!r} gives values that are not finite in the units of its targets; "
            f"its target_preprocessor {model.units.name!r} is damaged or its inputs huge"
        )
    return own


@np.errstate(all="ignore")
def network_outputs(model: AssembledModel, x: Any) -> Array:
    """Return what the network gives for checked inputs, shape (rows, outputs). Raises DataError or NumericError."""
    out = np.empty((x.shape[0], model.network.outputs), model.network.dtype)
    with model.lock, ONE_BLAS_THREAD, model.network.pool:
        for rows, _, outputs in infer_rows(model, x, check=True):
            out[rows] = outputs
    return out


@np.errstate(all="ignore")
def layer_outputs(model: AssembledModel, x: Any) -> dict[str, Array]:
    """Return what each layer gives for checked inputs, by its path. Raises DataError or NumericError."""
    network = model.network
    ends = {id(layer.output_stage.transform): layer for layer in network.layers}
    widths = {layer.path: layer.output_stage.width for layer in network.layers}
    found = {path: np.empty((x.shape[0], width), network.dtype) for path, width in widths.items()}
    with model.lock, ONE_BLAS_THREAD, network.pool:
        for rows, prepared in prepared_chunks(model, x):
            for transform, y in network.stage_outputs(prepared):
                if (layer := ends.get(id(transform))) is not None:
                    found[layer.path][rows] = y
    return found


def prepared_chunks(model: AssembledModel, x: Any) -> Iterator[tuple[slice, Array]]:
    """Yield the rows of each chunk, in the sizes of `Network.infer`, with the prepared inputs, which share memory."""
    network = model.network
    refuse_not_finite(model)
    for rows in row_slices(x.shape[0], network.inference_rows):
        inputs = x[rows] if isinstance(x, np.ndarray) else x.take(np.arange(rows.start, rows.stop), axis=0)
        check_values_finite(inputs, "inputs", rows.start, missing=model.preprocessor.wants_columns)
        out = network.workspace(rows.stop - rows.start, training=False).x
        yield rows, prepare_rows(model.preprocessor, inputs, out, rows.start)


def refuse_not_finite(model: AssembledModel) -> None:
    """Raise NumericError for a model whose file holds NaN or infinity."""
    if model.not_finite:
        raise NumericError(
            f"model {model.name!r}: its array {model.not_finite!r} holds values that are not finite; "
            "it diverged in training or was damaged: train it again, or get another file"
        )


@np.errstate(all="ignore")
def confusion_counts(model: AssembledModel, table: Table) -> Array:
    """Return the counts of a confusion matrix, shape (classes, classes): row the true class, column the predicted."""
    classes = model.decision.class_count
    counts = np.zeros((classes, classes), np.int64)
    with model.lock, ONE_BLAS_THREAD, model.network.pool:
        for rows, _, outputs in infer_rows(model, table.x, check=True):
            np.add.at(counts, (table.y[rows], model.decision.classes(outputs)), 1)
    return counts
