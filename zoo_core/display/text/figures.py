"""Reading the figures of a run's records: which split, which is better, where the best one stands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from zoo_core.parts import Record
from zoo_core.training.events import direction

SPLITS = ("train", "validation", "test")
SMALLER_IS_BETTER = ("loss", "error", "mae", "mse", "rmse", "brier")


def divide(key: str) -> tuple[str, str] | None:
    """Return (split, figure) for a key such as "test_accuracy", or None if no split leads it."""
    split, _, figure = key.partition("_")
    return (split, figure) if split in SPLITS and figure else None


def keys(records: Iterable[Record]) -> list[str]:
    """Return the keys of all figures of splits: losses first, then by figure, then by split."""
    found = {key: divided for record in records for key in record if (divided := divide(key))}
    order = list(dict.fromkeys(figure for _, figure in found.values()))
    return sorted(found, key=lambda key: _place(found[key], order))


def _place(divided: tuple[str, str], order: list[str]) -> tuple[bool, int, int]:
    split, figure = divided
    return figure != "loss", order.index(figure), SPLITS.index(split)


def higher_is_better(key: str, directions: Mapping[str, bool] | None = None) -> bool:
    """Tell the direction of a figure: as listed, else by its name (a loss or an error should be small)."""
    listed = direction(key, directions or {})
    return not key.endswith(SMALLER_IS_BETTER) if listed is None else listed


def finite(value: object) -> bool:
    """Tell whether a record's value is a number that can be compared and drawn."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def series(records: Sequence[Record], key: str) -> tuple[list[float], list[float]]:
    """Return (epochs, values) of the records that hold a finite figure `key`; epochs are counted from 1."""
    shift = 1 if records and records[0]["epoch"] == 0 else 0
    points = [(float(record["epoch"] + shift), float(record[key])) for record in records if finite(record.get(key))]
    return [epoch for epoch, _ in points], [value for _, value in points]


def best(points: tuple[Sequence[float], Sequence[float]], higher: bool) -> tuple[float, float]:
    """Return (epoch, value) of the best point, the earliest of equals; there must be one."""
    epochs, values = points
    pick = max if higher else min
    at = pick(range(len(values)), key=values.__getitem__)
    return epochs[at], values[at]
