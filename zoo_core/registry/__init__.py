"""The registry: installed plugins, their parts and their shipped models, by name.

`_plugin.py` has the records: plugins, entries of parts. `_discovery.py` finds plugins, `_isolation.py` keeps failures
apart, `_hooks.py` asks what they bring, `_registry.py` finds it. `default`, a second door, has one for calls without.
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
from zoo_core.registry._user_names import checked_entry

__all__ = [
    "DISTRIBUTION",
    "Entry",
    "Plugin",
    "Registry",
    "ShippedModel",
    "Tool",
    "check_no_table",
    "checked_entry",
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
