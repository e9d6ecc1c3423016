"""`zoo list`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zoo_core.cli._options import Json
from zoo_core.cli._output import report, rows, warn
from zoo_core.errors import SpecError, UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zoo_core.registry import Registry

EXAMPLES = "Examples: zoo list | zoo list parts --kind optimizer | zoo list parts '*relu*' | zoo list plugins --json"


def command(
    what: Annotated[
        Literal["models", "plugins", "parts", "datasets"], typer.Argument(help="What to list; default: models.")
    ] = "models",
    pattern: Annotated[str, typer.Argument(help="Names to show, in quotes; * and ? stand for any letters.")] = "*",
    kind: Annotated[str | None, typer.Option("--kind", help="List only parts of this kind, such as optimizer.")] = None,
    json: Json = False,
) -> None:
    """List models, plugins, parts or data sets, one a line."""
    from zoo_core.registry import Registry

    _check_kind(what, kind)
    registry = Registry()
    found = {"models": model_rows, "plugins": _plugin_rows, "parts": _part_rows, "datasets": _dataset_rows}[what](
        registry
    )
    if what != "plugins":
        warn(registry)
    found = [row for row in found if fnmatchcase(row["name"], pattern) and kind in (None, row.get("kind"))]
    report(found, json, _draw_list(what, pattern, found))


def _check_kind(what: str, kind: str | None) -> None:
    """Raise UsageError for an unknown kind, and for a kind if it is not parts that are listed."""
    from zoo_core.cli._inputs import check_kind
    from zoo_core.parts import KINDS

    if kind is not None and what != "parts":
        raise UsageError(f"--kind chooses among parts, not {what}; write: zoo list parts --kind {kind}")
    if kind is not None:
        check_kind(kind, KINDS)


def _draw_list(what: str, pattern: str, found: list[dict[str, Any]]) -> RenderableType:
    from zoo_core.display.text import PartList

    if not found:
        return f"no {what} match {pattern!r}"
    return PartList(found) if what == "parts" else rows(found, list(found[0]))


def model_rows(registry: Registry) -> list[dict[str, Any]]:
    """Return a row for each shipped model; a spec that cannot be read becomes a problem of its plugin."""
    from zoo_core.registry import shipped_models
    from zoo_core.spec import read_text, summarize_text

    found = []
    for model in shipped_models(registry).values():
        try:
            spec = summarize_text(read_text(model.spec), str(model.spec))
        except SpecError as error:
            model.plugin.add_problem(str(error))
            continue
        weights = "yes" if model.weights is not None else "no"
        found.append(
            {
                "name": model.name,
                "data": spec["data"],
                "weights": weights,
                "description": spec["description"],
            }
        )
    return found


def _plugin_rows(registry: Registry) -> list[dict[str, Any]]:
    """Return a row for each plugin: name, version, state, number of parts, problem."""
    from zoo_core.spec.describe import plugin_row

    return [plugin_row(p, entries := registry.entries(plugin=p)) | {"parts": len(entries)} for p in registry.plugins]


def _part_rows(registry: Registry) -> list[dict[str, Any]]:
    from zoo_core.spec.describe import summary

    return registry.describe_each(
        lambda e: {"kind": e.kind, "name": e.spec_name, "from": e.distribution, "what": summary(e.part)},
        registry.entries(),
    )


def _dataset_rows(registry: Registry) -> list[dict[str, Any]]:
    from zoo_core.spec.describe import summary

    return registry.describe_each(
        lambda e: {"name": e.name, "from": e.distribution, "what": summary(e.part)}, registry.entries("dataset")
    )
