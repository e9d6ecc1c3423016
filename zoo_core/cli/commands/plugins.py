"""`zoo plugins`: list what is installed, check it, and write a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zoo_core.cli._options import Json, format_examples
from zoo_core.cli._output import report, rows
from zoo_core.cli.templates import template_kinds
from zoo_core.errors import PluginError

app = typer.Typer(
    help="Show every plugin: its distribution, version, parts and state. Check one, or write a new one.",
    rich_markup_mode=None,
    invoke_without_command=True,
    epilog=format_examples(
        "Examples: zoo plugins | zoo plugins new zoo-mine --kind activation | zoo plugins check zoo-mine"
    ),
)
TEMPLATE_KINDS = [*template_kinds(), "regularizer"]


@app.callback()
def plugins(context: typer.Context, json: Json = False) -> None:
    """Show every plugin, if no other command is given."""
    if context.invoked_subcommand is None:
        _print_plugins(_plugin_rows(None), json)


@app.command("list", epilog=format_examples("Examples: zoo plugins list | zoo plugins list zoo-lookahead --json"))
def list_(
    name: Annotated[str | None, typer.Argument(help="Show only this distribution.")] = None, json: Json = False
) -> None:
    """Show every plugin: its distribution, version, parts and state."""
    _print_plugins(_plugin_rows(name), json)


@app.command(
    epilog=format_examples(
        "Examples: zoo plugins check zoo-mine | zoo plugins check activation:gelu | zoo plugins check --json"
    )
)
def check(
    name: Annotated[
        str | None, typer.Argument(help="A distribution, or a part: its name or kind:name. Default: all plugins.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds that loading and checking one plugin may take.")
    ] = 120.0,
    json: Json = False,
) -> None:
    """Check that the parts of plugins keep the promises of their kinds.

    Derivatives are compared with central differences; buffers, dtypes, saved state, randomness and options are
    tested. Targets of commands, plots, readers and exporters are imported; shipped specs and weights are read. A
    mistake is shown with the point, the numbers and the likely cause. Each plugin is loaded in a process of its own.
    The exit code is 4 if any check fails.
    """
    from zoo_core.cli._check_process import check_in_process
    from zoo_core.registry import installed

    found = [plugin for target in ([name] if name else installed()) for plugin in check_in_process(target, timeout)]
    if json:
        report(found, True, None)
    else:
        from zoo_core.display.text import conformance_report

        report(None, False, "\n\n".join(map(conformance_report, found)))
    bad = [f"{p['state']}: {p['name']}" for p in found if p["state"] in ("broken", "failing")]
    if bad:
        raise PluginError("; ".join(bad))


@app.command(
    epilog=format_examples(
        "Examples: zoo plugins new zoo-mine --kind activation | zoo plugins new zoo-mine --kind loss --force"
    )
)
def new(
    name: Annotated[str, typer.Argument(help="Name of the distribution and its folder, such as zoo-mine.")],
    kind: Annotated[
        str | None,
        typer.Option("--kind", help=f"Kind of its part: {', '.join(TEMPLATE_KINDS)}; a regularizer is a penalty."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files of these names.")] = False,
    json: Json = False,
) -> None:
    """Write a complete distribution around one small part: module, tests, and a spec that uses it."""
    from zoo_core.cli._inputs import check_kind
    from zoo_core.cli._new_plugin import plugin_files, write_plugin
    from zoo_core.registry import Registry

    kind = check_kind(kind, TEMPLATE_KINDS)
    texts = plugin_files(name, "penalty" if kind == "regularizer" else kind, Registry())
    write_plugin(Path(name), texts, force)
    spec = next(path for path in texts if path.endswith(".toml") and path != "pyproject.toml")
    commands = [f"pip install -e './{name}[test]'", f"zoo plugins check {name}", f"zoo train {name}/{spec}"]
    text = "\n  ".join([f"saved {name}: {', '.join(sorted(texts))}\nnow:", *commands])
    report({"saved": name, "files": sorted(texts), "now": commands}, json, text)


def _plugin_rows(name: str | None) -> list[dict[str, Any]]:
    from zoo_core.cli.commands.list_ import model_rows
    from zoo_core.registry import Registry, normalized_name
    from zoo_core.spec.describe import plugin_row

    registry = Registry()
    model_rows(registry)  # a spec that cannot be read is a problem of its plugin
    found = [plugin_row(plugin, registry.entries(plugin=plugin)) for plugin in registry.plugins]
    chosen = [p for p in found if name is None or normalized_name(name) == p["name"]]
    if not chosen:
        raise PluginError(f"no plugin {name!r} is installed (installed: {', '.join(str(p['name']) for p in found)})")
    return chosen


def _print_plugins(found: list[dict[str, Any]], json: bool) -> None:
    lines = [{**p, "parts": _join_parts(p["parts"])} for p in found]
    report(found, json, rows(lines, ["name", "version", "state", "parts", "problem"]))


def _join_parts(parts: list[str]) -> str:
    return ", ".join(parts) if len(parts) <= 6 else f"{len(parts)} parts: zoo list parts"
