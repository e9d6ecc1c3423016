"""`zoo list`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zoo_core.cli.common import Json, report, rows, warn

if TYPE_CHECKING:
    from zoo_core.registry import Registry

NAME = "list"
EXAMPLES = "Examples: zoo list | zoo list parts --kind optimizer | zoo list parts '*relu*' | zoo list plugins --json"


def command(
    what: Annotated[Literal["models", "plugins", "parts", "datasets"], typer.Argument(help="What to list.")] = "models",
    pattern: Annotated[str, typer.Argument(help="Names to show; * and ? stand for any letters.")] = "*",
    kind: Annotated[str | None, typer.Option("--kind", help="Only parts of this kind.")] = None,
    json: Json = False,
) -> None:
    """List shipped models, plugins, parts or data sets."""
    from zoo_core.registry import Registry

    registry = Registry()
    if what != "plugins":
        warn(registry)
    found = {"models": _models, "plugins": plugins, "parts": _parts, "datasets": _datasets}[what](registry)
    found = [row for row in found if fnmatchcase(row["name"], pattern) and kind in (None, row.get("kind"))]
    columns = list(found[0]) if found else ["name"]
    report(found, json, rows(found, columns) if found else f"no {what} match {pattern!r}")


def _models(registry: Registry) -> list[dict[str, Any]]:
    import tomllib

    from zoo_core.catalogue import shipped

    found = []
    for model in shipped(registry).values():
        spec = tomllib.loads(model.spec.read_text("utf-8"))
        weights = "yes" if model.weights is not None else "no"
        found.append(
            {
                "name": model.name,
                "data": spec["data"]["name"],
                "weights": weights,
                "description": spec.get("description", ""),
            }
        )
    return found


def plugins(registry: Registry) -> list[dict[str, Any]]:
    """Return a row for every distribution: version, state, how many parts, what is wrong."""
    return [
        {
            "name": p.distribution,
            "version": p.version,
            "state": p.state,
            "parts": len(p.entries),
            "problem": p.problem,
        }
        for p in registry.plugins
    ]


def _parts(registry: Registry) -> list[dict[str, Any]]:
    return [
        {"kind": e.kind, "name": registry.key(e), "from": e.distribution, "what": _first_line(e.part)}
        for e in registry.entries()
    ]


def _datasets(registry: Registry) -> list[dict[str, Any]]:
    return [{"name": e.name, "from": e.distribution, "what": _first_line(e.part)} for e in registry.entries("dataset")]


def _first_line(part: type) -> str:
    return (part.__doc__ or "").strip().partition("\n")[0]
