"""The Typer application: its commands and the options before a command."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from zoo_core.cli._options import format_examples
from zoo_core.cli._plugin_commands import plugin_command, plugin_commands
from zoo_core.cli._signals import Interrupted

COMMANDS = (  # each a module in `commands/`; those that have an `app` are groups of commands
    "train", "resume", "evaluate", "predict", "plot", "compare", "explain", "export", "serve", "list_", "show",
    "validate", "schema", "new", "env", "data", "plugins",
)  # fmt: skip

HELP = """A zoo of NumPy multi-layer perceptrons: train, use, plot and compare small networks.

A network is described by a spec, a short TOML file; its activations, optimizer and so on are parts, which \
plugins provide. Exit codes: 0 done, 1 a bug of the zoo, 2 usage, 3 bad input, 4 a plugin is missing or broken, \
5 resources, 6 numbers that are no longer finite, 130 or 143 interrupted."""
FIRST_COMMANDS = (
    "Begin with: zoo train glyphs-quickstart -o glyphs.npz | zoo plot glyphs.npz | zoo show relu | zoo train --help"
)


class _Group(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted from error
        except BaseException as error:  # before Typer gives errors of files and SystemExit a meaning of its own
            from zoo_core.contract import raise_named

            raise_named(error)
            raise

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, those of plugins last."""
        return [*super().list_commands(ctx), *plugin_commands()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name; a plugin's is imported when it is run."""
        return super().get_command(ctx, cmd_name) or plugin_command(cmd_name)


def application(only: str = "") -> typer.Typer:
    """Return the command line, with the one command that `only` names, or with all if it names none.

    A process runs one command, and importing all others takes longer than predicting a row.
    """
    app = typer.Typer(
        name="zoo",
        cls=_Group,
        help=HELP,
        epilog=format_examples(FIRST_COMMANDS),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True, help=HELP)(_options_before_command)
    for module in [m for m in COMMANDS if _command_name(m) == only] or COMMANDS:
        _add_command(app, module)
    return app


def _command_name(module: str) -> str:
    return module.rstrip("_")


def _add_command(app: typer.Typer, module: str) -> None:
    found = import_module(f"zoo_core.cli.commands.{module}")
    if hasattr(found, "app"):
        app.add_typer(found.app, name=_command_name(module))
    else:
        app.command(_command_name(module), epilog=format_examples(found.EXAMPLES))(found.command)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"zoo {version('mlp-zoo')}")
        raise typer.Exit


def _options_before_command(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""
