"""A spec for data that the caller gives: it need not name a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_core.registry import Registry
from zoo_core.spec._given import GIVEN as GIVEN, naming_given_data
from zoo_core.spec._reading import read_spec
from zoo_core.spec._spec import Spec


def spec_for_data(spec: str | Path | Mapping[str, Any], registry: Registry) -> Spec:
    """Return a spec as `read_spec` and `Spec.parse` do; without the name of a data set it gets that of given data."""
    if isinstance(spec, Mapping):
        return Spec.parse(naming_given_data(spec), registry)
    return read_spec(spec, registry=registry, data_given=True)
