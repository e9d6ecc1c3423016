"""State that is saved and loaded, as a checkpoint does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from zoo_core.contract import checked_fitted
from zoo_core.errors import PluginError
from zoo_core.nn import RunningState, part_state, set_part_state
from zoo_core.parts import Array, Constraint, Part, Penalty, Preprocessor, Transform
from zoo_core.spec import walk_parts
from zoo_core.storage import pack, unpack
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.randomness import same


def transfer_state(source: Part, target: Part) -> None:
    """Save the state of a part, and of the parts inside it, and load it into another instance, as the core does.

    Raises PluginError for a value that a model file cannot hold, ValueError if the target keeps another form of value.
    """
    if isinstance(source, (Transform, Penalty, Constraint)):
        fresh, old = (dict(walk_parts(part, part.kind)) for part in (target, source))
        RunningState(fresh).restore(RunningState(old, RunningState(fresh).arrays()).arrays())
        return
    if isinstance(source, Preprocessor):
        _transfer_fitted(source, target)
        return
    arrays: dict[str, Array] = {}
    packed = {path: pack(value, path, arrays) for path, value in part_state(source, source.kind).items()}
    set_part_state(target, source.kind, {path: unpack(value, arrays) for path, value in packed.items()})


def _transfer_fitted(source: Part, target: Part) -> None:
    for (_, old), (_, new) in zip(walk_parts(source, ""), walk_parts(target, ""), strict=True):
        for name in old.state:
            if (value := getattr(old, name, None)) is not None:
                array = checked_fitted(old, name, value)
                setattr(new, name, array.copy() if array.ndim else array.item())


def transfer_findings(source: Part, target: Part) -> Iterator[Finding]:
    """Do the same, and yield a finding if the state cannot be saved."""
    try:
        transfer_state(source, target)
    except (PluginError, ValueError) as error:
        yield Finding(f"its state cannot be saved: {error}")


def continued_findings(
    old: Part, new: Part, use: Callable[[Any, int], Sequence[Array]], methods: str, calls: int = 6
) -> Iterator[Finding]:
    """Use a part some times, save it and load it into another one, and compare what both give from then on.

    `use(part, number)` calls `methods`, which the finding names, and returns the results of call `number`.
    """
    for number in range(calls):
        use(old, number)
    unsaved = list(transfer_findings(old, new))
    yield from unsaved
    for number in range(calls, 2 * calls):
        if not unsaved and not same(use(old, number), use(new, number)):
            yield Finding(
                f"saved and loaded after {calls} calls of {methods}, it gives other numbers",
                likely=missing_state(old, f"{methods} changes"),
            )
            return


def missing_state(part: Part, change: str) -> str:
    """Return the likely mistake of a part that does not continue; `change` says what changes an attribute."""
    return f"`state` lacks an attribute that {change}; it names {part.state}"
