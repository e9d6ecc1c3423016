"""Data that the caller of `train` gives: arrays, a frame or a `Data` becomes the data set of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_core.data import checked_data
from zoo_core.errors import DataError, UsageError
from zoo_core.model.given import GivenRows, given_rows, with_targets
from zoo_core.parts import Data, Table, Task
from zoo_core.registry import Registry
from zoo_core.runs._frame_columns import MISSING
from zoo_core.runs._given_tables import form_of, make_tables, task_of
from zoo_core.spec import Spec, option_names
from zoo_core.spec.for_data import GIVEN

SPLITS = "train", "validation", "test"
TEST_AND_FOLDS = "data: each fold is a test split, and test rows are given apart; leave them out"


def with_given_data(spec: Spec, given: Any, target: Any, registry: Registry) -> tuple[Spec, Data]:
    """Return a spec whose data set is the given one, and these data; `target` is that of a frame.

    Raises DataError for data of another form, UsageError where the spec divides rows that are divided already.
    """
    source = _source(spec, target, registry)
    spec = _with_data_keys(spec, source=source)
    if isinstance(given, Data):
        return spec, checked_data(source, given)
    parts = dict(given) if are_splits(given) else {"train": given}
    beside = {"weights": source.weights, "groups": source.group, "times": source.time}
    rows = {name: given_rows(part, source.target, beside, f"data, {name}") for name, part in parts.items()}
    _check_named(rows["train"], beside, target)
    rows = {name: with_targets(own, MISSING, f"data, {name}") for name, own in rows.items()}
    first, last = rows["train"].x, spec.model.layers[-1]
    task: Task = source.task or task_of(spec.model.loss, rows["train"].y, last.units)
    if "test" in parts and spec.data.folds is not None:
        raise UsageError(TEST_AND_FOLDS)
    tables, about = make_tables(rows, task, source.columns or {})
    form = form_of(first) | ({"preprocessor": "table"} if about["columns"] else {})
    if "validation" in tables:
        spec = _with_validation(spec, len(tables["train"].y))
        tables["train"] = _joined(tables["train"], tables.pop("validation"))
    if "test" in tables and isinstance(spec.data.test, float):
        raise UsageError(f"data.test = {spec.data.test:g}, and test rows are given apart; leave one of them out")
    data = Data(tables["train"], tables.get("test"), task, **about, **form)
    return spec, checked_data(source, data)


def _check_named(rows: GivenRows, beside: Mapping[str, Any], target: Any) -> None:
    """Raise DataError for a column that is named, where the rows are no frame that holds it."""
    if target is not None and not rows.names:
        raise DataError(f"data: target = {target!r} names a column of a frame, and these rows have their targets apart")
    for key, column in beside.items():
        if column is not None and getattr(rows, key) is None:
            name = key if key == "weights" else key.rstrip("s")
            way = f"give them beside x and y, as in {{'x': x, 'y': y, {key!r}: ...}}, or give one frame"
            raise DataError(f"data.{name} = {column!r} names a column of a frame, and there are no {key}; {way}")


def _source(spec: Spec, target: Any, registry: Registry) -> Any:
    """Return the data set `arrays` with those options of the spec's own that both have."""
    own, part = spec.data.source, registry.get("dataset", GIVEN)
    values = {name: getattr(own, name) for name in option_names(own) if name in option_names(part)}
    if target is not None:
        values["target"] = target if isinstance(target, (str, int)) else list(target)
    return part(**values)


def _with_data_keys(spec: Spec, **keys: Any) -> Spec:
    changed = spec.model_copy(update={"data": spec.data.model_copy(update=keys)})
    return changed.from_origin(spec.origin)


def are_splits(given: Any) -> bool:
    """Return whether data are given divided into splits."""
    return isinstance(given, Mapping) and "train" in given and set(given) <= set(SPLITS)


def _with_validation(spec: Spec, rows: int) -> Spec:
    """Return a spec whose validation split is the rows of the training part from `rows` on."""
    rest = f"{rows}:"
    if spec.data.validation not in (None, rest):
        raise UsageError(
            f"data.validation = {spec.data.validation!r}, and validation rows are given apart; leave one of them out"
        )
    return _with_data_keys(spec, validation=rest)


def _joined(first: Table, second: Table) -> Table:
    """Return the rows of two tables as one."""
    beside = {name: (getattr(first, name), getattr(second, name)) for name in ("weights", "groups", "times")}
    for name, both in beside.items():
        if sum(column is None for column in both) == 1:
            raise DataError(f"data: give {name} for both of train and validation, or for none")
    own = {name: np.concatenate(both) for name, both in beside.items() if both[0] is not None}
    return Table(np.concatenate([first.x, second.x]), np.concatenate([first.y, second.y]), **own)
