"""Compares two runs: their settings, their figures, their arrays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from zoo_core.model import FINGERPRINTS, is_of_network
from zoo_core.parts import Array, Record
from zoo_core.storage import ModelFile


def compare_runs(a: ModelFile, b: ModelFile) -> dict[str, Any]:
    """Return where two runs part, from their model files: the first epoch, its first array, figures, final arrays.

    `epoch` counts from 0 and is None where no epoch tells; `array` is None where only figures, or files without
    traces, tell it.
    """
    by_array, by_figure = _arrays_part(a, b), _figures_part(a.header["history"], b.header["history"])
    epochs = [found[0] for found in (by_array, by_figure) if found]
    epoch = min(epochs, default=None)
    return {
        "same": a.sha256 == b.sha256,
        "traced": FINGERPRINTS in a.arrays and FINGERPRINTS in b.arrays,
        "epoch": epoch,
        "array": by_array[1] if by_array and by_array[0] == epoch else None,
        "figures": by_figure[1] if by_figure and by_figure[0] == epoch else [],
        "final": dict(_finals_differ(a.arrays, b.arrays)),
    }


def _arrays_part(a: ModelFile, b: ModelFile) -> tuple[int, str] | None:
    """Return the first epoch in which two traces differ, and the first array that does."""
    names = sorted(name for name in a.arrays if is_of_network(name))
    if (
        FINGERPRINTS not in a.arrays
        or FINGERPRINTS not in b.arrays
        or a.arrays[FINGERPRINTS].shape[1:] != b.arrays[FINGERPRINTS].shape[1:]
    ):
        return None
    others = {row[0]: row[1:] for row in b.arrays[FINGERPRINTS].tolist()}
    for epoch, *own in a.arrays[FINGERPRINTS].tolist():
        for name, x, y in zip(names, own, others.get(epoch, own), strict=False):
            if x != y:
                return epoch, name
    return None


def _figures_part(a: Sequence[Record], b: Sequence[Record]) -> tuple[int, list[str]] | None:
    """Return the first epoch in which two histories differ, and the figures that do."""
    others = {record["epoch"]: record for record in b}
    for record in a:
        other = others.get(record["epoch"], record)
        differing = [key for key in sorted(record.keys() | other.keys()) if record.get(key) != other.get(key)]
        if differing:
            return record["epoch"], differing
    return None


def _finals_differ(a: Mapping[str, Array], b: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    """Yield the name of each array that differs at the end, and how."""
    for name in sorted((a.keys() | b.keys()) - {FINGERPRINTS}):
        x, y = a.get(name), b.get(name)
        if x is None or y is None:
            yield name, "is only in one of them"
        elif (x.shape, x.dtype) != (y.shape, y.dtype):
            yield name, f"is {x.dtype} {x.shape} in one and {y.dtype} {y.shape} in the other"
        elif x.tobytes() != y.tobytes():
            change = np.abs(x.astype(np.float64) - y)
            yield name, f"{np.count_nonzero(change):,} of {change.size:,} values differ, at most by {change.max():.3g}"


def difference_lines(there: Mapping[str, Any], here: Mapping[str, Any], what: str = "") -> Iterator[str]:
    """Yield a line for each value that differs between two tables of plain data."""
    for key, old, new in differences(there, here):
        yield f"{what}{key} was {old!r} and is {new!r}"


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values of what differs between two tables of plain data."""
    a, b = flatten(there), flatten(json.loads(json.dumps(here)))
    for key in sorted(a.keys() | b.keys()):
        if a.get(key) != b.get(key):
            yield key, a.get(key), b.get(key)


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """Return nested data as one table from dotted paths to plain values."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items and not (isinstance(value, (dict, list)) and value):
        return {path: value}
    found: dict[str, Any] = {}
    for key, item in items:
        found |= flatten(item, f"{path}.{key}" if path else str(key))
    return found
