"""The Typer application: registers the commands and what they share."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from zoo_core.cli._options import lines

COMMANDS = (  # each a module here; those that have an `app` are groups of commands
    "train", "resume", "evaluate", "predict", "plot", "compare", "explain", "list_", "show", "validate", "schema",
    "new", "env", "data", "plugins",
)  # fmt: skip

HELP = """A zoo of NumPy multi-layer perceptrons: train, use, plot and compare small networks.

A network is described by a spec, a short TOML file; its activations, optimizer and so on are parts, which \
plugins bring. Exit codes: 0 done, 1 a bug of ours, 2 usage, 3 bad input, 4 a plugin is missing or broken, \
5 resources, 6 numbers that are no longer finite, 130 or 143 interrupted."""
BEGIN = "Begin with: zoo train glyphs-quickstart -o glyphs.npz | zoo plot glyphs.npz | zoo show relu | zoo train --help"


def application(only: str = "") -> typer.Typer:
    """Return the command line, with the one command that `only` names, or with all where it names none.

    A process runs one command; to import the others and read their options would take longer than to predict a row.
    """
    app = typer.Typer(
        name="zoo",
        help=HELP,
        epilog=lines(BEGIN),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True, help=HELP)(shared)
    for module in [m for m in COMMANDS if _name(m) == only] or COMMANDS:
        _add(app, module)
    return app


def _name(module: str) -> str:
    return module.rstrip("_")


def _add(app: typer.Typer, module: str) -> None:
    found = import_module(f"zoo_core.cli.commands.{module}")
    if hasattr(found, "app"):
        app.add_typer(found.app, name=_name(module))
    else:
        app.command(_name(module), epilog=lines(found.EXAMPLES))(found.command)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"zoo {version('mlp-zoo')}")
        raise typer.Exit


def shared(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; it may stand anywhere.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""
