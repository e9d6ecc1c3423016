"""The page of commands: each with its arguments and options.

It is made from what the commands declare, not from the text of `--help`, which changes with the library.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer
from typer.models import ArgumentInfo, OptionInfo

from zoo_core.cli._app import application
from zoo_core.cli.reference.parts import escaped
from zoo_core.contract.option_types import is_union, without_bounds

HEAD = """\
# Commands

Every command of `zoo` with its arguments and options, as `zoo COMMAND --help` shows them. This page is made from the
command line itself.
"""


@dataclass(frozen=True)
class Command:
    """A command of the command line."""

    name: str
    callback: Callable[..., Any]
    text: str
    epilog: str


def commands_page() -> str:
    """Return the page as Markdown."""
    app = application()
    return HEAD + "".join(map(_command_section, [_shared_options(app), *commands("zoo", app)]))


def _shared_options(app: typer.Typer) -> Command:
    """Return the options before a command, as a command."""
    shared = app.registered_callback
    if shared is None or shared.callback is None:
        raise TypeError("the command line declares no options of its own")
    return Command("zoo", shared.callback, app.info.help or "", app.info.epilog or "")


def commands(name: str, group: typer.Typer) -> Iterator[Command]:
    """Yield every command of an application and of its groups, each with its full name."""
    for found in group.registered_commands:
        if found.callback is not None:
            own = found.name or found.callback.__name__
            text = inspect.getdoc(found.callback) or ""
            yield Command(f"{name} {own}", found.callback, text, found.epilog or "")
    for below in group.registered_groups:
        if below.typer_instance is not None:
            yield from commands(f"{name} {below.name}", below.typer_instance)


def _command_section(command: Command) -> str:
    declared = list(_declared(command.callback))
    arguments = [_placeholder(p) for p in declared if isinstance(p.info, ArgumentInfo)]
    words = " ".join([command.name, *arguments, "[OPTIONS]"])
    rows = "".join(map(_option_row, sorted(declared, key=lambda p: isinstance(p.info, OptionInfo))))
    table = f"| | |\n| --- | --- |\n{rows}" if rows else ""
    examples = inspect.cleandoc(command.epilog.replace("\b\n", ""))
    shown = f"\n```text\n{examples}\n```\n" if examples else ""
    return f"\n## {command.name}\n\n`{words}`\n\n{escaped(command.text)}\n\n{table}{shown}"


@dataclass(frozen=True)
class _Declared:
    name: str
    kind: Any
    info: ArgumentInfo | OptionInfo
    default: Any


def _declared(callback: Callable[..., Any]) -> Iterator[_Declared]:
    """Yield the parameters of a command's function that are arguments or options."""
    hints = typing.get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, info = typing.get_args(hints[name])[:2] if typing.get_origin(hints[name]) is Annotated else (None, None)
        if isinstance(info, (ArgumentInfo, OptionInfo)):
            yield _Declared(name, kind, info, parameter.default)


def _placeholder(declared: _Declared) -> str:
    word = (declared.info.metavar or declared.name.strip("_")).removesuffix("...").upper()
    word += "..." if typing.get_origin(declared.kind) is list else ""
    return word if declared.default is inspect.Parameter.empty else f"[{word}]"


def _option_row(declared: _Declared) -> str:
    info = declared.info
    name = ", ".join(_options(declared)) if isinstance(info, OptionInfo) else _placeholder(declared)
    metavar = f" {info.metavar}" if isinstance(info, OptionInfo) and info.metavar else ""
    notes = "; ".join(filter(None, [" or ".join(_choices(declared.kind)), _default_note(declared), _variables(info)]))
    return f"| `{name}{metavar}` | {escaped(info.help or '')}{f' ({notes})' if notes else ''} |\n"


def _options(declared: _Declared) -> list[str]:
    """Return the names of an option; Typer keeps the first name of an annotation as the default."""
    names = [name for name in (declared.info.default, *(declared.info.param_decls or ())) if isinstance(name, str)]
    return names or [f"--{declared.name.replace('_', '-')}"]


def _default_note(declared: _Declared) -> str:
    silent = declared.default in (None, False, inspect.Parameter.empty)
    return "" if silent else f"default {declared.default}"


def _variables(info: ArgumentInfo | OptionInfo) -> str:
    names = [info.envvar] if isinstance(info.envvar, str) else info.envvar or []
    return ", ".join(f"${name}" for name in names)


def _choices(kind: Any) -> list[str]:
    options = typing.get_args(kind) if is_union(kind) else (kind,)
    return [str(v) for o in map(without_bounds, options) if typing.get_origin(o) is Literal for v in typing.get_args(o)]
