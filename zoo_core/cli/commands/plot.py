"""`zoo plot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo_core.cli._inputs import relative_to
from zoo_core.cli._options import MAX_SIZE_MIB, DataDir, ForcePicture, Json, MaxSize, SetOption, Sha256s
from zoo_core.cli._output import warn
from zoo_core.errors import UsageError, nearest

if TYPE_CHECKING:
    from zoo_core.cli.commands._plot_kinds import PlotOptions
    from zoo_core.registry import Registry, Tool

EXAMPLES = (
    "Examples: zoo plot a.npz b.npz -o curves.png | zoo plot m.npz --kind confusion | "
    "zoo plot leaky_relu --kind activation --set slope=0.1 | zoo plot my.toml --kind schedule"
)
KINDS = ("curves", "layers", "confusion", "weights", "activation", "schedule")


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
        Path | None,
        typer.Option("-o", "--output", help="A .png, .svg or .pdf file; default: such as MODEL-KIND.png here."),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="The split of a confusion matrix.")] = "test",
    set_: SetOption = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=1, help="Epochs to draw a schedule over, if it is given by its name.")
    ] = 20,
    data_dir: DataDir = None,
    sha256: Sha256s = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    force: ForcePicture = False,
    json: Json = False,
) -> None:
    """Draw curves, a confusion matrix, weights, layers, or a part.

    Learning curves of several models share one picture; the epoch whose weights each model holds is marked. A picture
    that the same command made is replaced; any other file is replaced only with --force.
    """
    from zoo_core.cli._inputs import check_not_an_input, picture_writer
    from zoo_core.cli._output import report
    from zoo_core.cli.commands._plot_kinds import PlotOptions, draw_figure
    from zoo_core.registry import Registry

    registry = Registry()
    warn(registry)
    tool = _plugin_plot(kind, registry)
    target = output or _default_output(models, kind, what, split)
    options = PlotOptions(kind, what, split, set_ or [], epochs, data_dir, sha256, max_size)
    save = picture_writer(target, _request(models, target, options), force)
    check_not_an_input(target, *models)
    if tool is None and kind != "curves" and len(models) > 1:
        raise UsageError(f"--kind {kind} draws one at a time, and {len(models)} names were given")
    if sha256 and kind in ("activation", "schedule"):
        raise UsageError(f"--sha256 is for pictures of a model's arrays or history, and --kind {kind} is none")
    save(draw_figure(models, registry, options, tool))
    report({"saved": str(target), "kind": kind}, json, f"saved {target}")


def _plugin_plot(kind: str, registry: Registry) -> Tool | None:
    """Return the plot of a plugin, or None for a built-in kind. Raises UsageError for an unknown kind."""
    if kind in KINDS:
        return None
    tool = registry.tool("plot", kind)
    if tool is None:
        known = [*KINDS, *(t.name for t in registry.tools("plot"))]
        is_metric = kind == "loss" or kind in registry.names("metric")
        way = f"; curves of a metric: --what {kind}" if is_metric else nearest(kind, known)
        raise UsageError(f"--kind {kind}: there is no such plot{way} (there are: {', '.join(known)})")
    return tool


def _default_output(models: list[str], kind: str, what: str, split: str) -> Path:
    """Return a name that says what a picture shows, so that pictures of one model lie side by side."""
    more = f"-and-{len(models) - 1}-more" if len(models) > 1 else ""
    part = f"-{what}" if kind == "curves" and what != "loss" else ""
    part = f"-{split}" if kind == "confusion" and split != "test" else part
    return Path(f"{Path(models[0]).stem}{more}-{kind}{part.replace('/', '-')}.png")


def _request(names: list[str], target: Path, options: PlotOptions) -> str:
    """Return what a picture is made for; files are named as seen from the folder of the picture."""
    subjects = [relative_to(Path(name), target.parent) if Path(name).is_file() else name for name in names]
    asked = {"names": subjects, "what": options.what, "split": options.split, "set": options.changes}
    return repr((options.kind, asked, options.epochs, None if options.data_dir is None else str(options.data_dir)))
