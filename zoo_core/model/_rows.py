"""The rows that a caller gives to a model, checked and in the form that its network and its metrics need."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from zoo_core.data.columns import input_columns
from zoo_core.data.labels import as_labels
from zoo_core.model._assembled import AssembledModel
from zoo_core.model._inputs import as_inputs, as_targets
from zoo_core.model.frames import frame_columns
from zoo_core.model.given import GivenRows, as_weights, given_rows, with_targets
from zoo_core.parts import Table

TO_EVALUATE = "rows to evaluate"


def checked_inputs(model: AssembledModel, x: Any) -> Any:
    """Return inputs as an array, shape (rows, features), or as rows on disk. Raises DataError."""
    about = model.about
    if _is_matrix(x, about.inputs) and not about.columns:
        return x
    form = about.inputs, about.image_shape, model.name, about.feature_names
    return as_inputs(x, *form, input_columns(model.preprocessor, about.described_columns), model.missing)


def _is_matrix(x: Any, inputs: int) -> bool:
    """Return whether inputs are an array that needs no change; for one row this is much quicker than all checks."""
    return type(x) is np.ndarray and x.dtype.kind == "f" and x.ndim == 2 and x.shape[1] == inputs


def checked_table(model: AssembledModel, x: Any, y: Any = None) -> Table:
    """Return rows as they are given for `Model.evaluate`, with the class indices of the model. Raises DataError."""
    if y is None:
        rows = given_rows(x, lambda: _target(model), lambda: _weights(model, x), TO_EVALUATE)
    else:
        rows = GivenRows(x, y)
    rows = with_targets(rows, model.missing, TO_EVALUATE)
    x, about = checked_inputs(model, rows.x), model.about
    weights = as_weights(rows.weights, len(x), rows.kept)
    if rows.kept is not None:
        x = x[rows.kept]
    names = list(map(str, model.labels().tolist())) if about.task == "classification" else None
    count = about.target_count(model.network.outputs)
    targets = as_targets(rows.y, len(x), count, names, about.target_names, about.label_words)
    if about.task == "multilabel":
        targets = as_labels(targets, about.target_names, "targets")
    return Table(x, targets, weights)


def _weights(model: AssembledModel, frame: Any) -> dict[str, Any]:
    """Return the column of a frame that weighs its rows, as in training. A warning says if it is not there."""
    source = model.spec.data.source
    column = getattr(source, "weights", None) if hasattr(source, "target") else None
    if column is None:
        return {}
    names = list(frame_columns(frame))
    if column in names or (isinstance(column, int) and -len(names) <= column < len(names)):
        return {"weights": column}
    why = f"there is no column {column!r}, which weighed the rows in training"
    warnings.warn(f"{TO_EVALUATE}: {why}: each row counts alike", UserWarning, stacklevel=6)
    return {}


def _target(model: AssembledModel) -> Any:
    """Return the columns of a frame that hold the targets; None where the model does not know them."""
    return list(model.about.target_names) or getattr(model.spec.data.source, "target", None)
