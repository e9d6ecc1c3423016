"""Read the monitored value from an epoch's record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.errors import UsageError, nearest


def monitored_value(record: Mapping[str, Any], monitor: str) -> float | None:
    """Return the value, or None in an epoch that did not measure it.

    Raises UsageError if the first epoch lacks it, since the first epoch measures everything.
    """
    if monitor in record:
        return float(record[monitor])
    if record["epoch"] == 0:
        known = [key for key in record if key != "epoch"]
        raise UsageError(
            f"monitor {monitor!r} is not measured{nearest(monitor, known)} (measured: {', '.join(known)}); "
            "set data.validation to get validation figures"
        )
    return None
