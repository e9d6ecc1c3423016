"""The data set that stands in a spec whose data the caller gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GIVEN = "arrays"  # its name


def naming_given_data(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec whose table 'data' has a name; other forms of that table are left to the validation."""
    data = value.get("data", {})
    return {**value, "data": {"name": GIVEN, **data}} if isinstance(data, Mapping) else dict(value)
