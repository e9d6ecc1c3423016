"""The commands that plugins bring. `zoo --help` lists them, and imports none of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

if TYPE_CHECKING:
    from zoo_core.registry import Tool


class PluginCommand(TyperCommand):
    """A command of a plugin, imported when its arguments are read."""

    def __init__(self, tool: Tool) -> None:
        super().__init__(tool.name, callback=None, help=tool.help, short_help=tool.help, rich_markup_mode=None)
        self._tool = tool

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the arguments with the command that the plugin defines."""
        return self._tool.command().make_context(*arguments, **options)


def plugin_commands() -> dict[str, PluginCommand]:
    """Return the commands of plugins by name. Without other plugins it does not even look at the parts."""
    if not _may_have_plugins():
        return {}
    from zoo_core.registry import Registry

    return {tool.name: PluginCommand(tool) for tool in Registry().tools("command")}


def plugin_command(name: str) -> PluginCommand | None:
    """Return a command of a plugin, or None. Raises PluginError if several plugins bring it."""
    if not _may_have_plugins():
        return None
    from zoo_core.registry import Registry

    tool = Registry().tool("command", name)
    return None if tool is None else PluginCommand(tool)


def _may_have_plugins() -> bool:
    """Return whether a plugin besides the built-in one may be loaded. It is asked before NumPy is imported."""
    if os.environ.get("ZOO_PLUGINS", "all").strip() == "":
        return False
    from zoo_core.registry import only_built_in

    return only_built_in() is None
