"""`zoo compare`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from zoo_core.cli.common import MAX_SIZE, Json, MaxSize, Sha256s, report, rows, warn

NAME = "compare"
EXAMPLES = "Examples: zoo compare a.npz b.npz | zoo compare corrected-1-sgd corrected-2-dropout --json"


def command(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Model files or names of shipped models.")],
    sha256: Sha256s = None,
    max_size: MaxSize = MAX_SIZE,
    json: Json = False,
) -> None:
    """Set models side by side: what differs, and what they reached."""
    from zoo_core.cli.common import models as load
    from zoo_core.registry import Registry

    registry = Registry()
    warn(registry)
    found = dict(zip(models, load(models, registry, sha256, max_size), strict=True))
    specs = {name: flat(m.spec.to_dict()) for name, m in found.items()}
    keys = sorted({key for spec in specs.values() for key in spec} - {"name", "description"})
    differing = [key for key in keys if len({repr(spec.get(key)) for spec in specs.values()}) > 1]
    results = {name: _result(m) for name, m in found.items()}
    if json:
        report(
            {
                "models": results,
                "differences": {k: {n: s.get(k) for n, s in specs.items()} for k in differing},
            },
            True,
            None,
        )
        return
    figures = list(dict.fromkeys(key for result in results.values() for key in result))
    lines = [{"": key, **{name: _shown(result.get(key, "")) for name, result in results.items()}} for key in figures]
    report(None, False, rows(lines, ["", *found]))
    if differing:
        lines = [
            {"differs in": key, **{name: _shown(spec.get(key, "-")) for name, spec in specs.items()}}
            for key in differing
        ]
        report(None, False, rows(lines, ["differs in", *found]))


def _result(model: Any) -> dict[str, Any]:
    from zoo_core.display.figures import kept

    last = kept(model.history)
    best = {
        f"best {key}": max(r[key] for r in model.history if key in r)
        for key in last
        if key.endswith("_accuracy") and key.startswith(("test", "validation"))
    }
    return {"parameters": model.network.layout.size, "epochs": len(model.history), **best, **_figures(last)}


def _figures(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("epoch", "kept")}


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return nested data as one table from dotted paths to plain values."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items and not (isinstance(value, (dict, list)) and value):
        return {path: value}
    found: dict[str, Any] = {}
    for key, item in items:
        found |= flat(item, f"{path}.{key}" if path else str(key))
    return found


def _shown(value: Any) -> str:
    from zoo_core.display.tables import number

    return number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
