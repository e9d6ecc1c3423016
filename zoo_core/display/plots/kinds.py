"""`plot`: the pictures of trained models by their kind, for `zoo plot`, `zoo_core.plot` and `Model.plot`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.contract import naming_parts
from zoo_core.data import DataFolder
from zoo_core.display.plots._layer_plots import layer_statistics
from zoo_core.display.plots._learning_curves import learning_curves
from zoo_core.display.plots._model_plots import confusion_matrix, first_layer_weights
from zoo_core.display.plots._style import new_figure, styled
from zoo_core.errors import PluginError, UsageError, nearest
from zoo_core.model import Model, confusion_counts
from zoo_core.registry import Registry, Tool
from zoo_core.registry.default import chosen_registry
from zoo_core.runs import evaluation_rows
from zoo_core.spec import metric_directions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("curves", "layers", "confusion", "weights")
Warn = Callable[[Mapping[str, str]], object]


@naming_parts
def plot(
    models: Model | Sequence[Model],
    kind: str = "curves",
    *,
    what: str = "loss",
    split: str = "test",
    data: Any = None,
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
) -> Figure:
    """Draw trained models.

    Args:
        models: a model, or several to compare.
        kind: "curves", "layers", "confusion", "weights", or a plot of a plugin. Curves of several models share one
            picture. Layers are drawn from the statistics that `training.layer_statistics` keeps. Confusion shows which
            classes are mixed up. Weights are those of the first layer, for images.
        what: the metric of learning curves.
        split: of a confusion matrix, which rows of the model's own data it counts.
        data: of a confusion matrix, rows to count in place of a split, as for `Model.evaluate`.
        data_dir: folder with the files of data sets; default: $ZOO_DATA_DIR, then the cache.
        registry: has the plots of plugins; default: those of all installed ones.

    Returns:
        A Matplotlib figure, which a notebook shows; `figure.savefig("curves.png")` writes it.

    Raises:
        UsageError: there is no such plot, or these models cannot be drawn so.
        DataError, ResourceError: the rows of a confusion matrix cannot be read.
        PluginError: the plot of a plugin raised an error.

    Example:
        model = zoo_core.load("glyphs-quickstart")
        zoo_core.plot(model, "confusion")
    """
    several = [models] if isinstance(models, Model) else list(models)
    if not several:
        raise UsageError("there is no model to draw")
    registry = chosen_registry(registry)
    tool = find_plot(kind, KINDS, registry)
    if tool is None and kind != "curves" and len(several) > 1:
        raise UsageError(f"the plot {kind!r} draws one model at a time, and {len(several)} were given")
    if kind == "confusion":
        table = None if data is None else several[0].table(data)
        folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
        return draw_confusion(several[0], split, folder, registry, table=table)
    return draw_models(several, [model.name for model in several], kind, what, tool)


def find_plot(kind: str, known: Sequence[str], registry: Registry) -> Tool | None:
    """Return the plot of a plugin, or None for one of the `known` kinds. Raises UsageError for an unknown kind."""
    if kind in known:
        return None
    tool = registry.tool("plot", kind)
    if tool is None:
        every = [*known, *(t.name for t in registry.tools("plot"))]
        raise UsageError(f"there is no plot {kind!r}{nearest(str(kind), every)} (there are: {', '.join(every)})")
    return tool


def draw_models(models: Sequence[Model], titles: Sequence[str], kind: str, what: str, tool: Tool | None) -> Figure:
    """Return the figure of a kind that needs the models alone, or of a plugin's plot."""
    if tool is not None:
        figure = new_figure(7, 4.5)
        styled(tool.call)(models, figure)
        return figure
    if kind == "curves":
        runs = [(title, model.history) for title, model in zip(titles, models, strict=True)]
        return learning_curves(runs, what=what, higher_is_better=_directions(models))
    if kind == "layers":
        layers = [layer.activation.name for layer in models[0].network.layers]
        return layer_statistics(titles[0], models[0].history, layers)
    return _draw_weights(titles[0], models[0])


def _directions(models: Sequence[Model]) -> dict[str, bool]:
    """Return whether higher is better, by the name of each metric of the models whose metrics are installed."""
    found: dict[str, bool] = {}
    for model in models:
        with suppress(PluginError):
            found |= metric_directions(model.spec.training.metrics or [])
    return found


def _draw_weights(name: str, model: Model) -> Figure:
    shape = model.about.image_shape
    if shape is None:
        raise UsageError(f"{name}: was not trained on images, so its weights are no pictures")
    if model.network.inputs != model.about.inputs:
        raise UsageError(
            f"{name}: its preprocessor {model.preprocessor.name!r} makes {model.network.inputs} columns of "
            f"{model.about.inputs} pixels, so its weights are no pictures"
        )
    return first_layer_weights(model.network.weights(model.network.layers[0]), (shape[0], shape[1]))


def _warn(found: Mapping[str, str]) -> None:
    for text in found.values():
        warnings.warn(text, stacklevel=2)


def draw_confusion(
    model: Model, split: str, folder: DataFolder, registry: Registry, *, table: Any = None, warn: Warn = _warn
) -> Figure:
    """Return the confusion matrix of a split of a model's own data, or of a table. `warn` gets warnings by key."""
    if model.about.task != "classification":
        task = "regression" if model.about.task == "regression" else "several labels a row"
        raise UsageError(f"model {model.name!r} is for {task}; a confusion matrix needs classes")
    if table is None:
        measured = evaluation_rows(model, split, folder, registry, None)
        warn(measured.warnings)
        table = measured.table
    counts, labels = confusion_counts(model, table), model.labels().tolist()
    return confusion_matrix(counts, [str(label) for label in labels])
