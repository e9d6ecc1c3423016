"""From a spec to a trained model: prepare a run, follow it, go on with one that was left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from zoo_core.data import DataFolder
from zoo_core.errors import ZooError
from zoo_core.model import Model, check_storable, load, model_from_contents, provenance, set_arrays
from zoo_core.parts import Table
from zoo_core.registry import Registry, find_model
from zoo_core.runs import _checkpoint as checkpoint
from zoo_core.runs._checkpoint_writer import save_run
from zoo_core.runs._defaults import describe_data, fill_defaults, load_data, split
from zoo_core.runs._output import Output
from zoo_core.spec import Spec, parts_of, read_spec
from zoo_core.training import (
    DEFAULT_INTERVAL,
    Interval,
    Trainer,
    choose_threads,
    name_the_part,
    training_threads,
)
from zoo_core.training.events import Event


def train(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
    *,
    output: str | Path | None = None,
    checkpoint_every: str = DEFAULT_INTERVAL,
    start_from: str | Path | None = None,
    overwrite: bool = False,
) -> Model:
    """Train a spec (an object, a mapping, a file or a shipped name) and return the model.

    With `output` the model is saved there; until then checkpoints lie beside it, one for each `checkpoint_every`
    ("30s", "500steps", "auto", "never"), from which `resume` goes on. `start_from` is a model whose weights and
    preprocessor the training begins with. With `overwrite` what stands at `output` is replaced, and the checkpoints of
    an unfinished run are given up.

    Raises the errors of reading the spec and the data, and NumericError when training leaves the finite numbers;
    with `output` also ResourceError when it cannot be written and UsageError where an unfinished run stands.
    """
    registry = registry or Registry()
    files, spec = _files(data_dir, spec), _parsed(spec, registry)
    if output is None:
        return _to_the_end(prepare(spec, files, registry, start_from=start_from))
    place, every = Output(output, overwrite=overwrite), Interval.parse(checkpoint_every)
    with place.lock():
        place.prepare(spec.to_dict())
        return _to_the_end(prepare(spec, files, registry, start_from=start_from), place, every)


def resume(
    path: str | Path,
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
    *,
    checkpoint_every: str = DEFAULT_INTERVAL,
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
    return _prepared(spec, files, registry, threads, earlier, "" if earlier is None else earlier.sha256)


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
    recorded = earlier.environment.get("threads")
    files = _files(data_dir, output.path)
    trainer = _prepared(earlier.spec, files, registry, threads, earlier, earlier.started_from, recorded)
    checkpoint.resume(trainer, contents, str(path))
    output.last = path
    for warning in warnings:
        trainer.warn(warning)
    return trainer


def _files(data_dir: str | Path | DataFolder | None, beside: object) -> DataFolder:
    """Return the data folder; a user's own files are also looked for beside a spec file or an output."""
    folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
    return folder.for_spec(beside) if isinstance(beside, (str, Path)) else folder


def _prepared(
    spec: Spec,
    files: DataFolder,
    registry: Registry,
    threads: int | None,
    earlier: Model | None,
    started_from: str,
    recorded: int | None = None,
) -> Trainer:
    """Return a run that begins with the weights of an earlier model, or from scratch.

    `threads` is the user's choice, `recorded` the number that a checkpoint names.
    """
    data = load_data(spec, files)
    spec = fill_defaults(spec, data, registry, earlier)
    plugins = provenance(registry, parts_of(spec))
    model = Model(spec, describe_data(spec, data), plugins=plugins, started_from=started_from)
    check_storable(model)
    splits = split(spec, data, model.source)
    if earlier is not None:
        set_arrays(model, earlier.arrays(), f"spec {spec.name!r}, started from model {earlier.spec.name!r}")
    else:
        model.preprocessor.fit(splits["train"].x)
        model.network.initialize(model.source.stream("initializer"))
    fixed = threads or spec.training.threads
    number = threads or recorded or fixed or _threads(spec, model, splits["train"])
    return Trainer(model, splits, threads=number, allow_extra_threads=fixed is None and number == 1)


def _threads(spec: Spec, model: Model, table: Table) -> int:
    size = spec.training.batch_size
    rows = int(table.x.shape[0])
    widths = [model.about.inputs, *(layer.units for layer in spec.model.layers)]
    return choose_threads(rows if size == "all" else min(size, rows), widths, spec.dtype)


def follow(trainer: Trainer, output: Output | None = None, every: Interval | None = None) -> Iterator[Event]:
    """Train, with the number of BLAS threads that the run was made for; with `output`, save there.

    An error that a part raises is passed on as a PluginError that names the part.
    """
    extra = trainer.allow_extra_threads and not trainer.loader.rows.reads_ahead  # that thread needs a processor
    sizes = trainer.loader.batches.sizes
    with closing(trainer.loader), training_threads(trainer.network, sizes, trainer.threads, extra=extra) as divided:
        events = _named(trainer, trainer.events(every, divided))
        yield from events if output is None else save_run(output, trainer, events, every)


def _named(trainer: Trainer, events: Iterator[Event]) -> Iterator[Event]:
    try:
        yield from events
    except (ZooError, MemoryError, OSError):
        raise
    except (Exception, SystemExit) as error:
        named = name_the_part(error, trainer.position.epoch, trainer.position.step)
        if named is None:
            raise
        raise named from error
