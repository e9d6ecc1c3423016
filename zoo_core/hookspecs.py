"""The hooks: all that a plugin can tell the zoo.

A plugin is a distribution with one entry point in the group `zoo`, named like the distribution, that names a
module. The module implements any of the functions below, each marked with `@hookimpl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable

import pluggy

from zoo_core.parts import Part

PROJECT = "zoo"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def zoo_parts() -> Iterable[type[Part]]:  # type: ignore[empty-body]
    """Return the part classes that this plugin brings; the base class of each says its kind."""


@hookspec
def zoo_models() -> Traversable:  # type: ignore[empty-body]
    """Return the folder that holds this plugin's models: `<name>.toml`, `<name>.npz`, `<name>.md`."""
