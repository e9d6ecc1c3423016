"""`zoo show`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, ForcePicture, Json, MaxSize, Sha256
from zoo_core.cli._output import counted_from_one, print_result, redirect_prints, report, rows, warn, warning_list
from zoo_core.cli.commands._show_columns import column_tables
from zoo_core.cli.commands._show_part import ShowOptions, show_parts
from zoo_core.errors import UsageError, ZooError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zoo_core.model import ModelSummary
    from zoo_core.registry import Registry
    from zoo_core.storage import ModelFile

SHOWN, MOST_COLUMNS = 6, 60  # values in a line, and columns
EXAMPLES = (
    "Examples: zoo show glyphs.npz | zoo show mnist-mlp --json | zoo show gelu | "
    "zoo show leaky_relu --set slope=0.2 -o leaky.svg | zoo show identity --kind initializer"
)


def command(
    name: Annotated[str, typer.Argument(help="A model file, a shipped model, or a part.")],
    kind: Annotated[str | None, typer.Option("--kind", help="The kind of a part, if several have the name.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="OPTION=VALUE", help="An option of the part to draw; may be repeated."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Draw the part into this .png, .svg or .pdf file.")
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=1, help="Length of the run that a schedule is drawn for.")
    ] = 20,
    force: ForcePicture = False,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Show a model, or a part with its options and a plot.

    A part is shown with its formula and source, its options with bounds and defaults, its plugin, and its code's file.
    Activations are drawn with their derivative, schedules over a run, initializers as a histogram, losses with their
    gradient.
    """
    from zoo_core.registry import Registry, is_path, shipped_models
    from zoo_core.spec import read_text

    registry = Registry()
    models = shipped_models(registry)
    options = ShowOptions(kind, set_ or [], output, epochs, force, json)
    is_model = kind is None and (is_path(name, ".npz") or name in models)
    warn(registry, all_parts=not is_model)
    if is_model and (set_ or output):
        raise UsageError(f"{name!r} is a model; --set and -o are for parts. Its curves: zoo plot {name}")
    if is_path(name, ".npz") or (is_model and models[name].weights is not None):
        _show_model(name, registry, sha256, max_size, json)
    elif sha256:
        raise UsageError(f"{name!r} is no model file, and --sha256 is for those")
    elif is_model:
        text = read_text(models[name].spec)
        report({"name": name, "spec": text}, json, text)
    else:
        show_parts(name, registry, options)


def _show_model(name: str, registry: Registry, sha256: str | None, max_size: int, json: bool) -> None:
    """Show a model by the header of its file alone, so that its plugins need not be installed."""
    from zoo_core.model import read_summary
    from zoo_core.registry import find_model
    from zoo_core.storage import read_model_file

    path = find_model(name, registry)
    contents = read_model_file(path, sha256=sha256, limit=max_size * 2**20)
    described, summary = read_summary(contents, str(path))
    header = contents.header
    data = {
        "name": summary.name,
        "sha256": contents.sha256,
        "parameters": described.parameters,
        "spec": header["spec"],
        "about": header["about"],
        "plugins": header["plugins"],
        "environment": header["environment"],
        "arrays": {k: {"dtype": str(a.dtype), "shape": list(a.shape)} for k, a in contents.arrays.items()},
        "history": [counted_from_one(record) for record in header["history"]],
        "warnings": warning_list(described.warnings),
    }
    columns, targets = _prepared(contents, str(path), registry)
    if json:
        report(data | {"columns": columns, "targets": targets}, True, None)
        return
    raw = {} if columns else {"learnt": _learnt(contents.arrays)}
    report(None, False, _facts_table(summary, data | raw))
    for table in column_tables(columns, targets):
        print()
        print_result(table)


def _prepared(contents: ModelFile, name: str, registry: Registry) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is learnt of columns and of targets; nothing where the parts of the model cannot tell it."""
    from zoo_core.model import model_from_file
    from zoo_core.model.learnt import learnt_columns, learnt_targets

    with warnings.catch_warnings(), redirect_prints():
        warnings.simplefilter("ignore")  # of versions of plugins: nothing is computed here
        try:
            model = model_from_file(contents, name, registry)
        except ZooError:
            return [], []
        return learnt_columns(model), learnt_targets(model)


def _facts_table(spec: ModelSummary, data: dict[str, Any]) -> RenderableType:
    from zoo_core.display.text import format_number
    from zoo_core.model import kept_record

    last = kept_record(data["history"])
    layers = [f"{layer.units} {layer.activation.name}" for layer in spec.model.layers]
    scaled = spec.data.target_preprocessor
    facts = {
        "name": spec.name,
        "description": spec.description,
        "data": spec.data.name,
        **_input_facts(data),
        "layers": " -> ".join([str(data["about"]["inputs"]), *layers]),
        "parameters": f"{data['parameters']:,}",
        "loss": spec.model.loss.name + (f", of targets scaled by {scaled.name!r}" if scaled else ""),
        "optimizer": spec.optimizer.name,
        "epochs": f"{len(data['history'])} of {spec.training.epochs}",
        "saved epoch": format_number(last.get("epoch", "-")),
        **{key: format_number(value) for key, value in last.items() if key not in ("epoch", "kept")},
        "sha256": data["sha256"],
    }
    facts |= {"warning": "\n".join(item["text"] for item in data["warnings"])} if data["warnings"] else {}
    plugins = sorted({f"{p['distribution']} {p['version']}" for p in data["plugins"]})
    facts["made with"] = ", ".join([*plugins, f"numpy {data['environment'].get('numpy', 'unknown')}"])
    return rows([{"": key, "value": value} for key, value in facts.items()], ["", "value"])


def _input_facts(data: dict[str, Any]) -> dict[str, str]:
    """Return what is said of inputs that are described, or that a preprocessor has learnt from."""
    about, given = data["about"], data["spec"].get("data", {}).get("preprocessor")
    facts = {"preprocessor": given["name"] if isinstance(given, dict) else str(given or "")}
    described = [_column_text(column) for column in about.get("columns", [])] if "learnt" in data else []
    more = [f"... and {len(described) - MOST_COLUMNS} more"] if len(described) > MOST_COLUMNS else []
    facts |= {"columns": "\n".join([*described[:MOST_COLUMNS], *more])} if described else {}
    return facts | ({"learnt": data["learnt"]} if described else {})


def _column_text(column: dict[str, Any]) -> str:
    """Return such as "sex: category (female, male)"."""
    names = column.get("categories", [])
    shown = ", ".join(name[:20] for name in names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    order = f" ({column['order']})" if column.get("order") else ""
    return f"{column['name'][:40]}: {column['kind']}{order}" + (f" ({shown})" if names else "")


def _learnt(arrays: Mapping[str, Any]) -> str:
    """Return the first values of each array that a preprocessor has learnt."""
    lines = []
    for name, array in arrays.items():
        if name.startswith("preprocessor."):
            values = array.ravel()[:SHOWN].tolist()
            text = ", ".join(f"{value:.4g}" for value in values) + (", ..." if array.size > SHOWN else "")
            lines.append(f"{name.removeprefix('preprocessor.')}: {text or 'none'}")
    return "\n".join(lines)
