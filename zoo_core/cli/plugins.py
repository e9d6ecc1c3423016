"""`zoo plugins`."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated, Any

import typer

from zoo_core.cli.common import Json, report, rows
from zoo_core.errors import PluginError, UsageError, nearest

NAME = "plugins"
EXAMPLES = "Examples: zoo plugins | zoo plugins check | zoo plugins check zoo-lookahead --timeout 5"


def command(
    action: Annotated[
        str, typer.Argument(help="list, or check: load each in a process of its own, with a time limit.")
    ] = "list",
    name: Annotated[str | None, typer.Argument(help="Only this distribution.")] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds that a plugin may take to load.")
    ] = 10.0,
    json: Json = False,
) -> None:
    """Show every plugin: its distribution, version, parts and state."""
    if action not in ("list", "check"):
        raise UsageError(f"unknown action {action!r}{nearest(action, ['list', 'check'])}; use list or check")
    found = _check(timeout, name) if action == "check" else _all(name)
    if json:
        report(found, True, None)
    else:
        lines = [{**p, "parts": _short(p["parts"])} for p in found]
        report(None, False, rows(lines, ["name", "version", "state", "parts", "problem"]))
    bad = [p["name"] for p in found if p["state"] == "broken"]
    if bad and action == "check":
        raise PluginError(f"broken: {', '.join(bad)}; reinstall or remove them with pip")


def _all(name: str | None) -> list[dict[str, Any]]:
    from zoo_core.registry import Registry

    registry = Registry()
    found = [
        {
            "name": p.distribution,
            "version": p.version,
            "state": p.state,
            "parts": [f"{e.kind} {registry.key(e)}" for e in p.entries],
            "problem": p.problem,
        }
        for p in registry.plugins
    ]
    return _only(found, name)


def _only(found: list[dict[str, Any]], name: str | None) -> list[dict[str, Any]]:
    from zoo_core.registry import normal

    chosen = [p for p in found if name is None or normal(name) == p["name"]]
    if not chosen:
        raise PluginError(f"no plugin {name!r} is installed (installed: {', '.join(str(p['name']) for p in found)})")
    return chosen


def _check(timeout: float, name: str | None) -> list[dict[str, Any]]:
    """Load each plugin in a process of its own, so that one that hangs or crashes is found and named."""
    from zoo_core.registry import installed

    known = [{"name": n} for n in installed()]
    return [_alone(plugin["name"], timeout) for plugin in _only(known, name)]


def _alone(name: str, timeout: float) -> dict[str, Any]:
    """Load one plugin beside the built-in parts and return what `zoo plugins` shows of it."""
    import json
    import os

    code = [sys.executable, "-m", "zoo_core", "plugins", "list", name, "--json"]
    env = {**os.environ, "ZOO_PLUGINS": name}
    try:
        done = subprocess.run(code, env=env, capture_output=True, text=True, timeout=timeout, check=False)
        shown: dict[str, Any] = json.loads(done.stdout)[0]
        return shown
    except subprocess.TimeoutExpired:
        problem = f"it did not load within {timeout:g} s; switch it off with ZOO_PLUGINS, or remove it"
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        problem = f"it ended the process that loaded it (code {done.returncode}: {last})"
    return {"name": name, "version": "", "state": "broken", "parts": [], "problem": problem}


def _short(parts: list[str]) -> str:
    return ", ".join(parts) if len(parts) <= 6 else f"{len(parts)} parts: zoo list parts"
