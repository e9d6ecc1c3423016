"""What plugins bring: asked through their hooks, checked, and kept with where it came from."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.resources.abc import Traversable
from typing import Any

import pluggy

from zoo_core import hookspecs
from zoo_core.errors import PluginError, nearest
from zoo_core.hookspecs import LazyParts
from zoo_core.parts import KINDS, Optimizer, Part
from zoo_core.registry._discovery import Plugin
from zoo_core.registry._isolation import LOAD_LOCK, isolated

PART_NAME = re.compile(r"[a-z][a-z0-9_]*")
Key = tuple[str, str]  # kind and name of a part


@dataclass(frozen=True)
class Entry:
    """A part and where it came from."""

    kind: str
    name: str
    plugin: Plugin
    home: Home

    @property
    def distribution(self) -> str:
        """The name of the distribution that brought it."""
        return self.plugin.distribution

    @property
    def version(self) -> str:
        """The version of that distribution."""
        return self.plugin.version

    @property
    def part(self) -> type[Part]:
        """The class, imported now if need be; the registry gives out only entries that have one."""
        return self.home.parts()[self.kind, self.name]

    def imports(self) -> bool:
        """Import the class, if need be, and tell whether that went well; if not, its plugin has a problem now."""
        return (self.kind, self.name) in self.home.parts()

    @property
    def failed(self) -> bool:
        """Whether an import has been tried in vain."""
        return self.home.failed


class Home:
    """Where the classes of some parts are: with their plugin, or in a module that is imported when one is needed."""

    def __init__(self, plugin: Plugin, module: str = "", classes: Iterable[type[Part]] = ()) -> None:
        self.plugin, self.module = plugin, module
        self.announced: set[Key] = set()
        self.failed = False
        self._parts = {(part.kind, part.name): part for part in classes}

    def parts(self) -> Mapping[Key, type[Part]]:
        """Return the classes; none where the module failed or is not as announced: see the plugin's `problem`."""
        if not self._parts:
            with LOAD_LOCK:
                if not self.failed and not self._parts:
                    self._import()
        return self._parts

    def _import(self) -> None:
        with isolated(self.plugin, self.module):
            parts = [_sound(part) for part in import_module(self.module).PARTS]
            _refuse_twice((part.kind, part.name) for part in parts)
            found = {(part.kind, part.name): part for part in parts}
            if apart := sorted(found.keys() ^ self.announced):
                raise PluginError(f"its PARTS and the names that zoo_parts gives differ: {_listed(apart)}")
            self._parts = found
        self.failed = not self._parts


def query_plugin(module: object, plugin: Plugin) -> tuple[list[Entry], Traversable | None]:
    """Ask one plugin for what it brings, through a manager of its own so that plugins cannot disturb each other."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module, plugin.distribution)
    _refuse_misspelt(manager)
    if not manager.get_hookcallers(module):
        raise PluginError("it implements no hook; mark zoo_parts or zoo_models with @zoo_core.hookimpl")
    parts = [part for answer in _answers(manager.hook.zoo_parts) for part in answer]
    models = [_folder(answer) for answer in _answers(manager.hook.zoo_models)]
    entries = list(_entries(parts, plugin))
    _refuse_twice((entry.kind, entry.name) for entry in entries)
    return entries, models[0] if models else None


def _answers(hook: pluggy.HookCaller) -> list[Any]:
    """Ask a hook, and refuse the None of a function that forgot to return."""
    answers: list[Any] = hook()
    if hook.get_hookimpls() and not answers:
        raise PluginError(f"{hook.name} returned None; return what it brings")
    return answers


def _refuse_misspelt(manager: pluggy.PluginManager) -> None:
    """Refuse a function marked as a hook that is none, and name the hook it is nearest to."""
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
    """Check that zoo_models gave a folder, before the catalogue walks through it."""
    if not (isinstance(answer, Traversable) and answer.is_dir()):
        raise PluginError(f"zoo_models returned {answer!r}, which is no folder; return importlib.resources.files(...)")
    return answer


def _entries(brought: Iterable[Any], plugin: Plugin) -> Iterator[Entry]:
    """Yield the entries of part classes and of families, whose modules are imported later."""
    homes: dict[str, Home] = {}
    for item in brought:
        if isinstance(item, LazyParts):
            keys, home = _announced(item), homes.setdefault(item.module, Home(plugin, item.module))
            home.announced.update(keys)
        else:
            part = _sound(item)
            keys, home = [(part.kind, part.name)], Home(plugin, classes=[part])
        yield from (Entry(*key, plugin, home) for key in keys)


def _announced(family: LazyParts) -> list[Key]:
    """Return what a family announces. Raises PluginError where it is of no use."""
    if family.kind not in KINDS:
        raise PluginError(f"{family} is of unknown kind {family.kind!r}{nearest(str(family.kind), KINDS)}")
    if not isinstance(family.names, str) or not family.names.split():
        raise PluginError(f"{family} names no parts; write their names in one text, with blanks between them")
    if bad := [name for name in family.names.split() if not PART_NAME.fullmatch(name)]:
        raise PluginError(f"{family} has the name {bad[0]!r}; use lower-case letters, digits and '_'")
    if not all(map(str.isidentifier, str(family.module).split("."))):
        raise PluginError(f"{family} is in no module; name it from the top, as in 'zoo_mine.waves'")
    return [(family.kind, name) for name in family.names.split()]


def _refuse_twice(keys: Iterable[Key]) -> None:
    twice = sorted(key for key, count in Counter(keys).items() if count > 1)
    if twice:
        raise PluginError(f"it brings more than one {_listed(twice)}")


def _listed(keys: Iterable[Key]) -> str:
    return ", ".join(f"{kind} {name!r}" for kind, name in keys)


def _sound(part: Any) -> type[Part]:
    """Check what a part class promises by its form."""
    if not (isinstance(part, type) and issubclass(part, Part) and part.kind in KINDS):
        raise PluginError(f"zoo_parts returned {part!r}, which is not a class derived from a kind in zoo_core.parts")
    if not PART_NAME.fullmatch(str(part.name)):
        raise PluginError(f"{part.__qualname__}.name is {part.name!r}; use lower-case letters, digits and '_'")
    own = {k for k, v in inspect.get_annotations(part).items() if "ClassVar" not in str(v)}
    if own and "__dataclass_fields__" not in part.__dict__:
        raise PluginError(f"{part.__qualname__} has options ({', '.join(sorted(own))}); put @dataclass above the class")
    if issubclass(part, Optimizer) and not hasattr(part, "learning_rate") and "learning_rate" not in _fields(part):
        raise PluginError(f"{part.__qualname__} has no learning_rate; write the option `learning_rate: Rate = 0.01`")
    return part


def _fields(part: type[Part]) -> Mapping[str, Any]:
    return getattr(part, "__dataclass_fields__", {})
