"""Splits: training, validation and test rows, which never overlap."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.data._draws import Draw, Split, SplitRule, draw_fold, find_draw, is_ordered, split_proportionally
from zoo_core.errors import DataError, SpecError, UsageError
from zoo_core.parts import Array, Data, Table

NAMES = ("train", "validation", "test")
SLICE_PATTERN = r"^\s*(?:(train|test)\[)?(-?[0-9]+)?:(-?[0-9]+)?(\])?\s*$"


class SelectedRows:
    """Some rows of a table, in any order, gathered when they are used: a lazy `base[indices]`."""

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
        """Return the rows `indices`, written to `out` if it is given; `axis` must be 0."""
        if axis != 0:
            raise ValueError("rows are taken along axis 0")
        where = np.take(self.indices, indices, mode=mode)  # type: ignore[call-overload]
        if out is None:
            return np.asarray(self.base.take(where, axis=0))
        if isinstance(self.base, np.ndarray):
            return np.take(self.base, where, axis=0, out=out, mode="clip")
        self.base.take(where, axis=0, out=out)
        return out


@dataclass(frozen=True)
class SplitRows:
    """Which rows of a data set a split has.

    Args:
        part: of the data set, "train" or "test". Data that a caller gave as "train" and "validation" are one part, in
            this order.
        rows: the indices there, from 0, ascending; a range where they are contiguous.
    """

    part: str
    rows: range | Array

    @classmethod
    def of(cls, part: str, rows: Array) -> SplitRows:
        """Return the rows with the least memory."""
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return cls(part, range(int(rows[0]), int(rows[-1]) + 1))
        return cls(part, rows)

    @property
    def indices(self) -> Array:
        """The indices as an array, a copy."""
        return np.array(self.rows)


def make_splits(data: Data, rule: SplitRule, rng: np.random.Generator) -> dict[str, Table]:
    """Divide a data set into "train" and, if there are rows for them, "validation" and "test".

    Args:
        data: what the data set loaded.
        rule: which rows each split has.
        rng: draws the rows of fractions and folds.

    Returns:
        The splits by name. Sizes of fractions are rounded by the method of the largest remainder.

    Raises:
        SpecError: a text is not a slice.
        UsageError: a split is empty, a slice names rows that do not exist, or two rules contradict.
        DataError: two splits share rows or a group, or all training rows are of one class.
    """
    chosen = split_rows(data, rule, rng)
    return {name: select_rows(_part(data, source), indices) for name, (source, indices) in chosen.items()}


def split_rows(data: Data, rule: SplitRule, rng: np.random.Generator) -> dict[str, tuple[str, Array]]:
    """Return for each split the part of the data, "train" or "test", and its rows there, ascending; see `make_splits`.

    Only the targets, groups and times of the data are read.
    """
    wanted = {name: value for name in NAMES if (value := getattr(rule, name)) is not None}
    slices = {name: _slice_rows(name, value, data) for name, value in wanted.items() if isinstance(value, str)}
    _check_overlap(slices)
    draw, rows = find_draw(data, rule, rng), _free_rows(data.train, slices, "train")
    folded: dict[str, tuple[str, Array]] = {}
    if rule.folds and rule.fold:  # the folds divide the slice of `train`, if there is one
        rows = slices.pop("train")[1] if "train" in slices else rows
        test, rows = draw_fold(rows, rule.folds, rule.fold, draw, ordered=is_ordered(data.train, rule))
        folded["test"] = ("train", test)
    shares = {name: float(value) for name, value in wanted.items() if not isinstance(value, str)}
    drawn = _draw_fractions(rows, shares, draw)
    chosen = {name: ("train", indices) for name, indices in drawn.items()} | slices | folded
    if data.test is not None and "test" not in {*wanted, *folded}:
        rest = _free_rows(data.test, slices, "test")
        chosen |= {"test": ("test", rest)} if len(rest) else {}
    _check_splits(chosen, wanted, data)
    return {name: chosen[name] for name in NAMES if name in chosen}


def _part(data: Data, source: str) -> Table:
    """Return the part of a data set that rows were chosen from."""
    return data.train if source == "train" or data.test is None else data.test


def is_split(value: object) -> bool:
    """Return whether a value has the form of a split: a slice of the rows, or a fraction of them."""
    if isinstance(value, str):
        match = re.fullmatch(SLICE_PATTERN, value)
        return match is not None and (match[1] is None) == (match[4] is None)
    return isinstance(value, (int, float)) and 0 < value <= 1


def select_rows(table: Table, indices: Array) -> Table:
    """Return some rows of a table, `indices` in ascending order; contiguous rows are views."""
    if len(indices) and indices[-1] - indices[0] + 1 == len(indices):
        rows = slice(int(indices[0]), int(indices[-1]) + 1)
        x = table.x[rows] if isinstance(table.x, np.ndarray) else SelectedRows(table.x, indices)
        return Table(x, table.y[rows], None if table.weights is None else table.weights[rows])
    weights = None if table.weights is None else table.weights[indices]
    return Table(SelectedRows(table.x, indices), table.y[indices], weights)


def _slice_rows(name: str, value: str, data: Data) -> tuple[str, Array]:
    """Return the part that a slice refers to, "train" or "test", and the rows that it names."""
    match = re.fullmatch(SLICE_PATTERN, value)
    if match is None or (match[1] is None) != (match[4] is None):
        raise SpecError(
            f"data.{name} = {value!r} is no split; write a slice such as ':50000' or a fraction such as 0.1"
        )
    source = match[1] or "train"
    if source == "test" and (name == "train" or data.test is None):
        why = "must not be trained on" if name == "train" else "does not exist in this data set"
        raise UsageError(f"data.{name} = {value!r}: the test part {why}; cut it from the training part, as ':1000'")
    rows = len((data.test if source == "test" and data.test else data.train).y)
    for bound in (match[2], match[3]):
        if bound and not -rows <= int(bound) <= rows:
            raise UsageError(f"data.{name} = {value!r}: the data set's {source} part has only {rows} rows")
    start, stop = (int(bound) if bound else None for bound in (match[2], match[3]))
    return source, np.arange(rows)[start:stop]


def _check_overlap(slices: Mapping[str, tuple[str, Array]]) -> None:
    names = list(slices)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            (source, a), (other_source, b) = slices[one], slices[other]
            both = np.intersect1d(a, b) if source == other_source else a[:0]
            if len(both):
                raise DataError(
                    f"data.{one} and data.{other} share {len(both)} rows ({both[0]} to {both[-1]} of the "
                    f"{source} part): a leak; give them separate slices"
                )


def _free_rows(table: Table, slices: Mapping[str, tuple[str, Array]], source: str) -> Array:
    """Return the rows that no slice takes."""
    free = np.ones(len(table.y), bool)
    for part, indices in slices.values():
        if part == source:
            free[indices] = False
    return np.flatnonzero(free)


def _draw_fractions(rows: Array, shares: Mapping[str, float], draw: Draw) -> dict[str, Array]:
    """Draw the splits that are fractions of the rows; the rest is "train", unless that is drawn too."""
    rest = 1 - sum(shares.values())
    if any(not 0 < share <= 1 for share in shares.values()) or rest < -1e-9:
        listed = ", ".join(f"data.{name} = {share:g}" for name, share in shares.items())
        raise UsageError(f"{listed}: fractions lie above 0 and add up to 1 at most, not {sum(shares.values()):g}")
    counts = split_proportionally(len(rows), [*shares.values(), max(rest, 0.0)])[:-1] if shares else []
    *parts, left = draw(rows, counts)
    return {"train": np.sort(left), **{name: np.sort(part) for name, part in zip(shares, parts, strict=True)}}


def _check_splits(chosen: Mapping[str, tuple[str, Array]], wanted: Mapping[str, Split], data: Data) -> None:
    for name, (_, indices) in chosen.items():
        if not len(indices):
            asked = f" = {wanted[name]!r}" if name in wanted else ""
            raise UsageError(f"data.{name}{asked} is empty; the data set has {len(data.train.y)} rows to learn from")
    labels = data.train.y[chosen["train"][1]]
    if data.task == "classification" and labels.min() == labels.max():
        name = data.class_names[labels[0]] if data.class_names else str(labels[0])
        raise DataError(f"all {len(labels)} rows to learn from are of one class ({name!r}); two are needed at least")
    _check_groups(chosen, data)


def _check_groups(chosen: Mapping[str, tuple[str, Array]], data: Data) -> None:
    """Refuse slices that divide a group; draws never do."""
    groups = {name: _part(data, source).groups for name, (source, _) in chosen.items()}
    own = {name: np.unique(values[chosen[name][1]]) for name, values in groups.items() if values is not None}
    for one, other in itertools.combinations(own, 2):
        shared = np.intersect1d(own[one], own[other])
        if len(shared):
            raise DataError(
                f"data.{one} and data.{other} share {len(shared)} groups, which are to stay whole: a leak; "
                "give fractions, such as test = 0.15, in place of slices"
            )
