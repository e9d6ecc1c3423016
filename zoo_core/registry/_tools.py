"""The tools of plugins: commands, plots, readers and exporters. Their functions are imported at their first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any

from zoo_core.errors import PluginError, ZooError, exception_text
from zoo_core.hookspecs import Command, Exporter, Plot, Reader
from zoo_core.registry._isolation import DISTRIBUTION, isolated, place
from zoo_core.registry._plugin import Plugin, shown

HOOKS: dict[str, type[Any]] = {
    "zoo_commands": Command, "zoo_plots": Plot, "zoo_readers": Reader, "zoo_exporters": Exporter,
}  # fmt: skip
NAMES = {
    "command": re.compile(r"[a-z][a-z0-9-]*"),
    "plot": re.compile(r"[a-z][a-z0-9_-]*"),
    "reader": re.compile(r"(\.[a-z0-9_-]+)+"),
    "exporter": re.compile(r"(\.[a-z0-9_-]+)+|/"),
}
BUILT_IN = {  # what the zoo has without a hook; tests compare it with the command line
    "command": (
        "train resume evaluate predict serve plot compare explain export list show validate schema new env data plugins"
    ),
    "plot": "curves confusion weights activation schedule layers",
    "reader": ".csv .tsv .txt .npy .npz .png .toml .json",
    "exporter": ".npz",
}
DRAWER = "zoo_core.display.plots.kinds:plot"  # draws models; a target, like those of plugins: it lies above models
TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def load_target(target: str) -> Any:
    """Return what a target "module:function" names, imported at its first use."""
    module, _, function = target.partition(":")
    return getattr(import_module(module), function)


@dataclass(eq=False)
class Tool:
    """A command, plot, reader or exporter of a plugin. `name` is the ending of files for the last two."""

    kind: str
    name: str
    target: str
    help: str
    plugin: Plugin

    def __str__(self) -> str:
        """Return how messages call it."""
        return f"plugin {self.plugin.distribution}: {self.kind} {self.name!r}"

    def load(self) -> Any:
        """Return what the target names, imported at its first use. Raises PluginError if that fails."""
        found, reasons = None, list[str]()
        with isolated(self.plugin.distribution, reasons.append):
            found = load_target(self.target)
        if reasons:
            raise PluginError(f"{self} cannot be imported: {reasons[0]}")
        if not callable(found):
            raise PluginError(f"{self} has the target {self.target!r}, which is {shown(found)}; write a function")
        return found

    def command(self) -> Any:
        """Return the command of Click that the target defines: a function or a `typer.Typer`."""
        import typer  # late: only commands need it

        found = self.load()
        if not isinstance(found, typer.Typer):
            app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            app.command(self.name, help=found.__doc__ or self.help)(found)
            found = app
        command: Any = self.guarded(typer.main.get_command)(found)
        command.invoke = self.guarded(command.invoke, (typer.Abort, typer.Exit, typer.BadParameter))
        return command

    def call(self, *arguments: Any) -> Any:
        """Call the target. Raises PluginError for an error of its own; those of the zoo pass."""
        return self.guarded(self.load())(*arguments)

    def guarded(self, function: Callable[..., Any], passes: tuple[type[Exception], ...] = ()) -> Callable[..., Any]:
        """Return a function whose errors name the plugin; those in `passes` and those of the zoo pass."""
        passes = (ZooError, MemoryError, BrokenPipeError, *passes)

        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            try:
                return function(*arguments, **options)
            except passes:
                raise
            except (Exception, SystemExit) as error:
                raise PluginError(f"{self} raised {exception_text(error)}{place(error)}") from error

        return call


def tools_of(answers: Iterable[tuple[str, Any]], plugin: Plugin) -> Iterator[Tool]:
    """Yield the tools in the answers of hooks. Raises PluginError for something else, and for wrong or taken names."""
    for hook, answer in answers:
        if isinstance(answer, (str, type)) or not isinstance(answer, Iterable):
            raise PluginError(f"{hook} returned {shown(answer)}; return a list of {HOOKS[hook].__name__}")
        for item in answer:
            if not isinstance(item, HOOKS[hook]):
                raise PluginError(
                    f"{hook} returned {shown(item)}, which is no zoo_core.hookspecs.{HOOKS[hook].__name__}"
                )
            for tool in _tools(item, plugin):
                _check_tool(tool, hook)
                yield tool


def _tools(item: Any, plugin: Plugin) -> Iterator[Tool]:
    """Yield the tool of a command, plot or exporter, or that of each ending of a reader."""
    kind = type(item).__name__.lower()
    if isinstance(item, Reader):
        if isinstance(item.endings, str) or not isinstance(item.endings, Iterable):
            raise PluginError(f"zoo_readers: endings are {shown(item.endings)}; write a tuple, such as ('.parquet',)")
        yield from (Tool(kind, ending, item.target, "", plugin) for ending in item.endings)
    elif isinstance(item, Exporter):
        yield Tool(kind, item.ending, item.target, "", plugin)
    else:
        yield Tool(kind, item.name, item.target, item.help, plugin)


def _check_tool(tool: Tool, hook: str) -> None:
    if not isinstance(tool.name, str) or not NAMES[tool.kind].fullmatch(tool.name):
        raise PluginError(
            f"{hook}: {tool.name!r} cannot name a new {tool.kind}; a name matches {NAMES[tool.kind].pattern}"
        )
    if not isinstance(tool.target, str) or not TARGET.fullmatch(tool.target):
        raise PluginError(f"{hook}: {tool.kind} {tool.name!r} has the target {tool.target!r}; write 'module:function'")
    if tool.kind in ("command", "plot") and (not isinstance(tool.help, str) or not tool.help.strip()):
        raise PluginError(f"{hook}: {tool.kind} {tool.name!r} has no help; say in one line what it does")
    if tool.plugin.distribution != DISTRIBUTION and tool.name in BUILT_IN[tool.kind].split():
        raise PluginError(
            f"{hook}: {DISTRIBUTION} has {tool.kind} {tool.name!r} already; give that of this plugin another name"
        )
