"""Splits: which rows a model learns from, which it is tuned on, and which judge it; never the same ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.errors import DataError, SpecError, UsageError
from zoo_core.parts import Array, Data, Table

Split = str | float | None
NAMES = ("train", "validation", "test")
SLICE = r"^\s*(?:(train|test)\[)?(-?[0-9]+)?:(-?[0-9]+)?(\])?\s*$"


class Rows:
    """Some rows of a table, in any order, fetched when they are asked for: a lazy `base[indices]`."""

    def __init__(self, base: Any, indices: Array) -> None:
        self.base, self.indices = base, indices
        self.shape: tuple[int, ...] = (len(indices), *base.shape[1:])
        self.dtype: np.dtype[Any] = np.dtype(base.dtype)
        self.from_any_thread = bool(getattr(base, "from_any_thread", False))

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, which: slice | Array) -> Array:
        return self.take(np.arange(len(self))[which])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return self.take(np.arange(len(self))).astype(dtype or self.dtype, copy=False)

    def take(self, indices: Array, axis: int = 0, out: Array | None = None, mode: str = "raise") -> Array:
        """Return the rows `indices`, in `out` where given; `axis` must be 0."""
        if axis != 0:
            raise ValueError("rows are taken along axis 0")
        where = np.take(self.indices, indices, mode=mode)  # type: ignore[call-overload]
        if out is None:
            return np.asarray(self.base.take(where, axis=0))
        if isinstance(self.base, np.ndarray):
            return np.take(self.base, where, axis=0, out=out, mode="clip")
        self.base.take(where, axis=0, out=out)
        return out


def make_splits(
    data: Data,
    *,
    train: Split = None,
    validation: Split = None,
    test: Split = None,
    stratify: bool = False,
    rng: np.random.Generator,
) -> dict[str, Table]:
    """Divide a data set into "train" and, where there are rows for them, "validation" and "test".

    A split is a slice of the public order of `data.train` (":50000", "-5000:"), a slice of its test part
    ("test[:5000]"; not for `train`), or a fraction of the rows that the slices left, drawn at random (with
    `stratify`, in the proportions of the labels). `train` defaults to what no other split takes, `test` to
    what is left of `data.test`. Sizes are rounded by the method of the largest remainder.

    Raises SpecError (a value that is no slice), UsageError (an empty split, rows that are not there),
    DataError (rows in two splits; a single class to learn from).
    """
    wanted = {name: value for name, value in zip(NAMES, (train, validation, test), strict=True) if value is not None}
    places = {name: _place(name, value, data) for name, value in wanted.items() if isinstance(value, str)}
    _check_overlap(places)
    shares = {name: float(value) for name, value in wanted.items() if not isinstance(value, str)}
    chosen = _draw(data, _left(data.train, places, "train"), shares, stratify, rng)
    chosen |= {name: indices for name, (source, indices) in places.items() if source == "train"}
    tables = {name: select(data.train, indices) for name, indices in chosen.items()}
    if data.test is not None:
        tables |= {n: select(data.test, indices) for n, (source, indices) in places.items() if source == "test"}
        rest = _left(data.test, places, "test")
        if "test" not in wanted and len(rest):
            tables["test"] = select(data.test, rest)
    _check(tables, wanted, data)
    return {name: tables[name] for name in NAMES if name in tables}


def is_split(value: object) -> bool:
    """Tell whether a value has the form of a split: a slice of the rows, or a fraction of them."""
    if isinstance(value, str):
        match = re.fullmatch(SLICE, value)
        return match is not None and (match[1] is None) == (match[4] is None)
    return isinstance(value, (int, float)) and 0 < value <= 1


def select(table: Table, indices: Array) -> Table:
    """Return some rows of a table, `indices` in rising order: views where they are contiguous."""
    if len(indices) and indices[-1] - indices[0] + 1 == len(indices):
        where = slice(int(indices[0]), int(indices[-1]) + 1)
        x = table.x[where] if isinstance(table.x, np.ndarray) else Rows(table.x, indices)
        return Table(x, table.y[where], None if table.weights is None else table.weights[where])
    weights = None if table.weights is None else table.weights[indices]
    return Table(Rows(table.x, indices), table.y[indices], weights)


def apportion(total: int, shares: Sequence[float] | Array) -> list[int]:
    """Divide `total` in proportion to `shares` by the largest remainder (Hamilton); ties to the first."""
    quotas = total * np.asarray(shares, np.float64) / np.sum(shares)
    counts = np.floor(quotas).astype(int)
    for place in np.argsort(counts - quotas, kind="stable")[: total - counts.sum()]:
        counts[place] += 1
    return [int(count) for count in counts]


def _place(name: str, value: str, data: Data) -> tuple[str, Array]:
    """Return where a slice cuts, "train" or "test", and the rows it names."""
    match = re.fullmatch(SLICE, value)
    if match is None or (match[1] is None) != (match[4] is None):
        raise SpecError(
            f"data.{name} = {value!r} is no split; write a slice such as ':50000' or a fraction such as 0.1"
        )
    source = match[1] or "train"
    if source == "test" and (name == "train" or data.test is None):
        why = "must not be learnt from" if name == "train" else "does not exist in this data set"
        raise UsageError(f"data.{name} = {value!r}: the test part {why}; cut it from the training part, as ':1000'")
    rows = len((data.test if source == "test" and data.test else data.train).y)
    for bound in (match[2], match[3]):
        if bound and not -rows <= int(bound) <= rows:
            raise UsageError(f"data.{name} = {value!r}: the data set's {source} part has only {rows} rows")
    start, stop = (int(bound) if bound else None for bound in (match[2], match[3]))
    return source, np.arange(rows)[start:stop]


def _check_overlap(places: Mapping[str, tuple[str, Array]]) -> None:
    names = list(places)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            (source, a), (other_source, b) = places[one], places[other]
            both = np.intersect1d(a, b) if source == other_source else a[:0]
            if len(both):
                raise DataError(
                    f"data.{one} and data.{other} share {len(both)} rows ({both[0]} to {both[-1]} of the "
                    f"{source} part): a leak; give them separate slices"
                )


def _left(table: Table, places: Mapping[str, tuple[str, Array]], source: str) -> Array:
    free = np.ones(len(table.y), bool)
    for where, indices in places.values():
        if where == source:
            free[indices] = False
    return np.flatnonzero(free)


def _draw(
    data: Data, left: Array, shares: Mapping[str, float], stratify: bool, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw the splits given as fractions from the rows `left`; what remains is "train" unless drawn."""
    rest = 1 - sum(shares.values())
    if any(not 0 < share <= 1 for share in shares.values()) or rest < -1e-9:
        raise UsageError(f"fractions of data must lie above 0 and add up to 1 at most, not {dict(shares)}")
    if stratify and data.task != "classification":
        raise UsageError("data.stratify keeps the shares of classes; this data set has none (it is a regression)")
    counts = apportion(len(left), [*shares.values(), max(rest, 0.0)]) if shares else []
    chosen: dict[str, Array] = {}
    pool = rng.permutation(left) if shares else left
    for name, count in zip(shares, counts, strict=False):
        picked = _stratified(data.train.y[pool], count) if stratify else np.arange(len(pool)) < count
        chosen[name], pool = np.sort(pool[picked]), pool[~picked]
    return {"train": np.sort(pool), **chosen}


def _stratified(labels: Array, count: int) -> Array:
    """Return a mask that picks `count` rows, the first of each class, in the proportions of the classes."""
    picked = np.zeros(len(labels), bool)
    classes, sizes = np.unique(labels, return_counts=True)
    for label, share in zip(classes, apportion(count, sizes) if len(classes) else [], strict=True):
        picked[np.flatnonzero(labels == label)[:share]] = True
    return picked


def _check(tables: Mapping[str, Table], wanted: Mapping[str, Split], data: Data) -> None:
    for name, table in tables.items():
        if not len(table.y):
            asked = f" = {wanted[name]!r}" if name in wanted else ""
            raise UsageError(f"data.{name}{asked} is empty; the data set has {len(data.train.y)} rows to learn from")
    labels = tables["train"].y
    if data.task == "classification" and labels.min() == labels.max():
        raise DataError(f"all {len(labels)} rows to learn from are of one class ({labels[0]}); two are needed at least")
