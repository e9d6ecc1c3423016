"""`zoo plugins`: list what is installed, check it, and begin one of your own."""

from __future__ import annotations

import json as json_
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from zoo_core.cli._options import Json, lines, report, rows
from zoo_core.errors import PluginError, nearest

app = typer.Typer(
    help="Show every plugin: its distribution, version, parts and state. Check one, or begin your own.",
    rich_markup_mode=None,
    invoke_without_command=True,
    epilog=lines("Examples: zoo plugins | zoo plugins new zoo-mine --kind activation | zoo plugins check zoo-mine"),
)


@app.callback()
def plugins(context: typer.Context, json: Json = False) -> None:
    """Show every plugin, where no other command is given."""
    if context.invoked_subcommand is None:
        _print(_all(None), json)


@app.command("list", epilog=lines("Examples: zoo plugins list | zoo plugins list zoo-lookahead --json"))
def list_(
    name: Annotated[str | None, typer.Argument(help="Only this distribution.")] = None, json: Json = False
) -> None:
    """Show every plugin: its distribution, version, parts and state."""
    _print(_all(name), json)


@app.command(
    epilog=lines("Examples: zoo plugins check zoo-mine | zoo plugins check activation:gelu | zoo plugins check --json")
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
        from zoo_core.display.text.conformance import conformance

        report(None, False, "\n\n".join(map(conformance, found)))
    bad = [f"{p['state']}: {p['name']}" for p in found if p["state"] in ("broken", "failing")]
    if bad:
        raise PluginError("; ".join(bad))


Kind = Literal[
    "activation", "normalizer", "penalty", "constraint", "noise", "batch_augmentation", "loss", "metric", "optimizer",
    "schedule", "initializer", "generator", "preprocessor", "dataset", "callback", "regularizer",
]  # fmt: skip


@app.command(
    epilog=lines("Examples: zoo plugins new zoo-mine --kind activation | zoo plugins new zoo-mine --kind loss --force")
)
def new(
    name: Annotated[str, typer.Argument(help="Name of the distribution and its folder, such as zoo-mine.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What its part is; a regularizer is a penalty.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the files that are there.")] = False,
    json: Json = False,
) -> None:
    """Write a complete distribution around a small part of a kind: module, tests, and a spec that uses it."""
    from zoo_core.cli.templates import plugin_files, write
    from zoo_core.registry import Registry

    texts = plugin_files(name, "penalty" if kind == "regularizer" else kind, Registry())
    write(Path(name), texts, force)
    spec = next(path for path in texts if path.endswith(".toml") and path != "pyproject.toml")
    now = [f"pip install -e './{name}[test]'", f"zoo plugins check {name}", f"zoo train {name}/{spec}"]
    told = "\n  ".join([f"saved {name}: {', '.join(sorted(texts))}\nnow:", *now])
    report({"saved": name, "files": sorted(texts), "now": now}, json, told)


def _all(name: str | None) -> list[dict[str, Any]]:
    from zoo_core.registry import Registry, normalized_name
    from zoo_core.spec.describe import plugin_row

    registry = Registry()
    found = [plugin_row(registry, plugin, entries) for plugin, entries in registry.brought()]
    chosen = [p for p in found if name is None or normalized_name(name) == p["name"]]
    if not chosen:
        raise PluginError(f"no plugin {name!r} is installed (installed: {', '.join(str(p['name']) for p in found)})")
    return chosen


def _print(found: list[dict[str, Any]], json: bool) -> None:
    lines = [{**p, "parts": _short(p["parts"])} for p in found]
    report(found, json, rows(lines, ["name", "version", "state", "parts", "problem"]))


def _short(parts: list[str]) -> str:
    return ", ".join(parts) if len(parts) <= 6 else f"{len(parts)} parts: zoo list parts"


class _Watcher:
    """Puts together what the process that checks says, and knows what it was doing when it fell silent or died."""

    def __init__(self, target: str) -> None:
        self.target, self.doing = target, ""
        self.plugins: list[dict[str, Any]] = []

    def hear(self, line: str) -> None:
        """Take in a line. Raises PluginError where the target is not known."""
        said = json_.loads(line)
        if "known" in said:
            raise _unknown(self.target, said["known"])
        self.doing = said.get("begins", "")
        if "plugin" in said:
            self.plugins.append({**said["plugin"], "checks": []})
        if "result" in said:
            self.plugins[-1]["checks"].append(said["result"])
            if said["result"]["state"] == "failed":
                self.plugins[-1]["state"] = "failing"

    def broke(self, loading: str, checking: str) -> None:
        """Note why the latest plugin could not be loaded, or the check at hand not be ended."""
        if not self.plugins:
            self.plugins.append({"name": self.target, "version": "", "parts": [], "checks": []})
        problem = f"{self.doing} {checking}" if self.doing else f"it {loading}"
        self.plugins[-1] |= {"state": "broken", "problem": problem}


def _check(target: str, timeout: float) -> list[dict[str, Any]]:
    """Return what came of loading and checking each plugin that a target names, in a process of its own."""
    from zoo_core.cli._check_runner import DiedError, SilentError, follow
    from zoo_core.registry import installed, normalized_name

    alone = {"ZOO_PLUGINS": normalized_name(target)} if normalized_name(target) in installed() else {}
    watcher = _Watcher(normalized_name(target) if alone else target)
    try:
        for line in follow("zoo_core.cli._check_process", target, {**os.environ, **alone}, timeout):
            watcher.hear(line)
    except SilentError:
        watcher.broke(
            f"did not load within {timeout:g} s; switch it off with ZOO_PLUGINS, or remove it",
            f"did not end within {timeout:g} s; what follows was not checked",
        )
    except DiedError as error:
        watcher.broke(
            f"ended the process that loaded it ({error})",
            f"ended the process that checked it ({error}); what follows was not checked",
        )
    return watcher.plugins


def _unknown(target: str, parts: list[str]) -> PluginError:
    from zoo_core.registry import installed

    hint = nearest(target.rpartition(":")[2], [*installed(), *parts])
    return PluginError(
        f"no plugin or part {target!r} is installed{hint} (plugins: {', '.join(installed())}; 'zoo list parts')"
    )
