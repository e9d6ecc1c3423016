"""From a spec to a trained model: load the data, split it, assemble, train."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from zoo_core import checkpoint
from zoo_core.assembly import fresh
from zoo_core.blame import was_asked
from zoo_core.catalogue import find_model
from zoo_core.data.folder import DataFolder
from zoo_core.data.splits import make_splits
from zoo_core.diagnosis import blame
from zoo_core.errors import DataError, SpecError, ZooError
from zoo_core.events import Event
from zoo_core.header import About, words
from zoo_core.interval import EVERY, Interval
from zoo_core.loading import fill, load, model_from_contents
from zoo_core.manners import checked_data
from zoo_core.model import Model
from zoo_core.options import dump
from zoo_core.output import Output
from zoo_core.parts import Data, Loss, Metric, Preparation, RandomSource, Table
from zoo_core.registry import Registry
from zoo_core.spec import Spec, read_spec
from zoo_core.threads import blas_threads, choose_threads
from zoo_core.training import Trainer

DEFAULT_METRICS = {"classification": ("accuracy",), "regression": ("rmse", "r2")}


def train(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
    *,
    output: str | Path | None = None,
    checkpoint_every: str = EVERY,
    start_from: str | Path | None = None,
    force: bool = False,
) -> Model:
    """Train a spec (an object, a mapping, a file or a shipped name) and return the model.

    With `output` the model is saved there; until then checkpoints lie beside it, one for each `checkpoint_every`
    ("30s", "500steps", "auto", "never"), from which `resume` goes on. `start_from` is a model whose weights and
    preparation the training begins with. With `force` what stands at `output` is replaced, and the checkpoints of
    an unfinished run are given up.

    Raises the errors of reading the spec and the data, and NumericError when training leaves the finite numbers;
    with `output` also ResourceError when it cannot be written and UsageError where an unfinished run stands.
    """
    registry = registry or Registry()
    files, spec = _files(data_dir, spec), _parsed(spec, registry)
    if output is None:
        return _to_the_end(prepare(spec, files, registry, start_from=start_from))
    place, every = Output(output, overwrite=force), Interval.parse(checkpoint_every)
    with place.lock():
        place.claim(spec.to_dict())
        return _to_the_end(prepare(spec, files, registry, start_from=start_from), place, every)


def resume(
    path: str | Path,
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
    *,
    checkpoint_every: str = EVERY,
) -> Model:
    """Finish a run from its last checkpoint; `path` is its output or a checkpoint. Returns what `train` would have.

    Raises UsageError where there is no checkpoint, ResourceError where data, threads or spec have changed.
    """
    place, every = Output(path), Interval.parse(checkpoint_every)
    with place.lock():
        return _to_the_end(prepare_resumed(place, data_dir, registry), place, every)


def _parsed(spec: Spec | str | Path | Mapping[str, Any], registry: Registry) -> Spec:
    if isinstance(spec, Mapping):
        return Spec.parse(spec, registry)
    return spec if isinstance(spec, Spec) else read_spec(spec, registry=registry)


def _to_the_end(trainer: Trainer, output: Output | None = None, every: Interval | None = None) -> Model:
    for _ in follow(trainer, output, every):
        pass
    return trainer.model


def prepare(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
    *,
    threads: int | None = None,
    start_from: str | Path | Model | None = None,
) -> Trainer:
    """Return a run that is ready to go; `follow` starts it."""
    registry = registry or Registry()
    files = _files(data_dir, spec)
    spec = _parsed(spec, registry)
    earlier = load(find_model(start_from, registry), registry) if isinstance(start_from, (str, Path)) else start_from
    trainer = _prepared(spec, files, registry, threads, earlier)
    trainer.model.started_from = "" if earlier is None else earlier.sha256
    return trainer


def prepare_resumed(
    output: Output,
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
    *,
    threads: int | None = None,
    sha256: str | None = None,
) -> Trainer:
    """Return a run at the place where its last checkpoint left it; `follow` goes on.

    With `sha256`, only from the checkpoint that has this digest. Raises UsageError where there is no checkpoint,
    ModelFileError where none is whole, ResourceError where data, threads or spec are not those of the run.
    """
    registry = registry or Registry()
    contents, path, warnings = output.latest(sha256)
    earlier = model_from_contents(contents, str(path), registry)
    threads = threads or earlier.environment.get("threads")
    trainer = _prepared(earlier.spec, _files(data_dir, output.path), registry, threads, earlier)
    checkpoint.resume(trainer, contents, str(path))
    output.last = path
    for warning in warnings:
        trainer.warn(warning)
    return trainer


def _files(data_dir: str | Path | DataFolder | None, beside: object) -> DataFolder:
    """Return the data folder; a user's own files are also looked for beside a spec file or an output."""
    folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
    return folder.by(beside) if isinstance(beside, (str, Path)) else folder


def _prepared(spec: Spec, files: DataFolder, registry: Registry, threads: int | None, earlier: Model | None) -> Trainer:
    """Return a run that begins with what an earlier model has learnt, or from scratch."""
    data = load_data(spec, files)
    spec = complete(spec, data, registry, earlier)
    model = Model(spec, _about(spec, data), registry)
    model.check_storable()
    splits = split(spec, data, model.source)
    if earlier is not None:
        fill(model, earlier.arrays(), f"spec {spec.name!r}, started from model {earlier.spec.name!r}")
    else:
        model.preparation.fit(splits["train"].x)
        model.network.initialize(model.source.stream("initializer"))
    threads = threads or spec.training.threads or _threads(spec, model, splits["train"])
    return Trainer(model, splits, threads=threads)


def _threads(spec: Spec, model: Model, table: Table) -> int:
    size = spec.training.batch_size
    rows = int(table.x.shape[0])
    widths = [model.about.inputs, *(layer.units for layer in spec.model.layers)]
    return choose_threads(rows if size == "all" else min(size, rows), widths, spec.dtype)


def follow(trainer: Trainer, output: Output | None = None, every: Interval | None = None) -> Iterator[Event]:
    """Train, with the number of BLAS threads that the run was made for; with `output`, save there.

    An error that a part raises is passed on as a PluginError that names the part.
    """
    events = _named(trainer)
    with blas_threads(trainer.threads):
        yield from events if output is None else output.keep(trainer, events, every)


def _named(trainer: Trainer) -> Iterator[Event]:
    try:
        yield from trainer.events()
    except (ZooError, MemoryError, OSError):
        raise
    except (Exception, SystemExit) as error:
        named = None if was_asked(error) else blame(error, trainer)
        if named is None:
            raise
        raise named from error


def load_data(spec: Spec, data_dir: str | Path | DataFolder | None = None) -> Data:
    """Load the data set that a spec names. Raises PluginError where what it loads is no sound Data."""
    folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
    return checked_data(spec.data.source, fresh(spec.data.source).load(folder))


def split(spec: Spec, data: Data, source: RandomSource) -> dict[str, Table]:
    """Return the splits of a spec by name."""
    d = spec.data
    rng = source.stream("split")
    return make_splits(data, train=d.train, validation=d.validation, test=d.test, stratify=d.stratify, rng=rng)


def complete(spec: Spec, data: Data, registry: Registry, earlier: Model | None = None) -> Spec:
    """Return the spec with what it left to the data, or to an earlier model, filled in.

    Raises SpecError where they do not fit.
    """
    preparation = spec.data.preparation or _preparation(data, registry, earlier)
    if earlier is not None and dump(preparation) != dump(earlier.spec.data.preparation):
        raise SpecError(
            f"spec {spec.name!r}: data.preparation is {dump(preparation)!r}, and the weights to start from were "
            f"trained with {dump(earlier.spec.data.preparation)!r}; leave the key out"
        )
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


def _preparation(data: Data, registry: Registry, earlier: Model | None) -> Preparation:
    if earlier is not None and earlier.spec.data.preparation is not None:
        return earlier.spec.data.preparation
    return registry.get("preparation", data.preparation)()  # type: ignore[return-value]


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
    """Return a digest of inputs, targets and weights, training part and test part, in their own dtypes."""
    digest = hashlib.sha256()
    for table in (data.train, data.test):
        if table is not None:
            for start in range(0, table.x.shape[0], 4096):
                indices = np.arange(start, min(start + 4096, table.x.shape[0]))
                digest.update(np.ascontiguousarray(table.x.take(indices, axis=0)).tobytes())
            for column in (table.y, table.weights):
                if column is not None:
                    digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
