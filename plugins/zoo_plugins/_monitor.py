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
            f"monitor {monitor!r} is not measured{nearest(monitor, known)} (measured: {', '.join(known)})"
            f"{_way_to_measure(monitor, known)}"
        )
    return None


def _way_to_measure(monitor: str, known: list[str]) -> str:
    """Return how a spec gets the figure: rows for the split, or the metric."""
    split, _, metric = monitor.partition("_")
    if split not in ("train", "validation", "test") or not metric:
        return ""
    if not any(key.startswith(f"{split}_") for key in known):
        return f"; give data.{split} some rows"
    return f"; if it is a metric, name it in training.metrics: {metric}"
