"""Compares models by their specs and metrics, and two runs bit by bit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.model import (
    FINGERPRINTS,
    Fingerprints,
    Model,
    belongs_to_network,
    kept_record,
    read_summary,
    tells_of_run,
)
from zoo_core.parts import Array, Record
from zoo_core.runs._ranking import Ranking, rank_models, sorted_names
from zoo_core.runs._splits import splits_differ
from zoo_core.storage import ModelFile


@dataclass(frozen=True)
class ModelComparison:
    """The metric values of several models, the best first, and the values in which their specs differ."""

    ranking: Ranking | None  # by what they are sorted; None where no two models have a figure in common
    results: dict[str, dict[str, Any]]  # by model: parameters, epochs, best accuracies, metrics of the kept epoch
    differences: dict[str, dict[str, Any]]  # by dotted key of the spec, then by model; None where a spec lacks it
    warnings: dict[str, str]  # by key: why results cannot be compared


@dataclass(frozen=True)
class RunComparison:
    """Where two runs begin to differ."""

    same: bool  # whether the files are equal to the bit
    traced: bool  # whether both files have fingerprints of each epoch
    epoch: int | None  # the first epoch that differs, from 1; None where no epoch does
    array: str | None  # the first array that differs in that epoch; None where fingerprints do not tell
    figures: list[str]  # the metrics that differ in that epoch
    final: dict[str, str]  # each array that differs at the end, and how
    setup: list[str]  # each value of spec, data description and environment that differs


def compare_models(models: Mapping[str, Model]) -> ModelComparison:
    """Return the results of models, the best first, and where their specs differ but for names and descriptions."""
    specs = _with_part_names({name: flatten(model.spec.to_dict()) for name, model in models.items()})
    keys = _leaf_keys(specs.values()) - {"name", "description"}
    changed_keys = [key for key in sorted(keys) if len({repr(spec.get(key)) for spec in specs.values()}) > 1]
    results = {name: _results(model) for name, model in models.items()}
    ranking = rank_models(models, results)
    names = sorted_names(results, ranking)
    return ModelComparison(
        ranking=ranking,
        results={name: results[name] for name in names},
        differences={key: {name: specs[name].get(key) for name in names} for key in changed_keys},
        warnings=splits_differ(models),
    )


def _with_part_names(specs: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return flat specs in which a part has one key, KEY.name, if any of them gives it options."""
    tables = {key.removesuffix(".name") for spec in specs.values() for key in spec if key.endswith(".name")}

    def unified(key: str, value: Any) -> str:
        return f"{key}.name" if key in tables and isinstance(value, str) else key

    return {name: {unified(key, value): value for key, value in spec.items()} for name, spec in specs.items()}


def _results(model: Model) -> dict[str, Any]:
    """Return what a model reached; no epoch is chosen by its test figures."""
    kept = kept_record(model.history)
    best = {
        f"best {key}": max(record[key] for record in model.history if record.get(key) is not None)
        for key in kept
        if key == "validation_accuracy" and kept[key] is not None
    }
    figures = {key: value for key, value in kept.items() if key not in ("epoch", "kept")}
    epochs = {"epochs": len(model.history), "saved epoch": kept.get("epoch", -1) + 1}
    return {"parameters": model.network.layout.size, **epochs, **best, **figures}


def compare_runs(
    a: ModelFile, b: ModelFile, names: Sequence[str] = ("the first file", "the second file")
) -> RunComparison:
    """Return where two runs begin to differ, from their model files; messages call the files by `names`.

    Raises ModelFileError for a header that describes no model, or for malformed fingerprints.
    """
    for contents, name in zip((a, b), names, strict=True):
        read_summary(contents, name)
        Fingerprints.read(contents.arrays.get(FINGERPRINTS), name)
    by_array, by_figure = _first_array(a.arrays, b.arrays), _first_figures(a.header["history"], b.header["history"])
    epoch = min((found[0] for found in (by_array, by_figure) if found), default=None)
    return RunComparison(
        same=a.sha256 == b.sha256,
        traced=FINGERPRINTS in a.arrays and FINGERPRINTS in b.arrays,
        epoch=None if epoch is None else epoch + 1,
        array=by_array[1] if by_array and by_array[0] == epoch else None,
        figures=by_figure[1] if by_figure and by_figure[0] == epoch else [],
        final=dict(_final_differences(a.arrays, b.arrays)),
        setup=[
            f"{key}: {x!r} and {y!r}"
            for table in ("spec", "about", "environment")
            for key, x, y in differences(a.header[table], b.header[table])
        ],
    )


def _first_array(a: Mapping[str, Array], b: Mapping[str, Array]) -> tuple[int, str] | None:
    """Return the first epoch whose fingerprints differ, and the first array that does."""
    if FINGERPRINTS not in a or FINGERPRINTS not in b or a[FINGERPRINTS].shape[1:] != b[FINGERPRINTS].shape[1:]:
        return None
    names = sorted(name for name in a if belongs_to_network(name))
    others = {row[0]: row[1:] for row in b[FINGERPRINTS].tolist()}
    for epoch, *own in a[FINGERPRINTS].tolist():
        for name, x, y in zip(names, own, others.get(epoch, own), strict=False):
            if x != y:
                return epoch, name
    return None


def _first_figures(a: Sequence[Record], b: Sequence[Record]) -> tuple[int, list[str]] | None:
    """Return the first epoch in which two histories differ, and the metrics that do."""
    others = {record["epoch"]: record for record in b}
    for record in a:
        other = others.get(record["epoch"], record)
        changed_keys = [key for key in sorted(record.keys() | other.keys()) if record.get(key) != other.get(key)]
        if changed_keys:
            return record["epoch"], changed_keys
    return None


def _final_differences(a: Mapping[str, Array], b: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    """Yield the name of each array that differs at the end, and how."""
    for name in sorted(name for name in a.keys() | b.keys() if not tells_of_run(name)):
        x, y = a.get(name), b.get(name)
        if x is None or y is None:
            yield name, "is only in one of them"
        elif (x.shape, x.dtype) != (y.shape, y.dtype):
            yield name, f"is {x.dtype} {x.shape} in one and {y.dtype} {y.shape} in the other"
        elif x.tobytes() != y.tobytes():
            change = np.abs(x.astype(np.float64) - y)
            yield name, f"{np.count_nonzero(change):,} of {change.size:,} values differ, at most by {change.max():.3g}"


def difference_lines(earlier: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield a line for each value that differs between two tables of plain data."""
    for key, old, new in differences(earlier, now):
        yield f"{prefix}{key} was {old!r} and is {new!r}"


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted key and both values of what differs between two tables; `a` comes from JSON."""
    first, second = _with_part_names({"a": flatten(a), "b": flatten(json.loads(json.dumps(b)))}).values()
    for key in sorted(_leaf_keys([first, second])):
        if first.get(key) != second.get(key):
            yield key, first.get(key), second.get(key)


def _leaf_keys(tables: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the dotted keys of flat tables, without a list that is empty in one of them and has items in another."""
    keys = {key for table in tables for key in table}
    return keys - {key[:i] for key in keys for i, letter in enumerate(key) if letter == "."}


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """Return nested data as one table from dotted keys to plain values."""
    if not isinstance(value, (dict, list)) or not value:
        return {path: value}
    found: dict[str, Any] = {}
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        found |= flatten(item, f"{path}.{key}" if path else str(key))
    return found
