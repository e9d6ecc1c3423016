"""The forms in which a caller gives a spec and data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.errors import UsageError
from zoo_core.parts import Data, Part
from zoo_core.registry import Registry
from zoo_core.runs._given_data import with_given_data
from zoo_core.spec import Spec, read_spec, stored
from zoo_core.spec.for_data import spec_for_data
from zoo_core.training import parts_of_others

SPEC_FORMS = "a mapping, a Spec, the path of a file (.toml or .json), or the name of a shipped model"


def as_spec(spec: Spec | str | Path | Mapping[str, Any], registry: Registry, *, has_data: bool = False) -> Spec:
    """Return the spec that is meant, with its values as a model file will give them back.

    With `has_data`, the caller gives data, and the spec need not name any.
    """
    if isinstance(spec, Spec):
        return stored(spec, registry)
    if not isinstance(spec, (str, Path, Mapping)):
        raise UsageError(f"a spec is {SPEC_FORMS}, not {type(spec).__name__}; it names its data in the table 'data'")
    if has_data:
        parsed = spec_for_data(spec, registry)
    else:
        parsed = Spec.parse(spec, registry) if isinstance(spec, Mapping) else read_spec(spec, registry=registry)
    if _is_plain(spec) and next(parts_of_others(parsed), None) is None:
        return parsed  # the options of built-in parts come back as they were validated
    return stored(parsed, registry)


def _is_plain(value: Any) -> bool:
    """Return whether a mapping holds no part that the caller has made, whose options nobody has validated."""
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    return all(map(_is_plain, value)) if isinstance(value, (list, tuple)) else not isinstance(value, Part)


@dataclass(frozen=True)
class SpecAndData:
    """A spec with the data that were given, if any, and the files that these were read from."""

    spec: Spec
    data: Data | None
    files: list[Path]


def read_spec_and_data(
    spec: Any, data: Any, target: Any, registry: Registry, resume_optimizer: bool | None = None
) -> SpecAndData:
    """Return the spec and the data that a caller means. Raises UsageError for a target without data."""
    files = [Path(spec)] if isinstance(spec, (str, Path)) else []
    checked = as_spec(spec, registry, has_data=data is not None)
    if resume_optimizer is not None:
        training = checked.training.model_copy(update={"resume_optimizer": resume_optimizer})
        checked = checked.model_copy(update={"training": training}).from_origin(checked.origin)
    if data is None:
        if target is not None:
            raise UsageError(f"target = {target!r} names a column of `data`, and no data are given; pass data=frame")
        return SpecAndData(checked, None, files)
    return SpecAndData(*with_given_data(checked, data, target, registry), files)
