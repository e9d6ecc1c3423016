"""The hooks: the functions that a plugin may implement.

A plugin is a distribution with one entry point in the group `zoo`. The entry point has the name of the distribution
and points to a module. The module implements any of the functions below, each marked with `@hookimpl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

from zoo_core.parts import Part

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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


@dataclass(frozen=True)
class Command:
    """A command of the zoo: `zoo NAME`.

    Args:
        name: lower-case letters, digits and "-".
        target: "module:function". Its parameters are those of a Typer command; it may also be a `typer.Typer`. The
            module is imported when the command is run.
        help: one line for `zoo --help`.
    """

    name: str
    target: str
    help: str


@dataclass(frozen=True)
class Plot:
    """A picture of models: `zoo plot MODEL... --kind NAME`.

    Args:
        name: lower-case letters, digits, "-" and "_".
        target: "module:function". It gets a list of `zoo_core.Model` and an empty Matplotlib figure to draw on.
        help: one line that says what is drawn.
    """

    name: str
    target: str
    help: str


@dataclass(frozen=True)
class Reader:
    """A reader of tables in files with certain endings.

    Args:
        endings: such as (".parquet", ".pq"), in lower case.
        target: "module:function". It gets a `Path`, and returns a mapping of names to columns, in their order. A column
            is a one-dimensional array of numbers or texts; all have one length.
    """

    endings: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Exporter:
    """A writer of models in another format: `zoo export MODEL -o FILE.ending`.

    Args:
        ending: such as ".onnx", in lower case; "/" is a folder.
        target: "module:function". It gets a `zoo_core.Model` and the `Path` of a new file, and writes it. Files that
            it writes beside it go with it. For "/" the path is an empty folder, to be filled with files. It may return
            a text, a note for the user.
    """

    ending: str
    target: str


@hookspec
def zoo_parts() -> Iterable[type[Part] | LazyParts]:  # type: ignore[empty-body]
    """Return the part classes of this plugin. Each derives from the base class of its kind in `zoo_core.parts`."""


@hookspec
def zoo_models() -> Traversable:  # type: ignore[empty-body]
    """Return the folder of this plugin's models: `<name>.toml`, and perhaps `<name>.npz` and `<name>.md`."""


@hookspec
def zoo_commands() -> Iterable[Command]:  # type: ignore[empty-body]
    """Return the commands of this plugin."""


@hookspec
def zoo_plots() -> Iterable[Plot]:  # type: ignore[empty-body]
    """Return the plots of this plugin."""


@hookspec
def zoo_readers() -> Iterable[Reader]:  # type: ignore[empty-body]
    """Return the readers of this plugin."""


@hookspec
def zoo_exporters() -> Iterable[Exporter]:  # type: ignore[empty-body]
    """Return the exporters of this plugin."""
