"""From a spec to a trained model: prepare a run, and follow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from zoo_core.contract import naming_parts
from zoo_core.data import DataFolder
from zoo_core.errors import NumericError, UsageError
from zoo_core.model import Model, load
from zoo_core.registry import Registry
from zoo_core.registry.default import chosen_registry
from zoo_core.runs._checkpoint_writer import save_run
from zoo_core.runs._output import Output
from zoo_core.runs._prepare import prepare_trainer
from zoo_core.runs._spec_forms import SpecAndData, read_spec_and_data
from zoo_core.spec import Spec
from zoo_core.training import DEFAULT_INTERVAL, Interval, Trainer, with_named_parts, with_one_blas_thread
from zoo_core.training.events import Event


@naming_parts
def train(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | None = None,
    registry: Registry | None = None,
    *,
    data: Any = None,
    target: str | int | Sequence[str | int] | None = None,
    output: str | Path | None = None,
    checkpoint_every: str = DEFAULT_INTERVAL,
    start_from: str | Path | Model | None = None,
    resume_optimizer: bool | None = None,
    force: bool = False,
) -> Model:
    """Train a network and return the model.

    Args:
        spec: a `Spec`, a mapping, a spec file (.toml or .json), or the name of a shipped model.
        data_dir: folder with the files of data sets; default: $ZOO_DATA_DIR, then the cache.
        registry: the parts to use; default: those of all installed plugins.
        data: what to learn from, in place of the data set of the spec: (x, y), (x, y, weights), a mapping of these
            names, a frame, a `zoo_core.parts.Data`, or a mapping of "train", "validation" and "test" to such rows. A
            mapping of names may have `groups` and `times` too.
        target: of a frame, the column to predict, by name or place, or a list of them for regression.
        output: the .npz file to save the model in. Until the run is finished, its last two checkpoints lie beside it.
        checkpoint_every: how often to save a checkpoint: "30s", "5min", "1h", "500steps" or "never"; "auto" is every
            30 seconds, and less often if that would take more than 1 % of the time. Only with `output`.
        start_from: a model, a file or a shipped name, whose weights and preprocessor the training begins with.
        resume_optimizer: in place of `training.resume_optimizer`: whether the run also goes on with the optimizer, the
            random numbers and the schedule of that model, to the bits of one longer run.
        force: replace an existing `output`, and the checkpoints of its unfinished run once the new run has its own.

    Returns:
        The trained model, with its history; it is saved already if `output` is given.

    Raises:
        SpecError: the spec is not valid, or does not fit the data.
        DataError: the data are missing or damaged.
        PluginError: a part is missing, or raised an error of its own.
        NumericError: a loss or weight is no longer finite.
        UsageError: `output` exists, or has an unfinished run, and `force` is False.
        ResourceError: `output` cannot be written, or another process writes it. A model that was trained already is
            saved elsewhere; the notes of the error say where.

    An error after the first step, also KeyboardInterrupt, has an attribute `model`: the model with the weights so far.
    After a NumericError these are of no use, and it has none.

    Example:
        model = zoo_core.train("iris.toml", data=(x, y))  # or data=frame, target="species"
        model = zoo_core.train("glyphs-quickstart", output="glyphs.npz", checkpoint_every="500steps")
        model.history[-1]["validation_accuracy"]
    """
    registry = chosen_registry(registry)
    given = read_spec_and_data(spec, data, target, registry, resume_optimizer)
    if output is None:
        return run_to_end(_prepare(given, data_dir, registry, start_from))
    files, interval = Output(output, overwrite=force), Interval.parse(checkpoint_every)
    with files.lock():
        files.prepare(given.spec.to_dict())
        return run_to_end(_prepare(given, data_dir, registry, start_from), files, interval)


def run_to_end(trainer: Trainer, output: Output | None = None, interval: Interval | None = None) -> Model:
    with model_in_errors(trainer, output):
        for _ in follow(trainer, output, interval):
            pass
    return trainer.model


@contextmanager
def model_in_errors(trainer: Trainer, output: Output | None = None) -> Iterator[None]:
    """Let an error inside the block carry what was trained before it, as its attribute `model`."""
    try:
        yield
    except BaseException as error:
        _attach_model(error, trainer, is_saved=output is not None)
        raise


def _attach_model(error: BaseException, trainer: Trainer, *, is_saved: bool) -> None:
    if (trainer.position.epoch or trainer.position.step) and not isinstance(error, NumericError):
        trainer.network.mend_state()
        with suppress(Exception):  # a class of a plugin may refuse attributes
            error.model = trainer.model  # type: ignore[attr-defined]
            if not is_saved:
                error.add_note("the model with the weights so far is the attribute `model` of this error")


@naming_parts
def prepare(
    spec: Spec | str | Path | Mapping[str, Any],
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
    *,
    data: Any = None,
    target: str | int | Sequence[str | int] | None = None,
    threads: int | None = None,
    start_from: str | Path | Model | None = None,
    resume_optimizer: bool | None = None,
) -> Trainer:
    """Prepare a run: load the data, fill in what the spec leaves to them, initialize the network.

    Args:
        spec: a `Spec`, a mapping, a spec file (.toml or .json), or the name of a shipped model.
        data_dir: folder with the files of data sets, or a `DataFolder`; default: $ZOO_DATA_DIR, then the cache.
        registry: the parts to use; default: those of all installed plugins.
        data, target: as for `train`.
        threads: how many threads share large matrix products, at least 1; it changes no bit of the result. Default:
            that of the spec, or one for each processor that the process may use, at most 4.
        start_from, resume_optimizer: as for `train`.

    Returns:
        A run before its first step, which `follow` trains.

    Raises:
        SpecError, DataError, PluginError: as `train`.
        UsageError: `spec` or `threads` is not what it must be.

    Example:
        trainer = zoo_core.prepare("glyphs-quickstart")
        events = list(zoo_core.follow(trainer))  # trains; trainer.model is the model
    """
    registry = chosen_registry(registry)
    if threads is not None and (threads != int(threads) or threads < 1):
        raise UsageError(f"threads is {threads!r}; it is a whole number, at least 1")
    given = read_spec_and_data(spec, data, target, registry, resume_optimizer)
    return _prepare(given, data_dir, registry, start_from, threads)


def _prepare(
    given: SpecAndData,
    data_dir: str | Path | DataFolder | None,
    registry: Registry,
    start_from: str | Path | Model | None,
    threads: int | None = None,
) -> Trainer:
    earlier = load(start_from, registry) if isinstance(start_from, (str, Path)) else start_from
    trainer = prepare_trainer(given.spec, data_dir, registry, threads, earlier, data=given.data)
    trainer.inputs += [*given.files, *([Path(start_from)] if isinstance(start_from, (str, Path)) else [])]
    return trainer


def follow(trainer: Trainer, output: Output | None = None, interval: Interval | None = None) -> Iterator[Event]:
    """Train a prepared run, and yield what happens.

    Args:
        trainer: what `prepare` returned.
        output: where to save checkpoints and the model; the caller holds its lock. Default: nothing is saved.
        interval: how often to save a checkpoint; default: never.

    Returns:
        An iterator of the events in `zoo_core.training.events`. The run goes on as long as events are taken from it.

    Raises:
        PluginError: a part raised an error; the message names the part.
        NumericError: a loss or weight is no longer finite.
        ResourceError: `output` cannot be written.

    Example:
        for event in zoo_core.follow(zoo_core.prepare("glyphs-quickstart")):
            print(event)
    """
    trainer.output = None if output is None else output.path
    with closing(trainer.loader), trainer.pool:
        events = with_named_parts(trainer, with_one_blas_thread(trainer.events(interval)))
        yield from events if output is None else with_named_parts(trainer, save_run(output, trainer, events, interval))
