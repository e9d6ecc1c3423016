"""The figure of each kind of `zoo plot`."""

from __future__ import annotations

import shlex
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from zoo_core.errors import DataError, PluginError, ResourceError, UsageError, letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo_core.model import Model
    from zoo_core.parts import Schedule
    from zoo_core.registry import Registry, Tool

STEPS = 100  # in an epoch, where a schedule is drawn without data


@dataclass(frozen=True)
class PlotOptions:
    """What `zoo plot` was asked for, besides the names."""

    kind: str
    what: str
    split: str
    changes: list[str]  # of --set
    epochs: int
    data_dir: Path | None
    sha256: list[str] | None
    max_size: int


def draw_figure(names: list[str], registry: Registry, options: PlotOptions, tool: Tool | None) -> Figure:
    """Return the figure of a built-in kind, or of a plugin's plot."""
    if options.kind == "activation":
        return _draw_activation(names[0], registry, options)
    if options.kind == "schedule":
        return _draw_schedule(names[0], registry, options)
    for name in names:
        _check_model_name(name, registry, options.kind)
    from zoo_core.cli._inputs import load_models

    models = load_models(names, registry, options.sha256, options.max_size)
    if tool is not None:
        return _draw_tool(tool, models)
    if options.kind == "curves":
        from zoo_core.display.plots import learning_curves

        runs = [(title, model.history) for title, model in zip(model_titles(names), models, strict=True)]
        return learning_curves(runs, what=options.what, higher_is_better=_directions(models))
    if options.kind == "layers":
        from zoo_core.display.plots import layer_statistics

        layers = [layer.activation.name for layer in models[0].network.layers]
        return layer_statistics(model_titles(names)[0], models[0].history, layers)
    if options.kind == "confusion":
        return _draw_confusion(models[0], registry, options)
    return _draw_weights(names[0], models[0])


def _check_model_name(name: str, registry: Registry, kind: str) -> None:
    """Raise UsageError for the name of a spec or a part, with the way to draw it."""
    from zoo_core.registry import find_beside, shipped_models
    from zoo_core.spec.describe import article

    if name.endswith((".toml", ".json")):
        raise UsageError(
            f"{name}: --kind {kind} draws trained models, and this is a spec; train it first: zoo train "
            f"{shlex.quote(name)}, or draw its parts: --kind activation, --kind schedule"
        )
    if name in shipped_models(registry) or Path(name).exists() or find_beside(name, ".npz"):
        return
    for part in ("activation", "schedule"):
        if own := next((known for known in registry.names(part) if letters(known) == letters(name)), ""):
            way = f"zoo plot {own} --kind {part}"
            raise UsageError(f"{name!r} is no model, but the name of {article(part)}; draw it: {way}")


def _directions(models: list[Model]) -> dict[str, bool]:
    """Return whether higher is better, by the name of each metric of the models whose metrics are installed."""
    from zoo_core.spec import metric_directions

    found: dict[str, bool] = {}
    for model in models:
        with suppress(PluginError):
            found |= metric_directions(model.spec.training.metrics or [])
    return found


def model_titles(names: list[str]) -> list[str]:
    """Return the names of files without their folders, unless these are needed to make them differ."""
    depth, titles = 1, [_title(name, 1) for name in names]
    deepest = max(len(PurePath(name).parts) for name in names)
    while depth < deepest:
        depth += 1
        counts = Counter(title for _, title in set(zip(names, titles, strict=True)))
        titles = [
            _title(name, depth) if counts[title] > 1 else title for name, title in zip(names, titles, strict=True)
        ]
    return titles


def _title(name: str, depth: int) -> str:
    return "/".join(PurePath(name.removesuffix(".npz")).parts[-depth:]) if name.endswith(".npz") else name


def _draw_tool(tool: Tool, models: list[Model]) -> Figure:
    """Return a figure on which the function of a plugin has drawn models."""
    from zoo_core.cli._output import redirect_prints
    from zoo_core.display import plots

    figure = plots.new_figure(7, 4.5)
    with redirect_prints():
        plots.styled(tool.call)(models, figure)
    return figure


def _draw_weights(name: str, model: Model) -> Figure:
    from zoo_core.display.plots import first_layer_weights

    shape = model.about.image_shape
    if shape is None:
        raise UsageError(f"{name}: was not trained on images, so its weights are no pictures")
    if model.network.inputs != model.about.inputs:
        raise UsageError(
            f"{name}: its preprocessor {model.preprocessor.name!r} makes {model.network.inputs} columns of "
            f"{model.about.inputs} pixels, so its weights are no pictures"
        )
    return first_layer_weights(model.network.weights(model.network.layers[0]), (shape[0], shape[1]))


def _draw_confusion(model: Model, registry: Registry, options: PlotOptions) -> Figure:
    from zoo_core.cli._inputs import data_folder
    from zoo_core.cli._output import warn_of
    from zoo_core.display.plots import confusion_matrix
    from zoo_core.model import confusion_counts
    from zoo_core.runs import evaluation_rows

    if model.about.task != "classification":
        task = "regression" if model.about.task == "regression" else "several labels a row"
        raise UsageError(f"model {model.spec.name!r} is for {task}; a confusion matrix needs classes")
    measured = evaluation_rows(model, options.split, data_folder(options.data_dir), registry, None)
    warn_of(measured.warnings)
    counts, labels = confusion_counts(model, measured.table), model.labels().tolist()
    return confusion_matrix(counts, [str(label) for label in labels])


# ------------------------------------------------------------------ parts


def _draw_activation(name: str, registry: Registry, options: PlotOptions) -> Figure:
    from zoo_core.display.plots import activation_curve
    from zoo_core.parts import Activation

    found = _read_spec_or_part(name, registry, options)
    return activation_curve(found if isinstance(found, Activation) else found.model.layers[0].activation)


def _read_spec_or_part(name: str, registry: Registry, options: PlotOptions) -> Any:
    """Return the spec of a file or a shipped model, or else the part of a name."""
    from zoo_core.registry import find_beside, is_path, shipped_models
    from zoo_core.spec import read_part, read_spec

    if is_path(name, ".toml", ".json", ".npz") or name in shipped_models(registry):
        return read_spec(name, options.changes, registry)
    if beside := name not in registry.names(options.kind) and find_beside(name, ".toml", ".json", ".npz"):
        raise UsageError(f"{name!r} is no {options.kind} and no shipped model{beside}")
    return read_part(options.kind, name, options.changes, registry)


def _draw_schedule(name: str, registry: Registry, options: PlotOptions) -> Figure:
    from zoo_core.display.plots import schedule_curve
    from zoo_core.parts import Schedule

    found = _read_spec_or_part(name, registry, options)
    if isinstance(found, Schedule):
        return schedule_curve(found, options.epochs, STEPS, is_real=False)
    rate: float | Schedule = found.optimizer.learning_rate
    if not isinstance(rate, Schedule):
        rate = registry.get("schedule", "constant")(rate)  # type: ignore[call-arg, assignment]
    steps = _known_steps(name, found, options)
    return schedule_curve(rate, found.training.epochs, steps or STEPS, is_real=steps is not None)  # type: ignore[arg-type]


def _known_steps(name: str, spec: Any, options: PlotOptions) -> int | None:
    """Return the number of steps of an epoch, or None with a warning if the data are not there."""
    import dataclasses

    from zoo_core.cli._inputs import data_folder
    from zoo_core.cli._output import warn_of
    from zoo_core.runs import steps_per_epoch

    try:
        return steps_per_epoch(spec, dataclasses.replace(data_folder(options.data_dir), offline=True))
    except (DataError, ResourceError, UsageError) as error:
        reason = str(error).partition("\n")[0]
        warn_of({"steps": f"{name}: the steps of an epoch are not known, {STEPS} are drawn; its data: {reason}"})
        return None
