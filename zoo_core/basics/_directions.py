"""Which of two values of a metric is better: the one place that schedules, callbacks, displays and plots ask."""

from __future__ import annotations

import math
from collections.abc import Mapping


def direction(key: str, directions: Mapping[str, bool]) -> bool | None:
    """Return whether higher is better for a metric value, or None if that is unknown.

    Args:
        key: the name of the value, such as "accuracy", "test_f1" or, by class, "test_f1_cat".
        directions: whether higher is better, by the name of the metric, with or without its split.
    """
    owners = [name for name in directions if key == name or key.startswith(f"{name}_")]
    return directions[max(owners, key=len)] if owners else None


def is_better(value: float, best: float | None, higher: bool, min_delta: float = 0.0) -> bool:
    """Return whether a value beats the best one by more than `min_delta`. Any number beats None and NaN."""
    if math.isnan(value) or best is None or math.isnan(best):
        return not math.isnan(value)
    return (value > best if higher else value < best) and abs(value - best) > min_delta
