"""Names of parts that a user typed: a misspelt one is a wrong call, another one may be that of a missing plugin."""

from __future__ import annotations

from zoo_core.errors import PluginError, UsageError
from zoo_core.registry._plugin import Entry
from zoo_core.registry._registry import Registry


def checked_entry(kind: str, name: str, registry: Registry) -> Entry:
    """Return the entry of a part that the user named. Raises UsageError for a misspelt name, PluginError as `entry`."""
    try:
        return registry.entry(kind, name)
    except PluginError as error:
        if name not in registry.names(kind) and registry.is_misspelt(kind, name):
            raise UsageError(str(error)) from error
        raise
