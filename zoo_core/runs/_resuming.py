"""Goes on with a run that was stopped, from its newest whole checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zoo_core.contract import naming_parts
from zoo_core.data import DataFolder
from zoo_core.model import Model, model_from_file
from zoo_core.registry import Registry
from zoo_core.registry.default import chosen_registry
from zoo_core.runs._checkpoint import restore_run
from zoo_core.runs._given_data import with_given_data
from zoo_core.runs._output import Output
from zoo_core.runs._prepare import prepare_trainer
from zoo_core.runs._run import run_to_end
from zoo_core.training import DEFAULT_INTERVAL, Interval, Trainer


@naming_parts
def resume(
    path: str | Path,
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
    *,
    data: Any = None,
    checkpoint_every: str = DEFAULT_INTERVAL,
    force: bool = False,
) -> Model:
    """Finish a run that was stopped, from its newest whole checkpoint.

    Args:
        path: the output of the run, or one of its checkpoints.
        data_dir: folder with the files of data sets; default: $ZOO_DATA_DIR, then the cache.
        registry: the parts to use; default: those of all installed plugins.
        data: the same data as for `train`, if they were given there.
        checkpoint_every: how often to save a checkpoint, as for `train`.
        force: replace a model that stands at the output, though the run was not told to when it began.

    Returns:
        The model that `train` would have returned, equal to the bit.

    Raises:
        UsageError: there is no checkpoint, or a model stands at the output and `force` is False.
        ModelFileError: no checkpoint is whole.
        ResourceError: data or spec differ from those of the run, or another process writes it.
        DataError, PluginError, NumericError: as `train`.

    Example:
        zoo_core.train("my.toml", output="my.npz")  # is stopped
        model = zoo_core.resume("my.npz")
    """
    output, interval = Output(path, overwrite=force), Interval.parse(checkpoint_every)
    with output.lock():
        return run_to_end(prepare_resumed(output, data_dir, registry, data=data), output, interval)


@naming_parts
def prepare_resumed(
    output: Output,
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
    *,
    data: Any = None,
    threads: int | None = None,
    sha256: str | None = None,
) -> Trainer:
    """Prepare the rest of a run, from its newest whole checkpoint; `follow` trains it.

    With `sha256`, only from the checkpoint with this digest. Raises UsageError where there is no checkpoint, or where a
    model stands that the run may not replace. Raises ModelFileError where no checkpoint is whole, ResourceError where
    data or spec differ from those of the run.
    """
    registry = chosen_registry(registry)
    contents, path, warnings = output.latest(sha256)
    output.prepare_rest(contents, path)
    earlier = model_from_file(contents, str(path), registry)
    spec = earlier.spec
    if data is not None:
        spec, data = with_given_data(spec, data, None, registry)
    trainer = prepare_trainer(spec, data_dir, registry, threads, earlier, data=data, resumed=True)
    trainer.output = output.path
    restore_run(trainer, contents, str(path))
    for warning in warnings:
        trainer.warn(warning)
    return trainer
