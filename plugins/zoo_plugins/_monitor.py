"""Read the monitored value from an epoch's record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.errors import UsageError, nearest, nearest_figure


def monitored_value(record: Mapping[str, Any], monitor: str) -> float | None:
    """Return the value, or None in an epoch that did not measure it.

    Raises UsageError if the first epoch lacks it, since the first epoch measures everything.
    """
    if monitor in record:
        return float(record[monitor])
    if record["epoch"] == 0:
        known = [key for key in record if key != "epoch"]
        raise UsageError(
            f"monitor {monitor!r} is not measured{_way_out(monitor, known)} (measured: {', '.join(known)})"
        )
    return None


def _way_out(monitor: str, known: list[str]) -> str:
    """Return the name that is meant, or how a spec gets the figure: rows for the split, or the metric."""
    split, _, metric = monitor.partition("_")
    is_of_split = split in ("train", "validation", "test") and metric
    if is_of_split and not any(key.startswith(f"{split}_") for key in known):
        return f"; give data.{split} some rows"
    return nearest_figure(monitor, known) if is_of_split else nearest(monitor, known)
