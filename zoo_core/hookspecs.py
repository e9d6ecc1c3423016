"""The hooks: all that a plugin can tell the zoo.

A plugin is a distribution with one entry point in the group `zoo`, named like the distribution, that names a
module. The module implements any of the functions below, each marked with `@hookimpl`.
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

    The module lists the classes as `PARTS`; `names`, with blanks between them, are those that specs use. A plugin
    of many parts returns families, so that the zoo starts without waiting for what a run does not need.
    """

    kind: str
    module: str
    names: str


@hookspec
def zoo_parts() -> Iterable[type[Part] | LazyParts]:  # type: ignore[empty-body]
    """Return the part classes that this plugin brings, whose base classes say their kinds, or families of them."""


@hookspec
def zoo_models() -> Traversable:  # type: ignore[empty-body]
    """Return the folder that holds this plugin's models: `<name>.toml`, `<name>.npz`, `<name>.md`."""
