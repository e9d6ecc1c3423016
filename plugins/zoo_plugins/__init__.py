"""The built-in parts: an ordinary plugin that happens to ship with the core."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pkgutil import iter_modules

from zoo_core.hookspecs import hookimpl
from zoo_core.parts import Part


@hookimpl
def zoo_parts() -> Iterable[type[Part]]:
    """Return every part of every family: each public module of this package is one."""
    families = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return [part for family in families for part in import_module(f"{__name__}.{family}").PARTS]


@hookimpl
def zoo_models() -> Traversable:
    """Return the folder of shipped models."""
    return files("zoo_models")
