"""The hooks: the functions that a plugin may implement.

A plugin is a distribution with one entry point in the group `zoo`. The entry point has the name of the distribution
and points to a module. The module implements any of the functions below, each marked with `@hookimpl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import pluggy

from zoo_core.parts import Part

PROJECT = "zoo"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class LazyParts:
    """Parts of one kind in a module that is imported when one of them is first used.

    A plugin with many parts returns these instead of classes: then the zoo starts without the modules that a run does
    not need. Example: `LazyParts("activation", "zoo_mine.waves", "wave ripple")`.

    Args:
        kind: their kind, such as "activation".
        module: the full name of the module, which lists the classes as `PARTS`.
        names: the names that specs use, with blanks between them.
    """

    kind: str
    module: str
    names: str


@hookspec
def zoo_parts() -> Iterable[type[Part] | LazyParts]:  # type: ignore[empty-body]
    """Return the part classes of this plugin. Each derives from the base class of its kind in `zoo_core.parts`."""


@hookspec
def zoo_models() -> Traversable:  # type: ignore[empty-body]
    """Return the folder of this plugin's models: `<name>.toml`, and perhaps `<name>.npz` and `<name>.md`."""
