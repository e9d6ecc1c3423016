"""State that is saved and loaded, as a checkpoint does it."""

from __future__ import annotations

from collections.abc import Iterator

from zoo_core.errors import PluginError
from zoo_core.nn import part_state, set_part_state
from zoo_core.parts import Array, Part
from zoo_core.storage import pack, unpack
from zoo_core.testing.harness.findings import Finding


def transfer_state(source: Part, target: Part) -> None:
    """Save the state of a part, and of the parts inside it, and load it into another instance.

    Raises PluginError for a value that a model file cannot hold, ValueError if the target keeps another form of value.
    """
    arrays: dict[str, Array] = {}
    packed = {path: pack(value, path, arrays) for path, value in part_state(source, source.kind).items()}
    set_part_state(target, source.kind, {path: unpack(value, arrays) for path, value in packed.items()})


def transfer_findings(source: Part, target: Part) -> Iterator[Finding]:
    """Do the same, and yield a finding if the state cannot be saved."""
    try:
        transfer_state(source, target)
    except (PluginError, ValueError) as error:
        yield Finding(f"its state cannot be saved: {error}")


def missing_state(part: Part, change: str) -> str:
    """Return the likely mistake of a part that does not continue; `change` says what changes an attribute."""
    return f"`state` lacks an attribute that {change}; it names {part.state}"
