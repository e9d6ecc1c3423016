"""Calls the hooks of a plugin, and checks what they return."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from zoo_core import hookspecs
from zoo_core.contract import PART_NAME
from zoo_core.errors import PluginError, nearest
from zoo_core.hookspecs import LazyParts
from zoo_core.parts import KINDS
from zoo_core.registry._plugin import Entry, Plugin, part_class, refuse_duplicates, shown
from zoo_core.registry._tools import HOOKS, Tool, tools_of

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def query_plugin(module: object, plugin: Plugin) -> tuple[list[Entry], Traversable | None, list[Tool]]:
    """Return the parts, the folder of models and the tools that a plugin brings.

    Each plugin has a hook manager of its own, so that plugins cannot disturb each other.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module, plugin.distribution)
    _refuse_unknown_hooks(manager)
    if not manager.get_hookcallers(module):
        raise PluginError("it implements no hook; mark zoo_parts or another one with @zoo_core.hookimpl")
    parts = [part for answer in _answers(manager.hook.zoo_parts) for part in _iterated(answer)]
    models = [_folder(answer) for answer in _answers(manager.hook.zoo_models)]
    entries = list(_entries(parts, plugin))
    refuse_duplicates((entry.kind, entry.name) for entry in entries)
    tools = list(tools_of([(hook, a) for hook in HOOKS for a in _answers(getattr(manager.hook, hook))], plugin))
    refuse_duplicates((tool.kind, tool.name) for tool in tools)
    return entries, models[0] if models else None, tools


def _answers(hook: pluggy.HookCaller) -> list[Any]:
    """Call a hook. Raises PluginError for the None of a function that forgot to return."""
    answers: list[Any] = hook()
    if hook.get_hookimpls() and not answers:
        raise PluginError(f"{hook.name} returned None; return what it brings")
    return answers


def _iterated(answer: Any) -> Iterable[Any]:
    """Return what zoo_parts gave. Raises PluginError for what holds no parts, such as a number or one part."""
    if isinstance(answer, (str, type)) or not isinstance(answer, Iterable):
        raise PluginError(f"zoo_parts returned {shown(answer)}; return a list of part classes")
    return answer


def _refuse_unknown_hooks(manager: pluggy.PluginManager) -> None:
    """Raise PluginError for a function that is marked as a hook and is none; it names the nearest hook."""
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        found = re.search(r"unknown hook '(\w+)'", str(error))
        if found is None:
            raise
        hooks = [name for name in vars(hookspecs) if name.startswith("zoo_")]
        name = found[1]
        raise PluginError(f"unknown hook {name!r}{nearest(name, hooks)} (known: {', '.join(hooks)})") from error


def _folder(answer: Any) -> Traversable:
    """Return what zoo_models gave. Raises PluginError unless it is a folder."""
    if isinstance(answer, Path) and answer.is_dir():
        return answer
    from importlib.resources.abc import Traversable  # late: its import takes long

    if not (isinstance(answer, Traversable) and answer.is_dir()):
        raise PluginError(
            f"zoo_models returned {shown(answer)}, which is no folder; return importlib.resources.files(...)"
        )
    return answer


def _entries(items: Iterable[Any], plugin: Plugin) -> Iterator[Entry]:
    """Yield the entries of part classes, and of lazy parts, whose modules are imported later."""
    for item in items:
        if isinstance(item, LazyParts):
            _check_lazy_parts(item)
            yield from (Entry(item.kind, name, plugin, item.module) for name in item.names.split())
        else:
            part = part_class(item)
            yield Entry(part.kind, part.name, plugin, loaded=part)


def _check_lazy_parts(lazy: LazyParts) -> None:
    """Raise PluginError for an unknown kind, for no names or wrong ones, and for what is no name of a module."""
    if lazy.kind not in KINDS:
        raise PluginError(f"{lazy} is of unknown kind {lazy.kind!r}{nearest(str(lazy.kind), KINDS)}")
    if not isinstance(lazy.names, str) or not lazy.names.split():
        raise PluginError(f"{lazy} names no parts; write their names in one text, with blanks between them")
    if wrong := [name for name in lazy.names.split() if not PART_NAME.fullmatch(name)]:
        raise PluginError(f"{lazy} has the name {wrong[0]!r}; use lower-case letters, digits and '_'")
    if not all(map(str.isidentifier, str(lazy.module).split("."))):
        raise PluginError(f"{lazy} is in no module; name it from the top, as in 'zoo_mine.waves'")
