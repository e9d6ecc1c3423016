"""Read the monitored value from an epoch's record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.errors import UsageError, nearest, nearest_name


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
    if split not in ("train", "validation", "test") or not metric:
        return nearest(monitor, known)
    own = [key.removeprefix(f"{split}_") for key in known if key.startswith(f"{split}_")]
    if not own:
        return f"; give data.{split} some rows"
    meant = nearest_name(metric, own)
    return f"; did you mean '{split}_{meant}'?" if meant else f"; name the metric in training.metrics: {metric}"
