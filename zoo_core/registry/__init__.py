"""The registry: installed plugins, their parts and their shipped models, by name.

`_plugin.py` has the records. `_discovery.py` finds plugins, `_quick_scan.py` the built-in one where it is alone.
`_isolation.py` keeps failures apart, `_hooks.py` asks what they bring, `_registry.py` finds it. Second door: `default`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.registry._columns import read_columns as read_columns, reader_of as reader_of
    from zoo_core.registry._discovery import (
        installed as installed,
        normalized_name as normalized_name,
        with_required as with_required,
    )
    from zoo_core.registry._isolation import DISTRIBUTION as DISTRIBUTION
    from zoo_core.registry._plugin import Entry as Entry, Plugin as Plugin
    from zoo_core.registry._quick_scan import only_built_in as only_built_in
    from zoo_core.registry._registry import Registry as Registry, entry_of as entry_of
    from zoo_core.registry._shipped_models import (
        ShippedModel as ShippedModel,
        check_no_table as check_no_table,
        find_beside as find_beside,
        find_model as find_model,
        find_spec as find_spec,
        is_path as is_path,
        models_of as models_of,
        shipped_models as shipped_models,
        stray_files as stray_files,
    )
    from zoo_core.registry._tools import DRAWER as DRAWER, Tool as Tool, load_target as load_target
    from zoo_core.registry._user_names import checked_entry as checked_entry

_MODULES = {
    "_columns": "read_columns reader_of",
    "_discovery": "installed normalized_name with_required",
    "_isolation": "DISTRIBUTION",
    "_plugin": "Entry Plugin",
    "_quick_scan": "only_built_in",
    "_registry": "Registry entry_of",
    "_shipped_models": "ShippedModel check_no_table find_beside find_model find_spec is_path models_of shipped_models "
    "stray_files",
    "_tools": "DRAWER Tool load_target",
    "_user_names": "checked_entry",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
