"""`zoo plugins`: list what is installed, check it, and begin one of your own."""

from __future__ import annotations

import json as json_
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zoo_core.cli.common import Json, report, rows
from zoo_core.errors import PluginError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    help="Show every plugin: its distribution, version, parts and state. Check one, or begin your own.",
    rich_markup_mode=None,
    invoke_without_command=True,
    epilog="Examples: zoo plugins | zoo plugins new zoo-mine --kind activation | zoo plugins check zoo-mine",
)


@app.callback()
def plugins(context: typer.Context, json: Json = False) -> None:
    """Show every plugin, where no other command is given."""
    if context.invoked_subcommand is None:
        _print(_all(None), json)


@app.command("list", epilog="Examples: zoo plugins list | zoo plugins list zoo-lookahead --json")
def list_(
    name: Annotated[str | None, typer.Argument(help="Only this distribution.")] = None, json: Json = False
) -> None:
    """Show every plugin: its distribution, version, parts and state."""
    _print(_all(name), json)


@app.command(
    epilog="Examples: zoo plugins check zoo-mine | zoo plugins check activation:gelu | zoo plugins check --json"
)
def check(
    name: Annotated[
        str | None, typer.Argument(help="A distribution, or a part: its name or kind:name. Default: all plugins.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds that loading, or any one check, may take.")
    ] = 30.0,
    json: Json = False,
) -> None:
    """Load plugins in a process of their own and check that their parts keep the promises of their kinds.

    Derivatives are compared with central differences, buffers, dtypes, saved state, randomness and options
    are tried out; a mistake is shown with the point, the numbers and the likely cause. Leaves with 4 if any fails.
    """
    from zoo_core.registry import installed

    found = [plugin for target in ([name] if name else installed()) for plugin in _check(target, timeout)]
    if json:
        report(found, True, None)
    else:
        from zoo_core.display.conformance import conformance

        report(None, False, "\n\n".join(map(conformance, found)))
    bad = [f"{p['state']}: {p['name']}" for p in found if p["state"] in ("broken", "failing")]
    if bad:
        raise PluginError("; ".join(bad))


Kind = Literal[
    "activation", "normalizer", "penalty", "constraint", "noise", "batch_change", "loss", "metric", "optimizer",
    "schedule", "initializer", "generator", "preparation", "dataset", "callback", "regularizer",
]  # fmt: skip


@app.command(
    epilog="Examples: zoo plugins new zoo-mine --kind activation | zoo plugins new zoo-mine --kind optimizer --force"
)
def new(
    name: Annotated[str, typer.Argument(help="Name of the distribution and its folder, such as zoo-mine.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What its part is; a regularizer is a penalty.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the files that are there.")] = False,
) -> None:
    """Write a complete distribution around a small part of a kind: module, tests, and a spec that uses it."""
    from zoo_core.registry import Registry
    from zoo_core.templates import plugin_files, write

    texts = plugin_files(name, "penalty" if kind == "regularizer" else kind, Registry())
    write(Path(name), texts, force)
    spec = next(path for path in texts if path.endswith(".toml") and path != "pyproject.toml")
    print(
        f"saved {name}: {', '.join(sorted(texts))}\nnow:\n  pip install -e './{name}[test]'\n"
        f"  zoo plugins check {name}\n  zoo train {name}/{spec}"
    )


def _all(name: str | None) -> list[dict[str, Any]]:
    from zoo_core.cli.conform import row
    from zoo_core.registry import Registry, normal

    registry = Registry()
    found = [row(registry, p, p.entries) for p in registry.plugins]
    chosen = [p for p in found if name is None or normal(name) == p["name"]]
    if not chosen:
        raise PluginError(f"no plugin {name!r} is installed (installed: {', '.join(str(p['name']) for p in found)})")
    return chosen


def _print(found: list[dict[str, Any]], json: bool) -> None:
    lines = [{**p, "parts": _short(p["parts"])} for p in found]
    report(found, json, rows(lines, ["name", "version", "state", "parts", "problem"]))


def _short(parts: list[str]) -> str:
    return ", ".join(parts) if len(parts) <= 6 else f"{len(parts)} parts: zoo list parts"


def _check(target: str, timeout: float) -> Iterator[dict[str, Any]]:
    """Yield what came of loading and checking each plugin that a target names."""
    from zoo_core.cli.alone import DiedError, SilentError, follow
    from zoo_core.registry import installed, normal

    alone = {"ZOO_PLUGINS": normal(target)} if normal(target) in installed() else {}
    plugin: dict[str, Any] | None = None
    doing, problem = "", ""
    try:
        for line in follow("zoo_core.cli.conform", target, {**os.environ, **alone}, timeout):
            said = json_.loads(line)
            if "known" in said:
                raise _unknown(target, said["known"])
            if "plugin" in said:
                if plugin is not None:
                    yield plugin
                plugin = {**said["plugin"], "checks": []}
            doing = said.get("begins", "")
            if "result" in said and plugin is not None:
                plugin["checks"].append(said["result"])
                if said["result"]["state"] == "failed":
                    plugin["state"] = "failing"
    except SilentError:
        problem = f"{doing or 'it'} did not {'end' if doing else 'load'} within {timeout:g} s; " + (
            "what follows was not checked" if doing else "switch it off with ZOO_PLUGINS, or remove it"
        )
    except DiedError as error:
        problem = f"{doing or 'it'} ended the process that {'checked' if doing else 'loaded'} it ({error})"
    plugin = plugin or {"name": normal(target), "version": "", "parts": [], "checks": [], "problem": ""}
    yield {**plugin, "state": "broken", "problem": problem} if problem else plugin


def _unknown(target: str, parts: list[str]) -> PluginError:
    from zoo_core.registry import installed

    hint = nearest(target.rpartition(":")[2], [*installed(), *parts])
    return PluginError(
        f"no plugin or part {target!r} is installed{hint} (plugins: {', '.join(installed())}; 'zoo list parts')"
    )
