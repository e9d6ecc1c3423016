"""State that is saved and loaded, as a checkpoint does it."""

from __future__ import annotations

from zoo_core.nn import part_state, set_part_state
from zoo_core.parts import Array, Part
from zoo_core.storage import pack, unpack


def transfer_state(source: Part, target: Part) -> None:
    """Save the state of a part, and of the parts inside it, and load it into another instance.

    Raises PluginError for a value that a model file cannot hold, ValueError if the target keeps another form of value.
    """
    arrays: dict[str, Array] = {}
    packed = {path: pack(value, path, arrays) for path, value in part_state(source, source.kind).items()}
    set_part_state(target, source.kind, {path: unpack(value, arrays) for path, value in packed.items()})
