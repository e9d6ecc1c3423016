"""Discovers plugins and answers for (kind, name) with a part and where it came from.

The built-in parts are the plugin of this distribution and take the same road as everybody's. A plugin that
cannot be loaded, or one of its modules that is imported when a part of it is needed, is quarantined: the others
work, `zoo plugins` shows it, and it is an error only where one of its parts is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from zoo_core.errors import PluginError, nearest
from zoo_core.parts import KINDS, Part
from zoo_core.registry._discovery import DISTRIBUTION, Plugin, every_plugin
from zoo_core.registry._entries import Entry, query_plugin
from zoo_core.registry._isolation import isolated


class Registry:
    """All parts that are installed, by kind and name.

    `Registry()` discovers what is installed; `Registry(discover=False)` is empty, for tests; `add` takes a
    module or object with hooks, as a notebook would define one.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self.plugins: list[Plugin] = []
        self._entries: dict[tuple[str, str], list[Entry]] = {}
        if discover:
            for plugin, load in every_plugin(os.environ.get("ZOO_PLUGINS")):
                self._take(plugin, load)

    def add(self, module: object, distribution: str = "local", version: str = "0") -> Plugin:
        """Register an object that implements hooks; modules of families are imported later.

        Raises PluginError when it is not a sound plugin.
        """
        plugin = Plugin(distribution, version)
        self._take(plugin, lambda: module)
        if plugin.problem:
            raise PluginError(f"plugin {distribution}: {plugin.problem}")
        return plugin

    def get(self, kind: str, name: str) -> type[Part]:
        """Return the part class; see `entry`."""
        return self.entry(kind, name).part

    def entry(self, kind: str, name: str) -> Entry:
        """Return the entry for a name, or for 'distribution:name' where several plugins bring that name.

        Raises PluginError for a name that is unknown or ambiguous; it lists what is known.
        """
        distribution, _, bare = name.rpartition(":")
        rivals = [e for e in self._rivals(kind, bare) if distribution in ("", e.distribution)]
        own = [e for e in rivals if e.distribution == DISTRIBUTION]
        found = [e for e in own or rivals if e.imports()]
        if len(found) == 1:
            return found[0]
        raise PluginError(self._ambiguous(found) if found else self._unknown(kind, name))

    def entry_of(self, part: Part) -> Entry:
        """Return the entry of a part instance. Raises PluginError when its class is not registered."""
        for entry in self._rivals(part.kind, part.name):
            if entry.imports() and entry.part is type(part):
                return entry
        raise PluginError(
            f"{part.kind} {part.name!r} ({type(part).__qualname__}) is not registered; give it to the zoo "
            "through a plugin's zoo_parts hook or Registry.add"
        )

    def knows(self, kind: str, name: str, distribution: str) -> bool:
        """Tell whether a distribution brings a part, whether or not it can be imported."""
        return any(entry.distribution == distribution for entry in self._entries.get((kind, name), ()))

    def key(self, entry: Entry) -> str:
        """Return the name that a spec must use for this entry: bare, or 'distribution:name' if it clashes."""
        plain = len(self._rivals(entry.kind, entry.name)) == 1 or entry.distribution == DISTRIBUTION
        return entry.name if plain else f"{entry.distribution}:{entry.name}"

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Return the entries of all parts, or of one kind, that can be imported; sorted by kind and name."""
        found = [e for e in self._known() if kind in (None, e.kind) and e.imports()]
        return sorted(found, key=lambda e: (e.kind, e.name, e.distribution))

    def entries_of(self, plugin: Plugin) -> list[Entry]:
        """Return the entries of a plugin that can be imported; what cannot, its `problem` says from then on."""
        return [e for e in self._known() if e.plugin is plugin and e.imports()]

    def brought(self) -> list[tuple[Plugin, list[Entry]]]:
        """Return each plugin with its entries that can be imported."""
        return [(plugin, self.entries_of(plugin)) for plugin in self.plugins]

    def names(self, kind: str) -> list[str]:
        """Return the names that a spec may use for a kind, sorted; nothing is imported for it."""
        return sorted({self.key(e) for e in self._known() if e.kind == kind})

    def warnings(self) -> list[str]:
        """Return a line for each plugin that has failed so far and each name that two plugins bring."""
        working = {e.plugin for e in self._known()}
        broken = [
            f"plugin {p.distribution} {p.version} is left out{' in part' if p in working else ''}: {p.problem}"
            for p in self.plugins
            if p.problem
        ]
        groups = [self._rivals(*key) for key in self._entries]
        return broken + [self._ambiguous(group) for group in groups if len(group) > 1]

    def _known(self) -> Iterator[Entry]:
        """Yield the entries of all parts but those whose import has failed."""
        return (e for group in list(self._entries.values()) for e in group if not e.failed)

    def _rivals(self, kind: str, name: str) -> list[Entry]:
        """Return the entries of one name, but those whose import has failed."""
        return [e for e in self._entries.get((kind, name), ()) if not e.failed]

    # -------------------------------------------------------------- loading

    def _take(self, plugin: Plugin, load: Callable[[], object]) -> None:
        self.plugins.append(plugin)
        if plugin.problem or plugin.switched_off:
            return
        with isolated(plugin):
            entries, models = query_plugin(load(), plugin)
            self._refuse_again(entries)
            for entry in entries:
                self._entries.setdefault((entry.kind, entry.name), []).append(entry)
            plugin.models = models

    def _refuse_again(self, entries: list[Entry]) -> None:
        """Refuse a name that the same distribution brought before: no spec could choose between the two."""
        for e in entries:
            if self.knows(e.kind, e.name, e.distribution):
                raise PluginError(f"{e.distribution} has brought {e.kind} {e.name!r} before; give one another name")

    # -------------------------------------------------------------- messages

    def _unknown(self, kind: str, name: str) -> str:
        known = self.names(kind)
        if kind not in KINDS:
            return f"unknown kind of part {kind!r}{nearest(kind, KINDS)} (known: {', '.join(KINDS)})"
        hint = nearest(name, known)
        broken = "".join(
            f"; plugin {p.distribution} could not be loaded ({p.problem})" for p in self.plugins if p.problem
        )
        return f"unknown {kind} {name!r}{hint} (known: {', '.join(known) or 'none'}){broken}"

    def _ambiguous(self, rivals: list[Entry]) -> str:
        first = rivals[0]
        choices = " or ".join(f"'{e.distribution}:{e.name}'" for e in rivals)
        names = " and ".join(f"{e.distribution} {e.version}" for e in rivals)
        return f"{first.kind} {first.name!r} comes from {names}; write {choices} to choose"
