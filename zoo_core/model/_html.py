"""A model as HTML, for a notebook: its layers, its task, what its last run reached, and its learning curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.basics.html import Line, escaped, html_table, line_chart, short_list
from zoo_core.errors import ZooError
from zoo_core.model._baseline import baseline_figures
from zoo_core.model._summary import kept_record
from zoo_core.model.records import SPLITS, metric_keys, metric_points, saved_epoch, split_key
from zoo_core.nn import Layer
from zoo_core.parts import Part, Record, Table
from zoo_core.spec import option_names

if TYPE_CHECKING:
    from zoo_core.model._assembled import AssembledModel


def model_html(model: AssembledModel) -> str:
    """Return what a notebook shows of a model; every text of it is escaped."""
    network, about = model.network, model.about
    title = f"<b>Model {escaped(model.name)}</b>: {escaped(_task(model))}, {network.layout.size:,} parameters"
    parts = [f"{title} of {network.dtype.name}", _layers(model)]
    names = about.class_names if about.task == "classification" else about.target_names
    if names:
        kind = {"classification": "classes", "multilabel": "labels"}.get(about.task, "targets")
        parts.append(f"{kind}: {escaped(short_list(names))}")
    if model.history:
        parts += [_figures(model), line_chart("loss", history_lines(model.history, "loss"), saved_epoch(model.history))]
    parts += [f"warning: {escaped(text)}" for text in model.warnings.values()]
    return "".join(f"<div>{part}</div>" for part in parts if part)


def _task(model: AssembledModel) -> str:
    about = model.about
    if about.task == "classification":
        return f"classification, {about.class_count(model.network.outputs)} classes"
    count = about.target_count(model.network.outputs)
    return f"{count} labels a row" if about.task == "multilabel" else f"regression, {count} target{'s' * (count > 1)}"


def _layers(model: AssembledModel) -> str:
    network = model.network
    rows = [("inputs", model.about.inputs, "", _part_text(model.preprocessor), "")]
    rows += [_layer_row(layer, network.inputs if at == 0 else 0) for at, layer in enumerate(network.layers)]
    sizes = _layer_sizes(model)
    body = [(*row[:4], sizes.get(row[0], "")) for row in rows]
    return html_table(["layer", "units", "activation", "more", "parameters"], body)


def _layer_row(layer: Layer, inputs: int) -> tuple[str, int, str, str, str]:
    others = [s.transform for s in layer.stages[1:] if s.transform is not layer.activation]
    more = ", ".join(_part_text(part) for part in [*others, *layer.weight_parts()])
    return layer.path, layer.stages[-1].width, _part_text(layer.activation), more, ""


def _layer_sizes(model: AssembledModel) -> dict[str, int]:
    """Return how many parameters each layer has, by its path."""
    sizes: dict[str, int] = {}
    for segment in model.network.layout.segments:
        for layer in model.network.layers:
            if segment.path.startswith(f"{layer.path}."):
                sizes[layer.path] = sizes.get(layer.path, 0) + math.prod(segment.shape)
    return sizes


def _part_text(part: Any) -> str:
    """Return the name of a part with its options, such as "dropout rate=0.5"."""
    values = {name: getattr(part, name, "") for name in option_names(part)}
    options = [f"{name}={value.name if isinstance(value, Part) else value}" for name, value in values.items()]
    return " ".join([str(getattr(part, "name", type(part).__name__)), *options])


def _figures(model: AssembledModel) -> str:
    """Return a table of the epoch whose weights the model holds: each metric of each split, and the baseline."""
    record, baseline = kept_record(model.history), _baseline(model)
    splits = [split for split in SPLITS if any(key.startswith(f"{split}_") for key in record)]
    metrics = dict.fromkeys(pair[1] for key in metric_keys([record]) if (pair := split_key(key)))
    rows = [
        [metric, *(record.get(f"{split}_{metric}") for split in splits), *([baseline.get(metric)] if baseline else [])]
        for metric in metrics
    ]
    epoch = f"epoch {saved_epoch(model.history):g} of {len(model.history):,}"
    return html_table([epoch, *splits, *(["baseline"] if baseline else [])], rows)


def _baseline(model: AssembledModel) -> Mapping[str, float]:
    """Return the figures of the most frequent class of the training rows; nothing for other tasks than classes.

    The file keeps the shares of the classes. A row for each class, with its share as weight, stands for all rows.
    """
    shares = model.about.baseline
    if model.about.task != "classification" or not shares:
        return {}
    with suppress(ZooError):
        found = np.arange(len(shares))
        figures = baseline_figures(model, Table(found, found, np.array(shares)))
        return {name: value for name, value in figures.items() if math.isfinite(value)}
    return {}


def history_lines(history: Sequence[Record], metric: str) -> dict[str, Line]:
    """Return the points of a metric by split; epochs count from 1."""
    return {split: metric_points(history, f"{split}_{metric}") for split in SPLITS}
