"""Which rows a run learns from: its splits, and the digest and the sketch of the rows that its model keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

import numpy as np

from zoo_core.data import SplitRule, row_hashes, select_rows, split_rows
from zoo_core.errors import DataError
from zoo_core.model import Model, baseline_of
from zoo_core.nn import RandomStreams
from zoo_core.parts import Array, Data, RandomSource, Table
from zoo_core.spec import Spec, copy_part, dump

SHARES = ("train", "validation", "test")
BLOCK = 4096  # rows that are read at once
TOLD = 0.01  # of the rows of a split that are training rows too, from which on it is told
MORE_OFTEN = 10  # times, because columns depend on one another
SAMPLE, SAMPLE_COLUMNS = 1000, 100  # rows and columns that tell whether rows are equal by chance
LEARNT = "rows_trained_on"  # key of the warning about rows that were learnt before they are measured


def split(
    spec: Spec, data: Data, source: RandomSource | None = None
) -> tuple[dict[str, Table], dict[str, tuple[str, Array]]]:
    """Return the splits of a spec by name, and for each the part of the data, "train" or "test", with its rows there.

    The rows of fractions are drawn from `data.split_seed` or, without it, from `source`, by default that of the spec.
    Raises DataError where all rows of a split have the weight 0.
    """
    d = spec.data
    if source is None or d.split_seed is not None:
        source = RandomStreams(copy_part(spec.generator), split_seed(spec))
    rng = source.stream("split")
    chosen = split_rows(data, split_rule(spec), rng)
    parts = {"train": data.train, "test": data.test}
    splits = {name: select_rows(parts[part] or data.train, rows) for name, (part, rows) in chosen.items()}
    for name, table in splits.items():
        if table.weights is not None and not np.any(table.weights):
            raise DataError(f"data.{name}: all its {len(table.y)} rows have the weight 0; give some rows a weight")
    return splits, chosen


def split_rule(spec: Spec) -> SplitRule:
    """Return how a spec divides the rows of its data."""
    return SplitRule(**{field.name: getattr(spec.data, field.name) for field in fields(SplitRule)})


def split_seed(spec: Spec) -> int:
    """Return the seed that draws the rows of fractions."""
    return spec.seed if spec.data.split_seed is None else spec.data.split_seed


def is_drawn(spec: Spec) -> bool:
    """Return whether a split is a fraction or a fold, so that its rows depend on a seed."""
    return spec.data.folds is not None or any(isinstance(getattr(spec.data, name), float) for name in SHARES)


def with_earlier_split(spec: Spec, earlier: Model | None) -> Spec:
    """Return a spec that draws the same rows as the model which it starts from, unless it says `split_seed`.

    With other rows it would be tested on rows that the earlier model has learnt.
    """
    if earlier is None or spec.data.split_seed is not None or not is_drawn(spec):
        return spec
    seed = split_seed(earlier.spec)
    if seed == spec.seed or not is_drawn(earlier.spec):
        return spec
    return spec.model_copy(update={"data": spec.data.model_copy(update={"split_seed": seed})})


def describe_rows(model: Model, data: Data, train_rows: Array, earlier: Model | None) -> None:
    """Give a model the digest and the baseline of its data, and the sketch of the rows that it was trained on.

    The sketch has those of an earlier model too.
    """
    digest, known = hashlib.sha256(), (earlier or model).training_rows
    model.training_rows = known.with_hashes(_train_hashes(data, train_rows, digest.update))
    classes = model.about.class_count(model.network.outputs)
    baseline = baseline_of(data.train, train_rows, classes)
    model.about = model.about.replaced(data_sha256=digest.hexdigest(), baseline=baseline)


def data_sha256(data: Data) -> str:
    """Return a digest of all arrays of the data, training part and test part, in their own dtypes."""
    digest = hashlib.sha256()
    for _ in _train_hashes(data, np.empty(0, np.intp), digest.update):
        pass
    return digest.hexdigest()


def _train_hashes(data: Data, train_rows: Array, update: Callable[[bytes], None]) -> Iterator[Array]:
    """Yield the hashes of the rows trained on, and call `update` with all bytes: the data are read once for both."""
    for table in [table for table in (data.train, data.test) if table is not None]:
        for start in range(0, table.x.shape[0], BLOCK):
            stop = min(start + BLOCK, table.x.shape[0])
            x = np.ascontiguousarray(table.x.take(np.arange(start, stop), axis=0))
            if x.dtype.kind == "f" and (gaps := np.isnan(x)).any():
                x = np.where(gaps, x.dtype.type(np.nan), x)  # a missing value has many forms of bits
            update(x.tobytes())
            if table is data.train:
                own = train_rows[slice(*np.searchsorted(train_rows, (start, stop)))]
                yield row_hashes(x[own - start], table.y[own])
        for column in (table.y, table.weights, table.groups, table.times):
            if column is not None:
                update(np.ascontiguousarray(column).tobytes())


def learnt_rows(model: Model, splits: Mapping[str, Table], earlier: Model) -> dict[str, str]:
    """Return a warning, by its key, if splits of a new run hold rows which the earlier model was trained on."""
    if model.about.data_sha256 == earlier.about.data_sha256 and split_key(model.spec) == split_key(earlier.spec):
        return {key: text for key, text in earlier.warnings.items() if key == LEARNT}
    shared = {name: earlier.training_rows.shared_with(table) for name, table in splits.items() if name != "train"}
    found = " and ".join(f"{rows} {name} rows" for name, rows in shared.items() if rows.shared)
    advice = "use the splits of that model, or other data"
    return {LEARNT: f"{learnt_text(found, 'the earlier model')}; {advice}"} if found else {}


def repeated_rows(model: Model, splits: Mapping[str, Table]) -> dict[str, str]:
    """Return a warning, by its key, if rows of the data stand twice, so that other splits hold training rows too.

    Rows that are equal because their columns have few values are no copies, and are not told.
    """
    shared = {name: model.training_rows.shared_with(table) for name, table in splits.items() if name != "train"}
    found = " and ".join(f"{rows} {name} rows" for name, rows in shared.items() if rows.share >= TOLD)
    if not found or _are_equal_by_chance(splits["train"]):
        return {}
    advice = "if they are copies, leave them out, or keep them together with data.group"
    return {LEARNT: f"{learnt_text(found, 'the model')}; {advice}"}


def _are_equal_by_chance(table: Table) -> bool:
    """Return whether rows may well be equal by chance, because their columns have few values.

    Two rows are as likely equal as the product of that in each column, or more often where columns depend on others.
    """
    count, size = len(table.y), min(len(table.y), SAMPLE)
    which = np.arange(size) * count // size
    rows = np.column_stack([table.y[which], table.x.take(which, axis=0)[:, :SAMPLE_COLUMNS]])
    rows = np.unique(rows, axis=0)  # copies would make the values of a column seem few
    found = [np.unique(column, return_counts=True)[1] for column in rows.T]
    pairs = [max(1, int(np.sum(counts * (counts - 1)))) for counts in found]  # of rows with equal values
    chance = np.sum(np.log(pairs) - np.log(max(1, len(rows) * (len(rows) - 1))))
    return bool(chance + np.log(count) >= np.log(TOLD / MORE_OFTEN))


def learnt_text(rows: str, model: str) -> str:
    """Return the warning about `rows`, such as "5 of the 90 test rows", that a model was trained on."""
    return f"{rows} are rows that {model} was trained on: metrics there say nothing about new rows"


def splits_differ(models: Mapping[str, Model]) -> dict[str, str]:
    """Return a warning, by its key, if models were measured on different rows, so that nothing can be compared."""
    specs = [model.spec for model in models.values()]
    names = [name for name in SHARES[1:] if len({_rows_key(spec, name) for spec in specs}) > 1]
    seeds = sorted({split_seed(spec) for spec in specs})
    if len({model.about.data_sha256 for model in models.values()} - {""}) > 1:
        names, why = list(SHARES[1:]), "their data differ"
    elif len({split_key(spec)[:3] for spec in specs}) == 1 and len(seeds) > 1:
        why = f"the seeds {', '.join(map(str, seeds))} draw other splits; train with one data.split_seed"
    else:
        why = "their splits differ"
    rows = " and ".join(reversed(names))
    return {"splits_differ": f"the models have other {rows} rows, so compare no such figures: {why}"} if names else {}


def _rows_key(spec: Spec, name: str) -> tuple[object, ...]:
    """Return all that decides which rows of the same data one split has."""
    value = getattr(spec.data, name)
    if isinstance(value, float) or (name == "test" and spec.data.folds is not None):
        return split_key(spec)
    is_rest = name == "test" and value is None  # the rows of the test part that no other split takes
    return (value, spec.data.validation if is_rest and str(spec.data.validation).lstrip().startswith("test[") else None)


def split_key(spec: Spec) -> tuple[object, ...]:
    """Return all that decides which rows of the same data a split has; a seed counts only if rows are drawn."""
    rule = split_rule(spec)
    drawn = (split_seed(spec), rule, repr(dump(spec.generator))) if is_drawn(spec) else ()
    return (*(getattr(rule, name) for name in SHARES), *drawn)
