"""Finds plugins among the installed distributions, and imports their modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from zoo_core.errors import PluginError, exception_text
from zoo_core.registry._isolation import DISTRIBUTION
from zoo_core.registry._plugin import Plugin
from zoo_core.registry._quick_scan import only_built_in

if TYPE_CHECKING:
    from importlib import metadata

GROUP = "zoo"  # of entry points
MAX_POINTS = 100  # of one distribution: each is loaded by each command


def every_plugin(allowed: str | None) -> Iterator[tuple[Plugin, Callable[[], object]]]:
    """Yield every installed plugin with the function that imports its module; the built-in one first, then by name.

    `allowed` is $ZOO_PLUGINS: names with commas between them, or None for all.
    """
    if built_in := only_built_in():
        yield Plugin(DISTRIBUTION, built_in.version), partial(import_module, built_in.module)
        return
    chosen = None if allowed is None else {normalized_name(name) for name in allowed.split(",") if name.strip()}
    for name, version, point in sorted(_entry_points(), key=_order):
        off = chosen is not None and name != DISTRIBUTION and name not in chosen
        yield Plugin(name, version, switched_off=off), partial(_load, name, point)


def installed() -> list[str]:
    """Return the names of the distributions that have plugins; the built-in one first. None is loaded."""
    return list(dict.fromkeys(plugin.distribution for plugin, _ in every_plugin(None)))


def with_required(name: str) -> list[str]:
    """Return the name of an installed plugin, and those of the plugins that its distribution requires."""
    plugins, found, waiting = set(installed()), list[str](), [name]
    while waiting:
        if (own := waiting.pop()) not in found:
            found.append(own)
            waiting += [other for other in _required(own) if other in plugins]
    return found


def _required(name: str) -> list[str]:
    """Return the names of the distributions that an installed one requires; none if its metadata are damaged."""
    from importlib import metadata

    try:
        return [_name_in(text) for text in metadata.requires(name) or ()]
    except Exception:  # the registry says what is damaged
        return []


def _name_in(requirement: str) -> str:
    return normalized_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


def normalized_name(name: str) -> str:
    """Return a distribution's name as package indexes compare it: lower case, single hyphens."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _order(found: tuple[str, str, metadata.EntryPoint | Exception]) -> tuple[bool, str, str]:
    name, _, point = found
    return name != DISTRIBUTION, name, str(getattr(point, "name", ""))


def _entry_points() -> Iterator[tuple[str, str, metadata.EntryPoint | Exception]]:
    """Yield name and version of each distribution with an entry point in the group, and the entry point.

    In place of entry points that cannot be read stands the exception. Of two distributions with one name, the first on
    the path counts.
    """
    from importlib import metadata

    seen: dict[str, int] = {}  # the place on the path of each distribution, by its name
    for number, dist in enumerate(metadata.distributions()):
        for point in _points_of(dist):
            name, version = _identity(dist, point)
            if seen.setdefault(name, number) == number:
                yield name, version, point


def _points_of(dist: metadata.Distribution) -> list[metadata.EntryPoint | Exception]:
    """Return the entry points of a distribution in the group, or why they cannot be read."""
    try:
        found: list[metadata.EntryPoint | Exception] = list(dist.entry_points.select(group=GROUP))
        too_many = PluginError(f"it has {len(found)} entry points in the group {GROUP!r}; a plugin has one")
        return found if len(found) <= MAX_POINTS else [too_many]
    except Exception as error:  # a damaged file, also that of a distribution that is no plugin
        return [error] if _names_group(dist, error) else []


def _names_group(dist: metadata.Distribution, error: Exception) -> bool:
    """Return whether entry points that cannot be read contain the group, so that they belong to a plugin."""
    try:
        text = error.object if isinstance(error, UnicodeDecodeError) else (dist.read_text("entry_points.txt") or "")
    except Exception:  # nothing can be read at all
        return False
    return f"[{GROUP}]" in (text.decode("ascii", "replace") if isinstance(text, bytes) else text)


def _identity(dist: metadata.Distribution, point: metadata.EntryPoint | Exception) -> tuple[str, str]:
    """Return the name and version of a distribution; without METADATA, the name that its entry point or folder has."""
    try:
        fields = dist.metadata  # read from disk at each access
        return normalized_name(fields["Name"]), fields["Version"] or "unknown"
    except Exception:  # METADATA is damaged, or an interrupted uninstall has removed it
        folder = str(getattr(dist, "_path", "")).replace("\\", "/").rpartition("/")[2]
        return normalized_name(getattr(point, "name", "") or folder.partition("-")[0] or "unknown"), "unknown"


def _load(name: str, point: metadata.EntryPoint | Exception) -> object:
    """Import a plugin's module.

    Raises PluginError if its entry points cannot be read, or if it needs another version of the core.
    """
    if isinstance(point, PluginError):
        raise point
    if isinstance(point, Exception):
        raise PluginError(f"its entry_points.txt cannot be read ({exception_text(point)}); install it again")
    if point.dist is not None and name != DISTRIBUTION:
        _check_requirement(point.dist)
    if point.pattern.match(point.value) is None:
        raise PluginError(f"its entry point {point.name!r} has the value {point.value!r}, which names no module")
    return point.load()


def _check_requirement(dist: metadata.Distribution) -> None:
    """Raise PluginError unless this version of the core is one that a distribution requires."""
    wanted = [text for text in dist.requires or () if _name_in(text) == DISTRIBUTION]
    if not wanted:
        return
    from importlib import metadata

    from packaging.requirements import Requirement

    here = metadata.version(DISTRIBUTION)
    for needs in map(Requirement, wanted):
        applies = needs.marker is None or needs.marker.evaluate({"extra": ""})
        if applies and not needs.specifier.contains(here, prereleases=True):
            raise PluginError(
                f"it needs {DISTRIBUTION} {needs.specifier}, and this is {here}; install a version that fits"
            )
