"""Rows to check an export on, drawn from what a model knows of its inputs."""

from __future__ import annotations

import numpy as np

from zoo_core.model import Model
from zoo_core.parts import Array, Column

BYTE = 256  # values of a pixel
DAY = 86_400.0
LAST_DAY = 25_000  # since 1970-01-01: in 2038
SPREAD = 3.0  # standard deviations, for extremes
EXTREMES = (0.0, 1e-3, 10.0, -10.0)  # likewise


def typical_rows(model: Model, rows: int) -> Array:
    """Return rows in the units of the data, float64, shape (rows, features), the same ones each time."""
    rng, inputs = np.random.default_rng(0), model.about.inputs
    if model.about.image_shape is not None:
        return rng.integers(0, BYTE, (rows, inputs)).astype(np.float64)
    centre, scale = _lines(model)
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
    inputs, part = model.about.inputs, model.preprocessor
    x = np.zeros((inputs + 1, inputs))
    x[1:] += np.eye(inputs)
    found = np.zeros((inputs + 1, model.network.inputs))
    centre, scale = np.zeros(inputs), np.ones(inputs)
    try:
        part.transform(x, found)
    except Exception:  # a plugin's code may raise anything; the export says so itself
        return centre, scale
    slopes = found[1:] - found[0]
    best = np.abs(slopes).argmax(axis=1)
    slope = slopes[np.arange(inputs), best]
    known = np.isfinite(slope) & (slope != 0) & np.isfinite(found[0, best])
    scale[known] = np.abs(1 / slope[known])
    centre[known] = -found[0, best][known] / slope[known]
    return centre, scale
