"""`zoo plot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, DataDir, Force, Json, MaxSize, SetOption, Sha256s
from zoo_core.cli._output import warn
from zoo_core.errors import UsageError, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo_core.registry import Registry, Tool

EXAMPLES = (
    "Examples: zoo plot a.npz b.npz -o curves.png | zoo plot m.npz --kind confusion | "
    "zoo plot leaky_relu --kind activation --set slope=0.1 | zoo plot my.toml --kind schedule"
)
KINDS = ("curves", "confusion", "weights", "activation", "schedule")


def command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Model files or names; for activation (first layer) and schedule also a spec or part.",
        ),
    ],
    kind: Annotated[
        str,
        typer.Option("--kind", help=f"What to draw: {', '.join(KINDS)}, or a plot of a plugin."),
    ] = "curves",
    what: Annotated[
        str, typer.Option("--what", help="The metric to draw learning curves of: loss, accuracy, rmse, ...")
    ] = "loss",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A .png, .svg or .pdf file; default: MODEL-KIND.png here.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="The split of a confusion matrix.")] = "test",
    set_: SetOption = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=1, help="Epochs to draw a schedule over, if it is given by its name.")
    ] = 20,
    data_dir: DataDir = None,
    sha256: Sha256s = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw learning curves, a confusion matrix, weights, or a part.

    Learning curves of several models share one plot; the epoch whose weights each model holds is marked.
    """
    from zoo_core.cli._inputs import check_not_an_input, check_output_path
    from zoo_core.cli._output import report
    from zoo_core.display.plots import save_figure
    from zoo_core.registry import Registry

    registry = Registry()
    warn(registry)
    tool = _plugin_plot(kind, registry)
    target = output or Path(f"{Path(models[0]).stem}-{kind}.png")
    check_output_path(target, force)
    check_not_an_input(target, *models)
    if tool is None and kind != "curves" and len(models) > 1:
        raise UsageError(f"--kind {kind} draws one at a time, and {len(models)} names were given")
    if sha256 and kind in ("activation", "schedule"):
        raise UsageError(f"--sha256 is for pictures of a model's arrays or history, and --kind {kind} is none")
    figure = _draw_tool(tool, models, registry, sha256, max_size) if tool else _draw_figure(
        kind, models, registry, what=what, split=split, options=set_ or [], epochs=epochs, data_dir=data_dir,
        sha256=sha256, max_size=max_size,
    )  # fmt: skip
    save_figure(figure, target, overwrite=force)
    report({"saved": str(target), "kind": kind}, json, f"saved {target}")


def _plugin_plot(kind: str, registry: Registry) -> Tool | None:
    """Return the plot of a plugin, or None for a built-in kind. Raises UsageError for an unknown kind."""
    if kind in KINDS:
        return None
    tool = registry.tool("plot", kind)
    if tool is None:
        known = [*KINDS, *(t.name for t in registry.tools("plot"))]
        raise UsageError(f"--kind {kind}: there is no such plot{nearest(kind, known)} (there are: {', '.join(known)})")
    return tool


def _draw_tool(tool: Tool, names: list[str], registry: Registry, sha256: list[str] | None, max_size: int) -> Figure:
    """Return a figure on which the function of a plugin has drawn models."""
    from zoo_core.cli._inputs import load_models
    from zoo_core.cli._output import redirect_prints
    from zoo_core.display import plots

    models, figure = load_models(names, registry, sha256, max_size), plots.new_figure(7, 4.5)
    with redirect_prints():
        plots.styled(tool.call)(models, figure)
    return figure


def _draw_figure(kind: str, names: list[str], registry: Registry, **given: Any) -> Figure:
    from zoo_core.display import plots

    if kind == "activation":
        from zoo_core.display.plots import activation_curve
        from zoo_core.parts import Activation

        found = _read_spec_or_part(kind, names[0], registry, given["options"])
        return activation_curve(found if isinstance(found, Activation) else found.model.layers[0].activation)
    if kind == "schedule":
        return _draw_schedule(names[0], registry, given["options"], given["epochs"])
    from zoo_core.cli._inputs import load_models

    titles = [Path(name).stem if name.endswith(".npz") else name for name in names]
    models = list(zip(titles, load_models(names, registry, given["sha256"], given["max_size"]), strict=True))
    if kind == "curves":
        return plots.learning_curves([(name, m.history) for name, m in models], what=given["what"])
    first = models[0][1]
    if kind == "confusion":
        return _draw_confusion(names[0], first, registry, given)
    if first.about.image_shape is None:
        raise UsageError(f"{names[0]}: was not trained on images, so its weights are no pictures")
    if first.network.inputs != first.about.inputs:
        raise UsageError(
            f"{names[0]}: its preprocessor {first.preprocessor.name!r} makes {first.network.inputs} columns of "
            f"{first.about.inputs} pixels, so its weights are no pictures"
        )
    weights = first.network.weights(first.network.layers[0])
    return plots.first_layer_weights(weights, (first.about.image_shape[0], first.about.image_shape[1]))


def _draw_confusion(name: str, model: Any, registry: Registry, given: dict[str, Any]) -> Figure:
    from zoo_core.cli._inputs import data_folder
    from zoo_core.cli._output import warn_of
    from zoo_core.display import plots
    from zoo_core.model import confusion_counts
    from zoo_core.runs import evaluation_rows

    if model.about.task != "classification":
        raise UsageError(f"model {model.spec.name!r} is for regression; a confusion matrix needs classes")
    measured = evaluation_rows(model, given["split"], data_folder(given["data_dir"]), registry, None)
    warn_of(measured.warnings)
    counts, labels = confusion_counts(model, measured.table), model.labels().tolist()
    return plots.confusion_matrix(counts, [str(label) for label in labels])


def _read_spec_or_part(kind: str, name: str, registry: Registry, options: list[str]) -> Any:
    """Return the spec of a file or a shipped model, or else the part of a name."""
    from zoo_core.registry import is_path, shipped_models
    from zoo_core.spec import read_part, read_spec

    if is_path(name, ".toml", ".json", ".npz") or name in shipped_models(registry):
        return read_spec(name, options, registry)
    return read_part(kind, name, options, registry)


def _draw_schedule(name: str, registry: Registry, options: list[str], epochs: int) -> Figure:
    from zoo_core.display.plots import schedule_curve
    from zoo_core.parts import Schedule

    found = _read_spec_or_part("schedule", name, registry, options)
    if isinstance(found, Schedule):
        return schedule_curve(found, epochs, 100)
    rate = found.optimizer.learning_rate
    if not isinstance(rate, Schedule):
        rate = registry.get("schedule", "constant")(rate)  # type: ignore[call-arg]
    return schedule_curve(rate, found.training.epochs, 100)
