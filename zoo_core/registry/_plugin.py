"""A plugin, and an entry for each part that it brings; the class of a part is imported when it is first used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zoo_core.contract import definition_errors
from zoo_core.errors import PluginError
from zoo_core.parts import KINDS, Part
from zoo_core.registry._isolation import DISTRIBUTION, LOAD_LOCK, isolated

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# What a model file holds as name and version; `model/_header.py` has the same patterns.
DISTRIBUTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,99}")
ADDED = "local"  # the distribution of what `Registry.add` takes; nothing of that name is to be installed
Key = tuple[str, str]  # kind and name of a part


@dataclass(eq=False)
class Plugin:
    """A distribution with an entry point in the group `zoo`: what it brings, or why it could not be loaded."""

    distribution: str
    version: str
    problem: str = ""
    models: Traversable | None = None
    switched_off: bool = False
    entries: list[Entry] = field(default_factory=list, repr=False)
    tools: list[Any] = field(default_factory=list, repr=False)  # Tool, which has a Plugin

    @property
    def state(self) -> str:
        """'ok', 'broken' or 'off'."""
        return "off" if self.switched_off else "broken" if self.problem else "ok"

    @property
    def has_plain_name(self) -> bool:
        """Whether name and version are safe in a command that a user copies."""
        return bool(DISTRIBUTION_NAME.fullmatch(self.distribution) and VERSION.fullmatch(self.version))

    @property
    def remedy(self) -> str:
        """How a user gets the plugin that a model file names, as a sentence without its end."""
        if self.distribution == ADDED:
            return "It was added to a registry in Python, by `Registry.add`: add it again, and give that registry"
        where = f"pip install '{self.distribution}=={self.version}'"
        return f"If you trust where the file is from, install it: {where}"

    def add_problem(self, reason: str) -> None:
        """Add a reason why the plugin could not be loaded."""
        self.problem = f"{self.problem}; {reason}" if self.problem else reason


@dataclass(eq=False)
class Entry:
    """A part in the registry: its kind, its name and its plugin. `module` is where its class is, if imported later."""

    kind: str
    name: str
    plugin: Plugin
    module: str = ""
    loaded: type[Part] | None = None
    failed: bool = False  # whether the import of `module` has failed
    rivals: list[Entry] = field(default_factory=list, repr=False)  # all entries of this kind and name

    @property
    def distribution(self) -> str:
        """The name of the distribution that brings the part."""
        return self.plugin.distribution

    @property
    def version(self) -> str:
        """The version of that distribution."""
        return self.plugin.version

    @property
    def spec_name(self) -> str:
        """The name that a spec must use: the bare one, or 'distribution:name' if other plugins bring that name too."""
        rivals = [entry for entry in self.rivals if not entry.failed]
        return self.name if len(rivals) == 1 or self.distribution == DISTRIBUTION else self.full_name

    @property
    def full_name(self) -> str:
        """'distribution:name'."""
        return f"{self.distribution}:{self.name}"

    @property
    def part(self) -> type[Part]:
        """The class, imported at its first use. Raises PluginError if the import fails."""
        self.imports()
        if self.loaded is None:
            raise PluginError(f"plugin {self.distribution}: {self.plugin.problem}")
        return self.loaded

    def fail(self, reason: str) -> None:
        """Leave the part out from now on; the plugin's `problem` says why."""
        self.failed = True
        self.plugin.add_problem(f"{self.kind} {self.name!r}: {reason}")

    def imports(self) -> bool:
        """Import the class if necessary, and return whether it is there. If not, the plugin's `problem` says why."""
        if self.loaded is None and not self.failed:
            with LOAD_LOCK:
                if self.loaded is None and not self.failed:
                    _import_parts(self.plugin, self.module)
        return self.loaded is not None


def _import_parts(plugin: Plugin, module: str) -> None:
    """Import a module of lazy parts, for all entries of the plugin that it holds."""
    entries = {(e.kind, e.name): e for e in plugin.entries if e.module == module}
    with isolated(plugin.distribution, lambda reason: plugin.add_problem(f"{module}: {reason}")):
        parts = [part_class(part) for part in import_module(module).PARTS]
        refuse_duplicates((part.kind, part.name) for part in parts)
        classes = {(part.kind, part.name): part for part in parts}
        if unmatched := sorted(classes.keys() ^ entries.keys()):
            raise PluginError(f"its PARTS and the names that zoo_parts gives differ: {_listed(unmatched)}")
        for key, entry in entries.items():
            entry.loaded = classes[key]
    for entry in entries.values():
        entry.failed = entry.loaded is None


def part_class(item: Any) -> type[Part]:
    """Return what a plugin gave as a part. Raises PluginError unless it is a sound part class."""
    if not (isinstance(item, type) and issubclass(item, Part) and issubclass(item, tuple(KINDS.values()))):
        raise PluginError(
            f"zoo_parts returned {shown(item)}, which is not a class derived from a kind in zoo_core.parts"
        )
    for fault, remedy in definition_errors(item):
        raise PluginError(f"{fault}; {remedy}")
    if not item.__module__.startswith("zoo_plugins."):  # reading types takes time; the built-in ones are tested
        from zoo_core.contract.option_types import option_errors

        for fault, remedy in option_errors(item):
            raise PluginError(f"{fault}; {remedy}")
    return item


def shown(value: Any) -> str:
    """Return the `repr` of what a plugin gave, shortened; its type if that fails."""
    try:
        return repr(value)[:200]
    except Exception:  # `__repr__` of a class in a plugin may raise
        return f"an object of class {type(value).__name__}"


def check_identity(plugin: Plugin) -> None:
    """Raise PluginError for a name or a version that no model file could hold, and no command install."""
    if not DISTRIBUTION_NAME.fullmatch(plugin.distribution):
        raise PluginError(
            f"{plugin.distribution!r} is no name of a distribution; it has letters, digits, '-', '_' and '.'"
        )
    if not VERSION.fullmatch(plugin.version):
        raise PluginError(f"{plugin.version!r} is no version; write one such as '1.0' or '1.0+local'")


def refuse_duplicates(keys: Iterable[Key]) -> None:
    """Raise PluginError if a kind and name occurs twice."""
    if twice := sorted(key for key, count in Counter(keys).items() if count > 1):
        raise PluginError(f"it brings more than one {_listed(twice)}")


def _listed(keys: Iterable[Key]) -> str:
    return ", ".join(f"{kind} {name!r}" for kind, name in keys)
