"""How rows are drawn for fractions and folds: at random, by class, whole groups together, or in order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.errors import UsageError
from zoo_core.parts import Array, Data, Table

Split = str | float | None  # a slice of the rows, a fraction of them, or the default
Draw = Callable[[Array, Sequence[int]], list[Array]]  # rows and sizes -> a part for each size, and the rows left


@dataclass(frozen=True)
class SplitRule:
    """How a data set is divided, as the table `[data]` of a spec says it.

    A split is a slice or a fraction. ":50000" is a slice of `data.train` in its public order. "test[:5000]" is a slice
    of `data.test`, not allowed for `train`. 0.1 is a fraction of the rows that no slice takes. Fractions are drawn at
    random. Where the rows have groups, each group stays whole; where they have times, the last rows are the test rows.

    Args:
        train: by default all rows that no other split takes.
        validation: by default there is none.
        test: by default the rows of `data.test` that no other split takes.
        stratify: whether fractions and folds have the classes in the proportions of the data set.
        in_order: whether fractions and folds take the rows in the order of the file, as if it were that of time.
        folds: into how many parts the rows are divided for cross-validation, 2 or more; None for no folds. If `train`
            is a slice, they are its parts.
        fold: which of them is the test split, from 1.
    """

    train: Split = None
    validation: Split = None
    test: Split = None
    stratify: bool = False
    in_order: bool = False
    folds: int | None = None
    fold: int | None = None


def find_draw(data: Data, rule: SplitRule, rng: np.random.Generator) -> Draw:
    """Return how parts are drawn. Raises UsageError where a rule does not fit the data, or two rules contradict."""
    table = data.train
    ways = {
        "data.stratify": ("data.stratify = false", rule.stratify),
        "data.in_order": ("data.in_order = false", rule.in_order),
        "groups": ("no groups", table.groups is not None),
        "times": ("no times", table.times is not None),
    }
    chosen = {name: off for name, (off, is_chosen) in ways.items() if is_chosen}
    if len(chosen) > 1:
        way_out = f"choose one of them: {' or '.join(chosen.values())}"
        raise UsageError(f"{' and '.join(chosen)} are two ways to draw the rows of splits; {way_out}")
    if rule.stratify and data.task != "classification":
        what = "has several labels a row" if data.task == "multilabel" else "has none (it is a regression)"
        raise UsageError(f"data.stratify keeps the shares of classes; this data set {what}")
    if table.groups is not None:
        return _grouped(table.groups, rng)
    if is_ordered(table, rule):
        return _ordered(np.arange(len(table.y)) if table.times is None else table.times)
    return _stratified(table.y, rng) if rule.stratify else _at_random(rng)


def is_ordered(table: Table, rule: SplitRule) -> bool:
    """Return whether rows are drawn in the order of time, and not at random."""
    return rule.in_order or table.times is not None


def draw_fold(rows: Array, folds: int, fold: int, draw: Draw, *, ordered: bool) -> tuple[Array, Array]:
    """Return the rows of a fold, and those that a model of this fold may learn from.

    In the order of time these are only the rows before the fold; the oldest rows are in no fold.
    Raises UsageError if there are fewer rows or groups than folds.
    """
    sizes = split_proportionally(len(rows), np.ones(folds + ordered))[ordered:]
    parts = draw(rows, sizes)
    if not all(map(len, parts[:folds])):
        filled = sum(bool(len(part)) for part in parts[:folds])
        raise UsageError(
            f"data.folds is {folds}, and only {filled} of them would have rows; the {len(rows)} rows, or their groups "
            "or times, are too few: choose fewer folds"
        )
    others = parts[folds:] + (parts[: fold - 1] if ordered else parts[: fold - 1] + parts[fold:folds])
    return np.sort(parts[fold - 1]), np.sort(np.concatenate(others))


def split_proportionally(total: int, shares: Sequence[float] | Array) -> list[int]:
    """Divide `total` into whole numbers in proportion to `shares`, by the largest remainder; ties go to the first.

    Source: A. Hamilton's method of apportionment, 1792; see Balinski and Young, "Fair Representation" (1982).
    """
    quotas = total * np.asarray(shares, np.float64) / np.sum(shares)
    counts = np.floor(quotas).astype(int)
    for place in np.argsort(counts - quotas, kind="stable")[: total - counts.sum()]:
        counts[place] += 1
    return [int(count) for count in counts]


def _at_random(rng: np.random.Generator) -> Draw:
    def draw(rows: Array, sizes: Sequence[int]) -> list[Array]:
        return np.split(rng.permutation(rows) if len(sizes) else rows, np.cumsum(sizes))

    return draw


def _stratified(labels: Array, rng: np.random.Generator) -> Draw:
    def draw(rows: Array, sizes: Sequence[int]) -> list[Array]:
        pool, parts = rng.permutation(rows) if len(sizes) else rows, []
        for size in sizes:
            picked = _pick_stratified(labels[pool], size)
            parts.append(pool[picked])
            pool = pool[~picked]
        return [*parts, pool]

    return draw


def _pick_stratified(labels: Array, count: int) -> Array:
    """Return a mask of `count` rows, in the proportions of the classes; the first rows of each class are picked."""
    picked = np.zeros(len(labels), bool)
    classes, sizes = np.unique(labels, return_counts=True)
    for label, share in zip(classes, split_proportionally(count, sizes) if len(classes) else [], strict=True):
        picked[np.flatnonzero(labels == label)[:share]] = True
    return picked


def _grouped(groups: Array, rng: np.random.Generator) -> Draw:
    """Draw whole groups, in random order: each goes to the part that has the smallest share of the rows it wants."""

    def draw(rows: Array, sizes: Sequence[int]) -> list[Array]:
        wanted = np.array([*sizes, len(rows) - sum(sizes)])
        open_parts = np.flatnonzero(wanted)
        _, group, counts = np.unique(groups[rows], return_inverse=True, return_counts=True)
        filled, part_of = np.zeros(len(wanted)), np.empty(len(counts), np.intp)
        for one in rng.permutation(len(counts)):
            part_of[one] = open_parts[np.argmin((filled / np.maximum(wanted, 1))[open_parts])]
            filled[part_of[one]] += counts[one]
        return [rows[part_of[group] == part] for part in range(len(wanted))]

    return draw


def _ordered(times: Array) -> Draw:
    """Take the last rows for the last part, and so on. Rows of the same time stay together, in the later part."""

    def draw(rows: Array, sizes: Sequence[int]) -> list[Array]:
        rows = rows[np.argsort(times[rows], kind="stable")]
        own = times[rows]
        starts = [len(rows) - sum(sizes[at:]) for at in range(len(sizes))]
        bounds = [int(np.searchsorted(own, own[start])) if start < len(own) else start for start in starts]
        rest, *parts = np.split(rows, bounds)
        return [*parts, rest]

    return draw
