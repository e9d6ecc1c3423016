"""Rows to check an export on, drawn from what a model knows of its inputs."""

from __future__ import annotations

import numpy as np

from zoo_core.model import Model
from zoo_core.parts import Array, Column

DAY = 86_400.0
LAST_DAY = 25_000  # since 1970-01-01: in 2038
EXTREMES = (0.0, 1.0, 1e-3, 10.0, -10.0)  # standard deviations from the centre
PIXEL = 2.0  # a feature of a picture with a larger range holds whole numbers
MOST_PROBED = 2000  # features whose lines are looked for one by one


def typical_rows(model: Model, rows: int) -> Array:
    """Return rows in the units of the data, float64, shape (rows, features), the same ones each time."""
    rng, inputs = np.random.default_rng(0), model.about.inputs
    centre, scale = _lines(model)
    if model.about.image_shape is not None:
        z = rng.uniform(0, 1, (rows, inputs))
        z[:2] = [[0.0], [1.0]]
        return np.where(scale > PIXEL, np.rint(centre + scale * z), centre + scale * z)
    z = rng.normal(0, 1, (rows, inputs))
    z[: len(EXTREMES)] = np.array(EXTREMES)[:rows, None] * np.ones(inputs)
    x = centre + scale * z
    for at, column in enumerate(model.about.described_columns):
        x[:, at] = _of_kind(column, x[:, at], rng)
    if model.preprocessor.wants_columns:
        x[rng.random(x.shape) < 0.05] = np.nan
    return x


def _of_kind(column: Column, numbers: Array, rng: np.random.Generator) -> Array:
    """Return values of a column, given those of a plain number."""
    if column.kind == "category":
        return rng.integers(-1, len(column.categories), len(numbers)).astype(np.float64)
    if column.kind == "boolean":
        return rng.integers(0, 2, len(numbers)).astype(np.float64)
    if column.kind == "date":
        return rng.integers(0, LAST_DAY, len(numbers)) * DAY + rng.integers(0, int(DAY), len(numbers))
    return numbers


@np.errstate(all="ignore")
def _lines(model: Model) -> tuple[Array, Array]:
    """Return where values of each feature lie, and how far apart: (features,).

    Most preprocessors are a straight line in a feature. The values that they bring to -1 ... 1 are the typical ones.
    Where none can be found, 0 and 1 are returned.
    """
    inputs, width = model.about.inputs, model.network.inputs
    centre, scale = np.zeros(inputs), np.ones(inputs)
    one_by_one = width != inputs or model.preprocessor.wants_columns
    if one_by_one and inputs > MOST_PROBED:
        return centre, scale
    x = np.vstack([np.zeros(inputs), np.eye(inputs) if one_by_one else np.ones(inputs)])
    found = np.zeros((len(x), width))
    try:
        model.preprocessor.transform(x, found)
    except Exception:  # a plugin's code may raise anything; the export says so itself
        return centre, scale
    best = np.abs(found[1:] - found[0]).argmax(axis=1) if one_by_one else np.arange(inputs)
    start = found[0, best]
    slope = (found[np.arange(1, inputs + 1), best] if one_by_one else found[1]) - start
    known = np.isfinite(slope) & (slope != 0) & np.isfinite(start)
    scale[known], centre[known] = np.abs(1 / slope[known]), -start[known] / slope[known]
    return centre, scale
