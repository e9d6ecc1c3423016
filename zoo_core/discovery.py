"""Finds plugins among the installed distributions, imports them, and asks each what it brings."""

from __future__ import annotations

import dataclasses
import inspect
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import cached_property, partial
from importlib import import_module, metadata
from importlib.resources.abc import Traversable
from types import FrameType
from typing import Any

import pluggy

from zoo_core import hookspecs
from zoo_core.errors import PluginError, nearest
from zoo_core.hookspecs import Family
from zoo_core.parts import KINDS, Optimizer, Part

DISTRIBUTION = "mlp-zoo"
GROUP = "zoo"
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A part and where it came from."""

    kind: str
    name: str
    plugin: Plugin
    find: Callable[[], type[Part]]

    @property
    def distribution(self) -> str:
        """The name of the distribution that brought it."""
        return self.plugin.distribution

    @property
    def version(self) -> str:
        """The version of that distribution."""
        return self.plugin.version

    @cached_property
    def part(self) -> type[Part]:
        """The part class, imported now if it is one of a family. Raises PluginError where that fails."""
        with quarantined(self.plugin):
            return self.find()
        raise PluginError(f"{self.kind} {self.name!r} of plugin {self.distribution}: {self.plugin.problem}")


@dataclasses.dataclass
class Plugin:
    """A distribution with an entry point in the group `zoo`: what it brought, or why it did not."""

    distribution: str
    version: str
    problem: str = ""
    models: Traversable | None = None
    switched_off: bool = False

    @property
    def state(self) -> str:
        """'ok', 'broken' or 'off'."""
        return "off" if self.switched_off else "broken" if self.problem else "ok"


def every_plugin(allowed: str | None) -> Iterator[tuple[Plugin, Callable[[], object]]]:
    """Yield every installed plugin, sorted by name, the built-in one first; `allowed` is $ZOO_PLUGINS."""
    chosen = None if allowed is None else {normal(name) for name in allowed.split(",") if name.strip()}
    points = [(*_identity(point), point) for point in metadata.entry_points(group=GROUP)]
    for name, version, point in sorted(points, key=lambda item: (item[0] != DISTRIBUTION, item[0], item[2].name)):
        off = chosen is not None and name != DISTRIBUTION and name not in chosen
        yield Plugin(name, version, switched_off=off), partial(_load, name, point)


def installed() -> list[str]:
    """Return the names of the distributions that have plugins, without loading any; the built-in one first."""
    return list(dict.fromkeys(plugin.distribution for plugin, _ in every_plugin(None)))


def normal(name: str) -> str:
    """Return a distribution's name as package indexes compare it: lower case, single hyphens."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _identity(point: metadata.EntryPoint) -> tuple[str, str]:
    """Return name and version of the distribution that an entry point belongs to."""
    try:
        return normal(point.dist.name), str(point.dist.version)  # type: ignore[union-attr]
    except Exception:  # an interrupted uninstall leaves entry points without METADATA
        return normal(point.name), "unknown"


def _load(name: str, point: metadata.EntryPoint) -> object:
    """Import a plugin's module. Raises PluginError when it was made for another version of the core."""
    if point.dist is not None and name != DISTRIBUTION:
        _refuse_misfit(point.dist)
    return point.load()


def _refuse_misfit(dist: metadata.Distribution) -> None:
    wanted = [text for text in dist.requires or () if normal(re.split(r"[^\w.-]", text, maxsplit=1)[0]) == DISTRIBUTION]
    if not wanted:
        return
    from packaging.requirements import Requirement

    here = metadata.version(DISTRIBUTION)
    for needs in map(Requirement, wanted):
        applies = needs.marker is None or needs.marker.evaluate({"extra": ""})
        if applies and not needs.specifier.contains(here, prereleases=True):
            raise PluginError(
                f"it needs {DISTRIBUTION} {needs.specifier}, and this is {here}; install a version that fits"
            )


def ask(module: object, plugin: Plugin) -> tuple[list[Entry], Traversable | None]:
    """Ask one plugin for what it brings, through a manager of its own so that plugins cannot disturb each other."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module, plugin.distribution)
    _refuse_misspelt(manager)
    if not manager.get_hookcallers(module):
        raise PluginError("it implements no hook; mark zoo_parts or zoo_models with @zoo_core.hookimpl")
    parts = [part for answer in _answers(manager.hook.zoo_parts) for part in answer]
    models = [_folder(answer) for answer in _answers(manager.hook.zoo_models)]
    entries = [entry for part in parts for entry in _entries(part, plugin)]
    counts = Counter((e.kind, e.name) for e in entries)
    twice = [f"{kind} {name!r} twice" for (kind, name), count in sorted(counts.items()) if count > 1]
    if twice:
        raise PluginError(f"it brings {', '.join(twice)}")
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


def _entries(brought: Any, plugin: Plugin) -> Iterator[Entry]:
    """Yield the entry of a part class, or those of a family, whose module is imported later."""
    if not isinstance(brought, Family):
        part = _sound(brought)
        yield Entry(part.kind, part.name, plugin, lambda: part)
        return
    if brought.kind not in KINDS:
        hint = nearest(brought.kind, KINDS)
        raise PluginError(f"zoo_parts returned the family {brought.module} of unknown kind {brought.kind!r}{hint}")
    for name in brought.names.split():
        yield Entry(brought.kind, name, plugin, partial(_of_family, brought, name))


def _of_family(family: Family, name: str) -> type[Part]:
    """Import a family and return the part of that name. Raises PluginError unless it holds what it announced."""
    parts = {p.name: p for p in map(_sound, import_module(family.module).PARTS) if p.kind == family.kind}
    apart = sorted(parts.keys() ^ set(family.names.split()))
    if apart:
        raise PluginError(
            f"PARTS of {family.module} and the names that zoo_parts gives for it differ: {family.kind} "
            + ", ".join(map(repr, apart))
        )
    return parts[name]


def _sound(part: Any) -> type[Part]:
    """Check what a part class promises by its form."""
    if not (isinstance(part, type) and issubclass(part, Part) and part.kind in KINDS):
        raise PluginError(f"zoo_parts returned {part!r}, which is not a class derived from a kind in zoo_core.parts")
    if not NAME.fullmatch(str(part.name)):
        raise PluginError(f"{part.__qualname__}.name is {part.name!r}; use lower-case letters, digits and '_'")
    own = {k for k, v in inspect.get_annotations(part).items() if "ClassVar" not in str(v)}
    if own and "__dataclass_fields__" not in part.__dict__:
        raise PluginError(f"{part.__qualname__} has options ({', '.join(sorted(own))}); put @dataclass above the class")
    if issubclass(part, Optimizer) and not hasattr(part, "learning_rate") and "learning_rate" not in _fields(part):
        raise PluginError(f"{part.__qualname__} has no learning_rate; write the option `learning_rate: Rate = 0.01`")
    return part


def _fields(part: type[Part]) -> Mapping[str, Any]:
    return getattr(part, "__dataclass_fields__", {})


def reason(error: BaseException) -> str:
    """Return what `zoo plugins` says of a plugin that could not be loaded."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return text
    if isinstance(error, SystemExit):
        return f"it called sys.exit({text}) while it was loaded"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def quarantined(plugin: Plugin) -> Iterator[None]:
    """Let a plugin's code run; whatever goes wrong becomes the plugin's problem, and goes no further."""
    try:
        # Standard output belongs to results: what a plugin prints must not get into somebody's JSON.
        with _signals_told_apart() as signalled, redirect_stdout(sys.stderr):
            yield
    except BaseException as error:  # extension modules raise such, and sys.exit does
        if signalled() and not isinstance(error, Exception):
            raise
        plugin.problem = reason(error)


@contextmanager
def _signals_told_apart() -> Iterator[Callable[[], bool]]:
    """Tell a real Ctrl-C or termination from a plugin that raises KeyboardInterrupt or SystemExit itself."""
    seen: list[int] = []
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        before = {number: h for number, h in handlers.items() if callable(h)}  # the others raise nothing

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        before[number](number, frame)

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
