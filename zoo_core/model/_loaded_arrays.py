"""What the arrays of a model file must be: those of the network that its header describes, by name, form and number."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from zoo_core.contract import checked_value_widths, checked_widths
from zoo_core.data import SKETCH_SIZE, RowSketch
from zoo_core.errors import DataError, ModelFileError
from zoo_core.model._array_names import (
    PREPROCESSOR,
    TARGET_PREPROCESSOR,
    TRAINING_ROWS,
    preprocessor_state,
    tells_of_run,
)
from zoo_core.model._assembled import AssembledModel
from zoo_core.model._baseline import baseline_fault
from zoo_core.model._fitted_state import check_fitted, refused_state
from zoo_core.parts import Array, Layout


def check_counts(model: AssembledModel, name: str, parameters: int) -> None:
    """Refuse a file whose names, baseline or number of parameters are not those of its network."""
    outputs = model.network.outputs
    task = model.about.task
    wanted = max(outputs, 2) if task == "classification" else outputs
    names = model.about.class_names if task == "classification" else model.about.target_names
    widths = checked_widths if task == "classification" else checked_value_widths
    if len(names) not in (0, wanted) and (task == "multilabel" or outputs not in widths(model.loss, len(names))):
        raise ModelFileError(f"{name}: has {len(names)} names for {wanted} outputs; get another file")
    if fault := baseline_fault(model.about, outputs):
        raise ModelFileError(f"{name}: {fault}; get another file")
    if parameters != model.network.layout.size:
        raise ModelFileError(
            f"{name}: claims {parameters} parameters, and its spec has {model.network.layout.size}; get another file"
        )


def set_arrays(model: AssembledModel, arrays: Mapping[str, Array], name: str) -> None:
    """Copy the network's arrays of a file, called `name` in messages, into a model.

    Raises ModelFileError if they do not fit.
    """
    wanted = model.network.state()
    fitted = preprocessor_state(arrays)
    saved = {path: a for path, a in arrays.items() if not (path in fitted or tells_of_run(path))}
    for path in sorted(wanted.keys() ^ saved.keys()):
        raise ModelFileError(f"{name}: array {path!r} is {'missing' if path in wanted else 'not part of its spec'}")
    for path, array in wanted.items():
        _check_form(path, array.shape, array.dtype, saved, name)
    model.network.restore(saved)


def try_preprocessors(model: AssembledModel, name: str) -> None:
    """Prepare a row of zeros, and scale a row of targets there and back. Raises ModelFileError."""
    row, x = np.empty((1, model.network.inputs), model.network.dtype), np.zeros((1, model.about.inputs))
    with suppress(DataError), refused_state(model.preprocessor, PREPROCESSOR, name):  # it may refuse the row as data
        model.preprocessor.transform(x, row)
    if model.target_preprocessor is not None:
        outputs = model.network.outputs
        check_fitted(model.target_preprocessor, TARGET_PREPROCESSOR, model.about.target_count(outputs), name)
        with suppress(DataError), refused_state(model.target_preprocessor, TARGET_PREPROCESSOR, name):
            model.units.own(model.units.learnt(np.zeros((1, outputs)), row.dtype))


def read_training_rows(array: Array | None, name: str) -> RowSketch:
    """Return the sketch in a file, called `name`; empty if `array` is None. Raises ModelFileError."""
    if array is None:
        return RowSketch()
    if array.ndim != 1 or array.dtype != np.int64 or not 0 < len(array) <= SKETCH_SIZE:
        raise ModelFileError(
            f"{name}: array {TRAINING_ROWS!r} is no list of 1 to {SKETCH_SIZE} whole numbers; get another file"
        )
    if array[0] < 0 or not (array[1:] > array[:-1]).all():
        raise ModelFileError(f"{name}: array {TRAINING_ROWS!r} is not ascending from 0; get another file")
    return RowSketch(array)


def first_not_finite(arrays: Mapping[str, Array]) -> str:
    """Return the name of the first array that holds NaN or infinity, or ''."""
    return next((path for path, a in arrays.items() if a.dtype.kind == "f" and not np.isfinite(a).all()), "")


def approve(arrays: Mapping[str, Array], name: str, layout: Layout) -> None:
    """Compare the parameters of a network with the arrays of its file, before memory is allocated for them."""
    for segment in layout.segments:
        _check_form(segment.path, segment.shape, layout.dtype, arrays, name)


def _check_form(
    path: str, shape: tuple[int, ...], dtype: np.dtype[Any], arrays: Mapping[str, Array], name: str
) -> None:
    saved = arrays.get(path)
    if saved is None:
        raise ModelFileError(f"{name}: array {path!r} is missing")
    if saved.shape != shape or saved.dtype != dtype:
        raise ModelFileError(
            f"{name}: array {path!r} has shape {saved.shape} and dtype {saved.dtype}, "
            f"and its spec needs {shape} and {dtype}"
        )
