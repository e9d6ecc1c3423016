"""A spec for data that the caller gives: it need not name a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_core.data import Origin
from zoo_core.registry import Registry, find_spec
from zoo_core.spec._messages import validate
from zoo_core.spec._reading import parsed_text, read_spec
from zoo_core.spec._spec import Spec

GIVEN = "arrays"  # the data set that stands in such a spec


def spec_for_data(spec: str | Path | Mapping[str, Any], registry: Registry) -> Spec:
    """Return a spec as `read_spec` and `Spec.parse` do; without the name of a data set it gets that of given data."""
    if isinstance(spec, Mapping):
        return Spec.parse(_with_name(spec), registry)
    file = find_spec(spec, registry)
    if file.name.endswith(".npz"):
        return read_spec(spec, registry=registry)
    value, places = parsed_text(file, str(spec))
    origin = Origin(Path(spec).parent.absolute() if file == Path(spec) else None)
    return validate(Spec, dict(_with_name(value)), registry, str(spec), places).from_origin(origin)


def _with_name(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a spec whose table 'data' has a name; other forms of that table are left to the validation."""
    data = value.get("data", {})
    return {**value, "data": {"name": GIVEN, **data}} if isinstance(data, Mapping) else value
