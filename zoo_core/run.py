"""From a spec to a trained model: load the data, split it, assemble, train."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from zoo_core.assembly import fresh
from zoo_core.data.folder import DataFolder
from zoo_core.data.splits import make_splits
from zoo_core.errors import DataError, SpecError
from zoo_core.events import Event
from zoo_core.header import About, words
from zoo_core.model import Model
from zoo_core.parts import Data, Loss, Metric, RandomSource, Table
from zoo_core.registry import Registry
from zoo_core.spec import Spec, read_spec
from zoo_core.threads import blas_threads, choose_threads
from zoo_core.training import Trainer

DEFAULT_METRICS = {"classification": ("accuracy",), "regression": ("rmse", "r2")}


def train(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
) -> Model:
    """Train a spec (an object, a mapping, a file or a shipped name) and return the model.

    Raises the errors of reading the spec and the data, and NumericError when training leaves the finite numbers.
    """
    trainer = prepare(spec, data_dir, registry)
    for _ in follow(trainer):
        pass
    return trainer.model


def prepare(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
    *,
    threads: int | None = None,
) -> Trainer:
    """Return a run that is ready to go; `follow` starts it."""
    registry = registry or Registry()
    folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
    if isinstance(spec, Mapping):
        spec = Spec.parse(spec, registry)
    elif not isinstance(spec, Spec):
        folder, spec = folder.by(spec), read_spec(spec, registry=registry)
    data = load_data(spec, folder)
    spec = complete(spec, data, registry)
    model = Model(spec, _about(spec, data), registry)
    model.check_storable()
    splits = split(spec, data, model.source)
    model.preparation.fit(splits["train"].x)
    model.network.initialize(model.source.stream("initializer"))
    threads = threads or spec.training.threads or _threads(spec, model, splits["train"])
    return Trainer(model, splits, model.source, threads=threads)


def _threads(spec: Spec, model: Model, table: Table) -> int:
    size = spec.training.batch_size
    rows = int(table.x.shape[0])
    widths = [model.about.inputs, *(layer.units for layer in spec.model.layers)]
    return choose_threads(rows if size == "all" else min(size, rows), widths)


def follow(trainer: Trainer) -> Iterator[Event]:
    """Train, with the number of BLAS threads that the run was made for."""
    with blas_threads(trainer.threads):
        yield from trainer.events()


def load_data(spec: Spec, data_dir: str | Path | DataFolder | None = None) -> Data:
    """Load the data set that a spec names."""
    folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
    return fresh(spec.data.source).load(folder)


def split(spec: Spec, data: Data, source: RandomSource) -> dict[str, Table]:
    """Return the splits of a spec by name."""
    d = spec.data
    rng = source.stream("split")
    return make_splits(data, train=d.train, validation=d.validation, test=d.test, stratify=d.stratify, rng=rng)


def complete(spec: Spec, data: Data, registry: Registry) -> Spec:
    """Return the spec with what it left to the data filled in. Raises SpecError where the two do not fit."""
    name = data.preparation
    preparation = spec.data.preparation or registry.get("preparation", name)()
    metrics = spec.training.metrics
    if metrics is None:
        metrics = [registry.get("metric", m)() for m in DEFAULT_METRICS[data.task]]  # type: ignore[misc]
    _check_tasks(spec, data, [spec.model.loss, *metrics])
    _check_outputs(spec, data)
    return spec.model_copy(
        update={
            "data": spec.data.model_copy(update={"preparation": preparation}),
            "training": spec.training.model_copy(update={"metrics": metrics}),
        }
    )


def _check_tasks(spec: Spec, data: Data, parts: list[Loss | Metric]) -> None:
    for part in parts:
        if part.task not in ("any", data.task):
            raise SpecError(
                f"spec {spec.name!r}: {part.kind} {part.name!r} is for {part.task}, and "
                f"dataset {spec.data.source.name!r} is for {data.task}"
            )


def _check_outputs(spec: Spec, data: Data) -> None:
    units = spec.model.layers[-1].units
    place = f"spec {spec.name!r}: model.layers.{len(spec.model.layers) - 1}.units is {units}"
    if data.task == "regression":
        if units != data.train.y.shape[1]:
            raise SpecError(f"{place}, and the data has {data.train.y.shape[1]} target column(s); make them equal")
        return
    classes = len(data.class_names) or int(data.train.y.max()) + 1
    single = units == 1 and classes == 2 and spec.model.loss.targets == "values"
    if units != classes and not single:
        raise SpecError(f"{place}, and the data has {classes} classes; give the last layer one unit for each")


def _about(spec: Spec, data: Data) -> About:
    try:
        return About(
            inputs=int(data.train.x.shape[1]),
            task=data.task,
            class_names=list(data.class_names),
            feature_names=list(data.feature_names),
            target_names=list(data.target_names),
            image_shape=list(data.image_shape) if data.image_shape else None,
            data_sha256=data_sha256(data),
        )
    except ValidationError as error:
        raise DataError(f"dataset {spec.data.source.name!r} describes its data wrongly: {words(error)}") from error


def data_sha256(data: Data) -> str:
    """Return a digest of inputs and targets, training part and test part, in their own dtypes."""
    digest = hashlib.sha256()
    for table in (data.train, data.test):
        if table is not None:
            for start in range(0, table.x.shape[0], 4096):
                indices = np.arange(start, min(start + 4096, table.x.shape[0]))
                digest.update(np.ascontiguousarray(table.x.take(indices, axis=0)).tobytes())
            digest.update(np.ascontiguousarray(table.y).tobytes())
    return digest.hexdigest()
