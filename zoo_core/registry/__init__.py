"""The registry: installed plugins, their parts and their shipped models, by name.

`_plugin.py` has the two records: a plugin, and an entry for each of its parts. `_discovery.py` finds plugins among the
installed distributions, and `_isolation.py` runs their code so that a failure stays with the plugin. `_hooks.py` asks
a plugin what it brings. `_registry.py` finds a part by its kind and name.
A second door: `registry.default` has the one of calls that give none.
"""

from __future__ import annotations

from zoo_core.registry._columns import read_columns, reader_of
from zoo_core.registry._discovery import installed, normalized_name, with_required
from zoo_core.registry._isolation import DISTRIBUTION
from zoo_core.registry._plugin import Entry, Plugin
from zoo_core.registry._registry import Registry, entry_of
from zoo_core.registry._shipped_models import (
    ShippedModel,
    check_no_table,
    find_beside,
    find_model,
    find_spec,
    is_path,
    models_of,
    shipped_models,
    stray_files,
)
from zoo_core.registry._tools import Tool

__all__ = [
    "DISTRIBUTION",
    "Entry",
    "Plugin",
    "Registry",
    "ShippedModel",
    "Tool",
    "check_no_table",
    "entry_of",
    "find_beside",
    "find_model",
    "find_spec",
    "installed",
    "is_path",
    "models_of",
    "normalized_name",
    "read_columns",
    "reader_of",
    "shipped_models",
    "stray_files",
    "with_required",
]
