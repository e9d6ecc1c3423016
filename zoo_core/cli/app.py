"""The Typer application: registers the commands and what they share."""

from __future__ import annotations

from typing import Annotated

import typer

from zoo_core.cli import (
    compare,
    data,
    env,
    evaluate,
    explain,
    list_,
    new,
    plot,
    plugins,
    predict,
    resume,
    schema,
    show,
    train,
    validate,
)
from zoo_core.cli.common import lines

app = typer.Typer(
    name="zoo",
    help=(
        "A zoo of NumPy multi-layer perceptrons: train, use, plot and compare small networks.\n\n"
        "A network is described by a spec, a short TOML file; its activations, optimizer and so on are parts, which "
        "plugins bring. Exit codes: 0 done, 1 a bug of ours, 2 usage, 3 bad input, 4 a plugin is missing or broken, "
        "5 resources, 6 numbers that are no longer finite, 130 or 143 interrupted."
    ),
    epilog=lines(
        "Begin with: zoo train glyphs-quickstart -o glyphs.npz | zoo plot glyphs.npz | zoo show relu | zoo train --help"
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"zoo {version('mlp-zoo')}")
        raise typer.Exit


@app.callback()
def shared(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; it may stand anywhere.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""


app.callback(invoke_without_command=True, help=app.info.help)(shared)

COMMANDS = (
    train, resume, evaluate, predict, plot, compare, explain, list_, show, validate, schema, new, env,
)  # fmt: skip

for module in COMMANDS:
    app.command(module.NAME, epilog=lines(module.EXAMPLES))(module.command)
app.add_typer(data.app, name="data")
app.add_typer(plugins.app, name="plugins")
