"""The registry of a call that gives none: one for all such calls, until what is installed changes."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from zoo_core.errors import UsageError
from zoo_core.registry._registry import Registry


class _Installed(NamedTuple):
    """What decides which plugins there are: the path, when its folders changed, and $ZOO_PLUGINS."""

    path: tuple[str, ...]
    changed: tuple[int, ...]
    allowed: str | None


_found: list[tuple[_Installed, Registry]] = []  # the last one


def chosen_registry(given: Registry | None) -> Registry:
    """Return the registry that a call gives, or the one of all installed plugins. Raises UsageError for no registry."""
    if given is not None and not isinstance(given, Registry):
        raise UsageError(f"registry is a zoo_core.Registry or None, not {type(given).__name__}")
    return given or default_registry()


def default_registry() -> Registry:
    """Return a registry of all installed plugins; nobody adds to it.

    To find them takes longer than a small run, so it is kept. One with a plugin that has failed is made anew, because
    the plugin may have been mended.
    """
    now = _installed()
    for before, registry in _found:
        if before == now and not any(plugin.problem for plugin in registry.plugins):
            return registry
    registry = Registry()
    _found[:] = [(now, registry)]
    return registry


def _installed() -> _Installed:
    path = tuple(map(str, sys.path))
    return _Installed(path, tuple(map(_changed, path)), os.environ.get("ZOO_PLUGINS"))


def _changed(folder: str) -> int:
    """Return when a folder changed, in nanoseconds; -1 if there is none."""
    try:
        return os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 - at each call
    except OSError:
        return -1
