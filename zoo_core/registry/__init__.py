"""The registry: installed plugins, their parts and their shipped models, by name.

`_discovery.py` finds plugins among the installed distributions, and `_isolation.py` keeps their failures apart.
`_entries.py` checks what a plugin brings. `_registry.py` answers for a kind and a name.
"""

from __future__ import annotations

from zoo_core.registry._discovery import DISTRIBUTION, Plugin, installed, normalized_name
from zoo_core.registry._entries import PART_NAME, Entry
from zoo_core.registry._registry import Registry
from zoo_core.registry._shipped_models import find_model, find_spec, is_path, shipped_models

__all__ = [
    "DISTRIBUTION",
    "PART_NAME",
    "Entry",
    "Plugin",
    "Registry",
    "find_model",
    "find_spec",
    "installed",
    "is_path",
    "normalized_name",
    "shipped_models",
]
