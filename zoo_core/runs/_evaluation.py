"""Finds the rows to evaluate a model on: a split of its own data, another data set, or a file of the same form."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.contract import naming_parts
from zoo_core.data import DataFolder
from zoo_core.data.columns import input_columns
from zoo_core.data.readers.features import stored_format
from zoo_core.data.readers.inputs import read_inputs
from zoo_core.data.readers.tables import TABLE_ENDINGS, read_table
from zoo_core.errors import DataError, Hint, UsageError, nearest
from zoo_core.model import Model, class_labels
from zoo_core.parts import Data, Dataset, Table
from zoo_core.registry import Registry, checked_entry, is_path, reader_of
from zoo_core.runs._defaults import load_data
from zoo_core.runs._model_columns import UnknownTextError, with_model_columns
from zoo_core.runs._splits import LEARNT, data_sha256, learnt_text, split
from zoo_core.spec import option_names
from zoo_core.spec.for_data import GIVEN

FILES = (*TABLE_ENDINGS, ".npz", ".npy")  # endings that tell a file from the name of a data set


@dataclasses.dataclass(frozen=True)
class EvaluationRows:
    """Rows to evaluate a model on, with labels as the model's class indices.

    Args:
        name: of the split, or of the file whose rows they all are.
        table: the rows.
        warnings: about them, by key.
    """

    name: str
    table: Table
    warnings: dict[str, str]


@naming_parts
def evaluation_rows(
    model: Model, split_name: str, folder: DataFolder, registry: Registry, dataset: str | None = None
) -> EvaluationRows:
    """Return rows to evaluate a model on. A warning says where the model was trained on them.

    Without `dataset` they are a split of the model's own data. The name of a data set gives that split of it. A file
    gives all its rows: it is read like the model's own data, or it is a .npz with arrays x and y.
    Raises UsageError for an unknown split, DataError for data that do not fit the model.
    """
    source = model.spec.data.source
    if dataset is None or dataset == source.name:
        data, table = _split_of(model, _named_columns(model, source), split_name, folder)
        return EvaluationRows(split_name, table, _own_warnings(model, data, table, split_name))
    if is_path(dataset, *FILES) or reader_of(dataset, registry) or os.path.exists(dataset):  # noqa: PTH110 - long names
        own = _file_dataset(model, source, dataset, folder, registry)
        try:
            data = _load_checked(model, own, folder, dataset)
        except UnknownTextError:
            _refuse_unknown(model, folder.for_origin(model.spec.origin.naming(dataset)).locate(dataset))
            raise
        table = _with_model_labels(model, data, data.train)
        return EvaluationRows(dataset, table, _learnt(model, table, f"rows of {dataset}"))
    _, table = _split_of(model, _named_dataset(dataset, registry), split_name, folder)
    return EvaluationRows(split_name, table, _learnt(model, table, f"{split_name} rows of {dataset}"))


def _refuse_unknown(model: Model, path: Path) -> None:
    """Raise DataError for the first text of a file that a model has not seen, with its line, as predictions do."""
    about = model.about
    columns = input_columns(model.preprocessor, about.described_columns)
    gaps = model.preprocessor.wants_columns
    read_inputs(path, about.inputs, about.feature_names, options=model.data_options, columns=columns, gaps=gaps)


def _learnt(model: Model, table: Table, rows: str) -> dict[str, str]:
    """Return a warning, by its key, if the model was trained on rows of a table."""
    shared = model.training_rows.shared_with(table)
    return {LEARNT: learnt_text(f"{shared} {rows}", f"model {model.name!r}")} if shared.shared else {}


def _own_warnings(model: Model, data: Data, table: Table, split_name: str) -> dict[str, str]:
    """Return the warnings about a split of a model's own data, which may have changed since the model was trained.

    Rows that come from the disk are all read only where some row of the split was trained on.
    """
    own = {} if split_name == "train" else _learnt(model, table, f"{split_name} rows")
    known = model.about.data_sha256
    if not known or (not own and not isinstance(data.train.x, np.ndarray)) or data_sha256(data) == known:
        return {key: text for key, text in model.warnings.items() if key == LEARNT and split_name != "train"}
    changed = f"the data have changed since model {model.name!r} was trained, and so have its splits"
    return {LEARNT: f"{changed}: {own[LEARNT]}"} if own else {"data_changed": changed}


def _file_dataset(model: Model, source: Dataset, path: str, folder: DataFolder, registry: Registry) -> Dataset:
    """Return a data set that reads a file as the model's own reads its file."""
    if source.name == GIVEN and path.endswith(TABLE_ENDINGS):
        source = _table_dataset(model, source, path, registry)
    options = option_names(source)
    stored = str(getattr(source, "path", ""))
    if "path" not in options or (path.endswith(".npz") and not stored.endswith(".npz")):
        if path.endswith(".npz"):  # any model can be evaluated on a .npz with arrays x and y
            return registry.get("dataset", "npz")(path=path, task=model.about.task)  # type: ignore[call-arg, return-value]
        raise UsageError(
            f"{path}: the model's data set {source.name!r} reads no files; give a .npz file with "
            "arrays x and y, numpy.savez(path, x=..., y=...), or name a data set"
        )
    changes: dict[str, Any] = {"path": path, "test_path": None, "group": None, "time": None}  # no row is divided
    if "delimiter" in options:
        where, raw = read_table(folder.for_origin(model.spec.origin.naming(path)).locate(path))
        form = stored_format(raw, model.data_options, where, model.about.feature_names)
        changes |= {"delimiter": form.delimiter, "encoding": form.encoding}
    own = {name: value for name, value in changes.items() if name in options}
    return dataclasses.replace(_named_columns(model, source), **own)  # type: ignore[type-var]


def _table_dataset(model: Model, source: Dataset, path: str, registry: Registry) -> Dataset:
    """Return a data set that reads a text file as the frame that a model was trained on; else its last column."""
    about, target = model.about, getattr(source, "target", None)
    target = target[0] if isinstance(target, list) and about.task == "classification" else target
    options = {"target": -1 if target is None else target, "weights": getattr(source, "weights", None)}
    return registry.get("dataset", "csv")(path=path, task=about.task, **options)  # type: ignore[call-arg, return-value]


def _named_columns(model: Model, source: Dataset) -> Dataset:
    """Return a data set that matches the columns of a table by name, as predictions do, and leaves out others."""
    names, targets = list(model.about.feature_names), list(model.about.target_names)
    if "features" not in option_names(source) or not names:
        return source
    changes: dict[str, Any] = {"features": names}
    if isinstance(kinds := getattr(source, "columns", None), dict):  # other columns may be missing
        changes["columns"] = {name: kind for name, kind in kinds.items() if name in names}
    if model.about.task != "classification" and targets and "target" in option_names(source):
        changes["target"] = targets
    return dataclasses.replace(source, **changes)  # type: ignore[type-var]


def _named_dataset(name: str, registry: Registry) -> Dataset:
    try:
        return checked_entry("dataset", name, registry).part()  # type: ignore[return-value]
    except TypeError as error:
        raise UsageError(f"dataset {name!r} needs options", Hint("data_file")) from error


def _load_checked(model: Model, source: Dataset, folder: DataFolder, named: str = "") -> Data:
    """Load a data set and compare it with the model; `named` is a path that the user gave."""
    spec = model.spec.from_origin(model.spec.origin.naming(named))
    data = load_data(spec.model_copy(update={"data": spec.data.model_copy(update={"source": source})}), folder)
    data = with_model_columns(model, data)
    features, task = int(data.train.x.shape[1]), data.task
    if features != model.about.inputs or task != model.about.task:
        raise DataError(
            f"dataset {source.name!r} has {features} features for {task}, and model {spec.name!r} needs "
            f"{model.about.inputs} for {model.about.task}"
        )
    wanted = model.about.target_count(model.network.outputs)
    if task != "classification" and data.train.y.shape[1] != wanted:
        raise DataError(
            f"dataset {source.name!r} has {data.train.y.shape[1]} targets, and model {spec.name!r} predicts {wanted}"
        )
    for ours, theirs in zip(model.about.feature_names, data.feature_names, strict=False):
        if ours != theirs:
            raise DataError(f"the data have a column {theirs!r} where model {spec.name!r} was trained on {ours!r}")
    return data


def _split_of(model: Model, source: Dataset, name: str, folder: DataFolder) -> tuple[Data, Table]:
    data = _load_checked(model, source, folder)
    splits, _ = split(model.spec, data)
    if name not in splits:
        message = f"there is no split {name!r}{nearest(name, splits)} (there are: {', '.join(splits)})"
        raise UsageError(message, Hint("split"))
    return data, _with_model_labels(model, data, splits[name])


def _with_model_labels(model: Model, data: Data, table: Table) -> Table:
    """Return a table whose labels are the model's class indices, also where the data lack some classes."""
    if data.task != "classification":
        return table
    ours = model.labels().tolist()
    theirs = class_labels(data.class_names, max(int(table.y.max()) + 1, len(ours))).tolist()
    if ours == theirs[: len(ours)] and table.y.max() < len(ours):
        return table
    index = {label: i for i, label in enumerate(ours)}
    unknown = sorted({theirs[i] for i in np.unique(table.y)} - set(index), key=str)
    if unknown:
        raise DataError(
            f"the data have the label {unknown[0]!r}, which is none of the classes of model {model.spec.name!r} "
            f"({', '.join(map(str, ours))})"
        )
    codes = np.array([index.get(label, -1) for label in theirs])
    return dataclasses.replace(table, y=codes[table.y])
