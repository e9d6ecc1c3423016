"""Plots of trained models: the confusion matrix, and the weights of the first layer as images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.display.plots._class_names import label_classes, shown_names
from zoo_core.display.plots._style import new_figure, styled
from zoo_core.display.text import format_count, format_number
from zoo_core.errors import UsageError
from zoo_core.parts import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_ANNOTATED = 20  # classes; with more, counts would be too small to read
CHARACTER = 0.085  # inches; the width of a character of a class name
MAX_HEIGHT = 20.0  # inches of a figure; images of one column would need thousands


@styled
def confusion_matrix(counts: Array, class_names: Sequence[str] = ()) -> Figure:
    """Draw counts (k, k): a row for each true class, a column for each predicted one.

    Cells are shaded by their share of the true class; the recall of each class stands at the right. Raises UsageError
    if the counts are not square, or if there is not one name for each class.
    """
    counts = np.asarray(counts)
    k = len(counts)
    if counts.shape != (k, k) or not k or (class_names and len(class_names) != k):
        got = f"{counts.shape} and {len(class_names)} names"
        raise UsageError(f"a confusion matrix is square, with one name for each class or none; got {got}")
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    side = min(max(0.52 * k, 3.0), 10.0)
    names = shown_names(class_names) or [str(at) for at in range(k)]
    longest = CHARACTER * max(map(len, names))
    figure = new_figure(side + 1.8 + longest, side + 2.0 + 0.7 * longest)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    label_classes(axes, names)
    _write_counts(axes, counts, shares)
    _write_recall(axes, shares, totals)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.6, location="bottom", pad=0.02)
    rows = int(counts.sum())
    axes.set_title(f"Accuracy {np.trace(counts) / max(rows, 1):.4f} on {format_number(rows)} rows", loc="left", pad=20)
    return figure


def _write_counts(axes: Axes, counts: Array, shares: Array) -> None:
    if len(counts) > MAX_ANNOTATED:
        return
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.55 else "black" if count else "#a0a0a0"
        axes.text(column, row, format_number(int(count)), ha="center", va="center", color=colour, fontsize=9)


def _write_recall(axes: Axes, shares: Array, totals: Array) -> None:
    k = len(shares)
    if k > 2 * MAX_ANNOTATED:
        return
    axes.text(k - 0.3, -0.62, "recall", ha="left", va="bottom", fontsize=9)
    for row in range(k):
        recall = f"{shares[row, row]:.3f}" if totals[row, 0] else "-"
        axes.text(k - 0.3, row, recall, ha="left", va="center", fontsize=9)


@styled
def first_layer_weights(weights: Array, image_shape: tuple[int, int], max_units: int = 64) -> Figure:
    """Draw the weights (inputs, units) of each unit of the first layer as an image of the input's shape.

    Of more than `max_units` units, those with the largest Euclidean norm are drawn, in their order. Dark is negative
    and light is positive, also in grey. Raises UsageError if the inputs are not the pixels of such an image.
    """
    weights = np.asarray(weights, float)
    height, width = image_shape
    if weights.ndim != 2 or len(weights) != height * width:
        raise UsageError(f"weights of shape {weights.shape} are not images of {height} x {width} pixels")
    units = weights.shape[1]
    chosen = np.sort(np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:max_units])
    limit = float(np.quantile(np.abs(weights[:, chosen]), 0.995)) or 1.0
    grid = _image_grid(weights[:, chosen].T.reshape(-1, height, width))
    figure = new_figure(7.0, min(max(5.9 * grid.shape[0] / grid.shape[1], 1.5), MAX_HEIGHT) + 0.4)
    axes = figure.subplots()
    image = axes.imshow(grid, cmap="cividis", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_axis_off()
    few = len(chosen) < units
    which = f"the {len(chosen)} of {units} units with the largest weights" if few else format_count(units, "unit")
    axes.set_title(f"First-layer weights: {which}", loc="left")
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8, extend="both", aspect=30)
    return figure


def _image_grid(images: Array) -> Array:
    """Return images (n, height, width) in a grid, one pixel apart; NaN in between."""
    count, height, width = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    padded = np.full((rows * columns, height + 1, width + 1), np.nan)
    padded[:count, :height, :width] = images
    tiles = padded.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    laid: Array = tiles.reshape(rows * (height + 1), columns * (width + 1))
    return laid[:-1, :-1]
