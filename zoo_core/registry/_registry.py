"""The registry: finds a part by its kind and name, and knows which plugin brings it.

The built-in parts are a plugin like any other. A plugin that cannot be loaded is left out, and so is a module of
lazy parts that cannot be imported. The others work, `zoo plugins` shows the reason, and only a run that needs one of
the missing parts fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from zoo_core.errors import PluginError
from zoo_core.parts import Part
from zoo_core.registry._discovery import every_plugin
from zoo_core.registry._hooks import query_plugin
from zoo_core.registry._isolation import DISTRIBUTION, isolated
from zoo_core.registry._plugin import ADDED, Entry, Key, Plugin, check_identity
from zoo_core.registry._tools import Tool

T = TypeVar("T")


class Registry:
    """All parts of the installed plugins, by kind and name.

        registry = Registry()
        registry.get("activation", "relu")

    Args:
        discover: whether to load the installed plugins. Without them the registry is empty, and `add` fills it.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self.plugins: list[Plugin] = []
        self._by_name: dict[Key, list[Entry]] = {}
        self._tools: dict[Key, list[Tool]] = {}
        if discover:
            for plugin, load in every_plugin(os.environ.get("ZOO_PLUGINS")):
                self._load(plugin, load)

    def __repr__(self) -> str:
        """Return how many plugins and parts there are."""
        parts = sum(1 for _ in self._working())
        plugins = len(self.plugins)
        return f"<{type(self).__name__}: {parts} parts of {plugins} plugin{'s' * (plugins != 1)}>"

    def _repr_html_(self) -> str:
        """Return the plugins, and the parts and tools by kind, for a notebook."""
        from zoo_core.registry._html import registry_html  # late: few registries are shown

        return registry_html(self)

    def add(self, module: object, distribution: str = ADDED, version: str = "0") -> Plugin:
        """Register a module or an object that implements hooks, such as one defined in a notebook.

        Args:
            module: holds functions that are marked with `zoo_core.hookimpl`.
            distribution: the name that stands for its distribution.
            version: its version.

        Returns:
            The plugin. The modules of its lazy parts are imported later.

        Raises:
            PluginError: it implements no hook, or a part is not sound.

        Example:
            registry = Registry()
            registry.add(my_module)
        """
        plugin = Plugin(distribution, version)
        self._load(plugin, lambda: module)
        if plugin.problem:
            raise PluginError(f"plugin {distribution}: {plugin.problem}")
        return plugin

    def get(self, kind: str, name: str) -> type[Part]:
        """Return a part class.

        Args:
            kind: such as "activation"; `zoo_core.parts.KINDS` has all.
            name: its name, or "distribution:name".

        Returns:
            The class, imported at its first use.

        Raises:
            PluginError: the name is unknown, several plugins bring it, or its import fails.

        Example:
            registry = Registry()
            registry.get("activation", "relu")()  # a part
        """
        return self.entry(kind, name).part

    def entry(self, kind: str, name: str) -> Entry:
        """Return the entry of a part: its class and its plugin.

        Args:
            kind: as in `get`.
            name: as in `get`.

        Returns:
            The entry; its class is imported.

        Raises:
            PluginError: as in `get`.

        Example:
            entry = Registry().entry("activation", "relu")
            entry.distribution  # 'mlp-zoo'
        """
        distribution, _, bare = name.rpartition(":")
        rivals = [e for e in self._by_name.get((kind, bare), ()) if not e.failed]
        rivals = [e for e in rivals if distribution in ("", e.distribution)]
        own = [e for e in rivals if e.distribution == DISTRIBUTION]
        found = [e for e in own or rivals if e.imports()]
        if len(found) == 1:
            return found[0]
        from zoo_core.registry._name_errors import ambiguous, unknown  # late, as below: most names are right

        raise PluginError(ambiguous(found) if found else unknown(self, kind, name))

    def rivals(self, kind: str, name: str) -> list[Entry]:
        """Return the entries of a kind and a bare name, one for each plugin that brings it. Nothing is imported."""
        return self._by_name.get((kind, name), [])

    def entries(self, kind: str | None = None, plugin: Plugin | None = None) -> list[Entry]:
        """Return all entries, or those of one kind or of one plugin, sorted by kind and name.

        Their classes are imported. Entries whose import fails are left out.
        """
        chosen = [e for e in self._working() if kind in (None, e.kind) and plugin in (None, e.plugin)]
        return sorted((e for e in chosen if e.imports()), key=lambda e: (e.kind, e.name, e.distribution))

    @staticmethod
    def describe_each(describe: Callable[[Entry], T], entries: Iterable[Entry]) -> list[T]:
        """Return what `describe` returns for each entry.

        An entry for which it raises is left out from then on, and its plugin's `problem` says why.
        """
        found: list[T] = []
        for entry in entries:
            with isolated(entry.distribution, entry.fail):
                found.append(describe(entry))
        return found

    def names(self, kind: str) -> list[str]:
        """Return the names that a spec may use for a kind, sorted. Nothing is imported."""
        return sorted({e.spec_name for e in self._working() if e.kind == kind})

    def warnings(self) -> list[str]:
        """Return a line for each plugin that has failed so far, and for each name that several plugins bring."""
        broken = [
            f"plugin {p.distribution} {p.version} is left out"
            f"{' in part' if any(not e.failed for e in p.entries) else ''}: {p.problem}"
            for p in self.plugins
            if p.problem
        ]
        groups = [[e for e in group if not e.failed] for group in list(self._by_name.values())]
        several = [group for group in groups if len(group) > 1]
        clashing = [tools for tools in self._tools.values() if len(tools) > 1]
        if not several and not clashing:
            return broken
        from zoo_core.registry._name_errors import ambiguous, clash

        return broken + [ambiguous(group) for group in several] + [clash(tools) for tools in clashing]

    def _working(self) -> Iterator[Entry]:
        return (e for plugin in list(self.plugins) for e in plugin.entries if not e.failed)

    def _load(self, plugin: Plugin, load: Callable[[], object]) -> None:
        """Take in a plugin; if its code fails, its `problem` says why."""
        self.plugins.append(plugin)
        if plugin.problem or plugin.switched_off:
            return
        with isolated(plugin.distribution, plugin.add_problem):
            check_identity(plugin)
            entries, models, tools = query_plugin(load(), plugin)
            for e in entries:
                # A spec could not choose between two parts of one distribution.
                if any(e.distribution == rival.distribution for rival in self._by_name.get((e.kind, e.name), ())):
                    raise PluginError(f"{e.distribution} has brought {e.kind} {e.name!r} before; give one another name")
            for e in entries:
                e.rivals = self._by_name.setdefault((e.kind, e.name), [])
                e.rivals.append(e)
            self._add_tools(tools)
            plugin.entries, plugin.models, plugin.tools = entries, models, tools

    def _add_tools(self, tools: Sequence[Tool]) -> None:
        """Add the tools of a plugin. Raises PluginError for the name of a tool that the built-in plugin has."""
        for tool in tools:
            if any(t.plugin.distribution == DISTRIBUTION for t in self._tools.get((tool.kind, tool.name), ())):
                raise PluginError(f"{DISTRIBUTION} has {tool.kind} {tool.name!r} already; give it another name")
        for tool in tools:
            self._tools.setdefault((tool.kind, tool.name), []).append(tool)

    def tool(self, kind: str, name: str) -> Tool | None:
        """Return a "command", "plot", "reader" or "exporter" of a plugin by its name or ending, or None.

        Raises PluginError if several plugins bring it.
        """
        found = self._tools.get((kind, name), [])
        if len(found) > 1:
            from zoo_core.registry._name_errors import clash

            raise PluginError(clash(found))
        return found[0] if found else None

    def tools(self, kind: str) -> list[Tool]:
        """Return the tools of a kind that one plugin alone brings, sorted by name."""
        alone = [found[0] for (own, _), found in self._tools.items() if own == kind and len(found) == 1]
        return sorted(alone, key=lambda tool: tool.name)

    def is_misspelt(self, kind: str, name: str) -> bool:
        """Return whether an unknown name is likely that of a known part, and not that of a missing plugin's part."""
        broken = any(plugin.problem for plugin in self.plugins)
        from zoo_core.registry._name_errors import suggestion

        return not broken and bool(suggestion(self, kind, name))


def entry_of(part: Part, registry: Registry) -> Entry:
    """Return the entry of a part instance. Raises PluginError if its class is not registered."""
    for entry in registry.rivals(part.kind, part.name):
        if entry.imports() and entry.part is type(part):
            return entry
    raise PluginError(
        f"{part.kind} {part.name!r} ({type(part).__qualname__}) is not registered; give it to the zoo "
        "through a plugin's zoo_parts hook or Registry.add"
    )
