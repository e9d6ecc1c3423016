"""Finds plugins among the installed distributions, and imports their modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata

from zoo_core.errors import PluginError
from zoo_core.registry._plugin import DISTRIBUTION, Plugin

GROUP = "zoo"  # of entry points


def every_plugin(allowed: str | None) -> Iterator[tuple[Plugin, Callable[[], object]]]:
    """Yield every installed plugin with the function that imports its module; the built-in one first, then by name.

    `allowed` is $ZOO_PLUGINS: names with commas between them, or None for all.
    """
    chosen = None if allowed is None else {normalized_name(name) for name in allowed.split(",") if name.strip()}
    points = [(*_identity(point), point) for point in metadata.entry_points(group=GROUP)]
    for name, version, point in sorted(points, key=lambda item: (item[0] != DISTRIBUTION, item[0], item[2].name)):
        off = chosen is not None and name != DISTRIBUTION and name not in chosen
        yield Plugin(name, version, switched_off=off), partial(_load, name, point)


def installed() -> list[str]:
    """Return the names of the distributions that have plugins; the built-in one first. None is loaded."""
    return list(dict.fromkeys(plugin.distribution for plugin, _ in every_plugin(None)))


def normalized_name(name: str) -> str:
    """Return a distribution's name as package indexes compare it: lower case, single hyphens."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _identity(point: metadata.EntryPoint) -> tuple[str, str]:
    """Return the name and version of the distribution that an entry point belongs to."""
    try:
        fields = point.dist.metadata  # type: ignore[union-attr] # read from disk at each access
        return normalized_name(fields["Name"]), str(fields["Version"])
    except Exception:  # an interrupted uninstall leaves entry points without METADATA
        return normalized_name(point.name), "unknown"


def _load(name: str, point: metadata.EntryPoint) -> object:
    """Import a plugin's module. Raises PluginError if it needs another version of the core."""
    if point.dist is not None and name != DISTRIBUTION:
        _check_requirement(point.dist)
    return point.load()


def _check_requirement(dist: metadata.Distribution) -> None:
    """Raise PluginError unless this version of the core is one that a distribution requires."""
    wanted = [
        text
        for text in dist.requires or ()
        if normalized_name(re.split(r"[^\w.-]", text, maxsplit=1)[0]) == DISTRIBUTION
    ]
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
