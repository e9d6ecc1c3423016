"""The metrics of a run's records: the split of a key, the order of keys, which direction is better, the best epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from zoo_core.model._description import KEY as KEY, MAX_WARNING as MAX_WARNING
from zoo_core.model._summary import kept_record
from zoo_core.parts import Record

SPLITS = ("train", "validation", "test")
# Update-to-weight ratios between these are usual; about 1e-3 is typical (A. Karpathy, CS231n, Neural Networks Part 3).
USUAL_UPDATES = (3e-5, 3e-2)
LARGEST = (
    1e300  # the largest value that is drawn: axes reach beyond their values, and may not leave the range of floats
)
Points = tuple[list[float], list[float]]  # epochs and values, of equal length


def split_key(key: str) -> tuple[str, str] | None:
    """Return (split, metric) for a key such as "test_accuracy", or None if it does not begin with a split."""
    split, _, metric = key.partition("_")
    return (split, metric) if split in SPLITS and metric else None


def metric_keys(records: Iterable[Record]) -> list[str]:
    """Return the keys of all metrics of splits: losses first, then by metric, then by split."""
    found = {key: pair for record in records for key in record if (pair := split_key(key))}
    order = list(dict.fromkeys(metric for _, metric in found.values()))
    return sorted(found, key=lambda key: _key_order(found[key], order))


def _key_order(pair: tuple[str, str], metrics: list[str]) -> tuple[bool, int, int]:
    split, metric = pair
    return metric != "loss", metrics.index(metric), SPLITS.index(split)


def is_finite_number(value: object) -> bool:
    """Return whether a record's value is a number that can be compared and drawn."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def metric_points(records: Sequence[Record], key: str) -> Points:
    """Return (epochs, values) where metric `key` is finite, at most LARGEST in size; epochs count from 1."""
    shift = _first_number(records)
    kept = [record for record in records if is_finite_number(record.get(key))]
    return [float(record["epoch"] + shift) for record in kept], [_drawable(record[key]) for record in kept]


def _drawable(value: float) -> float:
    return float(min(max(value, -LARGEST), LARGEST))


def saved_epoch(records: Sequence[Record]) -> float:
    """Return the epoch whose weights a model holds; epochs count from 1."""
    return float(kept_record(records).get("epoch", 0) + _first_number(records))


def _first_number(records: Sequence[Record]) -> int:
    """Return what to add to the epochs of records, so that they count from 1."""
    return 1 if records and records[0]["epoch"] == 0 else 0


def best_point(points: Points, higher: bool) -> tuple[float, float]:
    """Return (epoch, value) of the best point, the earliest of equals. There must be at least one point."""
    epochs, values = points
    pick = max if higher else min
    at = pick(range(len(values)), key=values.__getitem__)
    return epochs[at], values[at]
